//! Whether the systemd of an initrd has what it does its work with.

use std::net::Ipv4Addr;

use super::{Check, rules};
use crate::check::facts::SystemdSurvey;
use crate::initrd::Availability;
use crate::nfs::NfsRoot;

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
        let has_nfs_root = match &systemd.root {
            Some(root) => is_nfs(root),
            None => !self.initrd.mounts.nfs.is_empty(),
        };
        if (!has_nfs_root && self.survey.nfs.is_none()) || systemd.is_of_dracut {
            return;
        }
        for lack in &systemd.lacks {
            self.reporter.report(&rules::NO_STAGE_1, *lack);
        }
        // A line of an fstab, and root=, are made units by a generator.
        if has_nfs_root && !systemd.has_generator && !systemd.has_root_unit {
            let problem = "there is neither systemd-fstab-generator nor sysroot.mount, so systemd does not mount the root";
            self.reporter.report(&rules::NO_STAGE_1, problem);
        }
        if self.may_kernel_ask() {
            return;
        }
        if systemd.starts_networkd {
            self.check_networks(systemd);
        } else {
            self.reporter.mild_if(systemd.runs_unknown).report(
                &rules::NO_NETWORKD,
                "systemd-networkd or its unit is not there, or nothing starts it",
            );
        }
    }

    /// Whether a wired interface gets an address of what networkd is told. That it gets
    /// one of IPv6 is never ruled out.
    fn check_networks(&mut self, systemd: &SystemdSurvey) {
        let networks = &systemd.networks;
        if networks.may_give_address || !self.is_at_ipv4(systemd) {
            return;
        }
        let interface = if networks.keeps_name {
            "eth0 (the wired port's name with net.ifnames=0)"
        } else {
            "a wired interface"
        };
        let problem = if let Some(name) = &networks.matching {
            format!("{name} is the .network file for {interface}, but gives it no IPv4 address")
        } else if networks.files.is_empty() {
            if self.asks_for_address() {
                return;
            }
            "there is no .network file for networkd, and no ip= on the command line".to_owned()
        } else {
            let files = networks.files.join("; ");
            format!("no .network file is for {interface}: {files}")
        };
        let mut reporter = self.reporter.mild_if(systemd.runs_unknown);
        // What networking.interfaces of NixOS is made into has this name.
        let file = networks.matching.as_deref().unwrap_or_default();
        let interface = file.strip_prefix("40-");
        match interface.and_then(|name| name.strip_suffix(".network")) {
            Some(interface) if self.survey.is_nixos() => {
                let remedy = format!("set networking.interfaces.{interface}.useDHCP = true");
                reporter.report_with(&rules::NO_ADDRESS, problem, remedy);
            }
            _ => reporter.report(&rules::NO_ADDRESS, problem),
        }
    }

    /// Whether all that is known of the server is an IPv4 address.
    fn is_at_ipv4(&self, systemd: &SystemdSurvey) -> bool {
        let image = self.survey.nfs.iter().map(NfsRoot::device);
        let mounted = self.initrd.mounts.nfs.iter();
        let mounted = mounted.map(|mount| mount.device.clone());
        let mut devices = image.chain(mounted).chain(systemd.root.clone());
        devices.all(|device| {
            let server = device.split(":/").next().unwrap_or_default();
            server.parse::<Ipv4Addr>().is_ok()
        })
    }

    /// Whether `ip=` has the kernel itself ask, which it does before any module is
    /// loaded (`net/ipv4/ipconfig.c`).
    fn may_kernel_ask(&self) -> bool {
        let are_modules = |group: &&[&str]| {
            let modules = self.initrd.modules.iter();
            let mut of_group = modules.filter(|module| group.contains(&module.name.as_str()));
            // What is absent may be built in, where that is not known.
            !group.is_empty()
                && of_group
                    .clone()
                    .any(|module| module.availability != Availability::Absent)
                && of_group.all(|module| match module.availability {
                    Availability::BuiltIn => false,
                    Availability::Absent => self.initrd.knows_built_in,
                    _ => true,
                })
        };
        let mut boards = self.initrd.boards.iter();
        let needs_modules = boards.all(|board| board.ethernet().drivers.iter().any(are_modules));
        self.asks_for_address() && !needs_modules
    }

    /// A root on a disk, or of a type for disks, which nothing on the command line takes
    /// the place of.
    pub(super) fn check_disk(&mut self) {
        let counts = self.initrd.goes_by_tables();
        if let Some(mount) = self.initrd.mounts.disk.as_ref().filter(|_| counts) {
            let problem = format!(
                "it mounts {} at {} as {}, not the NFS root",
                mount.device, mount.place, mount.kind
            );
            self.reporter.report(&rules::OTHER_ROOT, problem);
        }
    }
}
