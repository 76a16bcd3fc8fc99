use super::*;
use proptest::prelude::*;

/// The list that the tool this one follows had as its default.
const OLD_DEFAULT: &str = "nolock rw vers=3 rsize=131072 wsize=131072 namlen=255 hard noacl proto=tcp timeo=11 \
                           retrans=3 sec=sys mountaddr=192.168.0.1 mountvers=3 mountproto=tcp local_lock=all \
                           addr=192.168.0.1 noatime nodiratime";

fn parse(text: &str) -> Result<NfsRoot, NfsError> {
    text.parse()
}

fn root(text: &str) -> NfsRoot {
    parse(text).unwrap()
}

fn refuses<T: std::fmt::Debug>(outcome: Result<T, NfsError>, why: &str) {
    let error = outcome.unwrap_err().to_string();
    assert!(error.contains(why), "{error}");
}

#[test]
fn takes_the_old_default_options() {
    let options: Vec<&str> = OLD_DEFAULT.split_whitespace().collect();
    let server: NfsServer = "192.168.0.1".parse().unwrap();
    let root = NfsRoot::new(server, "/srv/pi/", None, &options).unwrap();
    assert_eq!(root.version(), NfsVersion::V3);
    assert_eq!(
        root.kernel_parameters(),
        [
            "root=/dev/nfs",
            "nfsroot=192.168.0.1:/srv/pi,vers=3,nolock,rsize=131072,wsize=131072,namlen=255,hard,noacl,proto=tcp,\
             timeo=11,retrans=3,sec=sys,mountaddr=192.168.0.1,mountvers=3,mountproto=tcp,local_lock=all,\
             addr=192.168.0.1",
            "ip=dhcp",
            "rw",
        ]
    );
    assert_eq!(root.check_kernel_parameters(), Ok(()));
    assert_eq!(root.mount_options().len(), options.len());
    assert_eq!(root.mount_options()[..3], ["vers=3", "nolock", "rw"]);
    assert_eq!(root.kernel_mount_options().unwrap(), root.mount_options());
}

#[test]
fn prints_canonical() {
    for (text, printed) in [
        ("10.0.0.1:/srv/nfs", "10.0.0.1:/srv/nfs,vers=4.1"),
        ("NAS:/", "nas:/,vers=4.1"),
        (
            "[FD00::0:1]://srv//a/,ro,v4.2",
            "[fd00::1]:/srv/a,vers=4.2,ro",
        ),
        ("nas:/srv,mountvers=3", "nas:/srv,vers=3,mountvers=3"),
        ("nas:/srv,mountvers=3,v4", "nas:/srv,vers=4,mountvers=3"),
        ("nas:/a:/b,", "nas:/a:/b,vers=4.1"),
        (
            "nas:/srv,nolock,mountaddr=10.0.0.1,vers=4",
            "nas:/srv,vers=4,nolock,mountaddr=10.0.0.1",
        ),
    ] {
        assert_eq!(root(text).to_string(), printed);
        assert_eq!(root(printed), root(text));
    }
}

#[test]
fn refuses_other_forms() {
    for text in [
        "",
        "/srv",
        ":/srv",
        "nas",
        "nas:srv",
        "nas,/srv",
        "10.0.0.1/srv",
    ] {
        refuses(parse(text), &format!("{text:?} is not an NFS root"));
    }
    refuses(parse("fd00::1:/srv"), "must be in brackets");
    refuses(parse("nas:/a/../b"), "the exported path");
    refuses(parse("nas:/a,ro,rw"), "the mount options");
    refuses(parse("nas:/a b"), "the exported path");
}

#[test]
fn refuses_parts_that_contradict_each_other() {
    let server: NfsServer = "nas".parse().unwrap();
    let version = |field, option| {
        NfsRoot::new(server.clone(), "/", Some(field), &[option]).map(|root| root.version())
    };
    assert_eq!(version(NfsVersion::V4, "v4.2"), Ok(NfsVersion::V4_2));
    assert_eq!(version(NfsVersion::V3, "vers=3"), Ok(NfsVersion::V3));
    assert_eq!(
        version(NfsVersion::V4_1, "v3").unwrap_err().to_string(),
        r#"the NFS version is given as 4.1 and by the mount option "vers=3"; keep one of them"#
    );
    assert_eq!(
        parse("10.0.0.1:/,addr=10.0.0.2").unwrap_err().to_string(),
        r#"the mount option "addr=10.0.0.2" contradicts the server 10.0.0.1; remove that option"#
    );
    assert!(parse("10.0.0.1:/,v3,addr=10.0.0.1,mountaddr=10.0.0.2").is_ok());
}

#[test]
fn refuses_what_the_kernel_refuses() {
    for text in [
        "nas:/,udp",
        "nas:/,v4,proto=udp",
        "nas:/,proto=udp6",
        "nas:/,migration",
        "nas:/,v3,migration",
    ] {
        refuses(parse(text), "does not work with NFS version");
        let is_udp = matches!(parse(text), Err(NfsError::Udp(_)));
        assert_eq!(is_udp, text.contains("udp"), "{text}");
    }
    for text in [
        "10.0.0.1:/,proto=tcp6",
        "[fd00::1]:/,proto=tcp",
        "nas:/,proto=rdma6,addr=10.0.0.1",
        "[fd00::1]:/,v3,mountproto=udp",
        "nas:/,v3,mountproto=tcp,mountaddr=fd00::1",
    ] {
        refuses(parse(text), "does not fit the address");
    }
    for text in [
        "nas:/,v3,udp",
        "nas:/,v4.0,migration",
        "[fd00::1]:/,tcp",
        "[fd00::1]:/,proto=tcp6",
        "nas:/,proto=tcp6",
        "[fd00::1]:/,v3,mountproto=udp,mountaddr=10.0.0.1",
    ] {
        assert!(parse(text).is_ok(), "{text}");
    }
}

#[test]
fn gives_the_kernel_only_what_it_takes() {
    let root = root(
        "nas:/srv,ro,noatime,x-systemd.automount,_netdev,nofail,retry=2,rsize=65536,addr=10.0.0.1",
    );
    assert_eq!(
        root.kernel_parameters(),
        [
            "root=/dev/nfs",
            "nfsroot=10.0.0.1:/srv,vers=4.1,rsize=65536,addr=10.0.0.1",
            "ip=dhcp",
            "ro"
        ]
    );
    assert_eq!(root.device(), "nas:/srv");
    assert_eq!(root.mount_options()[..3], ["vers=4.1", "ro", "noatime"]);
}

#[test]
fn says_what_the_kernel_cannot_mount_alone() {
    let check = |text: &str| root(text).check_kernel_parameters();
    assert_eq!(check("10.0.0.1:/srv"), Ok(()));
    refuses(check("nas:/srv"), "give the mount option addr=<address>");
    refuses(check("[fd00::1]:/srv"), "takes no IPv6 address");
    assert!(matches!(
        check("10.0.0.1:/srv/%s"),
        Err(NfsError::NfsrootPath(_))
    ));
    let fits = format!(
        "10.0.0.1:/,foo={}",
        "a".repeat(NFSROOT_OPTIONS_LENGTH_MAX - "vers=4.1,foo=".len())
    );
    assert_eq!(check(&fits), Ok(()));
    refuses(check(&format!("{fits}a")), "too long by 1 bytes");
}

#[test]
fn gives_addresses_where_nothing_looks_them_up() {
    let options = |text: &str| {
        root(text)
            .kernel_mount_options()
            .map(|options| options.join(","))
    };
    assert_eq!(
        options("10.0.0.1:/,ro").as_deref(),
        Ok("vers=4.1,ro,addr=10.0.0.1")
    );
    assert_eq!(
        options("[fd00::1]:/").as_deref(),
        Ok("vers=4.1,addr=fd00::1")
    );
    assert_eq!(
        options("nas:/,addr=10.0.0.1").as_deref(),
        Ok("vers=4.1,addr=10.0.0.1")
    );
    assert_eq!(
        options("10.0.0.1:/,v3").as_deref(),
        Ok("vers=3,addr=10.0.0.1,mountaddr=10.0.0.1")
    );
    assert_eq!(
        options("nas:/,v3,addr=10.0.0.1,mounthost=10.0.0.2").as_deref(),
        Ok("vers=3,addr=10.0.0.1,mounthost=10.0.0.2,mountaddr=10.0.0.2")
    );
    assert_eq!(
        options("nas:/").unwrap_err().to_string(),
        "the kernel cannot look up the host name \"nas\" when it mounts; give the mount option addr=<address> or a \
         numeric address as the server"
    );
    refuses(
        options("10.0.0.1:/,v3,mounthost=nas"),
        "give the mount option mountaddr=<address>",
    );
}

#[test]
fn goes_to_directories_below() {
    let root = root("10.0.0.1:/srv,ro");
    assert_eq!(
        root.subdirectory("boot/firmware").unwrap().to_string(),
        "10.0.0.1:/srv/boot/firmware,vers=4.1,ro"
    );
    for path in ["", "/boot", "../boot", "a/..", "a,b", "a b"] {
        assert!(root.subdirectory(path).is_err(), "{path:?}");
    }
}

proptest! {
    #[test]
    fn what_reads_prints_canonical(
        server in "[a-c0-9.-]{1,6}|10\\.0\\.0\\.[1-9]|\\[fd00::[1-9]\\]",
        path in "/[a-b./]{0,6}",
        options in "(,(ro|rw|v3|v4|vers=4\\.1|udp|proto=tcp|nolock|addr=10\\.0\\.0\\.1|rsize=[0-9]{1,3}|)){0,4}",
    ) {
        if let Ok(root) = parse(&format!("{server}:{path}{options}")) {
            prop_assert_eq!(parse(&root.to_string()), Ok(root.clone()));
            let json = serde_json::to_string(&root).unwrap();
            prop_assert_eq!(serde_json::from_str::<NfsRoot>(&json).unwrap(), root.clone());
            let rebuilt = NfsRoot::new(root.server().clone(), root.path(), None, &root.mount_options());
            prop_assert_eq!(rebuilt, Ok(root.clone()));
            let nfsroot = root.kernel_parameters()[1].clone();
            prop_assert!(nfsroot.starts_with("nfsroot=") && !nfsroot.contains(char::is_whitespace));
        }
    }

    #[test]
    fn never_panics(text in ".{0,60}|[a:/,=\\[\\]]{0,30}") {
        if let Ok(root) = parse(&text) {
            prop_assert_eq!(parse(&root.to_string()), Ok(root.clone()));
            let _ = (root.kernel_parameters(), root.kernel_mount_options(), root.check_kernel_parameters());
        }
    }
}
