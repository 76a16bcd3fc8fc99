//! dnsmasq: DHCP and TFTP.

use std::fmt::Write as _;

use super::server::{Dhcp, Server, TFTP_PORTS};
use crate::depot::Machines;

/// A configuration file for dnsmasq (dnsmasq(8)), which is then a server of the
/// depot's machines and of nothing else.
#[must_use]
pub fn dnsmasq(server: &Server, machines: &Machines) -> String {
    let directory = server.directory();
    let mut text = format!(
        "# Made by netimage-builder server-config from the machines of {directory}.\n\
         # After a change of the machines make it again, and restart dnsmasq.\n\n\
         # No DNS.\nport=0\n"
    );
    if let Some(interface) = &server.interface {
        let _ = write!(text, "interface={interface}\nbind-dynamic\n");
    }
    dhcp(&mut text, server, machines);
    let _ = write!(
        text,
        "\n# A machine finds its files in the directory that its TFTP prefix names.\n\
         enable-tftp\ntftp-root={directory}/tftp\n\
         # The firewall has to let UDP port 69 and these through.\n\
         tftp-port-range={},{}\n",
        TFTP_PORTS.0, TFTP_PORTS.1
    );
    if let Some(hook) = &server.hook {
        let _ = write!(
            text,
            "\n# Called after each file that was sent whole; it only notes that.\n\
             dhcp-script={}\n",
            hook.display()
        );
    }
    text
}

fn dhcp(text: &mut String, server: &Server, machines: &Machines) {
    let address = server.address;
    let netmask = server.netmask;
    let netmask = netmask.map(|mask| format!(",{mask}")).unwrap_or_default();
    match server.dhcp {
        Dhcp::None => return,
        Dhcp::Proxy => {
            let _ = write!(
                text,
                "\n# Beside the DHCP server of the network, which gives the addresses.\n\
                 dhcp-range={address},proxy{netmask}\n"
            );
        }
        Dhcp::Server => {
            let _ = write!(
                text,
                "\n# Addresses for the machines, and for nothing else.\n\
                 dhcp-range={address},static{netmask}\n"
            );
            if let Some(router) = &server.router {
                let _ = writeln!(text, "dhcp-option=option:router,{router}");
            }
            if !server.nameservers.is_empty() {
                let nameservers: Vec<_> =
                    server.nameservers.iter().map(ToString::to_string).collect();
                let _ = writeln!(
                    text,
                    "dhcp-option=option:dns-server,{}",
                    nameservers.join(",")
                );
            }
        }
    }
    text.push_str("dhcp-ignore=tag:!netimage\n");
    for machine in machines.iter() {
        if let Some(mac) = machine.mac {
            let mac = mac.to_string().replace('-', ":");
            let (address, name) = (machine.address, &machine.name);
            let _ = match server.dhcp {
                Dhcp::Server => writeln!(text, "dhcp-host={mac},set:netimage,{address},{name}"),
                _ => writeln!(text, "dhcp-host={mac},set:netimage"),
            };
        } else {
            let name = &machine.name;
            let _ = writeln!(
                text,
                "# {name} has no Ethernet address here, by which it is known."
            );
        }
    }
    // The boot ROM of a Pi 3 compares with the blanks, and others with the beginning
    // (Raspberry Pi documentation, "Network booting").
    text.push_str("pxe-service=tag:netimage,0,\"Raspberry Pi Boot   \"\n");
}
