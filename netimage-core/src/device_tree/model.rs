//! Which family of boards a device tree is for.

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
