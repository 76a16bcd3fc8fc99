//! Device trees by board.

use super::Board;

/// Boards of one name that ask for different device trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// What tells it from the others, for people; empty for an only one.
    pub title: &'static str,
    /// The names that the firmware tries in order until one is there.
    pub device_trees: &'static [&'static str],
    /// The names that it tries before those with `upstream_kernel=1`.
    pub upstream_device_trees: &'static [&'static str],
}

impl Board {
    /// The models that ask for different device trees, the commonest first.
    /// There is at least one, with at least one device tree.
    ///
    /// A 3B+ takes the tree of the 3B if its own is not there
    /// (raspberrypi/firmware#943), a Compute Module 4 that of the 4B (#1660).
    /// Whether others do so is not known, so that they do not here. A Pi 5 with the D0 stepping of its chip
    /// takes that of the older one and adds the overlay `bcm2712d0`.
    #[must_use]
    pub const fn variants(self) -> &'static [Variant] {
        match self {
            Self::Rpi3 => &[Variant {
                title: "",
                device_trees: &["bcm2710-rpi-3-b.dtb"],
                upstream_device_trees: &["bcm2837-rpi-3-b.dtb"],
            }],
            Self::Rpi3Plus => &[Variant {
                title: "",
                device_trees: &["bcm2710-rpi-3-b-plus.dtb", "bcm2710-rpi-3-b.dtb"],
                upstream_device_trees: &["bcm2837-rpi-3-b-plus.dtb"],
            }],
            Self::RpiZero2W => &[Variant {
                title: "",
                device_trees: &["bcm2710-rpi-zero-2-w.dtb", "bcm2710-rpi-zero-2.dtb"],
                upstream_device_trees: &["bcm2837-rpi-zero-2-w.dtb"],
            }],
            Self::Rpi4 => &[Variant {
                title: "",
                device_trees: &["bcm2711-rpi-4-b.dtb"],
                upstream_device_trees: &[],
            }],
            Self::Rpi400 => &[Variant {
                title: "",
                device_trees: &["bcm2711-rpi-400.dtb"],
                upstream_device_trees: &[],
            }],
            Self::Cm4 => &[Variant {
                title: "",
                device_trees: &["bcm2711-rpi-cm4.dtb", "bcm2711-rpi-4-b.dtb"],
                upstream_device_trees: &["bcm2711-rpi-cm4-io.dtb"],
            }],
            Self::Rpi5 => &RPI5,
            Self::Rpi500 => &[Variant {
                title: "",
                device_trees: &["bcm2712-rpi-500.dtb"],
                upstream_device_trees: &[],
            }],
            Self::Cm5 => &CM5,
        }
    }
}

const RPI5: [Variant; 2] = [
    Variant {
        title: "C1 stepping",
        device_trees: &["bcm2712-rpi-5-b.dtb"],
        upstream_device_trees: &[],
    },
    Variant {
        title: "D0 stepping",
        device_trees: &["bcm2712d0-rpi-5-b.dtb", "bcm2712-rpi-5-b.dtb"],
        upstream_device_trees: &["bcm2712-d-rpi-5-b.dtb"],
    },
];

const CM5: [Variant; 4] = [
    Variant {
        title: "on a CM5 IO board",
        device_trees: &["bcm2712-rpi-cm5-cm5io.dtb"],
        upstream_device_trees: &[],
    },
    Variant {
        title: "Lite, on a CM5 IO board",
        device_trees: &["bcm2712-rpi-cm5l-cm5io.dtb"],
        upstream_device_trees: &[],
    },
    Variant {
        title: "on a CM4 IO board",
        device_trees: &["bcm2712-rpi-cm5-cm4io.dtb"],
        upstream_device_trees: &[],
    },
    Variant {
        title: "Lite, on a CM4 IO board",
        device_trees: &["bcm2712-rpi-cm5l-cm4io.dtb"],
        upstream_device_trees: &[],
    },
];
