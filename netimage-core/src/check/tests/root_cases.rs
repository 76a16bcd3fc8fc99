//! The command line and the root.

use super::parts::program;
use super::sample::{LINUX, Sample, TOPLEVEL};
use super::{Case, case};

const OTHER: &str = "3c5b8vw40dy178xlpddw65q9gf1h2186-nixos-system-other";

/// Puts parameters on the command line.
pub(super) fn add(sample: &Sample, parameters: &str) {
    sample.replace("cmdline.txt", "\n", &format!(" {parameters}\n"));
}

/// Takes the initrd away, so that the kernel has to mount the root.
pub(super) fn by_kernel(sample: &Sample, parameters: &str) {
    sample.replace("config.txt", "initramfs initrd followkernel\n", "");
    sample.replace("cmdline.txt", "root=fstab", &format!("{parameters} rw"));
    let bootspec = format!("nix/store/{TOPLEVEL}/boot.json");
    sample.remove_root(&bootspec);
    sample.remove_root(&format!("nix/store/{TOPLEVEL}/initrd"));
}

/// As in NixOS's stage 1 that runs a script.
pub(super) fn scripted(sample: &mut Sample) {
    sample.initrd.remove("etc/initrd-release");
    sample.initrd.remove("bin/mount.nfs");
    sample.initrd.insert(
        "init".to_owned(),
        b"#! /nix/store/2c5b8vw40dy178xlpddw65q9gf1h2186-extra-utils/bin/ash\n\ntargetRoot=/mnt-root\n\
          info() { echo; }\necho \"<<< NixOS Stage 1 >>>\"\n"
            .to_vec(),
    );
    sample.initrd.insert(
        "nix/store/2c5b8vw40dy178xlpddw65q9gf1h2186-extra-utils/bin/ash".to_owned(),
        program(&[]),
    );
    sample.pack();
}

/// An initrd of another system.
pub(super) fn foreign(sample: &mut Sample) {
    scripted(sample);
    sample.initrd.insert(
        "init".to_owned(),
        b"#! /nix/store/2c5b8vw40dy178xlpddw65q9gf1h2186-extra-utils/bin/ash\necho\n".to_vec(),
    );
    sample.pack();
}

pub(super) static CASES: [Case; 50] = [
    case(
        "command-line-carriage-return",
        |sample| sample.replace("cmdline.txt", "\n", "\r\n"),
        |sample| sample.replace("config.txt", "\n", "\r\n"),
    ),
    case(
        "command-line-several-lines",
        |sample| sample.replace("cmdline.txt", "\n", "\nquiet\n"),
        |sample| sample.replace("cmdline.txt", "\n", "\n\n"),
    ),
    case(
        "command-line-not-text",
        |sample| add(sample, "\"quiet"),
        |sample| add(sample, "\"quiet\""),
    ),
    case(
        "command-line-too-long",
        |sample| add(sample, &"x".repeat(1024)),
        |sample| add(sample, &"x".repeat(800)),
    ),
    case(
        "command-line-duplicate",
        |sample| add(sample, "panic=1 panic=2"),
        |sample| add(sample, "console=ttyS0 console=ttyS1"),
    ),
    case(
        "command-line-contradiction",
        |sample| add(sample, "ro rw"),
        |sample| add(sample, "rw"),
    ),
    case(
        "command-line-no-init",
        |sample| {
            sample.replace(
                "cmdline.txt",
                &format!("init=/nix/store/{TOPLEVEL}/init"),
                "quiet",
            )
        },
        |sample| {
            sample.replace(
                "cmdline.txt",
                &format!("init=/nix/store/{TOPLEVEL}/init"),
                "quiet",
            );
            scripted(sample);
            sample.root("init", "");
        },
    ),
    case(
        "command-line-init-missing",
        |sample| sample.replace("cmdline.txt", "/init", "/inti"),
        |sample| {
            sample.replace("cmdline.txt", "/init", "/prepare");
            sample.root(&format!("nix/store/{TOPLEVEL}/prepare"), "");
        },
    )
    .and(&["toplevel-bootspec-differs"]),
    case(
        "command-line-init-wrapper",
        |sample| {
            sample.replace(
                "cmdline.txt",
                &format!("/nix/store/{TOPLEVEL}/init"),
                "/sbin/init",
            );
            sample.root("sbin/init", "");
        },
        |sample| {
            sample.replace(
                "cmdline.txt",
                &format!("/nix/store/{TOPLEVEL}/init"),
                "/sbin/init",
            );
            sample.root("sbin/init", "");
            scripted(sample);
        },
    ),
    case(
        "command-line-other-toplevel",
        |sample| {
            sample.replace("cmdline.txt", TOPLEVEL, OTHER);
            sample.root(&format!("nix/store/{OTHER}/init"), "");
            sample.register(&[TOPLEVEL, LINUX, OTHER]);
        },
        |sample| {
            sample.root(&format!("nix/store/{OTHER}/init"), "");
            sample.register(&[TOPLEVEL, LINUX, OTHER]);
        },
    ),
    case(
        "command-line-root",
        |sample| sample.replace("cmdline.txt", "root=fstab", "root=LABEL=NIXOS_SD"),
        |sample| {
            sample.replace("cmdline.txt", "root=fstab", "root=LABEL=NIXOS_SD");
            scripted(sample);
        },
    ),
    case(
        "command-line-root",
        |sample| sample.replace("cmdline.txt", "root=fstab", "root=/dev/mmcblk0p2"),
        |sample| sample.replace("cmdline.txt", "root=fstab", "root=/dev/nfs"),
    ),
    case(
        "command-line-no-init",
        |sample| {
            scripted(sample);
            let init = format!("init=/nix/store/{TOPLEVEL}/init");
            sample.replace("cmdline.txt", &init, "quiet");
            // NixOS's script does not look there.
            sample.root("sbin/init", "");
        },
        |sample| {
            scripted(sample);
            let init = format!("init=/nix/store/{TOPLEVEL}/init");
            sample.replace("cmdline.txt", &init, "quiet");
            sample.root("init", "#!/bin/sh\n");
        },
    ),
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
        "command-line-other-nfs-root",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/other,vers=4.1 ip=dhcp",
            )
        },
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1 ip=dhcp",
            )
        },
    ),
    case(
        "command-line-no-address",
        |sample| by_kernel(sample, "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1"),
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1 ip=dhcp",
            )
        },
    ),
    case(
        "command-line-no-address",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1 ip=off",
            )
        },
        |sample| {
            by_kernel(
                sample,
                "nfsroot=192.0.2.1:/srv/pi,vers=4.1 ip=192.0.2.5:::255.255.255.0::eth0:off",
            )
        },
    ),
    case(
        "command-line-address-unknown",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1 ip=dchp",
            )
        },
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1 ip=on",
            )
        },
    ),
    case(
        "command-line-address-off",
        |sample| add(sample, "ip=off"),
        |sample| {
            add(sample, "ip=off");
            scripted(sample);
        },
    ),
    case(
        "command-line-read-only",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1 ip=dhcp",
            );
            sample.replace("cmdline.txt", " rw", "");
        },
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1 ip=dhcp",
            );
            sample.replace("cmdline.txt", " rw", " ro");
        },
    ),
    case(
        "command-line-other-root",
        |sample| {
            foreign(sample);
            sample.replace("cmdline.txt", "root=fstab", "root=/dev/mmcblk0p2");
            sample.remove_root(&format!("nix/store/{TOPLEVEL}/boot.json"));
        },
        |sample| {
            foreign(sample);
            sample.replace(
                "cmdline.txt",
                "root=fstab",
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1",
            );
            sample.remove_root(&format!("nix/store/{TOPLEVEL}/boot.json"));
        },
    ),
    case(
        "command-line-debugging",
        |sample| add(sample, "systemd.debug_shell=1"),
        |sample| add(sample, "systemd.debug_shell=0"),
    ),
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
        "root-path-too-long",
        |sample| long_path(sample, 17),
        |sample| long_path(sample, 15),
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
    .and(&["command-line-init-missing", "toplevel-bootspec-broken"]),
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
        "store-registration-broken",
        |sample| sample.fifo("root", "nix-path-registration"),
        |sample| sample.fifo("root", "nix-path-registration-2"),
    ),
    case(
        "store-database-broken",
        |sample| {
            sample.root(
                "nix/var/nix/db/db.sqlite",
                &super::parts::database()[..4000],
            )
        },
        |sample| sample.root("nix/var/nix/db/db.sqlite-journal", ""),
    ),
    case(
        "store-database-broken",
        |sample| sample.root("nix/var/nix/db/schema", "ten"),
        |sample| sample.root("nix/var/nix/db/schema", "9"),
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
    .and(&["command-line-init-missing", "toplevel-bootspec-broken"]),
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
    )
    .and(&["toplevel-bootspec-broken"]),
    case(
        "toplevel-no-initrd",
        |sample| sample.remove_root(&format!("nix/store/{TOPLEVEL}/initrd")),
        |sample| by_kernel(sample, "root=/dev/nfs ip=dhcp"),
    )
    .and(&["toplevel-bootspec-broken"]),
    case(
        "toplevel-init-not-executable",
        |sample| sample.program(&format!("nix/store/{TOPLEVEL}/init"), "\x7fELF", 0o444),
        |sample| sample.program(&format!("nix/store/{TOPLEVEL}/init"), "\x7fELF", 0o100),
    ),
    case(
        "toplevel-no-interpreter",
        |sample| script(sample, "#!/bin/sh -e\n"),
        |sample| {
            script(sample, "#! /bin/sh -e\n");
            sample.program("bin/sh", "\x7fELF", 0o555);
        },
    ),
    case(
        "toplevel-bootspec-broken",
        |sample| bootspec(sample, "{\"org.nixos.bootspec.v1\":{\"init\":1}}"),
        |sample| sample.remove_root(&format!("nix/store/{TOPLEVEL}/boot.json")),
    ),
    case(
        "toplevel-bootspec-broken",
        |sample| sample.fifo("root", &format!("nix/store/{TOPLEVEL}/boot.json")),
        |sample| sample.fifo("root", &format!("nix/store/{TOPLEVEL}/boot.json.old")),
    ),
    case(
        "toplevel-bootspec-broken",
        |sample| edit_bootspec(sample, &format!("/nix/store/{LINUX}/Image"), "/boot/Image"),
        |sample| edit_bootspec(sample, "\"label\":\"NixOS\"", "\"label\":\"\""),
    ),
    case(
        "command-line-other-nfs-root",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv,vers=4.1 ip=dhcp",
            )
        },
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/%s,vers=4.1 ip=dhcp",
            )
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

fn edit_bootspec(sample: &Sample, from: &str, to: &str) {
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

/// Directories in each other, of 250 bytes each, in a store path of their own.
fn long_path(sample: &Sample, depth: usize) {
    let place = sample.path("root", &format!("nix/store/{LINUX}-deep"));
    std::fs::create_dir(&place).unwrap();
    super::deep(&place, depth);
    sample.register(&[TOPLEVEL, LINUX, &format!("{LINUX}-deep")]);
}
