//! What the systemd of an initrd does its work with.

use crate::boot::KernelCommandLine;
use crate::check::facts::{Networkd, Networks, SystemdSurvey};
use crate::check::observe::fstab::mounts_store;
use crate::check::observe::units::{Units, words};
use crate::initrd::{Initrd, split};

/// Programs other than networkd that give a board an address, and those that run
/// all scripts of a directory.
const NETWORK_PROGRAMS: [&str; 22] = [
    "NetworkManager",
    "cloud-init",
    "connmand",
    "dhcp",
    "dhclient",
    "dhcp6c",
    "dhcpcd",
    "ifconfig",
    "ifup",
    "ip",
    "ipconfig",
    "iwd",
    "ndhc",
    "netifd",
    "netplan",
    "nmcli",
    "odhcp6c",
    "run-parts",
    "runsvdir",
    "udhcpc",
    "udhcpc6",
    "wickedd",
];

impl SystemdSurvey {
    pub(in crate::check) fn read(initrd: &Initrd, line: Option<&KernelCommandLine>) -> Self {
        let mut survey = Self {
            root: line.and_then(given_root),
            ..Self::default()
        };
        initrd.walk(|path, _| survey.see(path));
        let units = Units::read(initrd, line);
        survey.see_units(&units);
        survey.networks = Networks::read(initrd, line, &units, survey.version);
        let is_unsure = units.is_unsure || units.runs_unknown || survey.has_foreign_generator;
        survey.networks.may_give_ipv4 |= is_unsure;
        survey.networks.may_give_any |= is_unsure;
        survey.lacks = lacking(initrd, line, &units).filter(|_| !survey.is_of_dracut);
        // A credential may have more of an fstab (systemd.system-credentials(7)).
        let mut has_credentials = line.is_some_and(|line| {
            let mut credentials = line.parameters();
            credentials.any(|parameter| parameter.starts_with("systemd.set_credential"))
        });
        initrd.walk(|path, _| has_credentials |= path.starts_with(b".extra/"));
        survey.may_mount_root |= has_credentials;
        let has_more = line.is_some_and(|line| line.get("rd.systemd.mount-extra").is_some());
        survey.may_mount_store |= has_credentials || has_more;
        survey
    }

    fn see_units(&mut self, units: &Units) {
        let mut words = units.lines().flat_map(words);
        let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
        let is_run = words.any(|word| NETWORK_PROGRAMS.contains(&name(word).as_str()));
        let is_unsure = units.is_unsure || self.has_foreign_generator;
        self.may_mount_root = is_unsure || units.runs_unknown || units.lines().any(mounts_root);
        self.may_mount_store |= is_unsure || units.lines().any(mounts_store);
        self.runs_network_program = is_run || is_unsure && self.runs_network_program;
        if self.networkd == Networkd::Absent {
            return;
        }
        let (unit, program) = ("systemd-networkd.service", "systemd-networkd");
        self.networkd = if is_unsure || units.may_start(unit, program) {
            Networkd::Started
        } else if units.has(unit) {
            Networkd::NotStarted
        } else {
            Networkd::NoUnit
        };
    }

    fn see(&mut self, path: &[u8]) {
        let (_, name) = split(path);
        match name {
            b"systemd-executor" => self.has_executor = true,
            b"systemd-fstab-generator" => self.has_generator = true,
            b"sysroot.mount" => self.has_root_unit = true,
            b"sysroot-nix.mount" | b"sysroot-nix-store.mount" => self.may_mount_store = true,
            b"dracut" | b"dracut-lib.sh" | b"dracut-rootfs-generator" => self.is_of_dracut = true,
            b"systemd-networkd" => self.networkd = Networkd::NoUnit,
            _ if is_foreign_generator(path, name) => {
                self.has_generator = true;
                self.has_foreign_generator = true;
            }
            // Until it is known what is run.
            b"busybox" | b"toybox" => self.runs_network_program = true,
            _ if is_network_program(name) => self.runs_network_program = true,
            _ => {
                let version = version_of(name);
                self.version = match (self.version, version) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
            }
        }
    }
}

/// What systemd cannot do without as stage 1 (`src/core/main.c`,
/// `do_queue_default_job`; `src/basic/initrd-util.c`).
fn lacking(
    initrd: &Initrd,
    line: Option<&KernelCommandLine>,
    units: &Units,
) -> Option<(&'static str, &'static str)> {
    let is_given = |key: &str| line.is_some_and(|line| line.get(key).is_some());
    if !initrd.has_initrd_release() && !is_given("SYSTEMD_IN_INITRD") {
        let problem = "there is no /etc/initrd-release, without which systemd takes the initrd for the system itself and leaves for no other";
        return Some((problem, "etc/initrd-release"));
    }
    let is_missing = |name: &str| !units.is_unsure && !units.has(name);
    if is_missing("initrd.target") && is_missing("default.target") && !is_given("rd.systemd.unit") {
        let problem = "there is neither initrd.target nor default.target, so that systemd starts a rescue shell";
        return Some((problem, "initrd.target and the units that it asks for"));
    }
    let going_over = ["initrd-cleanup.service", "initrd-switch-root.service"];
    let commands = going_over.iter().flat_map(|unit| units.commands(unit));
    let commands: Vec<_> = commands
        .filter(|command| !command.trim().is_empty())
        .collect();
    // Where some do without, those may be in place of the others.
    let calls =
        |command: &str| words(command).any(|word| word.rsplit('/').next() == Some("systemctl"));
    let mut has_systemctl = false;
    initrd.walk(|path, _| has_systemctl |= path.ends_with(b"/systemctl"));
    let are_calls = !commands.is_empty() && commands.iter().all(|command| calls(command));
    if are_calls && !has_systemctl && !units.is_unsure {
        let problem =
            "there is no systemctl, by which initrd-switch-root.service goes over to the root";
        return Some((problem, "systemctl of the same systemd"));
    }
    None
}

/// Whether a command may mount something at `/sysroot`, or go over to another place.
fn mounts_root(command: &str) -> bool {
    let name = |word: &str| word.rsplit('/').next().unwrap_or_default().to_owned();
    let mounts = |word: &str| {
        let name = name(word);
        name.contains("mount") && !name.starts_with("umount")
    };
    let is_place = |word: &str| word.trim_end_matches('/') == "/sysroot";
    let leaves = |word: &str| matches!(word, "switch-root" | "switch_root");
    let is_other =
        |word: &str| word.starts_with('/') && !is_place(word) && !word.ends_with("/systemctl");
    if words(command).any(leaves) {
        return words(command).any(is_other);
    }
    let is_bind = command.contains("bind");
    words(command).any(mounts)
        && (words(command).any(is_place) || command.contains('$') && !is_bind)
}

fn is_network_program(name: &[u8]) -> bool {
    let mut programs = NETWORK_PROGRAMS.iter();
    programs.any(|program| program.as_bytes() == name)
}

/// Whether a file is a generator that is none of systemd's.
fn is_foreign_generator(path: &[u8], name: &[u8]) -> bool {
    let directory = path.strip_suffix(name).unwrap_or_default();
    directory.ends_with(b"/system-generators/") && !name.starts_with(b"systemd-")
}

/// The root that fstab-generator makes a mount of, rather than of an fstab's line
/// (`systemd-fstab-generator(8)`).
fn given_root(line: &KernelCommandLine) -> Option<String> {
    let root = line.get("root").filter(|root| !root.is_empty());
    let root = root.filter(|root| !matches!(*root, "fstab" | "/dev/nfs"));
    let more = line.get("systemd.mount-extra");
    root.or(more).map(str::to_owned)
}

/// The version in the name of a library that is for systemd's programs alone.
fn version_of(library: &[u8]) -> Option<u32> {
    let starts: [&[u8]; 2] = [b"libsystemd-core-", b"libsystemd-shared-"];
    let mut rests = starts
        .iter()
        .filter_map(|start| library.strip_prefix(*start));
    let rest = rests.next()?;
    let length = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..length]).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_tells_the_version() {
        for (name, version) in [
            ("libsystemd-core-255.so", Some(255)),
            ("libsystemd-shared-257.9-1.fc42.so", Some(257)),
            ("libsystemd-shared-99999999999.so", None),
            ("libsystemd-core-.so", None),
            ("libsystemd.so.0", None),
        ] {
            assert_eq!(version_of(name.as_bytes()), version, "{name}");
        }
    }
}
