use super::*;
use proptest::prelude::*;

fn parse(text: &str) -> Result<MountOptions, NfsError> {
    text.parse()
}

fn refuses(text: &str, why: &str) {
    let error = parse(text).unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
}

#[test]
fn reads_every_spelling_of_the_version() {
    for (text, version) in [
        ("vers=3", NfsVersion::V3),
        ("nfsvers=3", NfsVersion::V3),
        ("v3", NfsVersion::V3),
        ("v3,vers=3", NfsVersion::V3),
        ("v4", NfsVersion::V4),
        ("vers=4", NfsVersion::V4),
        ("v4.0", NfsVersion::V4_0),
        ("vers=4,minorversion=0", NfsVersion::V4_0),
        ("v4.1", NfsVersion::V4_1),
        ("vers=4,minorversion=1", NfsVersion::V4_1),
        ("minorversion=1,vers=4", NfsVersion::V4_1),
        ("vers=4,vers=4.1,v4", NfsVersion::V4_1),
        ("v4.2", NfsVersion::V4_2),
        ("minorversion=2", NfsVersion::V4_2),
    ] {
        let options = parse(text).unwrap();
        assert_eq!(options.version(), Some(version), "{text}");
        assert_eq!(options.to_string(), format!("vers={version}"));
    }
    assert_eq!(parse("rw").unwrap().version(), None);
}

#[test]
fn keeps_order_and_splits_and_drops_repetitions() {
    let options =
        MountOptions::parse(&["nolock,rw,vers=3", "", "tcp,,foo=a=b", "rw", "proto=tcp"]).unwrap();
    assert_eq!(options.to_string(), "vers=3,nolock,rw,tcp,foo=a=b");
    assert!(!options.is_read_only());
    let repeatable = "x-systemd.requires=a,x-systemd.requires=b,comment=a,comment=b";
    assert_eq!(parse(repeatable).unwrap().to_string(), repeatable);
    assert_eq!(parse("addr=FD00:0::1").unwrap().to_string(), "addr=fd00::1");
    assert_eq!(parse("").unwrap(), MountOptions::default());
}

#[test]
fn refuses_contradictions_and_names_both() {
    for (first, second) in [
        ("ro", "rw"),
        ("hard", "soft"),
        ("softerr", "hard"),
        ("lock", "nolock"),
        ("noac", "ac"),
        ("fsc=a", "nofsc"),
        ("atime", "noatime"),
        ("nofoo", "foo"),
        ("rsize=1024", "rsize=2048"),
        ("udp", "tcp"),
        ("udp", "proto=tcp"),
        ("proto=tcp", "proto=tcp6"),
        ("vers=3", "v4"),
        ("vers=4.1", "nfsvers=4.2"),
        ("vers=3", "minorversion=1"),
        ("v4.1", "minorversion=2"),
        ("async", "sync"),
        ("bg", "fg"),
        ("addr=10.0.0.1", "addr=10.0.0.2"),
    ] {
        refuses(
            &format!("{first},noexec,{second}"),
            &format!("{first:?} and {second:?} contradict each other"),
        );
    }
    assert_eq!(
        parse("vers=4,v4.1,v4.2").unwrap_err().to_string(),
        r#"the mount options "v4.1" and "v4.2" contradict each other; keep one of them"#
    );
}

#[test]
fn refuses_the_values_that_the_kernel_refuses() {
    for text in [
        "rsize",
        "rsize=",
        "rsize=1k",
        "rsize=+1",
        "rsize=-1",
        "rsize=0x",
        "rsize=08",
        "rsize=4294967296",
        "port=65536",
        "timeo=0",
        "retrans=2147483648",
        "mountvers=4",
        "minorversion=3",
        "nconnect=17",
        "proto=",
        "proto=sctp",
        "mountproto=rdma",
        "local_lock=yes",
        "sec",
        "sec=sis",
        "sec=sys:",
        "addr=nas",
        "addr=[::1]",
        "addr=fe80::1%eth0",
        "addr=0.0.0.0",
        "mountaddr",
        "ro=1",
        "hard=",
        "nolock=1",
        "v3=",
    ] {
        refuses(text, &format!("{text:?} is not valid; "));
    }
    for text in ["vers=2", "v2", "vers", "vers=4.3", "nfsvers=v4"] {
        refuses(text, &format!("{text:?} is not valid: "));
    }
    for text in ["a b", "a\"b\"", "a\n", "a\\040b", "a\0"] {
        refuses(text, "without spaces");
    }
    refuses("=3", "has no name");
    assert!("a,b".parse::<MountOption>().is_err());
    assert_eq!(
        parse("nconnect=0").unwrap_err().to_string(),
        r#"the mount option "nconnect=0" is not valid; give it a number from 1 to 16"#
    );
}

#[test]
fn takes_the_numbers_that_the_kernel_takes() {
    for text in [
        "rsize=0",
        "rsize=1048576",
        "rsize=0x10000",
        "rsize=0200000",
        "port=2049",
        "retry=1",
    ] {
        assert_eq!(parse(text).unwrap().to_string(), text);
    }
}

#[test]
fn knows_what_the_kernel_takes() {
    for text in [
        "nolock",
        "hard",
        "rsize=4096",
        "sync",
        "noac",
        "nconnect=4",
        "sec=sys",
        "addr=10.0.0.1",
        "foo",
    ] {
        assert!(
            text.parse::<MountOption>().unwrap().is_for_kernel(),
            "{text}"
        );
    }
    for text in [
        "ro",
        "rw",
        "noatime",
        "nodiratime",
        "relatime",
        "strictatime",
        "nodev",
        "suid",
        "noexec",
        "_netdev",
        "x-systemd.automount",
        "X-mount.mkdir",
        "comment=a",
        "noauto",
        "auto",
        "nofail",
        "defaults",
        "user",
        "nouser",
        "users",
        "bg",
        "fg",
        "retry=1",
    ] {
        assert!(
            !text.parse::<MountOption>().unwrap().is_for_kernel(),
            "{text}"
        );
    }
}

/// Options in all the spellings that mean something here.
fn option() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(vec![
            "ro",
            "rw",
            "hard",
            "soft",
            "softerr",
            "lock",
            "nolock",
            "tcp",
            "udp",
            "proto=tcp6",
            "vers=3",
            "v4",
            "v4.1",
            "vers=4.2",
            "minorversion=1",
            "addr=10.0.0.1",
            "mountaddr=fd00::1",
            "noatime",
            "_netdev",
            "",
        ])
        .prop_map(str::to_owned),
        "(rsize|port|timeo|x-a|no)[=]?[0-9a-z]{0,4}",
        ".{0,12}",
    ]
}

proptest! {
    #[test]
    fn what_is_printed_reads_back(elements in proptest::collection::vec(option(), 0..6)) {
        if let Ok(options) = MountOptions::parse(&elements) {
            let printed = options.to_string();
            prop_assert_eq!(printed.parse(), Ok(options));
        }
    }
}
