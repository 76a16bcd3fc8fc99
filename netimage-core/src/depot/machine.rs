//! A board that a depot serves.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::Network;
use crate::boot::requests::MacAddress;
use crate::boot::{Board, Serial};
use crate::image::RootKind;

/// Most characters of a label of a host name (RFC 1123, section 2.1).
const LABEL_LENGTH_MAX: usize = 63;

/// Most characters of `TFTP_PREFIX_STR` (Raspberry Pi documentation, "Bootloader
/// configuration"), without the slash that ends it.
const TEXT_LENGTH_MAX: usize = 31;

/// The name of a machine, which is its host name: one label of lower-case letters,
/// digits and hyphens (RFC 1123, section 2.1).
///
/// It also names directories of the depot, so that it has no dot or slash.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct MachineName(String);

/// Text that cannot name a machine.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot name a machine; write a host name of 1 to 63 lower-case letters, digits and inner hyphens, like pi1"
)]
pub struct MachineNameError(String);

impl MachineName {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MachineName {
    type Err = MachineNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for MachineName {
    type Error = MachineNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_label = (1..=LABEL_LENGTH_MAX).contains(&text.len())
            && text.bytes().all(plain)
            && !text.starts_with('-')
            && !text.ends_with('-');
        if is_label {
            Ok(Self(text))
        } else {
            Err(MachineNameError(text))
        }
    }
}

impl From<MachineName> for String {
    fn from(name: MachineName) -> Self {
        name.0
    }
}

impl fmt::Display for MachineName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

/// By what a board asks for its files (`TFTP_PREFIX` in the EEPROM's
/// configuration; Raspberry Pi documentation, "Bootloader configuration").
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TftpPrefix {
    /// `serial`: the last eight digits of its serial number, as without any
    /// setting.
    #[default]
    Serial,
    /// `mac`: its Ethernet address.
    Mac,
    /// Any other text, which its EEPROM has to have in `TFTP_PREFIX_STR`.
    Text(String),
}

/// Text that cannot be a TFTP prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} cannot be a TFTP prefix; write serial, mac, or 1 to 31 letters, digits, hyphens and underscores"
)]
pub struct TftpPrefixError(String);

impl FromStr for TftpPrefix {
    type Err = TftpPrefixError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for TftpPrefix {
    type Error = TftpPrefixError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        match text.as_str() {
            "serial" => Ok(Self::Serial),
            "mac" => Ok(Self::Mac),
            _ if (1..=TEXT_LENGTH_MAX).contains(&text.len()) && text.bytes().all(plain) => {
                Ok(Self::Text(text))
            }
            _ => Err(TftpPrefixError(text)),
        }
    }
}

impl From<TftpPrefix> for String {
    fn from(prefix: TftpPrefix) -> Self {
        prefix.to_string()
    }
}

impl fmt::Display for TftpPrefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Serial => "serial",
            Self::Mac => "mac",
            Self::Text(text) => text,
        })
    }
}

/// A board with a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Machine {
    /// Its name and host name.
    pub name: MachineName,
    /// Its serial number.
    #[serde(with = "serial_digits")]
    pub serial: Serial,
    /// The address that it always has.
    pub address: IpAddr,
    /// The address of its Ethernet port, where that is known.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "ethernet_address"
    )]
    pub mac: Option<MacAddress>,
    /// The network for which its command line gives it its address; without it, it asks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Network>,
    /// What it is, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub board: Option<Board>,
    /// By what it asks for its files.
    #[serde(default)]
    pub tftp_prefix: TftpPrefix,
    /// Where it has its store, once something was deployed to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub root: Option<RootKind>,
    /// Words by which several machines are named at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
pub(super) mod serial_digits {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    use crate::boot::Serial;

    pub(in crate::depot) fn serialize<S: Serializer>(
        serial: &Serial,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:016x}", serial.bits()))
    }

    pub(in crate::depot) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Serial, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it so"
)]
pub(super) mod ethernet_address {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

    use crate::boot::requests::MacAddress;

    pub(in crate::depot) fn serialize<S: Serializer>(
        address: &Option<MacAddress>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        address.map(|address| address.to_string()).serialize(to)
    }

    pub(in crate::depot) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<MacAddress>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        let address = text.map(|text| text.parse()).transpose();
        address.map_err(D::Error::custom)
    }
}

impl Machine {
    /// A machine of which only this is known.
    #[must_use]
    pub fn new(name: MachineName, serial: Serial, address: IpAddr) -> Self {
        Self {
            name,
            serial,
            address,
            mac: None,
            network: None,
            board: None,
            tftp_prefix: TftpPrefix::Serial,
            root: None,
            tags: Vec::new(),
        }
    }

    /// The boards that it may be, where an image is for these.
    pub(super) fn boards(&self, of_image: &[Board]) -> Vec<Board> {
        self.board
            .map_or_else(|| of_image.to_vec(), |board| vec![board])
    }

    /// Whether it may be a board without an EEPROM, which fetches `bootcode.bin`.
    pub(super) fn needs_bootcode(&self, of_image: &[Board]) -> bool {
        let boards = self.boards(of_image);
        boards.iter().any(|board| !board.has_eeprom())
    }

    /// The directory of the TFTP server in which the machine looks for its files;
    /// none where that is called by an Ethernet address that is not known.
    #[must_use]
    pub fn tftp_directory(&self) -> Option<String> {
        match &self.tftp_prefix {
            TftpPrefix::Serial => Some(self.serial.to_string()),
            TftpPrefix::Mac => self.mac.map(|mac| mac.to_string()),
            TftpPrefix::Text(text) => Some(text.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_host_names() {
        let longest = "a".repeat(LABEL_LENGTH_MAX);
        for text in ["a", "pi1", "1", "a-b", "a--b", longest.as_str()] {
            assert_eq!(text.parse::<MachineName>().unwrap().as_str(), text);
        }
        let longer = "a".repeat(LABEL_LENGTH_MAX + 1);
        for text in [
            "", "Pi", "-a", "a-", "a.b", "..", "a/b", "a b", "ä", "a\n", "a\0", &longer,
        ] {
            assert!(text.parse::<MachineName>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_prefix_names_one_directory() {
        let mut machine = Machine::new(
            "pi1".parse().unwrap(),
            "100000001234ABCD".parse().unwrap(),
            "192.0.2.21".parse().unwrap(),
        );
        assert_eq!(machine.tftp_directory().as_deref(), Some("1234abcd"));
        machine.tftp_prefix = "mac".parse().unwrap();
        assert_eq!(machine.tftp_directory(), None);
        machine.mac = Some("dc:a6:32:01:36:c2".parse().unwrap());
        assert_eq!(
            machine.tftp_directory().as_deref(),
            Some("dc-a6-32-01-36-c2")
        );
        machine.tftp_prefix = "Rack_1-3".parse().unwrap();
        assert_eq!(machine.tftp_directory().as_deref(), Some("Rack_1-3"));
        for text in ["", ".", "..", "a/", "a/b", "a.b", "ä", &"a".repeat(32)] {
            assert!(text.parse::<TftpPrefix>().is_err(), "{text:?}");
        }
    }
}
