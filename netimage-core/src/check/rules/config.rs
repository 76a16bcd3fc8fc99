//! What can be said of config.txt.

use super::rule::Rule;

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

pub(in crate::check) static FILE_TOO_LONG: Rule = Rule::warning(
    "config-too-long",
    "Over a network, a Pi 3 or 4 heeds the first 4096 bytes of the file, and a Pi 5 does not start with tens of kilobytes.",
    REACH,
);
pub(in crate::check) static LINE_TOO_LONG: Rule = Rule::warning(
    "config-line-too-long",
    "The firmware reads 98 characters of a line and ignores the rest.",
    LINE_LENGTH,
);
pub(in crate::check) static NOT_TEXT: Rule = Rule::warning(
    "config-not-text",
    "The firmware reads settings as ASCII.",
    FILE_FORMAT,
)
.cause();
pub(in crate::check) static UNKNOWN_KEY: Rule = Rule::note(
    "config-unknown-key",
    "The firmware ignores settings that it does not know; it may know some that are not known here.",
    CONFIG_TXT,
);
pub(in crate::check) static UNKNOWN_FILTER: Rule = Rule::warning(
    "config-unknown-filter",
    "Nothing below a filter that the firmware does not know is in force.",
    FILTERS,
);
pub(in crate::check) static NOT_A_STATEMENT: Rule = Rule::note(
    "config-not-a-setting",
    "The firmware ignores lines that it does not understand.",
    FILE_FORMAT,
);
pub(in crate::check) static BLANK: Rule = Rule::warning(
    "config-blank",
    "A blank at the equals sign becomes a part of the name or the value.",
    FILE_FORMAT,
);
pub(in crate::check) static COMMENT: Rule = Rule::warning(
    "config-comment",
    "A line that begins with # is a comment; after a value it is a part of that, of a file's name too.",
    FILE_FORMAT,
);
pub(in crate::check) static INITRAMFS_EQUALS: Rule = Rule::error(
    "config-initramfs-equals",
    "initramfs is the one setting without an equals sign; with one the firmware loads no initrd.",
    INITRAMFS,
);
pub(in crate::check) static NOT_A_NUMBER: Rule = Rule::warning(
    "config-not-a-number",
    "The firmware takes what is not a number for 0.",
    CONFIG_TXT,
);
pub(in crate::check) static NAME_TOO_LONG: Rule = Rule::error(
    "config-name-too-long",
    "The firmware asks for the beginning of the name, which is another file.",
    FILE_FORMAT,
);
pub(in crate::check) static INCLUDE_MISSING: Rule = Rule::warning(
    "config-include-missing",
    "The settings of a file that is not read are not in force.",
    INCLUDE,
)
.cause();
pub(in crate::check) static INCLUDE_LOOP: Rule = Rule::warning(
    "config-include-loop",
    "Files that include each other have no end.",
    INCLUDE,
);
pub(in crate::check) static MISMATCH: Rule = Rule::error(
    "config-start-fixup-mismatch",
    "A start file works only with the fixup file of the same variant.",
    START_FILE,
);
pub(in crate::check) static UNDECIDED: Rule = Rule::note(
    "config-undecided",
    "Only the board itself knows whether the filter is passed, so that either way has to boot.",
    FILTERS,
);
pub(in crate::check) static IN_KERNEL: Rule = Rule::error(
    "config-initramfs-in-kernel",
    "What is put to where the kernel is overwrites that, or is overwritten when the kernel clears its memory.",
    INITRAMFS,
);
pub(in crate::check) static RULES: &[&Rule] = &[
    &FILE_TOO_LONG,
    &LINE_TOO_LONG,
    &NOT_TEXT,
    &UNKNOWN_KEY,
    &UNKNOWN_FILTER,
    &NOT_A_STATEMENT,
    &BLANK,
    &COMMENT,
    &INITRAMFS_EQUALS,
    &NOT_A_NUMBER,
    &NAME_TOO_LONG,
    &INCLUDE_MISSING,
    &INCLUDE_LOOP,
    &MISMATCH,
    &IN_KERNEL,
    &UNDECIDED,
];
