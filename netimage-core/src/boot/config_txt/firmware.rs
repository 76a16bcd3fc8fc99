//! The variants of the firmware.

use crate::boot::Soc;

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

/// The firmware and its fix-up by default.
pub(super) const fn names(
    soc: Soc,
    variant: Option<FirmwareVariant>,
) -> Option<(&'static str, &'static str)> {
    use FirmwareVariant::{CutDown, Debug, Extended};
    Some(match (soc, variant) {
        (Soc::Bcm2712, _) => return None,
        (Soc::Bcm2837, None) => ("start.elf", "fixup.dat"),
        (Soc::Bcm2837, Some(CutDown)) => ("start_cd.elf", "fixup_cd.dat"),
        (Soc::Bcm2837, Some(Extended)) => ("start_x.elf", "fixup_x.dat"),
        (Soc::Bcm2837, Some(Debug)) => ("start_db.elf", "fixup_db.dat"),
        (Soc::Bcm2711, None) => ("start4.elf", "fixup4.dat"),
        (Soc::Bcm2711, Some(CutDown)) => ("start4cd.elf", "fixup4cd.dat"),
        (Soc::Bcm2711, Some(Extended)) => ("start4x.elf", "fixup4x.dat"),
        (Soc::Bcm2711, Some(Debug)) => ("start4db.elf", "fixup4db.dat"),
    })
}
