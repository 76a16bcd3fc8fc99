//! What an initrd mounts.

use std::fmt;

use crate::nfs::{MountOptions, NfsError, NfsRoot, NfsVersion};

/// The places on the way to the store, the deepest first: what is mounted at the
/// first of them that has a mount holds it.
pub(in crate::check) const TO_STORE: [&str; 3] = ["/nix/store", "/nix", "/"];

/// A mount on the way to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) struct Mount {
    /// One of [`TO_STORE`].
    pub place: &'static str,
    pub device: String,
    pub kind: String,
    /// Without those that are for systemd.
    pub options: String,
    pub is_noauto: bool,
}

impl Mount {
    pub(in crate::check) fn is_root(&self) -> bool {
        self.place == "/"
    }

    pub(in crate::check) fn is_nfs(&self) -> bool {
        self.kind.starts_with("nfs")
    }

    /// Whether it has nothing in it when it is mounted.
    pub(in crate::check) fn is_in_memory(&self) -> bool {
        matches!(self.kind.as_str(), "ramfs" | "tmpfs")
    }

    /// Whether the device is one of NFS, but the type that of a file system of disks.
    pub(in crate::check) fn is_mistyped(&self) -> bool {
        const OF_DISKS: [&str; 9] = [
            "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "vfat", "xfs",
        ];
        let server = self.device.split_once(":/").map(|(server, _)| server);
        let is_nfs = server.is_some_and(|server| !server.is_empty() && !server.contains('/'));
        is_nfs && OF_DISKS.contains(&self.kind.as_str())
    }

    /// The NFS root that it would be.
    pub(in crate::check) fn nfs_root(&self) -> Result<NfsRoot, NfsError> {
        self.to_string().parse()
    }
}

impl fmt::Display for Mount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{},{}", self.device, self.options)
    }
}

/// What an initrd says that it mounts on the way to the store.
#[derive(Debug, Default)]
pub(in crate::check) struct Mounts {
    /// What is mounted over NFS: the root, and what holds the store below it.
    pub nfs: Vec<Mount>,
    /// What is a disk, or has the type of one, where the NFS root should be.
    pub disk: Option<Mount>,
    /// What holds the store, where that is known.
    pub holder: Option<Mount>,
}

impl Mounts {
    /// The versions that the options of NFS mounts ask for.
    pub(in crate::check) fn versions(&self) -> impl Iterator<Item = NfsVersion> {
        let options = self.nfs.iter().map(|mount| mount.options.as_str());
        options.filter_map(|options| MountOptions::parse(&[options]).ok()?.version())
    }
}

/// What is amiss with the list of mounts that NixOS's script reads
/// (stage-1-init.sh, `exec 3< @fsInfo@`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum ListFault {
    /// There is no such file.
    Missing(String),
    /// It has nothing for `/`.
    NoRoot(String),
}

/// Whether a `root=`, or a device of fstab(5), names a disk or a part of one.
pub(in crate::check) fn is_disk(root: &str) -> bool {
    let labels = ["LABEL=", "UUID=", "PARTUUID=", "PARTLABEL="];
    let devices = [
        "/dev/mmcblk",
        "/dev/sd",
        "/dev/nvme",
        "/dev/vd",
        "/dev/disk/",
    ];
    let mut starts = labels.iter().chain(&devices);
    starts.any(|start| root.starts_with(start))
}
