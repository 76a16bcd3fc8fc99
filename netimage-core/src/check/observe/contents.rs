//! What an initrd has of that which a check asks for, found in one walk.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::facts::Mount;
use crate::check::observe::fstab;
use crate::check::observe::units::Units;
use crate::initrd::{Entry, EntryKind, Initrd, split};
use crate::words::Words;

/// Files that count wherever they are.
const NAMES: Words = Words(
    "default.target dracut dracut-lib.sh dracut-rootfs-generator initrd.target mount.nfs \
     nfs-lib.sh sysroot-nix-store.mount sysroot-nix.mount sysroot.mount \
     systemd-executor systemd-fstab-generator systemd-network-generator systemd-networkd \
     systemd-networkd.service tlshd",
);

/// Programs of which any one may be run, and how many of a name are kept.
const PROGRAMS: [&[u8]; 2] = [b"mount", b"modprobe"];
const PROGRAMS_MAX: usize = 16;

/// What sets the name of an NFS client: the parameter of the kernel's module, by its
/// file or in modprobe.d(5), and the same of a network namespace.
const CLIENT_NAMES: [&str; 2] = ["nfs4_unique_id", "nfs_client/identifier"];

/// Where networkd looks, the first before the others (systemd.network(5)).
const NETWORKS: [&[u8]; 5] = [
    b"etc/systemd/network",
    b"run/systemd/network",
    b"usr/local/lib/systemd/network",
    b"usr/lib/systemd/network",
    b"lib/systemd/network",
];

/// Bytes of text that are looked at, one file by many names among them.
const TEXT_MAX: usize = 16 << 20;

/// What was found.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Contents {
    names: BTreeSet<&'static str>,
    programs: Vec<(&'static [u8], Vec<u8>)>,
    /// The texts of `modules.builtin`, each with its directory.
    pub built_in: Vec<(Vec<u8>, Vec<u8>)>,
    /// What each table of mounts has on the way to the store.
    pub tables: Vec<Vec<Mount>>,
    /// Whether a table or a unit names a root to systemd, or may do so.
    pub names_root: bool,
    /// Whether something that is run or loaded names the NFS client.
    pub names_client: bool,
    /// Whether a script or a unit may mount the store.
    pub may_mount_store: bool,
    /// The version of systemd, by the names of its own libraries.
    pub version: Option<u32>,
    pub units: Units,
    /// Files for networkd: by name, the place of the directory and the path.
    pub networks: BTreeMap<Vec<u8>, (usize, Vec<u8>)>,
    /// Whether networkd may be told more, or the port may be called otherwise.
    pub may_be_told_more: bool,
    read: usize,
}

impl Contents {
    pub(super) fn read(initrd: &Initrd) -> Self {
        let mut contents = Self::default();
        initrd.walk(|path, entry| contents.see(initrd, path, entry));
        contents
    }

    /// Whether there is one of [`NAMES`].
    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// Whether dracut made it, which mounts by scripts of its own.
    pub(super) fn is_of_dracut(&self) -> bool {
        let own = ["dracut", "dracut-lib.sh", "dracut-rootfs-generator"];
        own.into_iter().any(|name| self.has(name))
    }

    /// The paths of a program.
    pub(super) fn programs(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let programs = self.programs.iter();
        let own = programs.filter(move |(known, _)| *known == name.as_bytes());
        own.map(|(_, path)| path.as_slice())
    }

    fn see(&mut self, initrd: &Initrd, path: &[u8], entry: Entry<'_>) {
        let (directory, name) = split(path);
        self.see_name(initrd, path);
        self.see_network(directory, name, path, entry.kind);
        self.units.see(directory, name, entry.kind);
        let Some(text) = self.text(initrd, path) else {
            // Where it is too long to have been kept, it may say anything.
            let kind = initrd.resolve(path).map(|entry| entry.kind);
            let has_bytes = matches!(kind, Some(EntryKind::Regular { size: 1.. }));
            self.names_root |= has_bytes && name.ends_with(b"fstab");
            return;
        };
        self.see_text(path, name, &text);
        self.units.see_text(directory, name, &text);
        if name == b"modules.builtin" {
            self.built_in.push((directory.to_vec(), text.into_bytes()));
        }
    }

    fn see_name(&mut self, initrd: &Initrd, path: &[u8]) {
        let (directory, name) = split(path);
        let known = NAMES.iter().find(|known| known.as_bytes() == name);
        self.names
            .extend(known.filter(|_| initrd.resolve(path).is_some()));
        self.names_root |= self.has("sysroot.mount");
        self.version = match (self.version, version_of(name)) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
        let (_, parent) = split(directory);
        if let Some(program) = PROGRAMS.into_iter().find(|known| *known == name)
            && matches!(parent, b"bin" | b"sbin")
            && self
                .programs
                .iter()
                .filter(|(known, _)| *known == name)
                .count()
                < PROGRAMS_MAX
        {
            self.programs.push((program, path.to_vec()));
        }
    }

    fn see_network(&mut self, directory: &[u8], name: &[u8], path: &[u8], kind: EntryKind<'_>) {
        let is_link = matches!(kind, EntryKind::Symlink { .. });
        // What is beside a file changes it, and what is below /run is hidden by the file
        // system that systemd mounts.
        self.may_be_told_more |= directory.ends_with(b".network.d")
            || directory.ends_with(b".link.d")
            || directory.starts_with(b"run/systemd/network")
            || name.ends_with(b".netdev")
            || is_link && name == b"network" && directory.ends_with(b"/systemd")
            || is_link && name == b"systemd" && matches!(split(directory).1, b"etc" | b"lib");
        let known = NETWORKS.iter().position(|known| *known == directory);
        let is_network = name.ends_with(b".network");
        let is_elsewhere = known.is_none() && directory.ends_with(b"/systemd/network");
        self.may_be_told_more |= is_network && is_elsewhere;
        if let Some(place) = known.filter(|_| is_network) {
            let own = (place, path.to_vec());
            let first = self.networks.entry(name.to_vec()).or_insert(own.clone());
            if own.0 < first.0 {
                *first = own;
            }
        }
    }

    fn see_text(&mut self, path: &[u8], name: &[u8], text: &str) {
        self.names_root |= name.ends_with(b"fstab") && fstab::names_root(text);
        self.tables.extend(fstab::table(path, text));
        let mut lines = text.lines();
        let names = |line: &str| {
            !line.trim_start().starts_with('#')
                && CLIENT_NAMES.iter().any(|name| line.contains(name))
        };
        self.names_client |= lines.clone().any(names);
        // A link for one interface may rename it.
        self.may_be_told_more |= name.ends_with(b".link")
            && lines.clone().any(|line| line.trim().starts_with("Name="))
            || name.ends_with(b".rules") && lines.clone().any(renames);
        let is_unit = name.ends_with(b".service") || name.ends_with(b".conf");
        let is_run = is_unit || text.starts_with("#!");
        self.may_mount_store |= is_run && lines.any(fstab::mounts_store);
    }

    /// The text of a file, as long as there is room for more.
    fn text(&mut self, initrd: &Initrd, path: &[u8]) -> Option<String> {
        let text = initrd.text(path)?;
        self.read += text.len();
        if self.read > TEXT_MAX {
            self.may_be_told_more = true;
            self.names_client = true;
            self.may_mount_store = true;
            return None;
        }
        Some(String::from_utf8_lossy(text).into_owned())
    }
}

/// Whether a rule of udev renames an interface otherwise than by the names that udev
/// has for it.
fn renames(rule: &str) -> bool {
    let is_set = rule.contains(" NAME=\"") || rule.contains(" NAME:=\"");
    is_set && !rule.starts_with('#') && !rule.contains("\"$env{ID_NET_NAME}\"")
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

    #[test]
    fn rules_that_rename_are_told_from_others() {
        for (line, is_renaming) in [
            (r#"SUBSYSTEM=="net", NAME="lan0""#, true),
            (r#"SUBSYSTEM=="net", NAME:="lan0""#, true),
            (
                r#"NAME=="", ENV{ID_NET_NAME}!="", NAME="$env{ID_NET_NAME}""#,
                false,
            ),
            (r#"ENV{DM_NAME}="x", SYMLINK+="y""#, false),
            (r#"#SUBSYSTEM=="net", NAME="lan0""#, false),
        ] {
            assert_eq!(renames(line), is_renaming, "{line}");
        }
    }
}
