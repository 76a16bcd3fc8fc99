//! What can be said of config.txt.

use super::rule::{error, note, rules, warning};

const CONFIG_TXT: &str = "https://www.raspberrypi.com/documentation/computers/config_txt.html";
const FILE_FORMAT: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#file-format";
const FILTERS: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#conditional-filters";
const INITRAMFS: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#initramfs";
const START_FILE: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#start_file-fixup_file";
const INCLUDE: &str = "https://www.raspberrypi.com/documentation/computers/config_txt.html#include";
const REACH: &str = "https://github.com/raspberrypi/firmware/issues/1575";
const LINE_LENGTH: &str = "https://github.com/raspberrypi/firmware/issues/1669";

rules! {
    "config.txt";

    FILE_TOO_LONG = warning("config-too-long")
        .reason("Over a network a Pi 3 or 4 uses only the first 4096 bytes of the file, and a Pi 5 does not start with tens of kilobytes.")
        .remedy("Shorten the file, its comments first.")
        .source(REACH);
    LINE_TOO_LONG = warning("config-line-too-long")
        .reason("The firmware reads 98 characters of a line and ignores the rest.")
        .remedy("Split the line into several settings.")
        .source(LINE_LENGTH);
    NOT_TEXT = warning("config-not-text")
        .reason("The firmware reads settings as ASCII.")
        .remedy("Write the file as plain ASCII text with Unix line endings.")
        .source(FILE_FORMAT)
        .cause();
    UNKNOWN_KEY = note("config-unknown-key")
        .reason("The firmware ignores settings that it does not know; it may know some that this check does not.")
        .remedy("Correct the name, unless newer firmware knows it.")
        .source(CONFIG_TXT);
    UNKNOWN_FILTER = warning("config-unknown-filter")
        .reason("The firmware ignores everything below a filter that it does not know.")
        .remedy("Correct or remove the filter.")
        .source(FILTERS);
    NOT_A_STATEMENT = note("config-not-a-setting")
        .reason("The firmware ignores lines that it does not understand.")
        .remedy("Write name=value, or # before a comment.")
        .source(FILE_FORMAT);
    BLANK = warning("config-blank")
        .reason("A space beside the equals sign becomes part of the name or the value.")
        .remedy("Remove the space.")
        .source(FILE_FORMAT);
    COMMENT = warning("config-comment")
        .reason("Only a line that begins with # is a comment; after a value it becomes part of the value, even of a file name.")
        .remedy("Put the comment on a line of its own.")
        .source(FILE_FORMAT);
    INITRAMFS_EQUALS = error("config-initramfs-equals")
        .reason("initramfs is the one setting without an equals sign; with one the firmware loads no initrd.")
        .remedy("Write initramfs FILE followkernel.")
        .source(INITRAMFS);
    NOT_A_NUMBER = warning("config-not-a-number")
        .reason("The firmware reads as 0 what is not a number.")
        .remedy("Give a number.")
        .source(CONFIG_TXT);
    NAME_TOO_LONG = error("config-name-too-long")
        .reason("The firmware cuts the name off and asks for a different file.")
        .remedy("Give the file a shorter name.")
        .source(FILE_FORMAT);
    INCLUDE_MISSING = warning("config-include-missing")
        .reason("The settings of a file that is not read have no effect.")
        .remedy("Add the file, or correct the line.")
        .source(INCLUDE)
        .cause();
    INCLUDE_LOOP = warning("config-include-loop")
        .reason("Files that include each other never end.")
        .remedy("Include each file once.")
        .source(INCLUDE);
    MISMATCH = error("config-start-fixup-mismatch")
        .reason("A start file works only with the fixup file of the same variant.")
        .remedy("Name a start file and a fixup file of one variant.")
        .source(START_FILE);
    IN_KERNEL = error("config-initramfs-in-kernel")
        .reason("An initrd in the kernel's place overwrites it, or is overwritten when the kernel clears its memory.")
        .remedy("Write initramfs FILE followkernel, and remove ramfsfile and ramfsaddr.")
        .source(INITRAMFS);
    UNDECIDED = note("config-undecided")
        .reason("Only the board knows whether it passes the filter, so it has to boot either way.")
        .remedy("Put the setting below [all], or make sure that the board boots with and without it.")
        .source(FILTERS);
}
