//! NFS.

use super::command_line_cases::{add, by_kernel, foreign, scripted};
use super::parts::{kernel_of, program};
use super::sample::{CLIENT_NAME, SYSROOT, Sample, TOPLEVEL};
use super::stage_1_cases::listed;
use super::{Case, case};
use crate::image::RootKind;

fn nfs(sample: &mut Sample, text: &str) {
    sample.subject.nfs = Some(text.parse().unwrap());
}

/// Puts the root into the initrd's fstab, with this option.
fn fstab(sample: &mut Sample, option: &str) {
    let line = format!("192.0.2.1:/srv/pi /sysroot nfs vers=4.1,addr=192.0.2.1,{option} 0 0\n");
    sample
        .initrd
        .insert("etc/fstab".to_owned(), line.into_bytes());
    sample.pack();
}

/// The host name of stage 1.
fn host(sample: &mut Sample, name: &str) {
    let contents = format!("{name}\n").into_bytes();
    sample.initrd.insert("etc/hostname".to_owned(), contents);
    sample.pack();
}

const LISTED: &str = "/\n192.0.2.1:/srv/pi\nnfs\nvers=4.1,addr=192.0.2.1";

/// As `check --nfs` gives it.
fn given(sample: &mut Sample, text: &str) {
    match text.parse() {
        Ok(root) => sample.subject.nfs = Some(root),
        Err(error) => (sample.subject.nfs, sample.subject.nfs_error) = (None, Some(error)),
    }
}

pub(super) static CASES: &[Case] = &[
    case(
        "nfs-invalid",
        |sample| given(sample, "192.0.2.1:/srv/pi,vers=9"),
        |sample| given(sample, "192.0.2.1:/srv/pi,vers=4.1"),
    ),
    case(
        "nfs-transport",
        |sample| given(sample, "192.0.2.1:/srv/pi,vers=4.1,proto=udp"),
        |sample| given(sample, "192.0.2.1:/srv/pi,vers=4.1,proto=tcp"),
    ),
    case(
        "nfs-invalid",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=9 ip=dhcp",
            )
        },
        |sample| by_kernel(sample, "root=/dev/nfs nfsroot=/srv/pi ip=dhcp"),
    ),
    case(
        "nfs-server-name",
        |sample| {
            nfs(sample, "nas.example.org:/srv/pi,vers=4.1");
            scripted(sample);
        },
        |sample| {
            nfs(sample, "nas.example.org:/srv/pi,vers=4.1,addr=192.0.2.1");
            scripted(sample);
        },
    ),
    case(
        "nfs-kernel-mount",
        |sample| {
            nfs(sample, "[2001:db8::1]:/srv/pi,vers=4.1");
            by_kernel(sample, "root=/dev/nfs ip=dhcp");
        },
        |sample| by_kernel(sample, "root=/dev/nfs ip=dhcp"),
    ),
    case(
        "nfs-invalid",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=/srv/pi,vers=4.1,rsize=a ip=dhcp",
            )
        },
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=/srv/pi,vers=4.1,rsize=4096 ip=dhcp",
            )
        },
    ),
    case(
        "nfs-kernel-mount",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1,noatime ip=dhcp",
            )
        },
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1,noac ip=dhcp",
            )
        },
    ),
    case(
        "nfs-kernel-mount",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1,sec=krb5:krb5p ip=dhcp",
            )
        },
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1,sec=krb5:sys ip=dhcp",
            )
        },
    ),
    case(
        "nfs-kernel-mount",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/%d,vers=4.1 ip=dhcp",
            )
        },
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/%s,vers=4.1 ip=dhcp",
            )
        },
    )
    .and(&["command-line-other-nfs-root"]),
    case(
        "nfs-server-address",
        |sample| nfs(sample, "[fe80::1]:/srv/pi,vers=4.1"),
        |sample| nfs(sample, "[fd00::1]:/srv/pi,vers=4.1"),
    ),
    case(
        "nfs-server-address",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=127.0.0.1:/srv/pi,vers=4.1 ip=dhcp",
            )
        },
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1 ip=dhcp",
            )
        },
    )
    .and(&["command-line-other-nfs-root"]),
    case(
        "nfs-server-address",
        |sample| nfs(sample, "127.0.0.1:/srv/pi,vers=4.1"),
        |sample| nfs(sample, "169.254.0.1:/srv/pi,vers=4.1"),
    )
    .mild(),
    case(
        "nfs-option-unknown",
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,rsise=65536"),
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,rsize=65536,noatime"),
    ),
    case(
        "nfs-option-unknown",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1,noresport ip=dhcp",
            )
        },
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1,sloppy,noresport ip=dhcp",
            )
        },
    ),
    case(
        "nfs-option-unknown",
        |sample| fstab(sample, "rsise=65536"),
        |sample| fstab(sample, "noatime,x-initrd.mount"),
    ),
    case(
        "nfs-kerberos",
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,sec=krb5p"),
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,sec=krb5p:sys"),
    ),
    case(
        "nfs-version-default",
        |sample| by_kernel(sample, "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi ip=dhcp"),
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,v4.1 ip=dhcp",
            )
        },
    ),
    case(
        "nfs-soft",
        |sample| {
            foreign(sample);
            add(sample, "nfsroot=192.0.2.1:/srv/pi,vers=4.1,soft");
            sample.replace("cmdline.txt", "root=fstab", "root=/dev/nfs");
            sample.remove_root(&format!("nix/store/{TOPLEVEL}/boot.json"));
        },
        |sample| {
            scripted(sample);
            add(sample, "nfsroot=192.0.2.1:/srv/pi,vers=4.1,soft");
        },
    ),
    case(
        "nfs-transport",
        |sample| {
            nfs(
                sample,
                "192.0.2.1:/srv/pi,vers=3,nolock,proto=udp,addr=192.0.2.1",
            )
        },
        |sample| {
            nfs(
                sample,
                "192.0.2.1:/srv/pi,vers=3,nolock,proto=tcp,addr=192.0.2.1",
            )
        },
    )
    .and(&["initrd-no-nfs-version"]),
    case(
        "nfs-soft",
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,soft,addr=192.0.2.1"),
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,hard,addr=192.0.2.1"),
    ),
    case(
        "nfs-locks",
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=3,addr=192.0.2.1"),
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=3,nolock,addr=192.0.2.1"),
    )
    .and(&["initrd-no-nfs-version"]),
    case(
        "nfs-read-only",
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,ro,addr=192.0.2.1"),
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,rw,addr=192.0.2.1"),
    ),
    case(
        "nfs-read-only",
        |sample| {
            nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,ro,addr=192.0.2.1");
            fstab(sample, "ro");
        },
        |sample| {
            nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,ro,addr=192.0.2.1");
            sample.initrd.remove(SYSROOT);
            let store = "192.0.2.1:/srv/pi/nix /sysroot/nix nfs vers=4.1,ro,addr=192.0.2.1 0 0";
            let lines = format!("none /sysroot tmpfs size=1G 0 0\n{store}\n");
            let name = "etc/fstab".to_owned();
            sample.initrd.insert(name, lines.into_bytes());
            sample.pack();
        },
    ),
    // What stage 1 mounts counts, not what is said of it.
    case(
        "nfs-server-name",
        |sample| {
            listed(sample, "/\nnas:/srv/pi\nnfs\nvers=4.1\n");
        },
        |sample| {
            sample.subject.nfs = Some("nas:/srv/pi,vers=4.1".parse().unwrap());
            listed(sample, "/\nnas:/srv/pi\nnfs\nvers=4.1,addr=192.0.2.1\n");
        },
    )
    .and(&["initrd-other-root"]),
    case(
        "nfs-soft",
        |sample| listed(sample, &format!("{LISTED},soft\n")),
        |sample| listed(sample, &format!("{LISTED},hard\n")),
    ),
    case(
        "nfs-noexec",
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,addr=192.0.2.1,noexec"),
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,addr=192.0.2.1,noatime"),
    ),
    case(
        "nfs-noexec",
        |sample| fstab(sample, "noexec"),
        |sample| fstab(sample, "exec"),
    ),
    case(
        "nfs-invalid",
        |sample| given(sample, "192.0.2.1:/srv/pi,vers=4.1,sec=sis"),
        |sample| given(sample, "192.0.2.1:/srv/pi,vers=4.1,sec=krb5i:sys"),
    ),
    case(
        "nfs-client-name",
        |sample| {
            sample.initrd.remove(CLIENT_NAME);
            fstab(sample, "hard");
        },
        |sample| {
            sample.initrd.remove(CLIENT_NAME);
            let name = "etc/modprobe.d/nfs.conf".to_owned();
            let line = b"options nfs nfs4_unique_id=pi1\n".to_vec();
            sample.initrd.insert(name, line);
            fstab(sample, "hard");
        },
    ),
    case(
        "nfs-client-name",
        |sample| {
            // In a comment.
            let unit = sample.initrd.get_mut(CLIENT_NAME).unwrap();
            unit.splice(..0, *b"#");
            let at = unit.iter().position(|byte| *byte == b'\n').unwrap();
            unit.insert(at + 1, b'#');
            scripted(sample);
        },
        |sample| {
            let unit = sample.initrd.remove(CLIENT_NAME).unwrap();
            scripted(sample);
            sample.initrd.get_mut("init").unwrap().extend(unit);
            sample.pack();
        },
    ),
    case(
        "nfs-client-name",
        |sample| {
            sample.initrd.remove(CLIENT_NAME);
            add(sample, "nfs.nfs4_unique_id=");
            sample.pack();
        },
        |sample| {
            sample.initrd.remove(CLIENT_NAME);
            sample.add_module("nfsv3", "nfs");
            nfs(sample, "192.0.2.1:/srv/pi,vers=3,nolock,addr=192.0.2.1");
            sample.pack();
        },
    ),
    case(
        "nfs-client-name",
        |sample| {
            sample.initrd.remove(CLIENT_NAME);
            host(sample, "nixos");
        },
        |sample| {
            sample.initrd.remove(CLIENT_NAME);
            host(sample, "pi1");
        },
    ),
    case(
        "nfs-open",
        |_| (),
        |sample| {
            nfs(
                sample,
                "192.0.2.1:/srv/pi,vers=4.1,sec=krb5p,addr=192.0.2.1",
            )
        },
    ),
    case(
        "nfs-open",
        |sample| {
            sample.subject.root_kind = RootKind::Shared;
            nfs(sample, "192.0.2.1:/srv/store,vers=4.1,addr=192.0.2.1");
            fstab(sample, "rw");
        },
        |sample| {
            // The store of a depot, which nobody may write to.
            sample.subject.root_kind = RootKind::Shared;
            nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,addr=192.0.2.1");
            fstab(sample, "rw");
        },
    )
    .and(&["initrd-other-root"]),
    case(
        "nfs-no-tls",
        |sample| {
            nfs(
                sample,
                "192.0.2.1:/srv/pi,vers=4.1,addr=192.0.2.1,xprtsec=mtls",
            )
        },
        |sample| {
            nfs(
                sample,
                "192.0.2.1:/srv/pi,vers=4.1,addr=192.0.2.1,xprtsec=tls",
            );
            sample.initrd.insert("bin/tlshd".to_owned(), program(&[]));
            sample.pack();
        },
    ),
    case(
        "nfs-no-tls",
        |sample| {
            sample.boot("kernel8.img", kernel_of("6.4.16", 0b1010));
            sample.initrd.insert("bin/tlshd".to_owned(), program(&[]));
            fstab(sample, "xprtsec=tls");
        },
        |sample| {
            sample.boot("kernel8.img", kernel_of("6.4.16", 0b1010));
            fstab(sample, "xprtsec=none");
        },
    )
    .and(&["initrd-other-kernel", "toplevel-kernel-differs"]),
    case(
        "nfs-no-tls",
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1,xprtsec=tls ip=dhcp",
            )
        },
        |sample| {
            by_kernel(
                sample,
                "root=/dev/nfs nfsroot=192.0.2.1:/srv/pi,vers=4.1,xprtsec=none ip=dhcp",
            )
        },
    ),
    case(
        "nfs-transport",
        |sample| {
            nfs(
                sample,
                "192.0.2.1:/srv/pi,vers=4.1,addr=192.0.2.1,proto=rdma",
            )
        },
        |sample| nfs(sample, "192.0.2.1:/srv/pi,vers=4.1,addr=192.0.2.1,nordma"),
    ),
];
