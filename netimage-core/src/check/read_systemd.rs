//! What the systemd of an initrd does its work with.

use crate::boot::KernelCommandLine;
use crate::initrd::Initrd;

/// Programs other than networkd that give a board an address.
const NETWORK_PROGRAMS: [&[u8]; 17] = [
    b"NetworkManager",
    b"busybox",
    b"connmand",
    b"dhclient",
    b"dhcp6c",
    b"dhcpcd",
    b"ifconfig",
    b"ifup",
    b"ip",
    b"ipconfig",
    b"iwd",
    b"ndhc",
    b"netifd",
    b"odhcp6c",
    b"toybox",
    b"udhcpc",
    b"wickedd",
];

/// What there is of it.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct SystemdSurvey {
    /// Its version, by the names of its own libraries.
    pub version: Option<u32>,
    pub has_executor: bool,
    /// Whether fstab-generator is there, or one that is not systemd's own.
    pub has_generator: bool,
    /// Whether the mount of the root is a unit.
    pub has_root_unit: bool,
    /// Whether dracut made the initrd, which mounts by scripts of its own.
    pub is_of_dracut: bool,
    /// Whether networkd, or another that does its work, is there.
    pub has_network_program: bool,
    /// What `root=` says, if that is what systemd mounts.
    pub root: Option<String>,
}

impl SystemdSurvey {
    pub(super) fn read(initrd: &Initrd, line: Option<&KernelCommandLine>) -> Self {
        let mut survey = Self {
            root: line.and_then(given_root),
            ..Self::default()
        };
        initrd.walk(|path, _| survey.see(path));
        survey
    }

    fn see(&mut self, path: &[u8]) {
        let name = path.rsplit(|byte| *byte == b'/').next().unwrap_or(path);
        match name {
            b"systemd-executor" => self.has_executor = true,
            b"systemd-fstab-generator" => self.has_generator = true,
            b"sysroot.mount" => self.has_root_unit = true,
            b"dracut" | b"dracut-lib.sh" | b"dracut-rootfs-generator" => self.is_of_dracut = true,
            b"systemd-networkd" => self.has_network_program = true,
            _ if is_foreign_generator(path, name) => self.has_generator = true,
            _ if NETWORK_PROGRAMS.contains(&name) => self.has_network_program = true,
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
