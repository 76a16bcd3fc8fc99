//! A check: observe, judge each area, report.

use std::path::Path;

use super::finding::CheckReport;
use super::judge::reporter::{Findings, Reporter};
use super::judge::{
    boot, command_line, config, device_tree, firmware, initrd, kernel, limits, nfs, root,
};
use super::subject::{CheckError, Subject};
use crate::boot::{Board, Serial};
use crate::check::facts::{Meant, Survey};
use crate::check::observe::serial_directory;
use crate::fs::{Enclosed, Links, ServedDirectory};

/// Says whether boards can boot an image.
///
/// # Errors
///
/// [`CheckError`] when the boot tree or the root cannot be read at all. What is
/// wrong with them is in the report.
pub fn check(subject: &Subject) -> Result<CheckReport, CheckError> {
    let own = subject.serial.map(|serial| serial.to_string());
    let own = Path::new(own.as_deref().unwrap_or_default());
    let served = ServedDirectory::open_for(&subject.boot, own).map_err(CheckError::Open)?;
    let root = subject.root.as_deref();
    let root = root.map(|path| Enclosed::open(path, Links::WithinRoot));
    let root = root.transpose().map_err(CheckError::Open)?;
    check_opened(subject, &served, root.as_ref())
}

/// The same of a boot tree and a root that are open.
pub(crate) fn check_opened(
    subject: &Subject,
    served: &ServedDirectory,
    root: Option<&Enclosed>,
) -> Result<CheckReport, CheckError> {
    let mut findings = Findings::default();
    let mut reporter = findings.reporter();
    if let Some(error) = &subject.nfs_error {
        nfs::report_invalid(error, &mut reporter);
    }
    let meant = serial_directory::find(served.tree(), subject.serial)?;
    boot::check_place(subject.serial, &meant, &mut reporter);
    let boards = match meant {
        Meant::Unknown(..) => subject.boards.clone(),
        Meant::Top(_) => observe_and_judge(subject, served, None, root, &mut reporter)?,
        Meant::Own(serial) => {
            observe_and_judge(subject, served, Some(serial), root, &mut reporter)?
        }
    };
    let findings = findings.into_sorted();
    Ok(CheckReport::new(boards, findings, &subject.allow))
}

/// Looks at the tree at the top or in the directory of a serial number, and gives
/// back for which boards.
fn observe_and_judge(
    subject: &Subject,
    served: &ServedDirectory,
    own: Option<Serial>,
    root: Option<&Enclosed>,
    reporter: &mut Reporter<'_>,
) -> Result<Vec<Board>, CheckError> {
    let mut subject = subject.clone();
    subject.serial = own.or(subject.serial);
    let survey = Survey::read(&subject, served, own, root)?;
    judge(&survey, reporter);
    Ok(survey.boards)
}

fn judge(survey: &Survey, reporter: &mut Reporter<'_>) {
    boot::check(survey, reporter);
    // Where boards cannot read it, what they load is not what was meant.
    if survey.has_readable_config() {
        config::check(survey, reporter);
        limits::check(survey, reporter);
        firmware::check(survey, reporter);
        kernel::check(survey, reporter);
        device_tree::check(survey, reporter);
        initrd::check(survey, reporter);
        command_line::check(survey, reporter);
        nfs::check(survey, reporter);
    }
    root::check(survey, reporter);
}
