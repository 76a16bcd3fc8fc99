//! The firmware: whether its files are whole.

use crate::boot::FirmwareError;
use crate::check::facts::Survey;
use crate::check::finding::{Place, explained};
use crate::check::judge::reporter::Reporter;
use crate::check::rules::firmware::{ALIKE, DAMAGED, EMPTY, OTHER_FIXUP};

/// Looks at the firmware that boards load.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    for file in &survey.firmware {
        let rule = match file.fault {
            FirmwareError::Empty => &EMPTY,
            FirmwareError::OtherStart { .. } => &OTHER_FIXUP,
            _ => &DAMAGED,
        };
        reporter
            .of(file.boards.iter().copied())
            .at(Place::file(&file.name))
            .report_error(rule, explained(&file.fault));
    }
    for pair in &survey.alike_firmware {
        let problem = format!("it is a copy of {}", pair.other);
        let remedy = "copy both from one release of the firmware, or leave out the one that no board asks for";
        reporter
            .at(Place::file(&pair.name))
            .report(&ALIKE, problem, remedy);
    }
}
