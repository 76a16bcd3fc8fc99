//! Who mounts the root, and what it takes.

use crate::nfs::{KernelVerdict, MountOption, MountOptions, NfsVersion};

/// Who mounts the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Mounter {
    /// The kernel; there is no initrd.
    Kernel,
    /// An initrd that runs systemd.
    Systemd,
    /// The initrd of NixOS that runs a script.
    Scripted,
    /// An initrd that runs klibc's nfsmount, as those of initramfs-tools, or the
    /// port of it that mkinitcpio's `net` hook runs.
    Nfsmount,
    /// The scripts of dracut's module for NFS, by mount.nfs.
    Dracut,
    /// An initrd that is not known.
    Other,
}

/// The options of nfsmount (klibc, `usr/kinit/nfsmount/main.c`, up to 2.0.14), and
/// the version, which is an option of its own there.
const NFSMOUNT_KEYS: [&str; 28] = [
    "ac",
    "acdirmax",
    "acdirmin",
    "acl",
    "acregmax",
    "acregmin",
    "broken_suid",
    "cto",
    "hard",
    "intr",
    "lock",
    "noac",
    "noacl",
    "nocto",
    "nointr",
    "nolock",
    "noposix",
    "port",
    "posix",
    "retrans",
    "ro",
    "rsize",
    "rw",
    "soft",
    "tcp",
    "timeo",
    "udp",
    "wsize",
];

impl Mounter {
    /// Whether it goes by `nfsroot=`, as NixOS's initrds do not.
    pub(in crate::check) const fn reads_nfsroot(self) -> bool {
        !matches!(self, Self::Systemd | Self::Scripted)
    }

    /// Whether it asks for locks of NFS version 3. nfsmount does only if it is told
    /// to, the kernel and dracut do not; of others nothing is known.
    pub(in crate::check) fn asks_for_locks(self, options: &MountOptions) -> bool {
        let is_given = |key: &str| options.get(key).is_some();
        match self {
            Self::Systemd | Self::Scripted => !is_given("nolock") && !is_given("local_lock"),
            Self::Nfsmount => is_given("lock"),
            Self::Kernel | Self::Dracut | Self::Other => false,
        }
    }

    /// Those options of `nfsroot=` that it refuses, the version among them.
    pub(in crate::check) fn refuses(self, options: &MountOptions) -> Vec<String> {
        match self {
            Self::Kernel => {
                let refused = options.that_kernel(KernelVerdict::Refuses);
                refused.map(MountOption::to_string).collect()
            }
            Self::Nfsmount => {
                let version = options
                    .version()
                    .filter(|version| *version != NfsVersion::V3);
                let version = version.map(|version| format!("vers={version}"));
                let refused = options.iter();
                let refused = refused.filter(|option| !NFSMOUNT_KEYS.contains(&option.key()));
                version
                    .into_iter()
                    .chain(refused.map(MountOption::to_string))
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}
