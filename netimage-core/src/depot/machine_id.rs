//! By what programs on a machine tell it from others.

use std::fmt;
use std::str::FromStr;

use super::hex;
use crate::text_form::serde_by_text;

/// A machine ID (machine-id(5)), which goes to the machine on its command line
/// (`systemd.machine_id=`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MachineId([u8; 16]);

/// Text that is not a machine ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a machine ID; write its 32 hexadecimal digits, as in /etc/machine-id")]
pub struct MachineIdError(String);

impl MachineId {
    /// The machine ID of 128 random bits: those of a random UUID, as systemd draws
    /// it (RFC 9562, section 5.4).
    #[must_use]
    pub const fn from_random(mut bits: [u8; 16]) -> Self {
        bits[6] = bits[6] & 0x0f | 0x40;
        bits[8] = bits[8] & 0x3f | 0x80;
        Self(bits)
    }
}

impl FromStr for MachineId {
    type Err = MachineIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match hex::parse(text) {
            Some(bits) if bits != [0; 16] => Ok(Self(bits)),
            _ => Err(MachineIdError(text.chars().take(40).collect())),
        }
    }
}

impl fmt::Display for MachineId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::print(&self.0))
    }
}

serde_by_text!(MachineId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_ones_are_uuids() {
        let id = MachineId::from_random([0xff; 16]).to_string();
        assert_eq!(id, "ffffffffffff4fffbfffffffffffffff");
        assert_eq!(id.parse::<MachineId>().unwrap().to_string(), id);
        for text in ["", "0", &"0".repeat(32), &"g".repeat(32), &"a".repeat(33)] {
            assert!(text.parse::<MachineId>().is_err(), "{text:?}");
        }
    }
}
