//! The command line.

use super::parts::program;
use super::sample::{LINUX, Sample, TOPLEVEL};
use super::{Case, case};

pub(super) const OTHER: &str = "3c5b8vw40dy178xlpddw65q9gf1h2186-nixos-system-other";

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

/// The same, from this path of the server, with its options; `ip` is more of the
/// command line.
fn mounts_by_kernel(sample: &Sample, path: &str, ip: &str) {
    by_kernel(
        sample,
        format!("root=/dev/nfs nfsroot=192.0.2.1:{path} {ip}").trim_end(),
    );
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

/// A root that is not of NixOS, and no board's that has one.
fn foreign_root(sample: &mut Sample) {
    sample.subject.toplevel = None;
    sample.subject.root = None;
    let init = format!("init=/nix/store/{TOPLEVEL}/init ");
    sample.replace("cmdline.txt", &init, "");
}

pub(super) static CASES: &[Case] = &[
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
        "command-line-root",
        |sample| by_kernel(sample, "quiet"),
        |sample| {
            let at = "NFS=192.0.2.1:/srv";
            by_kernel(sample, &format!("boot={at}/boot disk={at}/pi ip=dhcp"));
        },
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
        "command-line-debugging",
        |sample| add(sample, "systemd.unit=rescue.target"),
        |sample| add(sample, "systemd.unit=multi-user.target"),
    ),
    case(
        "command-line-debugging",
        |sample| add(sample, "rd.systemd.unit=emergency.target"),
        |sample| add(sample, "rd.systemd.unit=initrd.target"),
    ),
    case(
        "command-line-first-boot",
        |sample| {
            foreign_root(sample);
            add(sample, "init=/usr/lib/raspi-config/init_resize.sh");
        },
        |sample| {
            foreign_root(sample);
            add(sample, "init=/usr/lib/systemd/systemd");
        },
    ),
    case(
        "command-line-first-boot",
        |sample| {
            foreign_root(sample);
            add(sample, "init=/usr/lib/raspberrypi-sys-mods/firstboot");
        },
        |sample| add(sample, "first=/usr/lib/raspberrypi-sys-mods/firstboot"),
    ),
    case(
        "command-line-first-boot",
        |sample| {
            let unit = "systemd.run_success_action=reboot systemd.unit=kernel-command-line.target";
            add(sample, &format!("systemd.run=/boot/firstrun.sh {unit}"));
        },
        |sample| add(sample, "systemd.run=/boot/measure.sh"),
    ),
    case(
        "command-line-init-arguments",
        |sample| add(sample, "-- ip=dhcp"),
        |sample| add(sample, "--"),
    ),
    case(
        "command-line-init-arguments",
        // NixOS finds it all the same.
        |sample| sample.replace("cmdline.txt", "init=", "-- init="),
        |sample| add(sample, "--x ip=dhcp"),
    )
    .and(&["toplevel-bootspec-differs"]),
    case(
        "initrd-module-blacklisted",
        |sample| add(sample, "module_blacklist=other,genet"),
        // Names are compared to the letter, and of several lists the last counts.
        |sample| {
            add(
                sample,
                "module_blacklist=genet module_blacklist=gene,genet2,mdio-bcm-unimac",
            )
        },
    ),
    case(
        "initrd-module-blacklisted",
        |sample| add(sample, "module_blacklist=bcm_phy_lib"),
        // What is built in is no module.
        |sample| add(sample, "module_blacklist=mdio_bcm_unimac,nfsv3"),
    ),
    case(
        "initrd-module-blacklisted",
        |sample| add(sample, "modprobe.blacklist=other,bcm-phy-lib"),
        |sample| add(sample, "modprobe.blacklist=other,mdio-bcm-unimac"),
    )
    .mild(),
    case(
        "command-line-other-nfs-root",
        |sample| mounts_by_kernel(sample, "/srv/other,vers=4.1", "ip=dhcp"),
        |sample| mounts_by_kernel(sample, "/srv/pi,vers=4.1", "ip=dhcp"),
    ),
    case(
        "command-line-no-address",
        |sample| mounts_by_kernel(sample, "/srv/pi,vers=4.1", ""),
        |sample| mounts_by_kernel(sample, "/srv/pi,vers=4.1", "ip=dhcp"),
    ),
    case(
        "command-line-no-address",
        |sample| mounts_by_kernel(sample, "/srv/pi,vers=4.1", "ip=off"),
        |sample| {
            by_kernel(
                sample,
                "nfsroot=192.0.2.1:/srv/pi,vers=4.1 ip=192.0.2.5:::255.255.255.0::eth0:off",
            )
        },
    ),
    case(
        "command-line-address-unknown",
        |sample| mounts_by_kernel(sample, "/srv/pi,vers=4.1", "ip=dchp"),
        |sample| mounts_by_kernel(sample, "/srv/pi,vers=4.1", "ip=on"),
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
            mounts_by_kernel(sample, "/srv/pi,vers=4.1", "ip=dhcp");
            sample.replace("cmdline.txt", " rw", "");
        },
        |sample| {
            mounts_by_kernel(sample, "/srv/pi,vers=4.1", "ip=dhcp");
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
        "command-line-memory",
        |sample| add(sample, "mem=16K"),
        |sample| add(sample, "mem=0"),
    ),
    case(
        "command-line-masked-unit",
        |sample| add(sample, "rd.systemd.mask=sysroot.mount"),
        // In stage 2 the unit is not there.
        |sample| add(sample, "systemd.mask=sysroot.mount"),
    ),
    case(
        "command-line-masked-unit",
        |sample| add(sample, "rd.systemd.mask=initrd-switch-root"),
        |sample| add(sample, "rd.systemd.mask=systemd-bsod"),
    ),
    case(
        "command-line-other-nfs-root",
        |sample| mounts_by_kernel(sample, "/srv,vers=4.1", "ip=dhcp"),
        |sample| mounts_by_kernel(sample, "/srv/%s,vers=4.1", "ip=dhcp"),
    ),
    // Of a root that was given without a version.
    case(
        "command-line-other-nfs-root",
        |sample| mounts_by_kernel(sample, "/srv/pi,vers=4.2", "ip=dhcp"),
        |sample| {
            mounts_by_kernel(sample, "/srv/pi,vers=4.2", "ip=dhcp");
            sample.subject.knows_nfs_version = false;
        },
    ),
];
