//! The root: its store, its toplevel, its database.

use super::command_line_cases::{OTHER, by_kernel};
use super::parts::program;
use super::sample::{LINUX, Sample, TOPLEVEL};
use super::{Case, case};

pub(super) static CASES: &[Case] = &[
    case(
        "toplevel-initrd-differs",
        |sample| sample.root(&format!("nix/store/{TOPLEVEL}/initrd"), "another"),
        |sample| {
            // What is loaded has a segment more.
            let own = std::fs::read(sample.subject.boot.join("initrd")).unwrap();
            sample.root(&format!("nix/store/{TOPLEVEL}/initrd"), &own);
            sample.boot("initrd", [&own[..], &[0; 512]].concat());
        },
    ),
    case(
        "toplevel-initrd-differs",
        |sample| {
            let own = std::fs::read(sample.subject.boot.join("initrd")).unwrap();
            sample.boot("initrd", [&[0; 512], &own[..]].concat());
        },
        |sample| {
            // By a file of its own, which config.txt names.
            sample.replace("config.txt", "initramfs initrd", "initramfs initrd,more");
            sample.boot("more", [0; 512]);
        },
    )
    .mild(),
    case(
        "root-no-store",
        |sample| {
            sample.remove_root("nix");
        },
        |sample| sample.remove_root("nix-path-registration"),
    )
    .and(&["command-line-init-missing"]),
    case(
        "root-missing-directory",
        |sample| sample.remove_root("proc"),
        |sample| sample.root("proc/x", ""),
    ),
    case(
        "root-fstab-disk",
        |sample| {
            sample.root(
                "etc/fstab",
                "PARTUUID=1-01 /boot/firmware vfat defaults 0 2\n",
            )
        },
        |sample| {
            let options = "defaults,nofail,x-systemd.device-timeout=5";
            sample.root(
                "etc/fstab",
                format!("PARTUUID=1-01 /boot vfat {options} 0 2\n"),
            );
        },
    ),
    case(
        "root-fstab-disk",
        |sample| {
            let own = format!("nix/store/{TOPLEVEL}/etc/fstab");
            sample.root(
                &own,
                "/dev/disk/by-label/FIRMWARE /boot vfat defaults 0 2\n",
            );
        },
        |sample| {
            // The system puts its own in the place of what is there.
            sample.root(
                &format!("nix/store/{TOPLEVEL}/etc/fstab"),
                "tmpfs /tmp tmpfs defaults\n",
            );
            sample.root("etc/fstab", "/dev/mmcblk0p1 /boot vfat defaults 0 2\n");
        },
    ),
    case(
        "store-registration-broken",
        |sample| sample.root("nix-path-registration", "\n"),
        |sample| sample.register(&[LINUX, TOPLEVEL]),
    ),
    case(
        "store-not-compared",
        |sample| registration_of(sample, (24 << 20) + 1),
        |sample| sample.register(&[LINUX, TOPLEVEL]),
    ),
    case(
        "store-not-registered",
        |sample| {
            sample.remove_root("nix-path-registration");
            sample.remove_root("nix/var");
        },
        |sample| sample.remove_root("nix-path-registration"),
    ),
    case(
        "store-path-missing",
        |sample| sample.register(&[TOPLEVEL, LINUX, OTHER]),
        |sample| {
            sample.register(&[TOPLEVEL, LINUX, OTHER]);
            sample.root(&format!("nix/store/{OTHER}"), "");
        },
    ),
    case(
        "store-path-unregistered",
        |sample| sample.root(&format!("nix/store/{OTHER}"), ""),
        |sample| sample.root("nix/store/.links/x", ""),
    ),
    case(
        "toplevel-missing",
        |sample| {
            sample.subject.toplevel = Some(OTHER.parse().unwrap());
            sample.replace("cmdline.txt", TOPLEVEL, OTHER);
        },
        |sample| sample.subject.toplevel = None,
    )
    .and(&["command-line-init-missing"]),
    case(
        "toplevel-no-init",
        |sample| sample.remove_root(&format!("nix/store/{TOPLEVEL}/init")),
        |sample| sample.root(&format!("nix/store/{TOPLEVEL}/init"), ""),
    )
    .and(&["command-line-init-missing"]),
    case(
        "toplevel-kernel-differs",
        |sample| {
            let mut other = super::parts::kernel();
            other.push(0);
            sample.boot("kernel8.img", other);
        },
        |sample| sample.remove_root(&format!("nix/store/{TOPLEVEL}/kernel")),
    ),
    case(
        "toplevel-initrd-differs",
        |sample| {
            sample.pack();
            sample.root(&format!("nix/store/{TOPLEVEL}/initrd"), "");
        },
        |sample| sample.remove_root(&format!("nix/store/{TOPLEVEL}/initrd")),
    ),
    case(
        "toplevel-bootspec-differs",
        |sample| sample.replace("cmdline.txt", " loglevel=4", ""),
        |sample| sample.replace("cmdline.txt", " console=tty1", ""),
    ),
    case(
        "toplevel-bootspec-differs",
        |sample| edit_bootspec(sample, "loglevel=4", "snd-bcm2835.a=1"),
        |sample| {
            edit_bootspec(sample, "loglevel=4", "snd-bcm2835.a=1");
            sample.replace("cmdline.txt", "\n", " snd_bcm2835.a=2\n");
        },
    ),
    case(
        "store-registration-broken",
        |sample| sample.fifo("root", "nix-path-registration"),
        |sample| sample.fifo("root", "nix-path-registration-2"),
    ),
    case(
        "store-database-broken",
        |sample| sample.root("nix/var/nix/db/db.sqlite", ""),
        |sample| sample.root("nix/var/nix/db/db.sqlite-journal", ""),
    ),
    case(
        "store-database-broken",
        |sample| sample.fifo("root", "nix/var/nix/db/db.sqlite"),
        |sample| sample.remove_root("nix/var/nix/db"),
    ),
    case(
        "store-database-unclean",
        |sample| sample.root("nix/var/nix/db/db.sqlite-wal", "pages"),
        |sample| sample.root("nix/var/nix/db/big-lock", ""),
    ),
    case(
        "toplevel-no-init",
        |sample| sample.fifo("root", &format!("nix/store/{TOPLEVEL}/init")),
        |sample| sample.fifo("root", &format!("nix/store/{TOPLEVEL}/prepare-root")),
    )
    .and(&["command-line-init-missing"]),
    case(
        "toplevel-no-kernel",
        |sample| sample.remove_root(&format!("nix/store/{TOPLEVEL}/kernel")),
        |sample| {
            sample.remove_root(&format!("nix/store/{TOPLEVEL}/kernel"));
            sample.remove_boot("kernel8.img");
        },
    ),
    case(
        "toplevel-no-kernel",
        |sample| sample.remove_root(&format!("nix/store/{LINUX}/Image")),
        |sample| sample.fifo("root", &format!("nix/store/{LINUX}/System.map")),
    ),
    case(
        "toplevel-no-initrd",
        |sample| sample.remove_root(&format!("nix/store/{TOPLEVEL}/initrd")),
        |sample| by_kernel(sample, "root=/dev/nfs ip=dhcp"),
    ),
    case(
        "toplevel-init-unusable",
        |sample| sample.program(&format!("nix/store/{TOPLEVEL}/init"), program(&[]), 0o444),
        |sample| sample.program(&format!("nix/store/{TOPLEVEL}/init"), program(&[]), 0o100),
    ),
    case(
        "toplevel-init-unusable",
        |sample| script(sample, "#!/bin/sh -e\n"),
        |sample| {
            script(sample, "#! /bin/sh -e\n");
            sample.program("bin/sh", program(&[]), 0o555);
        },
    ),
    case(
        "toplevel-init-unusable",
        |sample| {
            script(sample, "#!/bin/sh -e\r\n");
            sample.program("bin/sh", program(&[]), 0o555);
        },
        |sample| {
            script(sample, "#!/bin/sh -e\nexec true\r\n");
            sample.program("bin/sh", program(&[]), 0o555);
        },
    ),
];

/// The toplevel's init as a script.
fn script(sample: &Sample, text: &str) {
    sample.program(&format!("nix/store/{TOPLEVEL}/init"), text, 0o555);
}

fn bootspec(sample: &Sample, text: &str) {
    sample.root(&format!("nix/store/{TOPLEVEL}/boot.json"), text);
}

pub(super) fn edit_bootspec(sample: &Sample, from: &str, to: &str) {
    let path = sample.path("root", &format!("nix/store/{TOPLEVEL}/boot.json"));
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{text}");
    bootspec(sample, &text.replacen(from, to, 1));
}

/// A registration of this size, as a sparse file.
fn registration_of(sample: &Sample, size: u64) {
    let file = std::fs::File::create(sample.path("root", "nix-path-registration"));
    file.unwrap().set_len(size).unwrap();
}
