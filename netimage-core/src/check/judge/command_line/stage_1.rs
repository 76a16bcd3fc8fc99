//! Parameters that stage 1 may fail by.

use super::{Check, rules};
use crate::boot::KernelCommandLine;
use crate::check::facts::Mounter;

/// Units without which stage 1 does not mount the root or does not start the system
/// in it (bootup(7)), those of NixOS among them.
const NEEDED: [&str; 10] = [
    "initrd-cleanup.service",
    "initrd-find-nixos-closure.service",
    "initrd-fs.target",
    "initrd-nixos-activation.service",
    "initrd-parse-etc.service",
    "initrd-root-fs.target",
    "initrd-switch-root.service",
    "initrd-switch-root.target",
    "initrd.target",
    "sysroot.mount",
];

impl Check<'_> {
    pub(super) fn check_memory(&mut self, line: &KernelCommandLine) {
        // The kernel takes 0 for no limit.
        if let Some(limit) = line.get("mem").filter(|limit| *limit != "0") {
            let problem = format!(
                "mem={limit} limits the memory that the kernel and the unpacked initrd have to fit into"
            );
            self.reporter.report(&rules::MEMORY, problem);
        }
    }

    pub(super) fn check_masks(&mut self, line: &KernelCommandLine) {
        if self.line.mounter != Mounter::Systemd {
            return;
        }
        for unit in line.get_all("rd.systemd.mask") {
            // A name without a suffix is that of a service.
            let is_needed =
                |name: &str| name == unit || name.strip_suffix(".service") == Some(unit);
            if NEEDED.into_iter().any(is_needed) {
                let problem = format!("rd.systemd.mask={unit} masks a unit that stage 1 needs");
                self.reporter.report(&rules::MASKED, problem);
            }
        }
    }
}
