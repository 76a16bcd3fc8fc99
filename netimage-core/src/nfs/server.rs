//! NFS servers.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::error::NfsError;
use crate::text_form::serde_by_text;

/// Most bytes of a host name (RFC 1123, section 2.1, and RFC 1035).
const HOST_LENGTH_MAX: usize = 253;

/// Most bytes between two dots of a host name (RFC 1035, section 2.3.4).
const LABEL_LENGTH_MAX: usize = 63;

/// The machine that exports the root file system.
///
/// Printed as before the colon of `server:/path`: an IPv6 address in brackets
/// (nfs(5)), a host name in lower case. Reads an IPv6 address without its
/// brackets too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NfsServer(Server);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Server {
    Address(IpAddr),
    Host(Box<str>),
}

impl NfsServer {
    /// The numeric address, unless this is a host name.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match self.0 {
            Server::Address(address) => Some(address),
            Server::Host(_) => None,
        }
    }

    /// Reads the part of `server:/path` before the colon.
    pub(super) fn parse_before_path(text: &str) -> Result<Self, NfsError> {
        if text.contains(':') && !text.starts_with('[') {
            return Err(NfsError::invalid(
                format!("the IPv6 address {text:?} must be in brackets before the path"),
                format!("write [{text}]"),
            ));
        }
        text.parse()
    }
}

/// The rules of RFC 1123, and that the last label is not a number, which would
/// be a mistyped address.
fn is_host_name(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=LABEL_LENGTH_MAX).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    text.len() <= HOST_LENGTH_MAX && text.split('.').all(is_label)
}

fn ends_in_number(text: &str) -> bool {
    let last = text.rsplit('.').next().unwrap_or_default();
    !last.is_empty() && last.bytes().all(|byte| byte.is_ascii_digit())
}

fn not_an_address(text: &str) -> NfsError {
    let problem = format!("{text:?} is not a valid address of an NFS server");
    NfsError::invalid(problem, "check its numbers")
}

impl FromStr for NfsServer {
    type Err = NfsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bracketed = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'));
        let address = if bracketed.is_some() || text.contains(':') {
            let inner = bracketed.unwrap_or(text);
            if inner.contains('%') {
                return Err(NfsError::invalid(
                    format!("NFS server {text:?} has a zone, which differs between machines"),
                    "give a global or unique local address",
                ));
            }
            inner.parse::<Ipv6Addr>().map(IpAddr::V6)
        } else if ends_in_number(text) {
            text.parse::<Ipv4Addr>().map(IpAddr::V4)
        } else if is_host_name(text) {
            return Ok(Self(Server::Host(
                text.to_ascii_lowercase().into_boxed_str(),
            )));
        } else {
            return Err(NfsError::invalid(
                format!("{text:?} is not a host name"),
                "give labels of letters, digits and inner hyphens, separated by dots",
            ));
        };
        match address {
            Ok(address) => Self::try_from(address),
            Err(_) => Err(not_an_address(text)),
        }
    }
}

impl TryFrom<IpAddr> for NfsServer {
    type Error = NfsError;

    /// Takes every address but `0.0.0.0` and `::`, which the kernel refuses as
    /// a server.
    fn try_from(address: IpAddr) -> Result<Self, Self::Error> {
        if address.is_unspecified() {
            return Err(not_an_address(&address.to_string()));
        }
        Ok(Self(Server::Address(address)))
    }
}

impl fmt::Display for NfsServer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Server::Address(IpAddr::V4(address)) => write!(formatter, "{address}"),
            Server::Address(IpAddr::V6(address)) => write!(formatter, "[{address}]"),
            Server::Host(host) => formatter.write_str(host),
        }
    }
}

serde_by_text!(NfsServer);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_addresses_and_host_names() {
        for (text, printed, numeric) in [
            ("192.168.0.1", "192.168.0.1", true),
            ("[fd00:0:0::1]", "[fd00::1]", true),
            ("FD00::1", "[fd00::1]", true),
            ("NAS", "nas", false),
            ("nas-1.Example.org", "nas-1.example.org", false),
            ("3com.example", "3com.example", false),
        ] {
            let server: NfsServer = text.parse().unwrap();
            assert_eq!(server.to_string(), printed);
            assert_eq!(server.address().is_some(), numeric, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_neither() {
        for text in [
            "192.168.0",
            "192.168.0.256",
            "192.168.000.1",
            "0.0.0.0",
            "::",
            "[::]",
            "[1.2.3.4]",
            "[nas]",
            "a:b",
            "7",
        ] {
            let error = text.parse::<NfsServer>().unwrap_err().to_string();
            assert!(error.contains("is not a valid address"), "{error}");
        }
        let long = "a".repeat(64);
        let longer = ["a"; 128].join(".");
        for text in [
            "", ".", "nas.", "-a", "a-", "a_b", "a b", "é", "[::1", "a..b", "a,b", &long, &longer,
        ] {
            let error = text.parse::<NfsServer>().unwrap_err();
            assert!(!error.to_string().is_empty());
        }
        for text in ["fe80::1%eth0", "[fe80::1%2]"] {
            let error = text.parse::<NfsServer>().unwrap_err().to_string();
            assert!(error.contains("has a zone"), "{error}");
        }
        assert_eq!(
            NfsServer::parse_before_path("fd00::1")
                .unwrap_err()
                .to_string(),
            r#"the IPv6 address "fd00::1" must be in brackets before the path; write [fd00::1]"#
        );
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(address in any::<IpAddr>()) {
            if let Ok(server) = NfsServer::try_from(address) {
                prop_assert_eq!(server.to_string().parse(), Ok(server.clone()));
                prop_assert_eq!(NfsServer::parse_before_path(&server.to_string()), Ok(server));
            }
        }

        #[test]
        fn what_reads_prints_canonical(text in "[A-Za-z0-9.:\\[\\]%-]{0,40}|.{0,20}") {
            if let Ok(server) = text.parse::<NfsServer>() {
                prop_assert_eq!(server.to_string().parse(), Ok(server));
            }
        }
    }
}
