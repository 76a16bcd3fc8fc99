//! Serial numbers of boards.

use std::fmt;
use std::str::FromStr;

/// The serial number of a board, as `/proc/cpuinfo` and
/// `/sys/firmware/devicetree/base/serial-number` show it.
///
/// The boot loader knows its low 32 bits only, on every model
/// (raspberrypi/rpi-eeprom#563): they are what is printed, as the eight
/// lower-case digits that name the board's directory on a TFTP server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Serial(u64);

/// Text that is no serial number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a serial number; give its 8 or 16 hexadecimal digits, as /proc/cpuinfo shows them"
)]
pub struct SerialError(String);

impl Serial {
    /// The serial number of these 64 bits.
    #[must_use]
    pub const fn new(bits: u64) -> Self {
        Self(bits)
    }

    /// All of its bits.
    #[must_use]
    pub const fn bits(self) -> u64 {
        self.0
    }

    /// The bits that the boot loader knows.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, reason = "the low half is wanted")]
    pub const fn low(self) -> u32 {
        self.0 as u32
    }
}

impl FromStr for Serial {
    type Err = SerialError;

    /// Reads up to 16 hexadecimal digits, of which `0x` may be in front.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let is_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        match u64::from_str_radix(digits, 16) {
            Ok(bits) if is_hex && digits.len() <= 16 => Ok(Self(bits)),
            _ => Err(SerialError(text.to_owned())),
        }
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:08x}", self.low())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_what_names_the_directory() {
        for (text, directory) in [
            ("1234abcd", "1234abcd"),
            ("10000000B66C4C16", "b66c4c16"),
            ("0x0000000012345678", "12345678"),
            // Leading zeros stay.
            ("00000000073ff53", "0073ff53"),
            // raspberrypi/rpi-eeprom#563, a Pi 5.
            ("0c8f7e5cbd989ae1", "bd989ae1"),
        ] {
            assert_eq!(text.parse::<Serial>().unwrap().to_string(), directory);
        }
    }

    #[test]
    fn refuses_the_rest() {
        for text in ["", "0x", "+1", "xyz", "1 2", "123456789012345678", "-1"] {
            assert!(text.parse::<Serial>().is_err(), "{text:?}");
        }
    }
}
