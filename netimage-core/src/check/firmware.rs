//! The firmware: whether its files are whole.

use super::finding::{Findings, Place, Rule, explained};
use super::survey::Survey;
use crate::boot::FirmwareError;
use crate::explanation::Explanation;

const BOOT_FOLDER: &str =
    "https://www.raspberrypi.com/documentation/computers/configuration.html#boot-folder-contents";
const START_FILE: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#start_file-fixup_file";
const NOT_COMPATIBLE: &str = "https://github.com/raspberrypi/firmware/tree/master/boot";

pub(super) static EMPTY: Rule = Rule::error(
    "firmware-empty",
    "The board starts with its firmware; a file without a byte is as good as none.",
    BOOT_FOLDER,
);
pub(super) static DAMAGED: Rule = Rule::error(
    "firmware-damaged",
    "The boot loader loads the segments of an ELF file for the VideoCore, and gives up on anything else.",
    BOOT_FOLDER,
);
pub(super) static ALIKE: Rule = Rule::warning(
    "firmware-alike",
    "The firmware of a Pi 4, with a 4 in its name, is another than that of older boards.",
    NOT_COMPATIBLE,
);

pub(super) static OTHER_FIXUP: Rule = Rule::warning(
    "firmware-other-fixup",
    "A fixup file lists places of its own start file; in another one, other things are there.",
    START_FILE,
);

pub(super) static RULES: &[&Rule] = &[&EMPTY, &DAMAGED, &ALIKE, &OTHER_FIXUP];

/// Looks at the firmware that boards load.
pub(super) fn check(survey: &Survey, findings: &mut Findings) {
    for file in &survey.firmware {
        let rule = match file.fault {
            FirmwareError::Empty => &EMPTY,
            FirmwareError::OtherStart { .. } => &OTHER_FIXUP,
            _ => &DAMAGED,
        };
        let Explanation { problem, remedy } = explained(&file.fault);
        let place = Some(Place::file(&file.name));
        findings.add(rule, file.boards.iter().copied(), place, problem, remedy);
    }
    for pair in &survey.alike_firmware {
        let problem = format!("it has the bytes of {}", pair.other);
        let remedy = "copy both from one release of the firmware, or leave out the one that no board asks for";
        findings.add(&ALIKE, [], Some(Place::file(&pair.name)), problem, remedy);
    }
}
