//! Whether the systemd of an initrd has what it does its work with.

use super::{Check, rules};
use crate::check::drivers::drivers;
use crate::check::facts::Mounter;
use crate::check::read_systemd::SystemdSurvey;
use crate::initrd::Availability;

/// The first version that starts every service by a program of its own.
const WITH_EXECUTOR: u32 = 255;

/// Whether a `root=` is a device of NFS, as fstab-generator takes it; `nfs:` and the
/// like it leaves to others.
fn is_nfs(root: &str) -> bool {
    root.contains(":/") && !root.contains("://") && !root.starts_with("nfs")
}

impl Check<'_> {
    pub(super) fn check_systemd(&mut self) {
        let Some(systemd) = &self.initrd.systemd else {
            return;
        };
        let version = systemd.version.filter(|version| *version >= WITH_EXECUTOR);
        if let Some(version) = version.filter(|_| !systemd.has_executor) {
            let problem = format!("systemd {version} is there without its systemd-executor");
            self.say(
                &rules::NO_EXECUTOR,
                problem,
                "add lib/systemd/systemd-executor of the same systemd to the initrd",
            );
        }
        self.check_generator(systemd);
        self.check_networkd(systemd);
    }

    /// A line of an fstab, and `root=`, are made units by a generator.
    fn check_generator(&mut self, systemd: &SystemdSurvey) {
        let (place, root) = match (&systemd.root, &self.initrd.mounts.nfs) {
            (Some(root), _) if is_nfs(root) => ("root= on the command line", root),
            (None, Some((device, _))) => ("the fstab of the initrd", device),
            _ => return,
        };
        if systemd.has_fstab_generator || systemd.has_root_unit || systemd.is_of_dracut {
            return;
        }
        let problem = format!(
            "{place} names {root}, but there is neither systemd-fstab-generator nor sysroot.mount"
        );
        self.say(
            &rules::NO_GENERATOR,
            problem,
            "add lib/systemd/system-generators/systemd-fstab-generator to the initrd",
        );
    }

    fn check_networkd(&mut self, systemd: &SystemdSurvey) {
        if systemd.has_network_program || systemd.is_of_dracut || self.may_kernel_ask() {
            return;
        }
        let problem = "there is no systemd-networkd, nor another program that asks for an address";
        let remedy = if self.survey.is_nixos() {
            "set boot.initrd.systemd.network.enable = true"
        } else {
            "add systemd-networkd and its unit to the initrd"
        };
        self.say(&rules::NO_NETWORKD, problem, remedy);
    }

    /// Whether `ip=` has the kernel itself ask, which it does before any module is
    /// loaded (`net/ipv4/ipconfig.c`).
    fn may_kernel_ask(&self) -> bool {
        let is_module = |name: &str| {
            let mut modules = self.initrd.modules.iter();
            modules.any(|module| {
                module.name.as_str() == name
                    && module.availability != Availability::BuiltIn
                    && module.availability != Availability::Absent
            })
        };
        let needs_modules = self.initrd.boards.iter().all(|board| {
            let mut groups = drivers(*board).iter();
            groups.any(|group| group.iter().any(|name| is_module(name)))
        });
        self.asks_for_address() && !needs_modules
    }

    /// A root on a disk, which nothing on the command line takes the place of.
    pub(super) fn check_disk(&mut self) {
        let is_overridden = match (self.initrd.mounter, &self.initrd.systemd) {
            (Mounter::Scripted, _) => false,
            (Mounter::Systemd, Some(systemd)) => {
                systemd.root.is_some() || systemd.has_root_unit || systemd.is_of_dracut
            }
            _ => true,
        };
        let Some(disk) = self.initrd.mounts.disk.as_ref().filter(|_| !is_overridden) else {
            return;
        };
        let problem = format!("it mounts the disk {disk} as root, and not the NFS root");
        let remedy = "leave fileSystems.\"/\" to netImage.nfs, and make the initrd again";
        self.say(&rules::OTHER_ROOT, problem, remedy);
    }
}
