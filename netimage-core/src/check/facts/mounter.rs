//! Who mounts the root, and what it takes.

use crate::check::observe::units::words;
use crate::initrd::{Init, Initrd, Program, Script, split};
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
    /// Who mounts where the kernel starts this. Where what it would start is not
    /// there, it goes on as if there were no initrd (`kernel_init_freeable`), if it
    /// can.
    pub(in crate::check) fn of(initrd: &Initrd, init: &Init, may_be_kernel: bool) -> Self {
        match init {
            Init::Missing | Init::Dangling { .. } if may_be_kernel => Self::Kernel,
            Init::Systemd | Init::Script(_) if initrd.has_file(b"nfs-lib.sh") => Self::Dracut,
            Init::Systemd => Self::Systemd,
            Init::Script(Script::NixOs) => Self::Scripted,
            Init::Script(script) if runs_nfsmount(initrd, *script) => Self::Nfsmount,
            Init::Script(_) => Self::Other,
            _ if initrd.has_initrd_release() => Self::Systemd,
            _ => Self::Other,
        }
    }

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

/// Whether the script that mounts NFS calls nfsmount, and that is klibc's or its
/// port. Some put mount.nfs in its place.
fn runs_nfsmount(initrd: &Initrd, script: Script) -> bool {
    let is_klibc = script == Script::InitramfsTools;
    let script: &[u8] = if is_klibc {
        b"scripts/nfs"
    } else {
        b"hooks/net"
    };
    let text = String::from_utf8_lossy(initrd.text(script).unwrap_or_default());
    let mut lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let Some(Program::Searched(path)) = initrd.program(b"nfsmount") else {
        return false;
    };
    let execution = initrd.execution(&path);
    let loader = execution.files.get(1).map(|loader| split(loader).1);
    let is_own = if is_klibc {
        loader.is_some_and(|loader| loader.starts_with(b"klibc-"))
    } else {
        !initrd.has_file(b"mount.nfs")
    };
    is_own && lines.any(|line| words(line).any(|word| word == "nfsmount"))
}
