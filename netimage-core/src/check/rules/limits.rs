//! What can be said of sizes.

use super::rule::Rule;

const TRUNCATION: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/375";
const ROLLOVER: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/720";
const FILE_TIMEOUT_KEY: &str =
    "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#TFTP_FILE_TIMEOUT";

pub(in crate::check) static BEYOND_64_MIB: Rule = Rule::warning(
    "size-64-mib",
    "Boot loaders before 2022-10-03 cut a file off at 64 MiB, without a message.",
    TRUNCATION,
);
pub(in crate::check) static BEYOND_91_MIB: Rule = Rule::error(
    "size-91-mib",
    "Boot loaders before 2025-09-23 cannot count the blocks of a file beyond 91.7 MiB.",
    ROLLOVER,
);
pub(in crate::check) static TIMEOUT: Rule = Rule::warning(
    "size-timeout",
    "A boot loader gives one file 30 seconds, and takes about 4.9 MB a second.",
    FILE_TIMEOUT_KEY,
);
pub(in crate::check) static RULES: &[&Rule] = &[&BEYOND_64_MIB, &BEYOND_91_MIB, &TIMEOUT];
