//! Writes what the servers of a depot are told, for `tests/depot/run` to ask them.
//!
//! The depot is the directory that `NETIMAGE_DEPOT` names; the files are put beside
//! its store: `dnsmasq-proxy.conf`, `dnsmasq-server.conf`, `dnsmasq-none.conf`,
//! `exports` and `ganesha.conf`.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;

use netimage_core::depot::serve::{Dhcp, Server, dnsmasq, exports, ganesha};
use netimage_core::depot::{Machine, Machines, RootKind};

#[test]
#[ignore = "needs servers: run tests/depot/run"]
fn tells_servers() {
    let Some(depot) = std::env::var_os("NETIMAGE_DEPOT") else {
        eprintln!("left out: NETIMAGE_DEPOT is not set; run tests/depot/run");
        return;
    };
    let depot = Path::new(&depot);
    let mut machines = Machines::default();
    for (number, root) in [RootKind::Shared, RootKind::Shared, RootKind::Own]
        .into_iter()
        .enumerate()
    {
        let mut machine = Machine::new(
            format!("pi{number}").parse().unwrap(),
            format!("1234abc{number}").parse().unwrap(),
            format!("192.0.2.2{number}").parse().unwrap(),
        );
        machine.mac = Some(format!("dc:a6:32:01:36:c{number}").parse().unwrap());
        machine.root = Some(root);
        machines.add(machine).unwrap();
    }
    let server = Server::new(depot, "192.0.2.1".parse().unwrap()).unwrap();
    let mut server = server.with_interface("lo").unwrap();
    server = server.with_hook(Path::new("/bin/true")).unwrap();
    let write = |name: &str, text: String| fs::write(depot.join(name), text).unwrap();
    for (name, dhcp) in [
        ("proxy", Dhcp::Proxy),
        ("server", Dhcp::Server),
        ("none", Dhcp::None),
    ] {
        server.dhcp = dhcp;
        write(&format!("dnsmasq-{name}.conf"), dnsmasq(&server, &machines));
    }
    write("exports", exports(&server, &machines));
    write("ganesha.conf", ganesha(&server, &machines));
}
