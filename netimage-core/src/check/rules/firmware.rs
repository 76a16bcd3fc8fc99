//! What can be said of the firmware's files.

use super::rule::{error, rules, warning};

const BOOT_FOLDER: &str =
    "https://www.raspberrypi.com/documentation/computers/configuration.html#boot-folder-contents";
const START_FILE: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#start_file-fixup_file";
const NOT_COMPATIBLE: &str = "https://github.com/raspberrypi/firmware/tree/master/boot";

rules! {
    "Firmware";

    EMPTY = error("firmware-empty")
        .reason("The board starts with its firmware and cannot start an empty file.")
        .remedy("Copy the file again.")
        .source(BOOT_FOLDER);
    DAMAGED = error("firmware-damaged")
        .reason("The boot loader loads the segments of an ELF file for the VideoCore, and gives up on anything else.")
        .remedy("Copy the file again.")
        .source(BOOT_FOLDER);
    ALIKE = warning("firmware-alike")
        .reason("The firmware of a Pi 4, with a 4 in its name, differs from that of older boards.")
        .remedy("Copy both files from one release of the firmware.")
        .source(NOT_COMPATIBLE);
    OTHER_FIXUP = warning("firmware-other-fixup")
        .reason("A fixup file lists places in its own start file, which are wrong in any other.")
        .remedy("Copy both files from one release of the firmware.")
        .source(START_FILE);
}
