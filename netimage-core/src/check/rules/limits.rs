//! What can be said of sizes.

use super::rule::{error, rules, warning};

const TRUNCATION: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/375";
const ROLLOVER: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/720";
const FILE_TIMEOUT_KEY: &str =
    "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#TFTP_FILE_TIMEOUT";

rules! {
    "Sizes";

    BEYOND_64_MIB = warning("size-64-mib")
        .reason("Boot loaders before 2022-10-03 silently cut a file off at 64 MiB.")
        .remedy("Make the file smaller, or update the EEPROM and allow this code.")
        .source(TRUNCATION);
    BEYOND_91_MIB = error("size-91-mib")
        .reason("Boot loaders before 2025-09-23 cannot count the blocks of a file beyond 91.7 MiB.")
        .remedy("Make the file smaller, or update the EEPROM and allow this code.")
        .source(ROLLOVER);
    TIMEOUT = warning("size-timeout")
        .reason("A boot loader allows 30 seconds for one file and loads about 4.9 MB a second.")
        .remedy("Make the file smaller, or raise TFTP_FILE_TIMEOUT in the EEPROM.")
        .source(FILE_TIMEOUT_KEY);
}
