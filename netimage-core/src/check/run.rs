//! Reads a subject, and lets every area say what it finds.

use std::path::Path;

use super::finding::{CheckReport, Findings};
use super::judge::{
    boot, command_line, config, device_tree, firmware, initrd, kernel, limits, nfs, root,
};
use super::subject::{CheckError, Subject};
use crate::check::facts::{Meant, Survey};
use crate::check::observe::boot::BootReader;
use crate::check::observe::serial_directory;
use crate::fs::{Enclosed, Links};

/// Says whether boards can boot an image.
///
/// # Errors
///
/// [`CheckError`] when the boot tree or the root cannot be read at all. What is
/// wrong with them is in the report.
pub fn check(subject: &Subject) -> Result<CheckReport, CheckError> {
    let own = subject.serial.map(|serial| serial.to_string());
    let own = Path::new(own.as_deref().unwrap_or_default());
    let tree = Enclosed::open(&subject.boot, Links::Outside);
    let tree = tree.and_then(|tree| tree.following(own));
    let tree = tree.map_err(CheckError::Open)?;
    let root = subject.root.as_deref();
    let root = root.map(|path| Enclosed::open(path, Links::WithinRoot));
    let root = root.transpose().map_err(CheckError::Open)?;
    check_opened(subject, &tree, root.as_ref())
}

/// The same of a boot tree and a root that are open.
pub(crate) fn check_opened(
    subject: &Subject,
    tree: &Enclosed,
    root_tree: Option<&Enclosed>,
) -> Result<CheckReport, CheckError> {
    let mut findings = Findings::default();
    let mut subject = subject.clone();
    if let Some(error) = &subject.nfs_error {
        nfs::say_invalid(error, &mut findings);
    }
    let own = match serial_directory::find(tree, subject.serial)? {
        Meant::Top(near) => {
            if let Some(near) = near {
                boot::say_missed(&near, &mut findings);
            }
            None
        }
        Meant::Own(serial) => {
            subject.serial = Some(serial);
            Some(serial)
        }
        Meant::Unknown(directories, near) => {
            let (serial, near) = (subject.serial, near.as_ref());
            boot::say_unknown(serial, &directories, near, &mut findings);
            return Ok(CheckReport::new(subject.boards, findings, &subject.allow));
        }
    };
    let reader = BootReader::new(tree);
    let survey = Survey::read(&subject, &reader, own, root_tree)?;
    if let Some(serial) = own.filter(|_| !survey.prefix.is_empty()) {
        boot::say_below(serial, &mut findings);
    }
    boot::check(&survey, &mut findings);
    // Where boards cannot read it, what they load is not what was meant.
    if survey.has_readable_config() {
        config::check(&survey, &mut findings);
        limits::check(&survey, &mut findings);
        firmware::check(&survey, &mut findings);
        kernel::check(&survey, &mut findings);
        device_tree::check(&survey, &reader, &mut findings)?;
        initrd::check(&survey, &mut findings);
        command_line::check(&survey, &mut findings);
        nfs::check(&survey, &mut findings);
    }
    root::check(&survey, &mut findings);
    Ok(CheckReport::new(survey.boards, findings, &subject.allow))
}
