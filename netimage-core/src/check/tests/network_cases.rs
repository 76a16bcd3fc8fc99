//! What networkd is told in an initrd.

use super::initrd_cases::{insert, remove};
use super::sample::{NETWORKD_SERVICE, Sample};
use super::{Case, case, said};
use crate::nfs::NfsRoot;

const DEFAULT: &str = "etc/systemd/network/98-netimage.network";
const GENERATOR: &str = "usr/lib/systemd/systemd-network-generator";

/// The only file that networkd has.
fn network(sample: &mut Sample, text: &str) {
    insert(sample, DEFAULT, text.as_bytes());
}

/// One more.
fn more(sample: &mut Sample, name: &str, text: &str) {
    insert(sample, name, text.as_bytes());
}

/// Of a version that ignores what matches by nothing.
fn version_255(sample: &mut Sample) {
    let executor = b"\x7fELF".to_vec();
    let path = "lib/systemd/systemd-executor".to_owned();
    sample.initrd.insert(path, executor);
    insert(sample, "nix/store/lib/libsystemd-core-255.so", b"");
}

/// A server that may have other addresses than those of IPv4.
fn by_name(sample: &mut Sample) {
    let root = "server.example:/srv/pi,vers=4.1,addr=192.0.2.1";
    sample.subject.nfs = Some(root.parse::<NfsRoot>().unwrap());
}

const LAN: &str = "[Match]\nName=lan0\n[Network]\nDHCP=yes\n";

/// What networking.interfaces.eth0 is made into.
const ETH0: &str = "etc/systemd/network/40-eth0.network";

/// NixOS, with networking.interfaces.eth0.useDHCP = false.
pub(super) fn without_dhcp(sample: &mut Sample) {
    sample.replace("cmdline.txt", "\n", " net.ifnames=0\n");
    more(sample, ETH0, "[Match]\nName=eth0\n[Network]\nDHCP=no\n");
}

/// Another program that may ask for an address.
fn lease(sample: &mut Sample) {
    let service = sample.initrd[NETWORKD_SERVICE].clone();
    let more = [&service[..], b"ExecStartPost=/bin/lease\n"].concat();
    insert(sample, "bin/lease", b"#!/bin/sh\nudhcpc -i eth0\n");
    insert(sample, NETWORKD_SERVICE, &more);
}

/// The port as a part of a bridge, which has the address.
fn bridge(sample: &mut Sample) {
    let text = "[Match]\nName=br0\n[Network]\nDHCP=yes\n";
    more(sample, "etc/systemd/network/40-br0.network", text);
    network(sample, "[Match]\nName=en* eth*\n[Network]\nBridge=br0\n");
}

#[test]
fn the_line_to_write_is_named() {
    let mut sample = Sample::new();
    without_dhcp(&mut sample);
    let (problem, remedy) = said(&sample.check(), "initrd-no-address");
    assert!(problem.starts_with("40-eth0.network is"), "{problem}");
    assert_eq!(remedy, "set networking.interfaces.eth0.useDHCP = true");
    remove(&mut sample, ETH0);
    network(&mut sample, "[Match]\nName=end0\n[Network]\nDHCP=yes\n");
    let (problem, _) = said(&sample.check(), "initrd-no-address");
    assert!(
        problem.starts_with("no .network file is for eth0 (the wired port"),
        "{problem}"
    );
}

pub(super) static CASES: &[Case] = &[
    case(
        "initrd-no-address",
        |sample| network(sample, LAN),
        |sample| network(sample, "[Match]\nName=lan0 e*\n[Network]\nDHCP=yes\n"),
    ),
    case(
        "initrd-no-address",
        |sample| network(sample, "[Match]\nName=lan0 wl*\n[Network]\nDHCP=yes\n"),
        |sample| network(sample, "[Match]\nName=!lan*\n[Network]\nDHCP=yes\n"),
    ),
    case(
        "initrd-no-address",
        |sample| network(sample, "[Match]\nType=wlan\n[Network]\nDHCP=yes\n"),
        |sample| {
            let text = "[Match]\nMACAddress=02:00:00:00:00:01\n[Network]\nDHCP=yes\n";
            network(sample, text);
        },
    ),
    case(
        "initrd-no-address",
        |sample| {
            version_255(sample);
            network(sample, "[Network]\nDHCP=yes\n");
        },
        // An older one takes it for every interface.
        |sample| network(sample, "[Network]\nDHCP=yes\n"),
    ),
    case(
        "initrd-no-address",
        |sample| {
            // systemd may have made names of its own, but not this one.
            network(sample, LAN);
            let link = "[Match]\nOriginalName=*\n[Link]\nNamePolicy=keep kernel database path\n";
            more(sample, "usr/lib/systemd/network/99-default.link", link);
        },
        |sample| {
            network(sample, LAN);
            let link = "[Match]\nMACAddress=02:00:00:00:00:01\n[Link]\nName=lan0\n";
            more(sample, "etc/systemd/network/10-lan.link", link);
        },
    ),
    case(
        "initrd-no-address",
        |sample| network(sample, "[Match]\nName=en* eth*\n[Network]\nDHCP=no\n"),
        |sample| {
            // Of IPv6 it has one.
            by_name(sample);
            network(sample, "[Match]\nName=en* eth*\n[Network]\nDHCP=no\n");
        },
    ),
    case(
        "initrd-no-address",
        |sample| {
            let text = "[Match]\nName=e*\n[Link]\nUnmanaged=yes\n[Network]\nDHCP=yes\n";
            network(sample, text);
        },
        |sample| {
            let text = "[Match]\nName=e*\n[Network]\nDHCP=no\n[Address]\nAddress=192.0.2.2/24\n";
            network(sample, text);
        },
    ),
    case(
        "initrd-no-address",
        |sample| {
            // The first that matches is the only one.
            let text = "[Match]\nName=*\n[Network]\nDHCP=no\n";
            more(sample, "usr/lib/systemd/network/10-all.network", text);
        },
        |sample| {
            let text = "[Match]\nName=eth*\n[Network]\nDHCP=no\n";
            more(sample, "usr/lib/systemd/network/10-all.network", text);
        },
    ),
    case(
        "initrd-no-address",
        |sample| {
            network(sample, LAN);
            // The one in /etc masks the other.
            let text = "[Match]\nName=en* eth*\n[Network]\nDHCP=yes\n";
            more(sample, "usr/lib/systemd/network/80-wired.network", text);
            more(
                sample,
                "etc/systemd/network/80-wired.network",
                "->/dev/null",
            );
        },
        |sample| {
            network(sample, LAN);
            let text = "[Match]\nName=en* eth*\n[Network]\nDHCP=yes\n";
            more(sample, "etc/systemd/network/80-wired.network", text);
            more(
                sample,
                "usr/lib/systemd/network/80-wired.network",
                "->/dev/null",
            );
        },
    ),
    case(
        "initrd-no-address",
        |sample| network(sample, LAN),
        |sample| {
            network(sample, LAN);
            let more_of = "usr/lib/systemd/network/98-netimage.network.d/wired.conf";
            more(sample, more_of, "[Match]\nName=eth0\n");
        },
    ),
    case(
        "initrd-no-address",
        |sample| {
            // Without ip= it makes nothing.
            more(sample, GENERATOR, "\x7fELF");
            network(sample, LAN);
        },
        |sample| {
            more(sample, GENERATOR, "\x7fELF");
            sample.replace("cmdline.txt", "\n", " ip=dhcp\n");
            network(sample, LAN);
        },
    ),
    case("initrd-no-address", bridge, |sample| {
        bridge(sample);
        let device = "[NetDev]\nName=br0\nKind=bridge\n";
        more(sample, "etc/systemd/network/40-br0.netdev", device);
    }),
    case("initrd-no-address", without_dhcp, |sample| {
        // Where the port may have another name, it is the next file's.
        more(sample, ETH0, "[Match]\nName=eth0\n[Network]\nDHCP=no\n");
    }),
    case(
        "initrd-no-address",
        |sample| {
            sample.replace("cmdline.txt", "\n", " net.ifnames=0\n");
            network(sample, "[Match]\nName=end0\n[Network]\nDHCP=yes\n");
        },
        |sample| {
            sample.replace("cmdline.txt", "\n", " net.ifnames=1\n");
            network(sample, "[Match]\nName=end0\n[Network]\nDHCP=yes\n");
        },
    ),
    case(
        "initrd-no-address",
        |sample| {
            sample.replace("cmdline.txt", "\n", " net.ifnames=0\n");
            network(sample, "[Match]\nName=wlan0\n[Network]\nDHCP=yes\n");
        },
        |sample| {
            sample.replace("cmdline.txt", "\n", " net.ifnames=0\n");
            more(
                sample,
                ETH0,
                "[Match]\nName=eth0\n[Network]\nDHCP=no\n[Address]\nAddress=192.0.2.2/24\n",
            );
        },
    ),
    case(
        "initrd-no-address",
        |sample| {
            network(sample, LAN);
            let rule = b"NAME==\"\", ENV{ID_NET_NAME}!=\"\", NAME=\"$env{ID_NET_NAME}\"\n";
            insert(sample, "lib/udev/rules.d/80-net-setup-link.rules", rule);
        },
        |sample| {
            network(sample, LAN);
            let rule = b"SUBSYSTEM==\"net\", ACTION==\"add\", NAME=\"lan0\"\n";
            insert(sample, "lib/udev/rules.d/70-net.rules", rule);
        },
    ),
    case(
        "initrd-no-address",
        |sample| {
            network(sample, LAN);
            lease(sample);
        },
        lease,
    )
    .mild(),
    case(
        "initrd-no-address",
        |sample| insert(sample, DEFAULT, b"->/dev/null"),
        |sample| {
            let text = sample.initrd[DEFAULT].clone();
            remove(sample, DEFAULT);
            insert(sample, "usr/lib/systemd/network/80-wired.network", &text);
        },
    ),
];
