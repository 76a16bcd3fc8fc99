//! What a board puts before the names that it asks for.

use std::fmt;
use std::str::FromStr;

use crate::boot::Serial;

/// The prefix of a board's requests (`TFTP_PREFIX` in the EEPROM's
/// configuration; Raspberry Pi documentation, "Bootloader configuration").
///
/// A Pi 3 knows the serial number only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prefix {
    /// None, as when all files are at the root of the server.
    None,
    /// `TFTP_PREFIX=0`, the default: the serial number and a slash.
    Serial(Serial),
    /// `TFTP_PREFIX=1`: this text, which has to end with a slash to name a
    /// directory (raspberrypi/rpi-eeprom#68).
    Text(String),
    /// `TFTP_PREFIX=2`: the MAC address and a slash.
    Mac(MacAddress),
}

/// An Ethernet address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MacAddress([u8; 6]);

/// Text that is no Ethernet address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an Ethernet address; write six hexadecimal pairs, like dc:a6:32:01:36:c2")]
pub struct MacAddressError(String);

impl MacAddress {
    /// Whether it can be that of one port: it is neither a group's nor unset (IEEE 802,
    /// section 8.2).
    #[must_use]
    pub const fn is_single(&self) -> bool {
        let [first, rest @ ..] = self.0;
        first & 1 == 0 && !matches!((first, rest), (0, [0, 0, 0, 0, 0]))
    }
}

impl FromStr for MacAddress {
    type Err = MacAddressError;

    /// Reads six pairs of digits with `:` or `-` between them.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let byte = |pair: &str| {
            let is_pair = pair.len() == 2 && pair.bytes().all(|digit| digit.is_ascii_hexdigit());
            is_pair.then(|| u8::from_str_radix(pair, 16).ok())?
        };
        let bytes: Option<Vec<u8>> = text.split([':', '-']).map(byte).collect();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| MacAddressError(text.to_owned()))
    }
}

impl fmt::Display for MacAddress {
    /// As the boot loader writes it: `dc-a6-32-01-36-c2`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let dash = if at == 0 { "" } else { "-" };
            write!(formatter, "{dash}{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Prefix {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => Ok(()),
            Self::Serial(serial) => write!(formatter, "{serial}/"),
            Self::Text(text) => formatter.write_str(text),
            Self::Mac(mac) => write!(formatter, "{mac}/"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_put_before_names() {
        let mac = "DC:a6:32:01:36:c2".parse().unwrap();
        let serial = "100000001234ABCD".parse().unwrap();
        for (prefix, text) in [
            (Prefix::None, ""),
            (Prefix::Serial(serial), "1234abcd/"),
            (Prefix::Text("rpi1".to_owned()), "rpi1"),
            (Prefix::Mac(mac), "dc-a6-32-01-36-c2/"),
        ] {
            assert_eq!(prefix.to_string(), text);
        }
        for text in [
            "",
            "dc:a6:32:01:36",
            "dc:a6:32:01:36:c2:00",
            "dca632-01-36-c2",
            "+c:a6:32:01:36:c2",
        ] {
            assert!(text.parse::<MacAddress>().is_err(), "{text:?}");
        }
    }
}
