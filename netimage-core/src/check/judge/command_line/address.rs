//! `ip=`: where the board has its address from.

use std::net::Ipv4Addr;

use super::{Check, rules};
use crate::boot::KernelCommandLine;
use crate::check::facts::Mounter;

/// What the kernel makes of a value of `ip=` (`net/ipv4/ipconfig.c`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Address<'value> {
    /// It asks for an address, or has one.
    Given,
    /// It neither has nor asks for one.
    Off,
    /// It takes no notice of this part, which is no address.
    Nonsense(&'value str),
}

/// How many parts of `ip=`, from the first, are addresses: the client's, the
/// server's, the gateway's, and the mask.
const ADDRESSES: usize = 4;

impl<'value> Address<'value> {
    fn of(value: &'value str) -> Self {
        if is_protocol(value) {
            return Self::Given;
        }
        if matches!(value, "" | "off" | "none") {
            return Self::Off;
        }
        let parts: Vec<&str> = value.split(':').collect();
        let is_address = |part: &str| part.parse::<Ipv4Addr>().is_ok();
        let has_address = parts.first().is_some_and(|part| is_address(part));
        let protocol = parts.get(6).filter(|part| !part.is_empty());
        if protocol.is_some_and(|protocol| !is_protocol(protocol)) && !has_address {
            return Self::Off;
        }
        let addresses = parts.iter().take(ADDRESSES);
        let mut wrong = addresses.filter(|part| !part.is_empty() && !is_address(part));
        wrong
            .next()
            .map_or(Self::Given, |part| Self::Nonsense(part))
    }
}

/// Whether the kernel asks for an address by this word.
fn is_protocol(word: &str) -> bool {
    matches!(word, "on" | "any" | "both" | "bootp" | "rarp") || word.starts_with("dhcp")
}

impl Check<'_> {
    /// The kernel asks for an address only if it is told to.
    pub(super) fn check_address(&mut self, line: &KernelCommandLine) {
        let Some(value) = line.get("ip").or_else(|| line.get("nfsaddrs")) else {
            self.reporter.report(
                &rules::NO_ADDRESS,
                "there is no ip=, and no initrd that would ask for an address",
            );
            return;
        };
        match Address::of(value) {
            Address::Given => {}
            Address::Off => {
                let problem =
                    format!("with ip={value} the kernel neither has an address nor asks for one");
                self.reporter.report(&rules::NO_ADDRESS, problem);
            }
            Address::Nonsense(part) => {
                let problem = format!("ip={value} has {part:?} in the place of an IPv4 address");
                let remedy = "write ip=dhcp or ip=CLIENT:SERVER:GATEWAY:MASK:HOST:DEVICE:PROTOCOL";
                self.reporter
                    .report_with(&rules::ADDRESS_UNKNOWN, problem, remedy);
            }
        }
    }

    /// systemd-network-generator makes `71-default.network`, or 91, of `ip=off`.
    pub(super) fn check_generated_network(&mut self, line: &KernelCommandLine) {
        let off = line
            .get("ip")
            .filter(|value| matches!(*value, "off" | "none"));
        if let Some(value) = off.filter(|_| self.line.mounter == Mounter::Systemd) {
            let problem = format!(
                "with ip={value} systemd turns DHCP off on every interface, unless a .network file that sorts before 71-default matches it"
            );
            self.reporter.report(&rules::ADDRESS_OFF, problem);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_value_is_something(value in "[0-9.:a-z,]{0,40}|.{0,20}") {
            if let Address::Nonsense(part) = Address::of(&value) {
                prop_assert!(value.contains(part) && !part.is_empty());
            }
        }
    }

    #[test]
    fn values_are_taken_as_the_kernel_takes_them() {
        for value in [
            "dhcp",
            "on",
            "any",
            "both",
            "dhcp,0,id",
            "::::::dhcp",
            ":::::eth0",
            "::::pi::on",
            "192.0.2.5",
            "192.0.2.5::192.0.2.1:255.255.255.0:pi:eth0:off",
        ] {
            assert_eq!(Address::of(value), Address::Given, "{value}");
        }
        for value in [
            "",
            "off",
            "none",
            "::::::off",
            ":::::eth0:none",
            "::::::dchp",
        ] {
            assert_eq!(Address::of(value), Address::Off, "{value}");
        }
        for (value, part) in [
            ("dchp", "dchp"),
            ("eth0:dhcp", "eth0"),
            ("192.0.2.500", "192.0.2.500"),
            ("192.0.2.5::router:255.255.255.0", "router"),
        ] {
            assert_eq!(Address::of(value), Address::Nonsense(part), "{value}");
        }
    }
}
