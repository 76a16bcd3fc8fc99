//! Which board and which family of boards a device tree is for.

use crate::boot::Soc;

/// The board's name for each `compatible` string of a Raspberry Pi that can boot
/// from the network.
///
/// As the trees of Linux 6.12 (`Documentation/devicetree/bindings/arm/bcm/bcm2835.yaml`)
/// and of raspberrypi/linux have it; only the latter has the Pi 500 and the
/// Compute Module 5. All four trees of that module, Lite or not and on either
/// carrier, have the same string, as have those of both steppings of the Pi 5.
const BOARDS: [(&str, &str); 9] = [
    ("rpi3", "raspberrypi,3-model-b"),
    ("rpi3-plus", "raspberrypi,3-model-b-plus"),
    ("rpi-zero2w", "raspberrypi,model-zero-2-w"),
    ("rpi4", "raspberrypi,4-model-b"),
    ("rpi400", "raspberrypi,400"),
    ("cm4", "raspberrypi,4-compute-module"),
    ("rpi5", "raspberrypi,5-model-b"),
    ("rpi500", "raspberrypi,500"),
    ("cm5", "raspberrypi,5-compute-module"),
];

/// What the `compatible` of the root has for a board: `raspberrypi,4-model-b`
/// for `rpi4`.
#[must_use]
pub fn board_compatible(board: &str) -> Option<&'static str> {
    let (_, compatible) = BOARDS.iter().find(|(name, _)| *name == board)?;
    Some(compatible)
}

/// The board that a string of the root's `compatible` names: `rpi4` for
/// `raspberrypi,4-model-b`.
#[must_use]
pub fn board_of_compatible(compatible: &[u8]) -> Option<&'static str> {
    let (board, _) = BOARDS
        .iter()
        .find(|(_, name)| name.as_bytes() == compatible)?;
    Some(board)
}

/// A family of boards, as the overlay map tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Platform {
    /// All before the Pi 4: BCM2835, BCM2836, BCM2837.
    Bcm2835,
    /// Pi 4, 400, Compute Module 4.
    Bcm2711,
    /// Pi 5, 500, Compute Module 5.
    Bcm2712,
}

impl From<Soc> for Platform {
    fn from(soc: Soc) -> Self {
        match soc {
            Soc::Bcm2837 => Self::Bcm2835,
            Soc::Bcm2711 => Self::Bcm2711,
            Soc::Bcm2712 => Self::Bcm2712,
        }
    }
}

impl Platform {
    /// The name in the overlay map.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bcm2835 => "bcm2835",
            Self::Bcm2711 => "bcm2711",
            Self::Bcm2712 => "bcm2712",
        }
    }

    /// The family that the `compatible` of a board's tree names. A string counts
    /// from its comma on, as for dtmerge (raspberrypi/utils
    /// `dtmerge/dtoverlay.c`).
    pub fn from_compatible<'a>(compatible: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        compatible.into_iter().find_map(|name| {
            let comma = name.iter().position(|&byte| byte == b',');
            Some(match &name[comma.map_or(0, |comma| comma + 1)..] {
                b"bcm2708" | b"bcm2709" | b"bcm2710" | b"bcm2835" | b"bcm2836" | b"bcm2837" => {
                    Self::Bcm2835
                }
                b"bcm2711" => Self::Bcm2711,
                b"bcm2712" => Self::Bcm2712,
                _ => return None,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_has_one_compatible_string_of_its_own() {
        for (board, compatible) in BOARDS {
            assert_eq!(board_compatible(board), Some(compatible));
            assert_eq!(board_of_compatible(compatible.as_bytes()), Some(board));
        }
        assert_eq!(board_compatible("rpi"), None);
        assert_eq!(board_of_compatible(b"raspberrypi,4-model"), None);
    }

    #[test]
    fn a_family_is_known_by_any_of_its_chips() {
        for (compatible, platform) in [
            (
                "raspberrypi,3-model-b\0brcm,bcm2837",
                Some(Platform::Bcm2835),
            ),
            ("raspberrypi,400\0brcm,bcm2711", Some(Platform::Bcm2711)),
            ("raspberrypi,500\0brcm,bcm2712", Some(Platform::Bcm2712)),
            ("bcm2712", Some(Platform::Bcm2712)),
            ("brcm,bcm27122", None),
            ("brcm,bcm271", None),
            ("raspberrypi,400", None),
            ("", None),
        ] {
            let names = compatible.split('\0').map(str::as_bytes);
            assert_eq!(Platform::from_compatible(names), platform, "{compatible:?}");
        }
    }
}
