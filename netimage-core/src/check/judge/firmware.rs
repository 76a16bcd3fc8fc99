//! The firmware: whether its files are whole.

use crate::boot::FirmwareError;
use crate::check::facts::Survey;
use crate::check::finding::{Place, explained};
use crate::check::judge::reporter::Reporter;
use crate::check::rules::firmware::{DAMAGED, OTHER_FIXUP};

/// Looks at the firmware that boards load.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    for file in &survey.firmware {
        let rule = match file.fault {
            FirmwareError::OtherStart { .. } => &OTHER_FIXUP,
            _ => &DAMAGED,
        };
        reporter
            .of(file.boards.iter().copied())
            .at(Place::file(&file.name))
            .report_error(rule, explained(&file.fault));
    }
}
