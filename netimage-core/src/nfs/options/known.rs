//! Which options the kernel knows.

use std::ops::RangeInclusive;

use super::MountOptions;
use super::option::MountOption;
use crate::words::Words;

/// What the kernel's own parser makes of an option.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KernelVerdict {
    /// It knows it.
    Takes,
    /// It is for mount(8), mount.nfs or systemd, or for a mount point.
    Refuses,
    /// No kernel that is known has it; one that has not refuses it.
    Unknown,
}

impl MountOption {
    /// What the kernel makes of it, in `nfsroot=` or when mount(8) hands it on
    /// (`fs/nfs/fs_context.c` up to Linux 6.17; `vfs_parse_sb_flag`).
    fn kernel_verdict(&self) -> KernelVerdict {
        let key = self.key();
        let positive = key.strip_prefix("no").unwrap_or(key);
        let positive = Some(positive).filter(|key| !NEVER_NEGATED.contains(key));
        if is_known(key) || positive.is_some_and(is_known) {
            KernelVerdict::Takes
        } else if self.is_for_kernel() {
            KernelVerdict::Unknown
        } else {
            KernelVerdict::Refuses
        }
    }
}

impl MountOptions {
    /// The options of which a kernel makes this. With `sloppy` it passes over what
    /// it does not know.
    pub(crate) fn that_kernel(&self, verdict: KernelVerdict) -> impl Iterator<Item = &MountOption> {
        let passes_over = verdict != KernelVerdict::Takes && self.get("sloppy").is_some();
        self.iter()
            .filter(move |option| !passes_over && option.kernel_verdict() == verdict)
    }
}

/// Options that the kernel does not know with `no` before them.
const NEVER_NEGATED: Words = Words("bg fg hard rdma sloppy soft softerr tcp udp");

/// What Linux takes as the value of an option.
pub(super) enum Accepts {
    Nothing,
    Number(RangeInclusive<u32>),
    OneOf(Words),
    /// Some of these, joined by colons.
    SomeOf(Words),
    Address,
    Anything,
}

/// Options without a value, each also with `no` before it.
const SWITCHES: Words = Words("ac acl cto intr lock migration posix resvport sharecache");

/// The options of the kernel, without `no` before them, those of a superblock and of
/// security modules among them: the table `nfs_fs_parameters` of
/// `fs/nfs/fs_context.c`, and the bounds that the code after it holds the values to.
static KNOWN: [(Words, Accepts); 16] = {
    use Accepts::{Address, Anything, Nothing, Number, OneOf, SomeOf};
    const SIGNED_MAX: u32 = i32::MAX.unsigned_abs();
    const FLAGS: &str = "
        async bg fg hard rdma ro rw sloppy soft softerr softreval sync tcp udp v2 v3 v4
        v4.0 v4.1 v4.2
        ";
    const SIZES: &str = "
        acdirmax acdirmin acregmax acregmin actimeo bsize namlen rsize wsize
        ";
    const FLAVOURS: &str = "
        sys none null krb5 krb5i krb5p lkey lkeyi lkeyp spkm3 spkm3i spkm3p
        ";
    const OTHERS: &str = "
        alignwrite cert_serial clientaddr context defcontext dirsync fatal_neterrors
        fsc fscontext lazytime mand mounthost nfsvers privkey_serial rdirplus retry
        rootcontext seclabel source trunkdiscovery vers write xprtsec
        ";
    [
        (SWITCHES, Nothing),
        (Words(FLAGS), Nothing),
        (Words(SIZES), Number(0..=u32::MAX)),
        (Words("port mountport"), Number(0..=65_535)),
        (Words("timeo"), Number(1..=SIGNED_MAX)),
        (Words("retrans"), Number(0..=SIGNED_MAX)),
        (Words("mountvers"), Number(1..=3)),
        (Words("minorversion"), Number(0..=2)),
        (Words("nconnect max_connect"), Number(1..=16)),
        (Words("proto"), OneOf(Words("tcp tcp6 udp udp6 rdma rdma6"))),
        (Words("mountproto"), OneOf(Words("tcp tcp6 udp udp6"))),
        (Words("local_lock"), OneOf(Words("all flock posix none"))),
        (Words("lookupcache"), OneOf(Words("all none pos positive"))),
        (Words("sec"), SomeOf(Words(FLAVOURS))),
        (Words("addr mountaddr"), Address),
        (Words(OTHERS), Anything),
    ]
};

fn is_known(key: &str) -> bool {
    KNOWN.iter().any(|(keys, _)| keys.contains(key))
}

/// What Linux takes as the value of this option.
pub(super) fn accepts(key: &str) -> &'static Accepts {
    let has = |name: &str| KNOWN.iter().find(|(keys, _)| keys.contains(name));
    let switch = key.strip_prefix("no").filter(|key| SWITCHES.contains(key));
    let row = switch.or(Some(key)).and_then(has);
    row.map_or(&Accepts::Anything, |(_, accepts)| accepts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_takes_its_own_options_only() {
        for (text, verdict) in [
            ("rsize=65536", KernelVerdict::Takes),
            ("nolock", KernelVerdict::Takes),
            ("v4", KernelVerdict::Takes),
            ("retry=3", KernelVerdict::Takes),
            ("rw", KernelVerdict::Takes),
            ("noatime", KernelVerdict::Refuses),
            ("_netdev", KernelVerdict::Refuses),
            ("x-systemd.requires=a", KernelVerdict::Refuses),
            ("rsise=65536", KernelVerdict::Unknown),
            ("rdma", KernelVerdict::Takes),
            ("nordma", KernelVerdict::Unknown),
            ("nordirplus", KernelVerdict::Takes),
        ] {
            let option: MountOption = text.parse().unwrap();
            assert_eq!(option.kernel_verdict(), verdict, "{text}");
        }
    }
}
