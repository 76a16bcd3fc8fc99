//! What can be said of device trees.

use super::rule::{error, note, rules, warning};

const SPECIFICATION: &str = "https://www.devicetree.org/specifications/";
const DEVICE_TREES: &str = "https://www.raspberrypi.com/documentation/computers/configuration.html#device-trees-overlays-and-parameters";
const OVERLAY_MAP: &str = "https://github.com/raspberrypi/linux/blob/rpi-6.12.y/arch/arm/boot/dts/overlays/overlay_map.dts";

rules! {
    "Device trees";

    INVALID = error("device-tree-invalid")
        .reason("Without a device tree that it can read, a kernel does not find the board's hardware.")
        .remedy("Take the file from the kernel or the firmware.")
        .source(SPECIFICATION);
    OTHER_BOARD = error("device-tree-other-board")
        .reason("The device tree describes the hardware, and that of another board describes it wrongly.")
        .remedy("Put the board's own device tree there.")
        .source(SPECIFICATION);
    PARAMETER = note("device-tree-parameter-unknown")
        .reason("The firmware skips a parameter that the tree does not have, and continues.")
        .remedy("Correct or remove the parameter.")
        .source(DEVICE_TREES);
    OVERLAY_MISSING = warning("overlay-missing")
        .reason("The firmware continues without the overlay, and the hardware that it is for is missing.")
        .remedy("Add the file, or remove the line.")
        .source(DEVICE_TREES);
    OVERLAY_INVALID = warning("overlay-invalid")
        .reason("The firmware skips an overlay that it cannot read, and continues.")
        .remedy("Take the file from the firmware.")
        .source(DEVICE_TREES);
    OVERLAY_PARAMETER = warning("overlay-parameter-unknown")
        .reason("The firmware skips a parameter that the overlay does not have, and continues.")
        .remedy("Correct or remove the parameter.")
        .source(DEVICE_TREES);
    OVERLAY_LABELS = warning("overlay-unappliable")
        .reason("An overlay is applied whole or not at all, and needs labels in the board's tree; mainline Linux's trees have none.")
        .remedy("Take the firmware's device tree for the board.")
        .source(DEVICE_TREES);
    OVERLAY_NOT_FOR_BOARD = warning("overlay-not-for-board")
        .reason("The overlay map tells the firmware not to load the overlay on this board.")
        .remedy("Remove the line, or put it below the filter of a board that has the overlay.")
        .source(OVERLAY_MAP);
}
