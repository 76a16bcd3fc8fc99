//! Which options the kernel knows.

use std::ops::RangeInclusive;

use crate::words::Words;

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

/// Whether it is an option of the kernel, as it is spelled.
pub(super) fn is_known(key: &str) -> bool {
    KNOWN.iter().any(|(keys, _)| keys.contains(key))
}

/// What Linux takes as the value of this option.
pub(super) fn accepts(key: &str) -> &'static Accepts {
    let has = |name: &str| KNOWN.iter().find(|(keys, _)| keys.contains(name));
    let switch = key.strip_prefix("no").filter(|key| SWITCHES.contains(key));
    let row = switch.or(Some(key)).and_then(has);
    row.map_or(&Accepts::Anything, |(_, accepts)| accepts)
}
