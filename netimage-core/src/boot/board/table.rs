//! All that differs between the boards: one entry for each.
//!
//! The Nix module reads a part of it from `nix/boards.json`.

use super::ethernet::{ADAPTERS, Ethernet, GENET, LAN78XX, RP1, SMSC95XX};
use super::{Board, Soc, Variant};

const GIB: u64 = 1 << 30;

/// Makes of the columns what an entry has, and a method of [`Board`] each.
macro_rules! columns {
    ($($(#[$doc:meta])* $column:ident: $type:ty,)*) => {
        pub(super) struct Entry {
            pub(super) name: &'static str,
            $($column: $type,)*
        }

        impl Board {
            $($(#[$doc])* #[must_use] pub const fn $column(self) -> $type {
                self.entry().$column
            })*
        }
    };
}

columns! {
    /// What is printed on its box.
    title: &'static str,
    /// Its family of chips.
    soc: Soc,
    /// The bytes of memory of its largest model
    /// (<https://www.raspberrypi.com/documentation/computers/raspberry-pi.html>).
    memory_max: u64,
    /// The types in the revision codes of its models, which `[board-type=…]`
    /// in `config.txt` compares.
    board_types: &'static [u32],
    /// The model filters of `config.txt` that it passes, without brackets.
    model_filters: &'static [&'static str],
    /// What the `compatible` of its device trees has: `raspberrypi,4-model-b`.
    ///
    /// As the trees of Linux 6.12 (`Documentation/devicetree/bindings/arm/bcm/bcm2835.yaml`)
    /// and of raspberrypi/linux have it; only the latter has the Pi 500 and the
    /// Compute Module 5. All four trees of that module, Lite or not and on either
    /// carrier, have the same string, as have those of both steppings of the Pi 5.
    compatible: &'static str,
    /// The models that ask for different device trees, the commonest first.
    /// There is at least one, with at least one device tree.
    ///
    /// A 3B+ takes the tree of the 3B if its own is not there
    /// (raspberrypi/firmware#943), a Compute Module 4 that of the 4B (#1660).
    /// Whether others do so is not known, so that they do not here. A Pi 5 with the D0
    /// stepping of its chip takes that of the older one and adds the overlay `bcm2712d0`.
    variants: &'static [Variant],
    /// What drives its Ethernet.
    ethernet: &'static Ethernet,
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
    variants: &[Variant::new(
        "",
        &["bcm2710-rpi-3-b.dtb"],
        &["bcm2837-rpi-3-b.dtb"],
    )],
    ethernet: &SMSC95XX,
};

const RPI3_PLUS: Entry = Entry {
    name: "rpi3-plus",
    title: "Raspberry Pi 3 Model B+",
    soc: Soc::Bcm2837,
    memory_max: GIB,
    board_types: &[0x0d],
    model_filters: &["pi3", "pi3+"],
    compatible: "raspberrypi,3-model-b-plus",
    variants: &[Variant::new(
        "",
        &["bcm2710-rpi-3-b-plus.dtb", "bcm2710-rpi-3-b.dtb"],
        &["bcm2837-rpi-3-b-plus.dtb"],
    )],
    ethernet: &LAN78XX,
};

const RPI_ZERO2W: Entry = Entry {
    name: "rpi-zero2w",
    title: "Raspberry Pi Zero 2 W",
    soc: Soc::Bcm2837,
    memory_max: GIB / 2,
    board_types: &[0x12],
    model_filters: &["pi0", "pi0w", "pi02"],
    compatible: "raspberrypi,model-zero-2-w",
    variants: &[Variant::new(
        "",
        &["bcm2710-rpi-zero-2-w.dtb", "bcm2710-rpi-zero-2.dtb"],
        &["bcm2837-rpi-zero-2-w.dtb"],
    )],
    ethernet: &ADAPTERS,
};

const RPI4: Entry = Entry {
    name: "rpi4",
    title: "Raspberry Pi 4 Model B",
    soc: Soc::Bcm2711,
    memory_max: 8 * GIB,
    board_types: &[0x11],
    model_filters: &["pi4"],
    compatible: "raspberrypi,4-model-b",
    variants: &[Variant::new("", &["bcm2711-rpi-4-b.dtb"], &[])],
    ethernet: &GENET,
};

const RPI400: Entry = Entry {
    name: "rpi400",
    title: "Raspberry Pi 400",
    soc: Soc::Bcm2711,
    memory_max: 4 * GIB,
    board_types: &[0x13],
    model_filters: &["pi4", "pi400"],
    compatible: "raspberrypi,400",
    variants: &[Variant::new("", &["bcm2711-rpi-400.dtb"], &[])],
    ethernet: &GENET,
};

const CM4: Entry = Entry {
    name: "cm4",
    title: "Compute Module 4",
    soc: Soc::Bcm2711,
    memory_max: 8 * GIB,
    board_types: &[0x14],
    model_filters: &["pi4", "cm4"],
    compatible: "raspberrypi,4-compute-module",
    variants: &[Variant::new(
        "",
        &["bcm2711-rpi-cm4.dtb", "bcm2711-rpi-4-b.dtb"],
        &["bcm2711-rpi-cm4-io.dtb"],
    )],
    ethernet: &GENET,
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
        Variant::new("C1 stepping", &["bcm2712-rpi-5-b.dtb"], &[]),
        Variant::new(
            "D0 stepping",
            &["bcm2712d0-rpi-5-b.dtb", "bcm2712-rpi-5-b.dtb"],
            &["bcm2712-d-rpi-5-b.dtb"],
        ),
    ],
    ethernet: &RP1,
};

const RPI500: Entry = Entry {
    name: "rpi500",
    title: "Raspberry Pi 500",
    soc: Soc::Bcm2712,
    memory_max: 16 * GIB,
    board_types: &[0x19],
    model_filters: &["pi5", "pi500"],
    compatible: "raspberrypi,500",
    variants: &[Variant::new("", &["bcm2712-rpi-500.dtb"], &[])],
    ethernet: &RP1,
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
        Variant::new("on a CM5 IO board", &["bcm2712-rpi-cm5-cm5io.dtb"], &[]),
        Variant::new(
            "Lite, on a CM5 IO board",
            &["bcm2712-rpi-cm5l-cm5io.dtb"],
            &[],
        ),
        Variant::new("on a CM4 IO board", &["bcm2712-rpi-cm5-cm4io.dtb"], &[]),
        Variant::new(
            "Lite, on a CM4 IO board",
            &["bcm2712-rpi-cm5l-cm4io.dtb"],
            &[],
        ),
    ],
    ethernet: &RP1,
};
