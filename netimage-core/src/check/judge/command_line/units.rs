//! What the command line says of the units of systemd.

use super::{Check, rules};
use crate::boot::KernelCommandLine;
use crate::check::facts::Mounter;

/// Units that stage 1 takes to mount a root over NFS and go over to it (bootup(7)),
/// those of NixOS among them.
const OF_STAGE_1: [&str; 19] = [
    "initrd-cleanup.service",
    "initrd-find-nixos-closure.service",
    "initrd-fs.target",
    "initrd-nixos-activation.service",
    "initrd-parse-etc.service",
    "initrd-root-fs.target",
    "initrd-switch-root.service",
    "initrd-switch-root.target",
    "initrd.target",
    "network-online.target",
    "network.target",
    "remote-fs-pre.target",
    "sysinit.target",
    "sysroot.mount",
    "systemd-modules-load.service",
    "systemd-networkd.service",
    "systemd-udev-trigger.service",
    "systemd-udevd.service",
    "basic.target",
];

impl Check<'_> {
    pub(super) fn check_units(&mut self, line: &KernelCommandLine) {
        for (key, what) in [
            ("systemd.unit", "in place of the system"),
            ("rd.systemd.unit", "in place of stage 1"),
        ] {
            let unit = line.get(key).unwrap_or_default();
            let name = unit.split('.').next().unwrap_or_default();
            if matches!(name, "rescue" | "emergency") {
                let problem = format!("{key}={unit} starts a shell {what}");
                self.reporter
                    .report(&rules::DEBUGGING, problem, format!("remove {key}={unit}"));
            }
        }
        if self.line.mounter != Mounter::Systemd {
            return;
        }
        let mut masked: Vec<String> = line.get_all("rd.systemd.mask").map(full).collect();
        masked.dedup();
        for unit in masked
            .iter()
            .filter(|unit| OF_STAGE_1.contains(&unit.as_str()))
        {
            let problem = format!("rd.systemd.mask={unit} masks a unit that stage 1 needs");
            self.reporter.report(&rules::MASKED, problem, "remove it");
        }
    }
}

/// A name without a suffix is that of a service (`unit_name_mangle`).
fn full(unit: &str) -> String {
    if unit.contains('.') {
        unit.to_owned()
    } else {
        format!("{unit}.service")
    }
}
