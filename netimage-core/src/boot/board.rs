//! The boards and what their firmware takes for granted.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

mod ethernet;
#[cfg(test)]
mod nix;
mod soc;
mod table;
mod variant;

pub use ethernet::Ethernet;
pub use soc::{FirmwareVariant, Soc};
pub use variant::Variant;

/// A Raspberry Pi with Ethernet or, for the Zero 2 W, an adapter for it.
///
/// Sources: Raspberry Pi's documentation (`config.txt`, "Boot flow",
/// "Revision codes") unless a method says otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
#[non_exhaustive]
pub enum Board {
    /// `rpi3`: Raspberry Pi 3 Model B.
    Rpi3,
    /// `rpi3-plus`: Raspberry Pi 3 Model B+.
    Rpi3Plus,
    /// `rpi-zero2w`: Raspberry Pi Zero 2 W. It has no Ethernet, and its boot
    /// ROM cannot boot from a network.
    RpiZero2W,
    /// `rpi4`: Raspberry Pi 4 Model B.
    Rpi4,
    /// `rpi400`: Raspberry Pi 400.
    Rpi400,
    /// `cm4`: Compute Module 4.
    Cm4,
    /// `rpi5`: Raspberry Pi 5.
    Rpi5,
    /// `rpi500`: Raspberry Pi 500 and 500+.
    Rpi500,
    /// `cm5`: Compute Module 5.
    Cm5,
}

/// Text that names no board.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a board; use one of {list}", list = Board::ALL.map(Board::as_str).join(", "))]
pub struct BoardError(String);

impl Board {
    /// Every board, oldest first.
    pub const ALL: [Self; 9] = [
        Self::Rpi3,
        Self::Rpi3Plus,
        Self::RpiZero2W,
        Self::Rpi4,
        Self::Rpi400,
        Self::Cm4,
        Self::Rpi5,
        Self::Rpi500,
        Self::Cm5,
    ];

    /// The name by which specs and arguments call it, like `rpi3-plus`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.entry().name
    }

    /// Whether the kernel is a 64-bit one where `config.txt` does not say.
    #[must_use]
    pub const fn arm_64bit_default(self) -> bool {
        !matches!(self.soc(), Soc::Bcm2837)
    }

    /// Whether it can run 32-bit kernels, so that `arm_64bit` has a meaning.
    #[must_use]
    pub const fn runs_32_bit_kernels(self) -> bool {
        !matches!(self.soc(), Soc::Bcm2712)
    }

    /// The kernels that the firmware tries in order until one is there, where
    /// `config.txt` names none (the names and their order are in `start4.elf`).
    ///
    /// A Pi 3 without `arm_64bit` takes `kernel8.img` too, after these.
    #[must_use]
    pub const fn default_kernels(self, arm_64bit: bool) -> &'static [&'static str] {
        match (self.soc(), arm_64bit) {
            (Soc::Bcm2712, _) => &["kernel_2712.img", "kernel8.img"],
            (Soc::Bcm2711 | Soc::Bcm2837, true) => &["kernel8.img"],
            (Soc::Bcm2711, false) => &[
                "kernel8-32.img",
                "kernel7l.img",
                "kernel7.img",
                "kernel.img",
            ],
            (Soc::Bcm2837, false) => &["kernel8-32.img", "kernel7.img", "kernel.img"],
        }
    }

    /// Whether it loads its first code from an EEPROM. Others fetch
    /// `bootcode.bin`.
    #[must_use]
    pub const fn has_eeprom(self) -> bool {
        !matches!(self.soc(), Soc::Bcm2837)
    }

    /// Whether all of its firmware is in the EEPROM, so that it needs no
    /// `start*.elf`.
    #[must_use]
    pub const fn has_all_firmware_in_eeprom(self) -> bool {
        matches!(self.soc(), Soc::Bcm2712)
    }

    /// Whether it can boot from a network without a medium that helps it.
    #[must_use]
    pub const fn can_netboot(self) -> bool {
        !matches!(self, Self::RpiZero2W)
    }

    /// The firmware files to serve to it. A Pi 5 has its own in its EEPROM, but
    /// takes a prefix for served only if `start4.elf` is there.
    #[must_use]
    pub fn firmware_files(self) -> Vec<&'static str> {
        let bootcode = (!self.has_eeprom()).then_some("bootcode.bin");
        let firmware = self.soc().firmware(None);
        let firmware = firmware.or(Soc::Bcm2711.firmware(None));
        let firmware = firmware
            .into_iter()
            .flat_map(|(start, fixup)| [start, fixup]);
        bootcode.into_iter().chain(firmware).collect()
    }
}

impl FromStr for Board {
    type Err = BoardError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|board| board.as_str() == text);
        named.ok_or_else(|| BoardError(text.to_owned()))
    }
}

impl fmt::Display for Board {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl TryFrom<String> for Board {
    type Error = BoardError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Board> for String {
    fn from(board: Board) -> Self {
        board.as_str().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_reads_back() {
        for board in Board::ALL {
            assert_eq!(board.to_string().parse(), Ok(board));
            let json = serde_json::to_string(&board).unwrap();
            assert_eq!(json, format!("{:?}", board.as_str()));
            assert_eq!(serde_json::from_str::<Board>(&json).unwrap(), board);
        }
        assert_eq!(
            "pi4".parse::<Board>().unwrap_err().to_string(),
            "\"pi4\" is not a board; use one of rpi3, rpi3-plus, rpi-zero2w, rpi4, rpi400, cm4, rpi5, rpi500, cm5"
        );
    }

    #[test]
    fn every_variant_has_a_device_tree() {
        for board in Board::ALL {
            assert!(!board.variants().is_empty());
            for variant in board.variants() {
                assert!(!variant.device_trees.is_empty(), "{board}");
                assert_eq!(variant.title.is_empty(), board.variants().len() == 1);
            }
        }
    }
}
