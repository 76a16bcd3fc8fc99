//! What can be said of the firmware's files.

use super::rule::{error, rules, warning};

const BOOT_FOLDER: &str =
    "https://www.raspberrypi.com/documentation/computers/configuration.html#boot-folder-contents";
const START_FILE: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#start_file-fixup_file";

rules! {
    "Firmware";

    DAMAGED = error("firmware-damaged")
        .reason("The boot loader loads the segments of an ELF file for the VideoCore, and gives up on an empty file or anything else.")
        .remedy("Copy the file again.")
        .source(BOOT_FOLDER);
    OTHER_FIXUP = warning("firmware-other-fixup")
        .reason("A fixup file lists places in its own start file, which are wrong in any other.")
        .remedy("Copy both files from one release of the firmware.")
        .source(START_FILE);
}
