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
use crate::fs::{Enclosed, FsError, Links, ServedDirectory};
use crate::{Observer, Stage};

/// Says whether boards can boot an image.
///
/// # Errors
///
/// [`CheckError`] when the boot tree or the root cannot be read at all. What is
/// wrong with them is in the report.
pub fn check(subject: &Subject, observer: &dyn Observer) -> Result<CheckReport, CheckError> {
    observer.begin(Stage::Check, 0);
    let own = subject.serial.map(|serial| serial.to_string());
    let own = Path::new(own.as_deref().unwrap_or_default());
    let served = ServedDirectory::open_for(&subject.boot, own)
        .and_then(|served| served.with_store(subject.store()))
        .map_err(CheckError::Open)?;
    let root = subject.root.as_deref();
    let open = |path| Enclosed::open(path, Links::WithinRoot)?.with_store(subject.store());
    let root = root.map(open);
    let root = root.transpose().map_err(CheckError::Open)?;
    check_opened(subject, &served, root.as_ref(), observer)
}

/// The same of a boot tree and a root that are open.
pub(crate) fn check_opened(
    subject: &Subject,
    served: &ServedDirectory,
    root: Option<&Enclosed>,
    observer: &dyn Observer,
) -> Result<CheckReport, CheckError> {
    let observe = |own: Option<Serial>| {
        let mut subject = subject.clone();
        subject.serial = own.or(subject.serial);
        let survey = Survey::read(&subject, served, own, root, observer)?;
        // What was cut short says nothing of the image.
        if observer.is_cancelled() {
            return Err(FsError::Cancelled);
        }
        Ok(survey)
    };
    let mut findings = Findings::default();
    let mut reporter = findings.reporter();
    if let Some(error) = &subject.nfs_error {
        nfs::report_invalid(error, &mut reporter);
    }
    let meant = serial_directory::find(served.tree(), subject.serial)?;
    boot::check_place(subject.serial, &meant, &mut reporter);
    let boards = match meant {
        Meant::Unknown(..) => subject.boards.clone(),
        Meant::Top(_) => judge(observe(None)?, &mut reporter),
        Meant::Own(serial) => judge(observe(Some(serial))?, &mut reporter),
    };
    let findings = findings.into_sorted();
    Ok(CheckReport::new(boards, findings, &subject.allow))
}

/// Has every area say what it finds, and gives back for which boards.
fn judge(survey: Survey, reporter: &mut Reporter<'_>) -> Vec<Board> {
    boot::check(&survey, reporter);
    // Where boards cannot read it, what they load is not what was meant.
    if survey.has_readable_config() {
        config::check(&survey, reporter);
        limits::check(&survey, reporter);
        firmware::check(&survey, reporter);
        kernel::check(&survey, reporter);
        device_tree::check(&survey, reporter);
        initrd::check(&survey, reporter);
        command_line::check(&survey, reporter);
        nfs::check(&survey, reporter);
    }
    root::check(&survey, reporter);
    survey.boards
}
