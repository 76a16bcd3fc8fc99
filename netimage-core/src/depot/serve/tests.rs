//! What is written for two machines; whether the servers take it, tests/depot/run
//! asks themselves.

use std::path::Path;

use super::*;
use crate::depot::{Machine, Machines, RootKind};

fn machines() -> Machines {
    let mut machines = Machines::default();
    for (name, serial, address, mac, root) in [
        (
            "garden",
            "5678ef01",
            "192.0.2.22",
            None,
            Some(RootKind::Shared),
        ),
        (
            "kitchen",
            "1234abcd",
            "192.0.2.21",
            Some("dc:a6:32:01:36:c2"),
            Some(RootKind::Shared),
        ),
        (
            "old",
            "00000001",
            "192.0.2.23",
            Some("dc:a6:32:01:36:c3"),
            Some(RootKind::Own),
        ),
        (
            "new",
            "00000002",
            "192.0.2.24",
            Some("dc:a6:32:01:36:c4"),
            None,
        ),
    ] {
        let mut machine = Machine::new(
            name.parse().unwrap(),
            serial.parse().unwrap(),
            address.parse().unwrap(),
        );
        machine.mac = mac.map(|mac| mac.parse().unwrap());
        machine.root = root;
        machines.add(machine).unwrap();
    }
    machines
}

fn server() -> Server {
    let server = Server::new(Path::new("/srv/netimage/"), "192.0.2.1".parse().unwrap());
    server.unwrap().with_interface("eth0").unwrap()
}

#[test]
fn only_declared_machines_are_answered() {
    let mut server = server();
    server.dhcp = Dhcp::Proxy;
    let text = dnsmasq(&server, &machines());
    for line in [
        "dhcp-range=192.0.2.1,proxy",
        "dhcp-ignore=tag:!netimage",
        "dhcp-host=dc:a6:32:01:36:c2,set:netimage",
        "pxe-service=tag:netimage,0,\"Raspberry Pi Boot   \"",
        "tftp-root=/srv/netimage/tftp",
    ] {
        assert!(text.lines().any(|given| given == line), "{line}\n{text}");
    }
    server.dhcp = Dhcp::Server;
    let text = dnsmasq(&server, &machines());
    assert!(text.contains("\ndhcp-range=192.0.2.1,static\n"));
    assert!(!text.contains("dhcp-option="));
    server.router = Some("192.0.2.254".parse().unwrap());
    server.nameservers = vec!["192.0.2.53".parse().unwrap(), "9.9.9.9".parse().unwrap()];
    let told = dnsmasq(&server, &machines());
    assert!(told.contains(
        "\ndhcp-option=option:router,192.0.2.254\ndhcp-option=option:dns-server,192.0.2.53,9.9.9.9\n"
    ));
    assert!(text.contains("\ndhcp-host=dc:a6:32:01:36:c2,set:netimage,192.0.2.21,kitchen\n"));
    server.netmask = Some("255.255.255.0".parse().unwrap());
    let text = dnsmasq(&server, &machines());
    assert!(text.contains("\ndhcp-range=192.0.2.1,static,255.255.255.0\n"));
    server.dhcp = Dhcp::None;
    assert!(!dnsmasq(&server, &machines()).contains("dhcp-"));
}

#[test]
fn what_a_machine_writes_is_its_own() {
    let text = exports(&server(), &machines());
    let of = |directory: &str| {
        let start = text.find(&format!("\n{directory} ")).unwrap();
        let end = text[start + 1..]
            .find("\n/")
            .map_or(text.len(), |end| start + 1 + end);
        &text[start..end]
    };
    let store = of("/srv/netimage/store");
    assert_eq!(store.matches("(ro,all_squash,").count(), 3);
    assert!(!store.contains("rw") && store.contains("192.0.2.22("));
    let kitchen = of("/srv/netimage/persist/kitchen");
    assert_eq!(kitchen.matches('(').count(), 1);
    assert!(kitchen.contains("192.0.2.21(rw,no_root_squash,"));
    assert!(of("/srv/netimage/own-roots/old").contains("192.0.2.23(rw,"));
    // Nothing was deployed to it yet.
    assert!(of("/srv/netimage/persist/new").contains("192.0.2.24(rw,"));
    let mut ids: Vec<_> = text
        .match_indices("fsid=")
        .map(|(at, _)| &text[at + 5..at + 41])
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5);
}

#[test]
fn ganesha_exports_the_same() {
    let text = ganesha(&server(), &machines());
    assert_eq!(text.matches("EXPORT {").count(), 5);
    let clients = "Clients = 192.0.2.22, 192.0.2.21, 192.0.2.24;";
    assert!(text.contains(&format!(
        "{clients}\n    Protocols = 4;\n    Access_Type = RO;"
    )));
    assert_eq!(text.matches("Access_Type = None;").count(), 5);
    assert_eq!(text.matches("Access_Type = RW;").count(), 4);
}

#[test]
fn another_name_is_what_machines_mount() {
    let server = server().with_export(Path::new("/depot")).unwrap();
    let text = ganesha(&server, &machines());
    assert!(text.contains("Path = /srv/netimage/store;\n  Pseudo = /depot/store;"));
    assert!(exports(&server, &machines()).contains("\n/srv/netimage/store "));
}

#[test]
fn what_would_need_quotes_is_refused() {
    let address = "192.0.2.1".parse().unwrap();
    for path in [
        "srv",
        "/",
        "/srv/a b",
        "/srv/a#b",
        "/srv/a,b",
        "/srv/a\nb",
        "/srv/../etc",
        "/srv/ä",
    ] {
        assert!(Server::new(Path::new(path), address).is_err(), "{path:?}");
        assert!(server().with_hook(Path::new(path)).is_err(), "{path:?}");
    }
    for name in ["", "eth0 ", "a/b", "0123456789abcdef", "eth0\nport=53"] {
        assert!(server().with_interface(name).is_err(), "{name:?}");
    }
}
