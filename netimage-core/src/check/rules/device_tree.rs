//! What can be said of device trees.

use super::rule::Rule;

const SPECIFICATION: &str = "https://www.devicetree.org/specifications/";
const DEVICE_TREES: &str = "https://www.raspberrypi.com/documentation/computers/configuration.html#device-trees-overlays-and-parameters";
const OVERLAY_MAP: &str = "https://github.com/raspberrypi/linux/blob/rpi-6.12.y/arch/arm/boot/dts/overlays/overlay_map.dts";

pub(in crate::check) static INVALID: Rule = Rule::error(
    "device-tree-invalid",
    "A kernel without a device tree that it can read does not find the board's hardware.",
    SPECIFICATION,
);
pub(in crate::check) static OTHER_BOARD: Rule = Rule::error(
    "device-tree-other-board",
    "The device tree says which hardware there is; that of another board says it wrong.",
    SPECIFICATION,
);
pub(in crate::check) static PARAMETER: Rule = Rule::note(
    "device-tree-parameter-unknown",
    "The firmware leaves out a parameter that the tree does not have, and goes on.",
    DEVICE_TREES,
);
pub(in crate::check) static OVERLAY_MISSING: Rule = Rule::warning(
    "overlay-missing",
    "The firmware goes on without the overlay, and the hardware that it is for is missing.",
    DEVICE_TREES,
);
pub(in crate::check) static OVERLAY_INVALID: Rule = Rule::warning(
    "overlay-invalid",
    "The firmware goes on without an overlay that it cannot read.",
    DEVICE_TREES,
);
pub(in crate::check) static OVERLAY_PARAMETER: Rule = Rule::warning(
    "overlay-parameter-unknown",
    "The firmware leaves out a parameter that the overlay does not have, and goes on.",
    DEVICE_TREES,
);
pub(in crate::check) static OVERLAY_LABELS: Rule = Rule::warning(
    "overlay-unappliable",
    "An overlay is applied whole or not at all, and needs the labels it names in the board's tree; those of Linux itself have none.",
    DEVICE_TREES,
);
pub(in crate::check) static OVERLAY_NOT_FOR_BOARD: Rule = Rule::warning(
    "overlay-not-for-board",
    "The map of overlays says that the firmware loads none on this board.",
    OVERLAY_MAP,
);
pub(in crate::check) static RULES: &[&Rule] = &[
    &INVALID,
    &OTHER_BOARD,
    &PARAMETER,
    &OVERLAY_MISSING,
    &OVERLAY_INVALID,
    &OVERLAY_PARAMETER,
    &OVERLAY_LABELS,
    &OVERLAY_NOT_FOR_BOARD,
];
