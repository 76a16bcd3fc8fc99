//! What can be said of the firmware's files.

use super::rule::Rule;

const BOOT_FOLDER: &str =
    "https://www.raspberrypi.com/documentation/computers/configuration.html#boot-folder-contents";
const START_FILE: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#start_file-fixup_file";
const NOT_COMPATIBLE: &str = "https://github.com/raspberrypi/firmware/tree/master/boot";

pub(in crate::check) static EMPTY: Rule = Rule::error(
    "firmware-empty",
    "The board starts with its firmware; a file without a byte is as good as none.",
    BOOT_FOLDER,
);
pub(in crate::check) static DAMAGED: Rule = Rule::error(
    "firmware-damaged",
    "The boot loader loads the segments of an ELF file for the VideoCore, and gives up on anything else.",
    BOOT_FOLDER,
);
pub(in crate::check) static ALIKE: Rule = Rule::warning(
    "firmware-alike",
    "The firmware of a Pi 4, with a 4 in its name, is another than that of older boards.",
    NOT_COMPATIBLE,
);
pub(in crate::check) static OTHER_FIXUP: Rule = Rule::warning(
    "firmware-other-fixup",
    "A fixup file lists places of its own start file; in another one, other things are there.",
    START_FILE,
);
pub(in crate::check) static RULES: &[&Rule] = &[&EMPTY, &DAMAGED, &ALIKE, &OTHER_FIXUP];
