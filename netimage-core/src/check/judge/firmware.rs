//! The firmware: whether its files are whole.

use crate::boot::FirmwareError;
use crate::check::facts::Survey;
use crate::check::finding::{Findings, Place, explained};
use crate::check::rules::firmware::{ALIKE, DAMAGED, EMPTY, OTHER_FIXUP};
use crate::explanation::Explanation;

/// Looks at the firmware that boards load.
pub(in crate::check) fn check(survey: &Survey, findings: &mut Findings) {
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
