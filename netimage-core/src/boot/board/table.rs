//! All that differs between the boards: one entry for each.

use super::ethernet::{ADAPTERS, Ethernet, GENET, LAN78XX, RP1, SMSC95XX};
use super::{Board, Soc, Variant};

const GIB: u64 = 1 << 30;

/// What [`Board`] has methods for, of one board.
pub(super) struct Entry {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) soc: Soc,
    pub(super) memory_max: u64,
    pub(super) board_types: &'static [u32],
    pub(super) model_filters: &'static [&'static str],
    pub(super) compatible: &'static str,
    pub(super) variants: &'static [Variant],
    pub(super) upstream_overlay: Option<&'static str>,
    pub(super) ethernet: Ethernet,
    pub(super) can_netboot: bool,
}

impl Board {
    pub(super) const fn entry(self) -> &'static Entry {
        match self {
            Self::Rpi3 => &RPI3,
            Self::Rpi3Plus => &RPI3_PLUS,
            Self::RpiZero2W => &RPI_ZERO2W,
            Self::Rpi4 => &RPI4,
            Self::Rpi400 => &RPI400,
            Self::Cm4 => &CM4,
            Self::Rpi5 => &RPI5,
            Self::Rpi500 => &RPI500,
            Self::Cm5 => &CM5,
        }
    }
}

const RPI3: Entry = Entry {
    name: "rpi3",
    title: "Raspberry Pi 3 Model B",
    soc: Soc::Bcm2837,
    memory_max: GIB,
    board_types: &[0x08],
    model_filters: &["pi3"],
    compatible: "raspberrypi,3-model-b",
    variants: &[Variant::only(
        &["bcm2710-rpi-3-b.dtb"],
        &["bcm2837-rpi-3-b.dtb"],
    )],
    upstream_overlay: Some("upstream"),
    ethernet: SMSC95XX,
    can_netboot: true,
};

const RPI3_PLUS: Entry = Entry {
    name: "rpi3-plus",
    title: "Raspberry Pi 3 Model B+",
    soc: Soc::Bcm2837,
    memory_max: GIB,
    board_types: &[0x0d],
    model_filters: &["pi3", "pi3+"],
    compatible: "raspberrypi,3-model-b-plus",
    variants: &[Variant::only(
        &["bcm2710-rpi-3-b-plus.dtb", "bcm2710-rpi-3-b.dtb"],
        &["bcm2837-rpi-3-b-plus.dtb"],
    )],
    upstream_overlay: Some("upstream"),
    ethernet: LAN78XX,
    can_netboot: true,
};

const RPI_ZERO2W: Entry = Entry {
    name: "rpi-zero2w",
    title: "Raspberry Pi Zero 2 W",
    soc: Soc::Bcm2837,
    memory_max: GIB / 2,
    board_types: &[0x12],
    model_filters: &["pi0", "pi0w", "pi02"],
    compatible: "raspberrypi,model-zero-2-w",
    variants: &[Variant::only(
        &["bcm2710-rpi-zero-2-w.dtb", "bcm2710-rpi-zero-2.dtb"],
        &["bcm2837-rpi-zero-2-w.dtb"],
    )],
    upstream_overlay: Some("upstream"),
    ethernet: ADAPTERS,
    can_netboot: false,
};

const RPI4: Entry = Entry {
    name: "rpi4",
    title: "Raspberry Pi 4 Model B",
    soc: Soc::Bcm2711,
    memory_max: 8 * GIB,
    board_types: &[0x11],
    model_filters: &["pi4"],
    compatible: "raspberrypi,4-model-b",
    variants: &[Variant::only(&["bcm2711-rpi-4-b.dtb"], &[])],
    upstream_overlay: Some("upstream-pi4"),
    ethernet: GENET,
    can_netboot: true,
};

const RPI400: Entry = Entry {
    name: "rpi400",
    title: "Raspberry Pi 400",
    soc: Soc::Bcm2711,
    memory_max: 4 * GIB,
    board_types: &[0x13],
    model_filters: &["pi4", "pi400"],
    compatible: "raspberrypi,400",
    variants: &[Variant::only(&["bcm2711-rpi-400.dtb"], &[])],
    upstream_overlay: None,
    ethernet: GENET,
    can_netboot: true,
};

const CM4: Entry = Entry {
    name: "cm4",
    title: "Compute Module 4",
    soc: Soc::Bcm2711,
    memory_max: 8 * GIB,
    board_types: &[0x14],
    model_filters: &["pi4", "cm4"],
    compatible: "raspberrypi,4-compute-module",
    variants: &[Variant::only(
        &["bcm2711-rpi-cm4.dtb", "bcm2711-rpi-4-b.dtb"],
        &["bcm2711-rpi-cm4-io.dtb"],
    )],
    upstream_overlay: None,
    ethernet: GENET,
    can_netboot: true,
};

const RPI5: Entry = Entry {
    name: "rpi5",
    title: "Raspberry Pi 5",
    soc: Soc::Bcm2712,
    memory_max: 16 * GIB,
    board_types: &[0x17],
    model_filters: &["pi5"],
    compatible: "raspberrypi,5-model-b",
    variants: &[
        Variant {
            substitutes: &["bcm2712d0-rpi-5-b.dtb"],
            ..Variant::titled("C1 stepping", &["bcm2712-rpi-5-b.dtb"])
        },
        Variant {
            upstream_device_trees: &["bcm2712-d-rpi-5-b.dtb"],
            overlay: Some("bcm2712d0"),
            ..Variant::titled(
                "D0 stepping",
                &["bcm2712d0-rpi-5-b.dtb", "bcm2712-rpi-5-b.dtb"],
            )
        },
    ],
    upstream_overlay: None,
    ethernet: RP1,
    can_netboot: true,
};

const RPI500: Entry = Entry {
    name: "rpi500",
    title: "Raspberry Pi 500",
    soc: Soc::Bcm2712,
    memory_max: 16 * GIB,
    board_types: &[0x19],
    model_filters: &["pi5", "pi500"],
    compatible: "raspberrypi,500",
    variants: &[Variant::only(&["bcm2712-rpi-500.dtb"], &[])],
    upstream_overlay: None,
    ethernet: RP1,
    can_netboot: true,
};

const CM5: Entry = Entry {
    name: "cm5",
    title: "Compute Module 5",
    soc: Soc::Bcm2712,
    memory_max: 16 * GIB,
    // With and without eMMC.
    board_types: &[0x18, 0x1a],
    model_filters: &["pi5", "cm5"],
    compatible: "raspberrypi,5-compute-module",
    variants: &[
        Variant {
            substitutes: &["bcm2712-rpi-cm5l-cm5io.dtb"],
            ..Variant::titled("on a CM5 IO board", &["bcm2712-rpi-cm5-cm5io.dtb"])
        },
        Variant::titled("Lite, on a CM5 IO board", &["bcm2712-rpi-cm5l-cm5io.dtb"]),
        Variant::titled("on a CM4 IO board", &["bcm2712-rpi-cm5-cm4io.dtb"]),
        Variant::titled("Lite, on a CM4 IO board", &["bcm2712-rpi-cm5l-cm4io.dtb"]),
    ],
    upstream_overlay: None,
    ethernet: RP1,
    can_netboot: true,
};
