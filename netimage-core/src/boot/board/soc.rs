//! The families of chips, and their firmware.

/// The family of chips that a board belongs to. The firmware of a family is
/// one set of files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Soc {
    /// BCM2837, which the firmware's device trees call bcm2710.
    Bcm2837,
    /// BCM2711.
    Bcm2711,
    /// BCM2712.
    Bcm2712,
}

/// The variants of the firmware.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FirmwareVariant {
    /// `gpu_mem=16`: cut down.
    CutDown,
    /// `start_x=1`: with camera and codecs.
    Extended,
    /// `start_debug=1`
    Debug,
}

impl Soc {
    /// Its name in the overlay map, which has one for all before the Pi 4.
    #[must_use]
    pub const fn family(self) -> &'static str {
        match self {
            Self::Bcm2837 => "bcm2835",
            Self::Bcm2711 => "bcm2711",
            Self::Bcm2712 => "bcm2712",
        }
    }

    /// The firmware and its fix-up by default; none where all of it is in an
    /// EEPROM.
    #[must_use]
    pub const fn firmware(
        self,
        variant: Option<FirmwareVariant>,
    ) -> Option<(&'static str, &'static str)> {
        use FirmwareVariant::{CutDown, Debug, Extended};
        Some(match (self, variant) {
            (Self::Bcm2712, _) => return None,
            (Self::Bcm2837, None) => ("start.elf", "fixup.dat"),
            (Self::Bcm2837, Some(CutDown)) => ("start_cd.elf", "fixup_cd.dat"),
            (Self::Bcm2837, Some(Extended)) => ("start_x.elf", "fixup_x.dat"),
            (Self::Bcm2837, Some(Debug)) => ("start_db.elf", "fixup_db.dat"),
            (Self::Bcm2711, None) => ("start4.elf", "fixup4.dat"),
            (Self::Bcm2711, Some(CutDown)) => ("start4cd.elf", "fixup4cd.dat"),
            (Self::Bcm2711, Some(Extended)) => ("start4x.elf", "fixup4x.dat"),
            (Self::Bcm2711, Some(Debug)) => ("start4db.elf", "fixup4db.dat"),
        })
    }
}
