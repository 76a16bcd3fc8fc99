//! Whether the systemd of an initrd has what it does its work with.

use std::net::Ipv4Addr;

use super::{Check, rules};
use crate::check::facts::{Mounter, Networkd, Networks, SystemdSurvey};
use crate::initrd::Availability;
use crate::nfs::NfsRoot;

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
            let problem = format!("systemd {version} is there, but not its systemd-executor");
            let remedy = self.add("lib/systemd/systemd-executor of the same systemd");
            self.reporter.report(&rules::NO_EXECUTOR, problem, remedy);
        }
        let is_nfs = self.survey.nfs.is_some() || !self.initrd.mounts.nfs.is_empty();
        if let Some((problem, file)) = systemd.lacks.filter(|_| is_nfs) {
            let remedy = format!("make the initrd again with {file}");
            self.reporter.report(&rules::NO_STAGE_1, problem, remedy);
        }
        self.check_generator(systemd);
        self.check_networkd(systemd);
    }

    /// A line of an fstab, and `root=`, are made units by a generator.
    fn check_generator(&mut self, systemd: &SystemdSurvey) {
        let (place, root) = match (&systemd.root, self.initrd.mounts.nfs.first()) {
            (Some(root), _) if is_nfs(root) => ("root= on the command line", root),
            (None, Some(mount)) => ("the fstab of the initrd", &mount.device),
            _ => return,
        };
        if systemd.has_generator || systemd.has_root_unit || systemd.is_of_dracut {
            return;
        }
        let problem = format!(
            "{place} names {root}, but there is neither systemd-fstab-generator nor sysroot.mount"
        );
        let remedy = self.add("lib/systemd/system-generators/systemd-fstab-generator");
        self.reporter.report(&rules::NO_GENERATOR, problem, remedy);
    }

    /// How a file of systemd comes to be in the initrd.
    fn add(&self, file: &str) -> String {
        if self.survey.is_nixos() {
            format!("remove {file} from boot.initrd.systemd.suppressedStorePaths")
        } else {
            format!("add {file} to the initrd")
        }
    }

    fn check_networkd(&mut self, systemd: &SystemdSurvey) {
        let is_nfs = self.survey.nfs.is_some()
            || !self.initrd.mounts.nfs.is_empty()
            || systemd.root.as_deref().is_some_and(is_nfs);
        if !is_nfs || systemd.is_of_dracut || self.may_kernel_ask() {
            return;
        }
        let (problem, remedy) = match systemd.networkd {
            Networkd::Started => return self.check_networks(systemd),
            Networkd::Absent => (
                "there is no systemd-networkd",
                "add systemd-networkd and its unit to the initrd",
            ),
            Networkd::NoUnit => (
                "systemd-networkd is there, but not its unit systemd-networkd.service",
                "add systemd-networkd.service to the initrd, and a link to it in etc/systemd/system/initrd.target.wants",
            ),
            Networkd::NotStarted => (
                "nothing starts systemd-networkd.service",
                "add a link to it in etc/systemd/system/initrd.target.wants",
            ),
        };
        let remedy = if self.survey.is_nixos() {
            "set boot.initrd.network.enable = true"
        } else {
            remedy
        };
        let others = if systemd.runs_unknown {
            "and whether another program asks for an address is not known"
        } else {
            "and no unit runs another program that asks for an address"
        };
        self.reporter.mild_if(systemd.runs_unknown).report(
            &rules::NO_NETWORKD,
            format!("{problem}, {others}"),
            remedy,
        );
    }

    /// Whether a wired interface gets an address of what networkd is told.
    fn check_networks(&mut self, systemd: &SystemdSurvey) {
        let networks = &systemd.networks;
        let is_ipv4 = self.is_at_ipv4(systemd);
        let may_give = if is_ipv4 {
            networks.may_give_ipv4
        } else {
            networks.may_give_any
        };
        if may_give || networks.files.is_empty() {
            return;
        }
        let problem = if let Some(name) = &networks.matching {
            let kind = if is_ipv4 {
                "no IPv4 address"
            } else {
                "no address"
            };
            format!("{name} is the .network file for a wired interface, but gives it {kind}")
        } else {
            let files = networks.files.join("; ");
            let interface = if networks.keeps_name {
                "eth0, as the wired port is called with net.ifnames=0"
            } else {
                "a wired interface"
            };
            format!("no .network file is for {interface}: {files}")
        };
        let remedy = self.configure(networks);
        self.reporter
            .mild_if(systemd.runs_unknown)
            .report(&rules::NO_ADDRESS, problem, remedy);
    }

    /// How a wired interface comes to have an address.
    fn configure(&self, networks: &Networks) -> String {
        let file = networks.matching.as_ref();
        let file = file.and_then(|name| name.strip_suffix(".network"));
        match file {
            _ if !self.survey.is_nixos() => {
                "write a .network file with Name=en* eth* in [Match] and DHCP=yes, or an address, in [Network]".to_owned()
            }
            None => "give one of boot.initrd.systemd.network.networks matchConfig.Name = \"en* eth*\" and DHCP = \"yes\", or an address".to_owned(),
            // What networking.interfaces is made into has this name.
            Some(file) => match file.strip_prefix("40-") {
                Some(interface) => {
                    format!("set networking.interfaces.{interface}.useDHCP = true")
                }
                None => format!(
                    "set boot.initrd.systemd.network.networks.\"{file}\".DHCP = lib.mkForce \"yes\""
                ),
            },
        }
    }

    /// Whether all that is known of the server is an IPv4 address.
    fn is_at_ipv4(&self, systemd: &SystemdSurvey) -> bool {
        let image = self.survey.nfs.as_ref().map(NfsRoot::device);
        let mounted = self.initrd.mounts.nfs.iter();
        let mounted = mounted.map(|mount| mount.device.clone());
        let given = systemd.root.clone().filter(|root| is_nfs(root));
        let is_ipv4 = |device: &str| {
            let server = device.split_once(":/").map_or(device, |(server, _)| server);
            server.parse::<Ipv4Addr>().is_ok()
        };
        let mut devices = image.into_iter().chain(mounted).chain(given);
        devices.all(|device| is_ipv4(&device))
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

    /// An NFS root by another type, or one that is not mounted by itself.
    pub(super) fn check_type(&mut self) {
        if !self.initrd.goes_by_tables() {
            return;
        }
        if let Some(mount) = &self.initrd.mounts.mistyped {
            let (place, device, kind) = (mount.place, &mount.device, &mount.kind);
            let problem = format!("it mounts {device} as {kind}, which is not NFS");
            let remedy = if self.survey.is_nixos() {
                format!(
                    "set the fsType of fileSystems.\"{place}\" to nfs, and make the initrd again"
                )
            } else {
                "give it the type nfs".to_owned()
            };
            self.reporter.report(&rules::ROOT_TYPE, problem, remedy);
        }
        if self.initrd.mounts.is_noauto && self.initrd.mounter == Mounter::Systemd {
            let problem = "the root has the mount option noauto";
            self.reporter
                .report(&rules::ROOT_NOAUTO, problem, "remove noauto");
        }
    }

    /// A root on a disk, which nothing on the command line takes the place of.
    pub(super) fn check_disk(&mut self) {
        let counts = self.initrd.goes_by_tables();
        let Some(disk) = self.initrd.mounts.disk.as_ref().filter(|_| counts) else {
            return;
        };
        let problem = format!("it mounts the disk {disk} as root, not the NFS root");
        self.reporter
            .report(&rules::OTHER_ROOT, problem, self.name_root());
    }
}
