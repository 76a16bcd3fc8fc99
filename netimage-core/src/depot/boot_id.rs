//! What tells one boot of a machine from another.

use std::fmt;
use std::str::FromStr;

use super::hex;
use crate::text_form::serde_by_text;

/// The number that the kernel draws at each boot
/// (`/proc/sys/kernel/random/boot_id`; random(4)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BootId([u8; 16]);

/// Text that is not a boot ID.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a boot ID; take the text of /proc/sys/kernel/random/boot_id")]
pub struct BootIdError(String);

impl FromStr for BootId {
    type Err = BootIdError;

    /// Reads 32 hexadecimal digits, with the dashes of a UUID or without any, as
    /// the kernel and as systemd write it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || BootIdError(text.chars().take(40).collect());
        let parts: Vec<usize> = text.split('-').map(str::len).collect();
        if !matches!(parts[..], [32] | [8, 4, 4, 4, 12]) {
            return Err(error());
        }
        hex::parse(&text.replace('-', ""))
            .map(Self)
            .ok_or_else(error)
    }
}

impl fmt::Display for BootId {
    /// As systemd writes it: 32 lower-case digits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::print(&self.0))
    }
}

serde_by_text!(BootId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_are_one_boot() {
        let kernel: BootId = "8F1C6d2e-0a4b-4c3d-9e5f-0123456789ab".parse().unwrap();
        assert_eq!(kernel.to_string(), "8f1c6d2e0a4b4c3d9e5f0123456789ab");
        assert_eq!(kernel.to_string().parse(), Ok(kernel));
    }

    #[test]
    fn the_rest_is_refused() {
        for text in [
            "",
            "8f1c6d2e0a4b4c3d9e5f0123456789a",
            "8f1c6d2e0a4b4c3d9e5f0123456789ag",
            "8f1c-6d2e0a4b4c3d9e5f0123456789ab",
            "8f1c6d2e-0a4b-4c3d-9e5f-0123456789ab\n",
            "8f1c6d2e-0a4b-4c3d-9e5f0-123456789ab",
        ] {
            assert!(text.parse::<BootId>().is_err(), "{text:?}");
        }
    }
}
