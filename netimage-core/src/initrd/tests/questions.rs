//! What is asked of an initrd by name.

use super::make::*;
use crate::initrd::{Init, Initrd, Script};

fn with(items: &[Item]) -> Initrd {
    let initrd = read(&archive(items));
    assert!(initrd.broken().is_none(), "{:?}", initrd.broken());
    assert_eq!(initrd.skipped().0, 0);
    initrd
}

#[test]
fn what_is_started() {
    assert_eq!(with(&[]).init(), Init::Missing);
    let target = b"/nix/store/x/init".to_vec();
    assert_eq!(
        with(&[link("init", &target)]).init(),
        Init::Dangling { target }
    );
    assert_eq!(
        with(&[file("init", "#!/bin/sh")]).init(),
        Init::NotExecutable
    );
    assert_eq!(with(&[directory("init")]).init(), Init::NotExecutable);
    assert_eq!(
        with(&[item("init", PROGRAM, b"\x7fELF\0")]).init(),
        Init::Program
    );
    let script = |text: &str| with(&[item("init", PROGRAM, text)]).init();
    assert_eq!(script("#!/bin/sh\nexec foo"), Init::Script(Script::Other));
    assert_eq!(
        script("#!/bin/ash\n. /scripts/functions\n"),
        Init::Script(Script::Other)
    );
    let nixos = "#! /nix/store/x/bin/ash\ntargetRoot=/mnt-root\nconsole=tty1\n";
    assert_eq!(script(nixos), Init::Script(Script::NixOs));
}

#[test]
fn nixos_links_its_script() {
    let stage1 = "nix/store/x-stage-1-init.sh";
    let initrd = with(&[
        link("init", format!("/{stage1}")),
        directory("nix"),
        directory("nix/store"),
        item(
            stage1,
            PROGRAM,
            "#! ash\n".to_owned() + &"#".repeat(40_000) + "\ntargetRoot=/mnt-root\n",
        ),
    ]);
    assert_eq!(initrd.init(), Init::Script(Script::NixOs));
    assert!(!initrd.has_initrd_release());
}

#[test]
fn debian_has_scripts() {
    let initrd = with(&[
        directory("scripts"),
        file("scripts/functions", "# functions"),
        item("init", PROGRAM, "#!/bin/sh\n. /scripts/functions\n"),
    ]);
    assert_eq!(initrd.init(), Init::Script(Script::InitramfsTools));
}

#[test]
fn systemd_in_either_place() {
    let store = "nix/store/x-systemd/lib/systemd";
    let mut items: Vec<_> = store
        .match_indices('/')
        .map(|(at, _)| directory(&store[..at]))
        .collect();
    items.extend([
        directory(store),
        item(format!("{store}/systemd"), PROGRAM, b"\x7fELF\0"),
        link("init", format!("/{store}/systemd")),
        directory("etc"),
        link("etc/initrd-release", "/nix/store/x-release"),
        file("nix/store/x-release", "ID=nixos\n"),
        link("etc/fstab", "/nix/store/x-initrd-fstab"),
        file(
            "nix/store/x-initrd-fstab",
            "srv:/root /sysroot nfs ro 0 0\n",
        ),
    ]);
    let initrd = with(&items);
    assert_eq!(initrd.init(), Init::Systemd);
    assert!(initrd.has_initrd_release());
    assert_eq!(
        initrd.text(b"/etc/fstab"),
        Some(&b"srv:/root /sysroot nfs ro 0 0\n"[..])
    );

    let initrd = with(&[
        directory("usr"),
        directory("usr/lib"),
        directory("usr/lib/systemd"),
        item("usr/lib/systemd/systemd", PROGRAM, b"\x7fELF\0").linked(1, 2),
        item("init", PROGRAM, b"").linked(1, 2),
    ]);
    assert_eq!(initrd.init(), Init::Systemd);
}

#[test]
fn programs_by_name() {
    let initrd = with(&[
        directory("usr"),
        directory("usr/sbin"),
        link("sbin", "usr/sbin"),
        item("usr/sbin/mount.nfs", PROGRAM, b"\x7fELF"),
        file("usr/sbin/umount.nfs", "not executable"),
        directory("nix"),
        directory("nix/bin"),
        item("nix/bin/rpc.statd", PROGRAM, b"\x7fELF"),
        link("nix/bin/gone", "/nowhere"),
        link("nix/bin/start-statd", "rpc.statd"),
        item("nix/mount.nfs4", PROGRAM, b""),
    ]);
    let program = |name: &str| initrd.program(name.as_bytes());
    assert_eq!(program("mount.nfs"), Some(b"sbin/mount.nfs".to_vec()));
    for name in [
        "umount.nfs",
        "rpc.statd",
        "start-statd",
        "gone",
        "mount.nfs4",
    ] {
        assert_eq!(program(name), None, "{name}");
    }
}
