//! The network of a machine that does not ask for its address.

use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::MachineName;

/// Bits of an address that are those of its network, from 1 to 128.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub struct PrefixLength(u8);

/// What is no netmask.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no netmask; give the length of a prefix, like 24, or a mask like 255.255.255.0")]
pub struct PrefixLengthError(String);

impl TryFrom<u8> for PrefixLength {
    type Error = PrefixLengthError;

    fn try_from(length: u8) -> Result<Self, Self::Error> {
        match length {
            1..=128 => Ok(Self(length)),
            _ => Err(PrefixLengthError(length.to_string())),
        }
    }
}

impl From<PrefixLength> for u8 {
    fn from(length: PrefixLength) -> Self {
        length.0
    }
}

impl FromStr for PrefixLength {
    type Err = PrefixLengthError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || PrefixLengthError(text.to_owned());
        let length = match text.parse::<Ipv4Addr>() {
            Err(_) => text.parse().map_err(|_| error())?,
            Ok(mask) => {
                let bits = mask.to_bits();
                let length = bits.leading_ones();
                if bits.count_ones() != length {
                    return Err(error());
                }
                u8::try_from(length).map_err(|_| error())?
            }
        };
        Self::try_from(length).map_err(|_| error())
    }
}

/// In which network a machine is, if its command line says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// Which part of the machine's address is that of the network.
    pub prefix_length: PrefixLength,
    /// By which other networks are reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gateway: Option<IpAddr>,
}

/// Why a machine cannot be in a network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// The prefix of another kind of address.
    #[error("{address} has no prefix of {length} bits; give a shorter netmask")]
    Length {
        /// The machine's address.
        address: IpAddr,
        /// What its prefix was to be.
        length: u8,
    },
    /// The network itself, or all that are in it.
    #[error(
        "{address} is the first or the last address of the network {network}, which no machine can have; correct the address or the netmask"
    )]
    Reserved {
        /// The machine's address.
        address: IpAddr,
        /// The network.
        network: String,
    },
    /// A gateway that the machine cannot reach.
    #[error(
        "the gateway {gateway} is not in the network {network}, in which the machine is; correct the gateway or the netmask"
    )]
    Gateway {
        /// The gateway.
        gateway: IpAddr,
        /// The network.
        network: String,
    },
    /// A gateway that is the network itself, or all that are in it.
    #[error(
        "the gateway {gateway} is the first or the last address of the network {network}, which no router can have; give the router's address"
    )]
    NoRouter {
        /// The gateway.
        gateway: IpAddr,
        /// The network.
        network: String,
    },
    /// A gateway that is the machine.
    #[error("the gateway {0} is the machine itself; give the router's address")]
    Itself(IpAddr),
}

impl Network {
    /// Whether a machine with this address can be in it.
    pub(super) fn check(&self, address: IpAddr) -> Result<(), NetworkError> {
        let length = u32::from(self.prefix_length.0);
        let bits = bits_of(address);
        if length > bits {
            let length = self.prefix_length.0;
            return Err(NetworkError::Length { address, length });
        }
        let network = || format!("{}/{length}", self.first(address));
        let hosts = host_mask(bits - length);
        let is_reserved = |one: IpAddr| {
            let rest = value(one) & hosts;
            // Two addresses are all that a prefix of 31 bits has (RFC 3021).
            one.is_ipv4() && bits - length > 1 && (rest == 0 || rest == hosts)
        };
        if is_reserved(address) {
            let network = network();
            return Err(NetworkError::Reserved { address, network });
        }
        match self.gateway {
            Some(gateway) if gateway == address => Err(NetworkError::Itself(gateway)),
            Some(gateway)
                if gateway.is_ipv4() != address.is_ipv4()
                    || self.first(gateway) != self.first(address) =>
            {
                let network = network();
                Err(NetworkError::Gateway { gateway, network })
            }
            Some(gateway) if is_reserved(gateway) => {
                let network = network();
                Err(NetworkError::NoRouter { gateway, network })
            }
            _ => Ok(()),
        }
    }

    /// The kernel parameter by which a machine gives itself its address (Linux
    /// `Documentation/admin-guide/nfs/nfsroot.rst`; IPv6 as of
    /// systemd-network-generator(8)).
    pub(super) fn parameter(&self, address: IpAddr, name: &MachineName) -> String {
        let bracketed = |address| match address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let gateway = self.gateway.map(bracketed).unwrap_or_default();
        let netmask = match address {
            IpAddr::V4(_) => {
                let host = 32_u32.saturating_sub(u32::from(self.prefix_length.0));
                let mask = u32::MAX.checked_shl(host).unwrap_or(0);
                Ipv4Addr::from_bits(mask).to_string()
            }
            IpAddr::V6(_) => self.prefix_length.0.to_string(),
        };
        let address = bracketed(address);
        format!("ip={address}::{gateway}:{netmask}:{name}::off")
    }

    /// The address of the network in which an address is.
    fn first(&self, address: IpAddr) -> IpAddr {
        let host = bits_of(address).saturating_sub(u32::from(self.prefix_length.0));
        let first = value(address) & !host_mask(host);
        match address {
            IpAddr::V4(_) => {
                u32::try_from(first).map_or(address, |bits| IpAddr::V4(Ipv4Addr::from_bits(bits)))
            }
            IpAddr::V6(_) => IpAddr::V6(first.into()),
        }
    }
}

const fn bits_of(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

fn value(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// So many ones at the end.
const fn host_mask(bits: u32) -> u128 {
    match 1_u128.checked_shl(bits) {
        Some(end) => end - 1,
        None => u128::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(netmask: &str, gateway: Option<&str>) -> Network {
        Network {
            prefix_length: netmask.parse().unwrap(),
            gateway: gateway.map(|gateway| gateway.parse().unwrap()),
        }
    }

    #[test]
    fn a_netmask_is_a_length_or_a_mask() {
        for (text, length) in [
            ("24", 24),
            ("1", 1),
            ("128", 128),
            ("255.255.255.0", 24),
            ("255.255.255.255", 32),
            ("128.0.0.0", 1),
        ] {
            assert_eq!(text.parse(), Ok(PrefixLength(length)), "{text}");
        }
        for text in [
            "",
            "0",
            "129",
            "-1",
            "255.0.255.0",
            "0.0.0.0",
            "0.0.0.255",
            "/24",
        ] {
            assert!(text.parse::<PrefixLength>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_gateway_is_in_the_network() {
        let check = |address: &str, netmask: &str, gateway: Option<&str>| {
            let checked = network(netmask, gateway).check(address.parse().unwrap());
            checked.map_err(|error| error.to_string())
        };
        for (address, netmask, gateway) in [
            ("192.0.2.21", "24", None),
            ("192.0.2.21", "255.255.255.0", Some("192.0.2.254")),
            ("192.0.2.20", "31", Some("192.0.2.21")),
            ("192.0.2.21", "32", None),
            ("2001:db8::21", "64", Some("2001:db8::1")),
        ] {
            assert_eq!(
                check(address, netmask, gateway),
                Ok(()),
                "{address}/{netmask}"
            );
        }
        for (address, netmask, gateway, part) in [
            ("192.0.2.21", "64", None, "no prefix of 64 bits"),
            (
                "192.0.2.0",
                "24",
                None,
                "first or the last address of the network 192.0.2.0/24",
            ),
            ("192.0.2.255", "24", None, "first or the last"),
            (
                "192.0.2.21",
                "25",
                Some("192.0.2.254"),
                "192.0.2.254 is not in the network 192.0.2.0/25",
            ),
            (
                "192.0.2.21",
                "24",
                Some("192.0.2.255"),
                "which no router can have",
            ),
            ("192.0.2.21", "24", Some("192.0.2.0"), "no router"),
            (
                "192.0.2.21",
                "24",
                Some("192.0.2.21"),
                "is the machine itself",
            ),
            (
                "192.0.2.21",
                "24",
                Some("2001:db8::1"),
                "is not in the network",
            ),
            (
                "2001:db8::21",
                "64",
                Some("2001:db8:1::1"),
                "network 2001:db8::/64",
            ),
        ] {
            let told = check(address, netmask, gateway).unwrap_err();
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    #[test]
    fn the_parameter_is_the_kernels() {
        let name = "pi1".parse().unwrap();
        for (address, netmask, gateway, expected) in [
            (
                "192.0.2.21",
                "24",
                Some("192.0.2.254"),
                "ip=192.0.2.21::192.0.2.254:255.255.255.0:pi1::off",
            ),
            (
                "192.0.2.21",
                "32",
                None,
                "ip=192.0.2.21:::255.255.255.255:pi1::off",
            ),
            (
                "2001:db8::21",
                "64",
                Some("2001:db8::1"),
                "ip=[2001:db8::21]::[2001:db8::1]:64:pi1::off",
            ),
        ] {
            let address = address.parse().unwrap();
            assert_eq!(
                network(netmask, gateway).parameter(address, &name),
                expected
            );
        }
    }
}
