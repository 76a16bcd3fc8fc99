//! Who mounts by `nfsroot=`, and what it takes.

use super::command_line_cases::{by_kernel, foreign};
use super::initrd_cases::{insert, remove_module};
use super::parts::program;
use super::sample::{Sample, TOPLEVEL};
use super::{Case, case, codes, said, told};
use crate::initrd::tests::make;

const NFSMOUNT: &str = "bin/nfsmount";
const CALL: &[u8] = b"\tnfsmount -o nolock ${roflag} ${NFSOPTS} \"${NFSROOT}\" \"${rootmnt?}\"\n";

/// An initrd of another system, with this script as init, and this command line.
fn other(sample: &mut Sample, init: &[u8], nfsroot: &str) {
    foreign(sample);
    sample.subject.nfs = None;
    sample.add_module("nfsv3", "nfs");
    insert(sample, "init", init);
    let line = format!("root=/dev/nfs nfsroot={nfsroot} rw ip=dhcp rootwait");
    sample.replace("cmdline.txt", "root=fstab", &line);
    sample.remove_root(&format!("nix/store/{TOPLEVEL}/boot.json"));
}

/// Debian's initramfs-tools, with klibc's nfsmount.
fn initramfs_tools(sample: &mut Sample, nfsroot: &str) {
    let klibc = make::program(true, 183, Some("/lib/klibc-1.so"), &[]);
    for (name, contents) in [
        ("scripts/functions", &b""[..]),
        ("scripts/nfs", CALL),
        (NFSMOUNT, &klibc),
        ("lib/klibc-1.so", &program(&[])),
        ("bin/sh", &program(&[])),
    ] {
        sample.initrd.insert(name.to_owned(), contents.to_vec());
    }
    other(sample, b"#!/bin/sh\n. /scripts/functions\n", nfsroot);
}

/// mkinitcpio with its `net` hook.
fn mkinitcpio(sample: &mut Sample, nfsroot: &str) {
    for (name, contents) in [
        (
            "hooks/net",
            &b"nfsmount ${nfs_option:+-o ${nfs_option}} \"$1\"\n"[..],
        ),
        (NFSMOUNT, &program(&[])),
        ("bin/ash", &program(&[])),
    ] {
        sample.initrd.insert(name.to_owned(), contents.to_vec());
    }
    other(sample, b"#!/bin/ash\n. /init_functions\n", nfsroot);
}

/// dracut with its module for NFS.
fn dracut(sample: &mut Sample) {
    insert(sample, "lib/nfs-lib.sh", b"mount -t nfs\n");
}

/// The kernel mounts by this.
fn kernel(sample: &mut Sample, nfsroot: &str) {
    sample.subject.nfs = None;
    by_kernel(sample, &format!("root=/dev/nfs nfsroot={nfsroot} ip=dhcp"));
}

pub(super) static CASES: &[Case] = &[
    // raspberrypi/documentation#3205.
    case(
        "nfs-klibc-mount",
        |sample| initramfs_tools(sample, "192.0.2.10:/srv/nfs/pi,vers=4.1,proto=tcp"),
        |sample| initramfs_tools(sample, "192.0.2.10:/nfs/client1,vers=3"),
    ),
    case(
        "nfs-klibc-mount",
        |sample| initramfs_tools(sample, "192.0.2.10:/srv/nfs/pi,vers=3,noatime"),
        |sample| initramfs_tools(sample, "192.0.2.10:/srv/nfs/pi,tcp,rsize=32768,noac"),
    ),
    case(
        "nfs-klibc-mount",
        |sample| initramfs_tools(sample, "nas:/srv/pi,vers=3"),
        |sample| initramfs_tools(sample, "/srv/pi,vers=3"),
    ),
    case(
        "nfs-klibc-mount",
        |sample| initramfs_tools(sample, "192.0.2.10/srv/pi,vers=3"),
        |sample| {
            // mount.nfs under its name.
            initramfs_tools(sample, "nas:/srv/pi,vers=4.1");
            let helper = program(&["libc.so.6"]);
            insert(sample, NFSMOUNT, &helper);
        },
    ),
    case(
        "nfs-klibc-mount",
        |sample| {
            initramfs_tools(sample, "192.0.2.10:/srv/nfs/pi,vers=4.1");
            sample.replace("cmdline.txt", "root=/dev/nfs", "boot=nfs");
        },
        |sample| {
            // A script of one's own.
            initramfs_tools(sample, "192.0.2.10:/srv/nfs/pi,vers=4.1");
            insert(
                sample,
                "scripts/nfs",
                b"# nfsmount\nmount.nfs4 \"$NFSROOT\"\n",
            );
        },
    ),
    case(
        "nfs-klibc-mount",
        |sample| initramfs_tools(sample, "srv/pi,vers=3"),
        |sample| initramfs_tools(sample, "auto,vers=3"),
    ),
    case(
        "nfs-klibc-mount",
        |sample| mkinitcpio(sample, "192.0.2.10:/srv/pi,v4"),
        |sample| mkinitcpio(sample, "192.0.2.10:/srv/pi,v3"),
    ),
    case(
        "initrd-no-nfs-version",
        |sample| {
            mkinitcpio(sample, "192.0.2.10:/srv/pi");
            remove_module(sample, "nfsv3");
        },
        |sample| mkinitcpio(sample, "192.0.2.10:/srv/pi"),
    ),
    case(
        "nfs-locks",
        |sample| initramfs_tools(sample, "192.0.2.10:/srv/pi,vers=3,lock"),
        |sample| initramfs_tools(sample, "192.0.2.10:/srv/pi,vers=3"),
    ),
    case(
        "nfs-locks",
        |sample| {
            sample.subject.nfs = Some("192.0.2.1:/srv/pi,vers=3,addr=192.0.2.1".parse().unwrap());
            sample.add_module("nfsv3", "nfs");
            sample.pack();
        },
        |sample| {
            sample.subject.nfs = Some("192.0.2.1:/srv/pi,vers=3,addr=192.0.2.1".parse().unwrap());
            sample.add_module("nfsv3", "nfs");
            dracut(sample);
        },
    ),
    case(
        "nfs-kernel-mount",
        |sample| kernel(sample, "192.0.2.10/srv/x,vers=3"),
        |sample| kernel(sample, "192.0.2.10:/srv/x,vers=3"),
    ),
    case(
        "nfs-kernel-mount",
        |sample| kernel(sample, "//192.0.2.10/srv/x,vers=3"),
        |sample| kernel(sample, "//srv/x,vers=3"),
    ),
    case(
        "nfs-kernel-mount",
        |sample| kernel(sample, "srv/x,vers=3"),
        |sample| kernel(sample, "/srv/x,vers=3"),
    ),
    case(
        "nfs-kernel-mount",
        |sample| kernel(sample, "192.0.2.10:srv/x,vers=3"),
        |sample| kernel(sample, "192.0.2.10:srv/x,vers=4.1"),
    ),
    case(
        "nfs-kernel-mount",
        |sample| kernel(sample, "nas:/srv/x,vers=4.1"),
        |sample| kernel(sample, "192.0.2.10,vers=4.1"),
    ),
    case(
        "command-line-other-nfs-root",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.2:/srv,vers=4.1 ip=dhcp",
            )
        },
        // NixOS's stage 1 does not look at it.
        |sample| sample.replace("cmdline.txt", "\n", " nfsroot=192.0.2.2:/srv,vers=4.1\n"),
    ),
    case(
        "command-line-other-nfs-root",
        |sample| by_kernel(sample, "root=/dev/nfs nfsroot=/srv,vers=4.1 ip=dhcp"),
        |sample| by_kernel(sample, "root=/dev/nfs nfsroot=//srv/pi/,vers=4.1 ip=dhcp"),
    ),
];

#[test]
fn the_official_guide_has_nothing_against_it() {
    let mut sample = Sample::new();
    initramfs_tools(&mut sample, "192.0.2.10:/nfs/client1,vers=3");
    let report = sample.check();
    assert_eq!(codes(&report, ""), [].into(), "{}", told(&report));
}

#[test]
fn what_is_mounted_in_place_of_the_root_is_told() {
    for (nfsroot, part) in [
        (
            "nas:/srv/x,vers=3",
            "mounts /tftpboot/nas:/srv/x from the server that ip= or DHCP gives",
        ),
        ("srv/x,vers=3", "mounts /tftpboot/srv/x "),
        ("192.0.2.10/srv/x,vers=3", "no colon behind the server"),
    ] {
        let mut sample = Sample::new();
        kernel(&mut sample, nfsroot);
        let (problem, remedy) = said(&sample.check(), "nfs-kernel-mount");
        assert!(problem.contains(part), "{problem}");
        assert!(remedy.contains("nfsroot=ADDRESS:/PATH"), "{remedy}");
    }
    let mut sample = Sample::new();
    initramfs_tools(&mut sample, "192.0.2.10:/srv/pi,vers=4.1,proto=tcp,noatime");
    let (problem, _) = said(&sample.check(), "nfs-klibc-mount");
    assert!(
        problem.contains("vers=4.1, proto=tcp, noatime"),
        "{problem}"
    );
}
