//! The initrd.

use super::file_cases::rpi3;
use super::parts::{LOADER, RELEASE, module, program, program_for};
use super::sample::{SYSROOT, Sample};
use super::{Case, case};
use crate::initrd::tests::make;

const NETWORK: &str = "etc/systemd/network/98-netimage.network";

pub(super) fn remove(sample: &mut Sample, name: &str) {
    sample.initrd.remove(name).unwrap();
    sample.pack();
}

pub(super) fn insert(sample: &mut Sample, name: &str, contents: &[u8]) {
    sample.initrd.insert(name.to_owned(), contents.to_vec());
    sample.pack();
}

/// What xz makes of nothing.
const EMPTY_XZ: &[u8] =
    b"\xfd7zXZ\0\0\x01\x69\x22\xde\x36\0\0\0\0\x1c\xdf\x44\x21\x90\x42\x99\x0d\x01\0\0\0\0\x01YZ";

/// A file beside the modules.
pub(super) fn file(name: &str) -> String {
    format!("lib/modules/{RELEASE}/{name}")
}

pub(super) fn remove_module(sample: &mut Sample, name: &str) {
    remove(sample, &file(&format!("kernel/{name}.ko")));
}

/// A module that the kernel has built in.
fn build_in(sample: &mut Sample, name: &str) {
    remove_module(sample, name);
    let list = format!("kernel/{name}.ko\nkernel/mdio_bcm_unimac.ko\n");
    insert(sample, &file("modules.builtin"), list.as_bytes());
}

/// The root as stage 1 has it in its fstab.
pub(super) fn fstab(sample: &mut Sample, line: &str) {
    let name = "nix/store/4c5b8vw40dy178xlpddw65q9gf1h2186-initrd-fstab";
    insert(sample, name, line.as_bytes());
}

/// The scripted stage 1 of NixOS, with these programs.
pub(super) fn scripted(sample: &mut Sample, programs: &[&str]) {
    let utilities = "nix/store/5c5b8vw40dy178xlpddw65q9gf1h2186-extra-utils";
    let script =
        format!("#! /{utilities}/bin/ash\ntargetRoot=/mnt-root\nextraUtils=\"/{utilities}\"\n");
    sample.initrd.remove("etc/initrd-release");
    sample.initrd.remove("bin/mount");
    for name in programs {
        let name = format!("{utilities}/bin/{name}");
        sample.initrd.insert(name, program(&[]));
    }
    insert(sample, "init", script.as_bytes());
}

/// The initrd as it is, and bytes behind it.
fn append(sample: &Sample, more: &[u8]) {
    let mut bytes = std::fs::read(sample.path("boot", "initrd")).unwrap();
    bytes.extend(more);
    sample.initrd_of(bytes);
}

/// A file of so many MiB of zeros, in a zstd frame of repetitions (RFC 8878).
fn of_zeros(sample: &mut Sample, mebibytes: u32) {
    rpi3(sample);
    let mut entry = make::file("zeros", "").bytes();
    // c_filesize.
    entry.splice(54..62, format!("{:08X}", mebibytes << 20).bytes());
    let block = |kind: u32, size: usize| {
        let header = (kind << 1) | (u32::try_from(size).unwrap() << 3);
        header.to_le_bytes()[..3].to_vec()
    };
    let mut frame = b"\x28\xb5\x2f\xfd\x00\x58".to_vec();
    frame.extend([block(0, entry.len()), entry].concat());
    for _ in 0..mebibytes * 8 {
        frame.extend([&block(1, 1 << 17)[..], &[0]].concat());
    }
    // The last block.
    frame.extend([1, 0, 0]);
    append(sample, &frame);
}

pub(super) static CASES: &[Case] = &[
    case(
        "initrd-unreadable",
        |sample| append(sample, b"070701 and no more"),
        |sample| append(sample, b"not an initrd"),
    ),
    case(
        "initrd-junk",
        |sample| append(sample, b"not an initrd"),
        |sample| append(sample, &[0; 512]),
    ),
    case(
        "initrd-not-inspected",
        |sample| append(sample, b"\x89LZO\0\r\n\x1a\n"),
        |sample| append(sample, include_bytes!("crc32.xz")),
    ),
    case(
        "initrd-compression",
        |sample| append(sample, include_bytes!("crc64.xz")),
        |sample| append(sample, include_bytes!("crc32.xz")),
    ),
    case(
        "initrd-compression",
        // A window of 144 MiB.
        |sample| append(sample, b"\x28\xb5\x2f\xfd\x00\x89"),
        // One of 128 MiB.
        |sample| append(sample, b"\x28\xb5\x2f\xfd\x00\x88\x01\0\0"),
    ),
    case(
        "initrd-too-large",
        |sample| of_zeros(sample, 1153),
        |sample| of_zeros(sample, 1025),
    ),
    case(
        "initrd-too-large",
        |sample| of_zeros(sample, 1025),
        |sample| of_zeros(sample, 1023),
    )
    .mild(),
    case(
        "initrd-skipped",
        |sample| {
            let entry = cpio::newc::Builder::new("no/such/place").mode(0o100_644);
            let entry = (entry, std::io::Cursor::new(Vec::new()));
            let archive = cpio::write_cpio(std::iter::once(entry), Vec::new()).unwrap();
            append(sample, &archive);
        },
        |sample| insert(sample, "a/place", b""),
    ),
    case(
        "initrd-no-init",
        |sample| remove(sample, "init"),
        |sample| insert(sample, "init", &program(&[])),
    ),
    case(
        "initrd-no-init",
        |sample| {
            let systemd = "nix/store/2c5b8vw40dy178xlpddw65q9gf1h2186-systemd/lib/systemd/systemd";
            let bytes = sample.initrd[systemd].clone();
            insert(sample, systemd, &bytes[..bytes.len() - 1]);
        },
        |sample| insert(sample, "sbin/init", b""),
    ),
    case(
        "initrd-no-init",
        |sample| insert(sample, "init", b""),
        |sample| {
            sample.replace("cmdline.txt", "\n", " rdinit=/bin/start\n");
            sample.initrd.remove("init");
            insert(sample, "bin/start", b"#!/bin/mount");
        },
    ),
    case(
        "initrd-no-init",
        |sample| sample.replace("cmdline.txt", "\n", " rdinit=/bin/start\n"),
        |sample| {
            // The kernel goes on as if there were no initrd.
            build_in(sample, "nfs");
            sample.replace("cmdline.txt", "root=fstab", "root=/dev/nfs ip=dhcp");
            remove(sample, "init");
        },
    ),
    case(
        "initrd-no-init",
        |sample| insert(sample, "init", b"#!/bin/ash\r\n"),
        |sample| {
            sample.initrd.insert("bin/busybox".to_owned(), program(&[]));
            sample
                .initrd
                .insert("bin/ash".to_owned(), b"->busybox".to_vec());
            insert(sample, "init", b"#!/bin/ash\n");
        },
    ),
    case(
        "initrd-no-init",
        |sample| {
            sample.initrd.insert("bin/busybox".to_owned(), program(&[]));
            insert(sample, "init", b"#!/bin/busybox sh\r\necho\r\n");
        },
        |sample| {
            sample.initrd.insert("bin/busybox".to_owned(), program(&[]));
            insert(sample, "init", b"#!/bin/busybox sh\necho\r\n");
        },
    ),
    case(
        "initrd-no-init",
        |sample| remove(sample, LOADER),
        |sample| {
            for name in ["mount", "mount.nfs", "modprobe"] {
                sample.initrd.insert(format!("bin/{name}"), program(&[]));
            }
            insert(sample, "init", &program(&[]));
        },
    ),
    case(
        "initrd-no-program",
        |sample| insert(sample, "bin/mount", &program(&["libmount.so.1"])),
        |sample| {
            sample
                .initrd
                .insert("lib/libmount.so.1".to_owned(), program(&["libc.so.6"]));
            insert(sample, "bin/mount", &program(&["libmount.so.1"]));
        },
    ),
    case(
        "initrd-no-init",
        |sample| {
            let core = "nix/store/lib/libsystemd-core.so";
            insert(sample, core, &program(&["libc.so.6", "libkmod.so.2"]));
        },
        |sample| insert(sample, "lib/libother.so", &program(&["libgone.so"])),
    ),
    case(
        "initrd-other-machine",
        |sample| {
            for name in ["mount", "mount.nfs", "modprobe"] {
                sample
                    .initrd
                    .insert(format!("bin/{name}"), program_for(62, &["libc.so.6"]));
            }
            sample
                .initrd
                .insert(LOADER.to_owned(), program_for(62, &[]));
            insert(sample, "init", &program_for(62, &["libgone.so"]));
        },
        |sample| insert(sample, "init", &program_for(40, &[])),
    ),
    case(
        "initrd-no-program",
        |sample| remove(sample, "bin/mount"),
        |sample| {
            sample.initrd.remove("bin/mount");
            let name = "nix/store/6c5b8vw40dy178xlpddw65q9gf1h2186-util-linux/bin/mount";
            insert(sample, name, &program(&[]));
        },
    ),
    case(
        "initrd-no-program",
        |sample| scripted(sample, &["ash", "mount", "modprobe"]),
        |sample| scripted(sample, &["ash", "mount", "modprobe", "switch_root"]),
    ),
    case(
        "initrd-no-modprobe",
        |sample| remove(sample, "bin/modprobe"),
        |sample| {
            sample.initrd.remove("bin/modprobe");
            insert(sample, "sbin/modprobe", b"->/bin/mount");
        },
    ),
    case(
        "initrd-no-root",
        |sample| {
            sample.initrd.remove(SYSROOT);
            fstab(sample, "tmpfs /tmp tmpfs - 0 0\n");
        },
        |sample| {
            sample.initrd.remove(SYSROOT);
            sample.initrd.insert("bin/fetch".to_owned(), program(&[]));
            let unit = "etc/systemd/system/root.service";
            insert(sample, unit, b"[Service]\nExecStart=-/bin/fetch it\n");
        },
    ),
    case(
        "initrd-no-root",
        |sample| {
            sample.initrd.remove(SYSROOT);
            let unit = "etc/systemd/system/root.service";
            let command = b"[Service]\nExecStart=/bin/mount -t nfs 192.0.2.1:/srv/pi /sysroot\n";
            sample.initrd.insert(unit.to_owned(), command.to_vec());
            sample.initrd.insert("etc/fstab".to_owned(), Vec::new());
            fstab(
                sample,
                "#srv:/ / nfs vers=4.1 0 0\ntmpfs /tmp tmpfs - 0 0\n",
            );
        },
        |sample| {
            sample.initrd.remove(SYSROOT);
            let line = "192.0.2.1:/srv/pi / nfs vers=4.1,addr=192.0.2.1 0 0\n";
            fstab(sample, line);
        },
    )
    .mild(),
    case(
        "initrd-no-network-driver",
        |sample| remove_module(sample, "genet"),
        |sample| build_in(sample, "genet"),
    ),
    case(
        "initrd-no-nfs",
        |sample| remove_module(sample, "nfs"),
        |sample| build_in(sample, "nfs"),
    )
    // Which version 4 needs, too.
    .and(&["initrd-module-dependency"]),
    case(
        "initrd-no-nfs-version",
        |sample| remove_module(sample, "nfsv4"),
        |sample| insert(sample, &file("kernel/nfsv3.ko"), b""),
    ),
    case(
        "initrd-module-dependency",
        |sample| remove_module(sample, "bcm_phy_lib"),
        |sample| build_in(sample, "bcm_phy_lib"),
    ),
    case(
        "initrd-module-unlisted",
        |sample| {
            let list = sample.initrd[&file("modules.dep")].clone();
            let list = String::from_utf8(list).unwrap();
            let list = list.replace("kernel/genet.ko:", "kernel/other.ko:");
            insert(sample, &file("modules.dep"), list.as_bytes());
        },
        |sample| {
            sample.add_module("other", "");
            sample.pack();
        },
    ),
    case(
        "initrd-module-broken",
        |sample| insert(sample, &file("kernel/genet.ko"), b"\x7fELF"),
        |sample| insert(sample, &file("kernel/other.ko"), b"\x7fELF"),
    ),
    case(
        "initrd-module-broken",
        |sample| {
            rpi3(sample);
            insert(sample, &file("modules.builtin"), b"kernel/nfs.ko\n");
            insert(sample, &file("kernel/dwc2.ko"), b"");
        },
        |sample| {
            // Whether dwc_otg is built in is not known.
            rpi3(sample);
            remove(sample, &file("modules.builtin"));
            insert(sample, &file("kernel/dwc2.ko"), b"");
        },
    ),
    case(
        "initrd-module-broken",
        |sample| insert(sample, &file("kernel/sunrpc.ko"), b""),
        |sample| {
            insert(sample, &file("kernel/nfsv3.ko"), b"");
            insert(sample, &file("kernel/libphy.ko"), b"");
        },
    ),
    case(
        "initrd-module-broken",
        |sample| {
            sample.initrd.remove(&file("kernel/nfsv4.ko"));
            insert(sample, &file("kernel/nfsv4.ko.xz"), EMPTY_XZ);
        },
        |sample| {
            let list = b"kernel/nfsv4.ko\nkernel/mdio_bcm_unimac.ko\n";
            insert(sample, &file("modules.builtin"), list);
            insert(sample, &file("kernel/nfsv4.ko"), b"");
        },
    ),
    case(
        "initrd-module-broken",
        |sample| {
            let mut other = module("nfs", RELEASE, "sunrpc");
            // e_machine: x86-64.
            other[18] = 62;
            insert(sample, &file("kernel/nfs.ko"), &other);
        },
        |sample| {
            let mut other = module("other", RELEASE, "");
            other[18] = 62;
            insert(sample, &file("kernel/other.ko"), &other);
        },
    ),
    case(
        "initrd-module-broken",
        |sample| insert(sample, &file("kernel/libphy.ko"), b"\x7fELF"),
        |sample| insert(sample, &file("kernel/other.ko"), b"\x7fELF"),
    )
    .mild(),
    case(
        "initrd-modules-unknown",
        |sample| remove(sample, &file("modules.builtin")),
        |sample| insert(sample, &file("modules.builtin.modinfo"), b""),
    ),
    case(
        "initrd-modules-unknown",
        |sample| remove(sample, &file("modules.builtin")),
        |sample| {
            let list = "kernel/mdio_bcm_unimac.ko\n";
            sample.root(&file("modules.builtin"), list);
            remove(sample, &file("modules.builtin"));
        },
    ),
    case(
        "initrd-other-kernel",
        |sample| {
            let names = ["broadcom", "genet", "mdio_bcm_unimac", "nfs", "nfsv4"];
            let list = names.map(|name| format!("kernel/{name}.ko\n")).concat();
            sample.root(&file("modules.builtin"), list);
            let own: Vec<_> = sample.initrd.keys().cloned().collect();
            for name in own.iter().filter(|name| name.starts_with("lib/modules")) {
                sample.initrd.remove(name);
            }
            insert(sample, "lib/modules/6.1.0/kernel/other.ko", b"");
        },
        |sample| insert(sample, "lib/modules/6.1.0/kernel/other.ko", b""),
    )
    .mild(),
    case(
        "initrd-other-kernel",
        |sample| {
            let other = module("genet", "6.1.0", "bcm_phy_lib");
            insert(sample, &file("kernel/genet.ko"), &other);
        },
        |sample| {
            insert(
                sample,
                &file("kernel/other.ko"),
                &module("other", "6.1.0", ""),
            )
        },
    ),
    case(
        "initrd-other-kernel",
        |sample| {
            // Packed by xz without options; what is depended on counts, too.
            sample.initrd.remove(&file("kernel/bcm_phy_lib.ko"));
            let other = include_bytes!("bcm_phy_lib.ko.xz");
            insert(sample, &file("kernel/bcm_phy_lib.ko.xz"), other);
        },
        |sample| {
            let other = include_bytes!("bcm_phy_lib.ko.xz");
            insert(sample, &file("kernel/other.ko.xz"), other);
        },
    )
    .and(&["initrd-module-broken"]),
    case(
        "initrd-no-mount-helper",
        |sample| {
            sample.subject.nfs = Some("192.0.2.1:/srv/pi,vers=4.1".parse().unwrap());
            remove(sample, "bin/mount.nfs");
        },
        |sample| remove(sample, "bin/mount.nfs"),
    ),
    case(
        "initrd-no-address",
        |sample| remove(sample, NETWORK),
        |sample| {
            sample.replace("cmdline.txt", "\n", " ip=dhcp\n");
            remove(sample, NETWORK);
        },
    ),
    case(
        "initrd-other-root",
        |sample| {
            let line = "192.0.2.1:/srv/pi / nfs vers=4.1,addr=192.0.2.1,vers=3 0 0\n";
            fstab(sample, line);
        },
        |sample| {
            let line = "192.0.2.1:/srv/pi / nfs vers=4.1,addr=192.0.2.1,vers=4.1 0 0\n";
            fstab(sample, line);
        },
    ),
    case(
        "initrd-other-root",
        |sample| {
            fstab(
                sample,
                "192.0.2.1:/srv/other / nfs x-initrd.mount,vers=4.1,rw 0 0\n",
            )
        },
        |sample| {
            fstab(
                sample,
                "192.0.2.1:/srv/pi / nfs x-initrd.mount,vers=4.1,rw 0 0\n",
            )
        },
    ),
];
