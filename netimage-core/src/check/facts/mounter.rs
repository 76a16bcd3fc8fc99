//! Who mounts the root, and what it takes.

use std::net::Ipv4Addr;

use crate::nfs::{KernelVerdict, MountOption, MountOptions, NfsVersion, NfsrootParameter};
use crate::words::Words;

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
const NFSMOUNT_KEYS: Words = Words(
    "ac acdirmax acdirmin acl acregmax acregmin broken_suid cto hard intr lock noac noacl \
     nocto nointr nolock noposix port posix retrans ro rsize rw soft tcp timeo udp wsize",
);

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
                let refused = refused.filter(|option| !NFSMOUNT_KEYS.contains(option.key()));
                version
                    .into_iter()
                    .chain(refused.map(MountOption::to_string))
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// What the kernel (`nfs_root_setup`, `root_nfs_parse_addr`) or nfsmount makes of
    /// the place, if that is something else than a server and a path of it.
    pub(in crate::check) fn misreads(self, given: &NfsrootParameter) -> Option<String> {
        let place = given.place.as_str();
        let (server, path) = given.parts();
        let is_kernel = self == Self::Kernel;
        let is_taken = place.starts_with(|first: char| first == '/' || first.is_ascii_digit());
        // What DHCP gives, to initramfs-tools.
        let is_auto = place == "auto" && !is_kernel;
        if place.is_empty() || path.is_empty() || is_address(place) || is_auto {
            return None;
        }
        if is_kernel && !is_taken {
            return Some(format!(
                "the kernel takes {place} in nfsroot= for a directory, and mounts /tftpboot/{place} from the server that ip= or DHCP gives"
            ));
        }
        match server {
            None => {
                let first = path.trim_start_matches('/').split('/').next();
                let is_server = !path.starts_with('/')
                    || path.starts_with("//") && first.is_some_and(is_address);
                is_server.then(|| format!("there is no colon behind the server in nfsroot={place}"))
            }
            Some(server) if server.starts_with('[') => Some(format!(
                "what mounts takes IPv4 addresses only, and nfsroot= has {place}"
            )),
            Some(server) if !is_address(server) => Some(format!(
                "nothing looks up the name {server} in nfsroot={place}"
            )),
            // The path of version 4 is that below the server's own root in any case.
            Some(_) if path.starts_with('/') => None,
            Some(_) => {
                let is_v3 = given.options.version() == Some(NfsVersion::V3);
                (is_v3 || !is_kernel)
                    .then(|| format!("the path {path} in nfsroot= does not begin with a slash"))
            }
        }
    }
}

fn is_address(text: &str) -> bool {
    text.parse::<Ipv4Addr>().is_ok()
}
