//! What stage 1 mounts, and by what.

use super::command_line_cases::foreign;
use super::file_cases::rpi3;
use super::initrd_cases::{file, fstab, insert, remove, remove_module, scripted};
use super::parts::program;
use super::sample::{
    FSTAB_GENERATOR, NETWORKD_SERVICE, NETWORKD_WANTS, SYSROOT, SYSTEMD_NETWORKD, Sample,
};
use super::{Case, case, codes, told};

const FSINFO: &str = "nix/store/7c5b8vw40dy178xlpddw65q9gf1h2186-initrd-fsinfo";
const NFS_LINE: &str = "192.0.2.1:/srv/pi / nfs vers=4.1,addr=192.0.2.1 0 0\n";
const TMPFS_LINE: &str = "none / tmpfs x-initrd.mount,size=1G 0 0\n";
const STORE_LINE: &str =
    "192.0.2.1:/srv/pi/nix/store /nix/store nfs x-initrd.mount,vers=4.1,addr=192.0.2.1 0 0\n";
const DISK_LINE: &str = "/dev/disk/by-label/NIXOS_SD / ext4 x-initrd.mount 0 1\n";

/// The script of NixOS, with what it names as its list of mounts.
pub(super) fn listed(sample: &mut Sample, list: &str) {
    scripted(sample, &["ash", "mount", "modprobe", "switch_root"]);
    let mut script = sample.initrd["init"].clone();
    script.extend(format!("exec 3< /{FSINFO}\n").bytes());
    sample.initrd.insert("init".to_owned(), script);
    insert(sample, FSINFO, list.as_bytes());
}

/// The root by a line of the fstab alone.
fn by_fstab(sample: &mut Sample, line: &str) {
    sample.initrd.remove(SYSROOT);
    fstab(sample, line);
}

#[test]
fn a_store_of_its_own_is_right() {
    let mut sample = Sample::new();
    by_fstab(&mut sample, &format!("{TMPFS_LINE}{STORE_LINE}"));
    let report = sample.check();
    assert_eq!(codes(&report, ""), [].into(), "{}", told(&report));
    let store = "/nix/store\n192.0.2.1:/srv/pi/nix/store\nnfs\nvers=4.1,addr=192.0.2.1\n";
    let mut sample = Sample::new();
    listed(&mut sample, &format!("/\nnone\ntmpfs\nsize=1G\n{store}"));
    let report = sample.check();
    assert_eq!(codes(&report, ""), [].into(), "{}", told(&report));
}

/// A unit of our own.
fn unit(sample: &mut Sample, text: &str) {
    let name = "etc/systemd/system/greeting.service";
    insert(sample, name, format!("[Service]\n{text}\n").as_bytes());
}

fn generator(name: &str) -> String {
    format!("lib/systemd/system-generators/{name}")
}

const EXECUTOR: &str = "lib/systemd/systemd-executor";

pub(super) static CASES: &[Case] = &[
    case(
        "initrd-other-root",
        |sample| by_fstab(sample, DISK_LINE),
        |sample| by_fstab(sample, NFS_LINE),
    ),
    case(
        "initrd-other-root",
        |sample| {
            sample.initrd.remove(SYSROOT);
            let line = "LABEL=NIXOS_SD /sysroot ext4 defaults 0 1\n";
            insert(sample, "etc/fstab", line.as_bytes());
        },
        |sample| {
            // The line of another than stage 1's own root, and a root that is no disk.
            sample.initrd.remove(SYSROOT);
            insert(sample, "etc/fstab", DISK_LINE.as_bytes());
            fstab(sample, "tmpfs / tmpfs x-initrd.mount 0 0\n");
        },
    ),
    case(
        "initrd-other-root",
        |sample| listed(sample, "/\n/dev/disk/by-label/NIXOS_SD\next4\ndefaults\n"),
        |sample| {
            let list = "/boot\n/dev/mmcblk0p1\nvfat\ndefaults\n/\n192.0.2.1:/srv/pi\nnfs\nvers=4.1";
            listed(sample, list);
        },
    ),
    case(
        "initrd-no-nfs-version",
        |sample| {
            // By the fstab alone.
            sample.subject.nfs = None;
            sample.add_module("nfsv3", "nfs");
            remove_module(sample, "nfsv4");
            by_fstab(sample, NFS_LINE);
        },
        |sample| {
            sample.subject.nfs = None;
            sample.add_module("nfsv3", "nfs");
            remove_module(sample, "nfsv4");
            by_fstab(sample, &NFS_LINE.replace("vers=4.1", "vers=3"));
        },
    ),
    case(
        "initrd-no-nfs-version",
        |sample| {
            sample.subject.nfs = None;
            remove_module(sample, "nfsv4");
            by_fstab(sample, "192.0.2.1:/srv/pi / nfs addr=192.0.2.1 0 0\n");
        },
        |sample| {
            sample.subject.nfs = None;
            sample.add_module("nfsv3", "nfs");
            remove_module(sample, "nfsv4");
            by_fstab(sample, "192.0.2.1:/srv/pi / nfs addr=192.0.2.1 0 0\n");
        },
    ),
    case(
        "initrd-no-nfs-version",
        |sample| {
            sample.subject.nfs = None;
            remove_module(sample, "nfsv4");
            foreign(sample);
            sample.replace(
                "cmdline.txt",
                "root=fstab",
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi",
            );
        },
        |sample| {
            sample.subject.nfs = None;
            foreign(sample);
            sample.replace(
                "cmdline.txt",
                "root=fstab",
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi",
            );
        },
    ),
    case(
        "initrd-no-stage-1",
        |sample| remove(sample, "etc/initrd-release"),
        |sample| {
            sample.replace("cmdline.txt", "\n", " SYSTEMD_IN_INITRD=1\n");
            remove(sample, "etc/initrd-release");
        },
    ),
    case(
        "initrd-no-stage-1",
        |sample| remove(sample, "etc/systemd/system/initrd.target"),
        |sample| {
            sample.initrd.remove("etc/systemd/system/initrd.target");
            insert(sample, "lib/systemd/system/default.target", b"[Unit]\n");
        },
    ),
    case(
        "initrd-no-store",
        |sample| by_fstab(sample, TMPFS_LINE),
        |sample| by_fstab(sample, &format!("{TMPFS_LINE}{STORE_LINE}")),
    ),
    case(
        "initrd-no-store",
        |sample| {
            sample.replace("cmdline.txt", "\n", " rd.systemd.mask=greeting\n");
            by_fstab(sample, TMPFS_LINE);
        },
        |sample| {
            let more = " rd.systemd.mount-extra=192.0.2.1:/srv/pi/nix:/sysroot/nix:nfs\n";
            sample.replace("cmdline.txt", "\n", more);
            by_fstab(sample, TMPFS_LINE);
        },
    ),
    case(
        "initrd-no-store",
        |sample| {
            sample.initrd.remove(SYSROOT);
            let lines = "none /sysroot tmpfs defaults\nnas:/srv/pi/nix /sysroot/nix nfs noauto\n";
            insert(sample, "etc/fstab", lines.as_bytes());
        },
        |sample| {
            // The root of stage 1 itself.
            sample.initrd.remove(SYSROOT);
            insert(sample, "etc/fstab", TMPFS_LINE.as_bytes());
            fstab(sample, "overlay / overlay x-initrd.mount 0 0\n");
        },
    ),
    case(
        "initrd-no-store",
        |sample| {
            by_fstab(sample, TMPFS_LINE);
            unit(
                sample,
                "ExecStart=mount -t nfs 192.0.2.1:/srv/home /sysroot/home",
            );
        },
        |sample| {
            by_fstab(sample, TMPFS_LINE);
            unit(
                sample,
                "ExecStart=mount -t nfs 192.0.2.1:/srv/nix /sysroot/nix",
            );
        },
    ),
    case(
        "initrd-no-store",
        |sample| {
            listed(
                sample,
                "/\nnone\ntmpfs\nsize=1G\n/var\nnas:/srv/var\nnfs\nvers=4.1\n",
            )
        },
        |sample| {
            let store = "/nix/store\n192.0.2.1:/srv/pi/nix/store\nnfs\nvers=4.1,addr=192.0.2.1\n";
            listed(sample, &format!("/\nnone\ntmpfs\nsize=1G\n{store}"));
        },
    ),
    case(
        "initrd-no-store",
        |sample| listed(sample, "/\nnone\ntmpfs\nsize=1G\n"),
        |sample| {
            listed(sample, "/\nnone\ntmpfs\nsize=1G\n");
            let mut script = sample.initrd["init"].clone();
            script.extend(b"mount -t nfs 192.0.2.1:/srv/nix $targetRoot/nix\n");
            insert(sample, "init", &script);
        },
    ),
    case(
        "initrd-no-nfs-version",
        |sample| {
            let store = STORE_LINE.replace("vers=4.1", "vers=3,nolock");
            by_fstab(sample, &format!("{TMPFS_LINE}{store}"));
        },
        |sample| by_fstab(sample, &format!("{TMPFS_LINE}{STORE_LINE}")),
    ),
    case(
        "initrd-other-root",
        |sample| {
            let store = STORE_LINE.replace(" nfs ", " ext4 ");
            by_fstab(sample, &format!("{TMPFS_LINE}{store}"));
        },
        |sample| by_fstab(sample, &format!("{TMPFS_LINE}{STORE_LINE}")),
    ),
    // What a program does that is none of NixOS's is not known.
    case(
        "initrd-no-root",
        |sample| {
            by_fstab(sample, "");
            unit(sample, "ExecStart=/etc/greet");
            insert(sample, "etc/greet", b"#!/bin/python3\nprint('hello')\n");
        },
        |sample| {
            by_fstab(sample, NFS_LINE);
            unit(sample, "ExecStart=/etc/greet");
            insert(sample, "etc/greet", b"#!/bin/python3\nprint('hello')\n");
        },
    )
    .mild(),
    case(
        "initrd-other-root",
        |sample| by_fstab(sample, &NFS_LINE.replace(" nfs ", " ext4 ")),
        |sample| by_fstab(sample, "mon1,mon2:/ / ceph x-initrd.mount 0 0\n"),
    ),
    case(
        "initrd-other-root",
        |sample| listed(sample, "/\n192.0.2.1:/srv/pi\next4\nvers=4.1\n"),
        |sample| fstab(sample, &NFS_LINE.replace(" nfs ", " ext4 ")),
    ),
    case(
        "initrd-no-root",
        |sample| listed(sample, "/boot\n/dev/mmcblk0p1\nvfat\ndefaults\n"),
        |sample| {
            listed(
                sample,
                "/\n192.0.2.1:/srv/pi\nnfs\nvers=4.1,addr=192.0.2.1\n",
            )
        },
    )
    .mild(),
    case(
        "initrd-no-mounts",
        |sample| {
            listed(sample, "");
            remove(sample, FSINFO);
        },
        |sample| {
            // What a hook reads before it is there by then.
            listed(sample, "");
            let mut script = sample.initrd["init"].clone();
            let end = script.iter().position(|byte| *byte == b'\n').unwrap() + 1;
            script.splice(end..end, *b"exec 3< /tmp/answers\n");
            insert(sample, "init", &script);
        },
    ),
    case(
        "initrd-empty",
        |sample| sample.initrd_of(Vec::new()),
        |sample| sample.initrd_of(vec![0; 512]),
    )
    .and(&["initrd-no-init"]),
    case(
        "initrd-empty",
        |sample| {
            sample.replace("config.txt", "initramfs initrd", "initramfs initrd,more");
            sample.boot("more", "");
        },
        |sample| {
            sample.replace("config.txt", "initramfs initrd", "initramfs initrd,more");
            sample.boot("more", [0; 512]);
        },
    ),
    case(
        "initrd-no-stage-1",
        |sample| insert(sample, "nix/store/lib/libsystemd-core-255.so", b""),
        |sample| {
            insert(sample, "nix/store/lib/libsystemd-shared-254.so", b"");
            insert(sample, "nix/store/lib/libsystemd-core-255.so", b"");
        },
    ),
    case(
        "initrd-no-stage-1",
        |sample| insert(sample, "lib/libsystemd-shared-257.9-1.so", b""),
        |sample| {
            sample
                .initrd
                .insert(EXECUTOR.to_owned(), b"\x7fELF".to_vec());
            insert(sample, "lib/libsystemd-shared-257.9-1.so", b"");
        },
    ),
    case(
        "initrd-no-stage-1",
        |sample| {
            sample.initrd.remove(FSTAB_GENERATOR);
            by_fstab(sample, NFS_LINE);
        },
        |sample| {
            sample.initrd.remove(FSTAB_GENERATOR);
            // The unit is still there.
            fstab(sample, NFS_LINE);
        },
    ),
    case(
        "initrd-no-stage-1",
        |sample| {
            insert(sample, &generator("systemd-gpt-auto-generator"), b"\x7fELF");
            remove(sample, FSTAB_GENERATOR);
            by_fstab(sample, NFS_LINE);
        },
        |sample| {
            insert(sample, &generator("nfs-generator"), b"#!/bin/sh\n");
            remove(sample, FSTAB_GENERATOR);
            by_fstab(sample, NFS_LINE);
        },
    ),
    case(
        "initrd-no-networkd",
        |sample| remove(sample, SYSTEMD_NETWORKD),
        |sample| {
            sample.initrd.remove(SYSTEMD_NETWORKD);
            let unit = b"[Service]\nExecStart=/bin/busybox udhcpc \\\n  -i eth0\n";
            insert(sample, "etc/systemd/system/lease.service", unit);
        },
    ),
    case(
        "initrd-no-networkd",
        |sample| {
            sample.initrd.remove(SYSTEMD_NETWORKD);
            unit(sample, "ExecStart=/bin/busybox sh /etc/greet");
        },
        |sample| unit(sample, "ExecStart=/bin/busybox sh /etc/greet"),
    )
    .mild(),
    case(
        "initrd-no-networkd",
        |sample| {
            sample.initrd.remove(NETWORKD_SERVICE);
            unit(sample, "ExecStart=/bin/sh");
        },
        |sample| {
            // By a link to another name, which a dependency asks for.
            sample.initrd.remove(NETWORKD_WANTS);
            let alias = "etc/systemd/system/dbus-org.freedesktop.network1.service";
            let target = b"->systemd-networkd.service".to_vec();
            sample.initrd.insert(alias.to_owned(), target);
            let link = "etc/systemd/system/sysinit.target.requires/greeting.service";
            sample.initrd.insert(link.to_owned(), b"->../x".to_vec());
            let more = "etc/systemd/system/greeting.service.d/more.conf";
            let wants = b"[Unit]\nWants=a.service dbus-org.freedesktop.network1.service\n";
            insert(sample, more, wants);
        },
    ),
    case(
        "initrd-no-networkd",
        |sample| {
            remove(sample, NETWORKD_WANTS);
        },
        |sample| {
            sample.replace(
                "cmdline.txt",
                "\n",
                " rd.systemd.wants=systemd-networkd.socket\n",
            );
            remove(sample, NETWORKD_WANTS);
        },
    ),
    case(
        "initrd-no-networkd",
        |sample| {
            sample.replace("cmdline.txt", "\n", " rd.systemd.wants=networkd\n");
            remove(sample, NETWORKD_WANTS);
        },
        |sample| {
            sample.replace("cmdline.txt", "\n", " rd.systemd.wants=systemd-networkd\n");
            remove(sample, NETWORKD_WANTS);
        },
    ),
    case(
        "initrd-no-networkd",
        |sample| calls(sample, "systemctl start other.service"),
        |sample| calls(sample, "systemctl start systemd-networkd.service"),
    ),
    case(
        "initrd-no-networkd",
        |sample| calls(sample, "systemctl start other"),
        |sample| {
            let other = "etc/systemd/system/other.service";
            let wants = b"[Unit]\nWants=systemd-networkd.service\n";
            sample.initrd.insert(other.to_owned(), wants.to_vec());
            calls(sample, "systemctl start other");
        },
    ),
    case(
        "initrd-no-networkd",
        |sample| {
            sample.initrd.remove(NETWORKD_WANTS);
            by_fstab(sample, NFS_LINE);
        },
        |sample| {
            sample.initrd.remove(NETWORKD_WANTS);
            let more = "vers=4.1,x-systemd.requires=systemd-networkd.service,";
            by_fstab(sample, &NFS_LINE.replace("vers=4.1,", more));
        },
    ),
    case(
        "initrd-no-networkd",
        |sample| {
            let unit = sample.initrd[NETWORKD_SERVICE].clone();
            let other = "lib/systemd/system/systemd-networkd.service";
            sample.initrd.insert(other.to_owned(), unit);
            insert(sample, NETWORKD_SERVICE, b"->/dev/null");
        },
        |sample| {
            let name = "lib/systemd/system-generators/networks";
            sample.initrd.insert(name.to_owned(), program(&[]));
            remove(sample, NETWORKD_WANTS);
        },
    ),
    case(
        "initrd-no-networkd",
        |sample| {
            // The kernel asks before a module is loaded.
            sample.replace("cmdline.txt", "\n", " ip=dhcp\n");
            remove(sample, SYSTEMD_NETWORKD);
        },
        |sample| {
            sample.replace("cmdline.txt", "\n", " ip=dhcp\n");
            sample.initrd.remove(SYSTEMD_NETWORKD);
            remove_module(sample, "genet");
            remove_module(sample, "broadcom");
            let list = "kernel/genet.ko\nkernel/broadcom.ko\nkernel/mdio_bcm_unimac.ko\n";
            insert(sample, &file("modules.builtin"), list.as_bytes());
        },
    ),
    case(
        "initrd-no-networkd",
        |sample| kernel_asks_on_rpi3(sample, "kernel/smsc95xx.ko\n"),
        // Of the two drivers of its USB one is enough.
        |sample| kernel_asks_on_rpi3(sample, "kernel/smsc95xx.ko\nkernel/dwc_otg.ko\n"),
    ),
    case(
        "initrd-no-networkd",
        |sample| {
            sample.subject.nfs = None;
            remove(sample, SYSTEMD_NETWORKD);
            by_fstab(sample, NFS_LINE);
        },
        |sample| {
            sample.subject.nfs = None;
            remove(sample, SYSTEMD_NETWORKD);
            by_fstab(sample, DISK_LINE);
        },
    ),
];

/// A unit that is started and runs this, where nothing else starts networkd.
fn calls(sample: &mut Sample, command: &str) {
    sample.initrd.remove(NETWORKD_WANTS);
    let link = "etc/systemd/system/initrd.target.wants/greeting.service";
    let target = b"->../greeting.service".to_vec();
    sample.initrd.insert(link.to_owned(), target);
    unit(sample, &format!("ExecStart={command}"));
}

/// A Raspberry Pi 3 whose kernel is to ask for an address, with these drivers.
fn kernel_asks_on_rpi3(sample: &mut Sample, built_in: &str) {
    rpi3(sample);
    sample.replace("cmdline.txt", "\n", " ip=dhcp\n");
    sample.initrd.remove(SYSTEMD_NETWORKD);
    remove_module(sample, "smsc95xx");
    insert(sample, &file("modules.builtin"), built_in.as_bytes());
}
