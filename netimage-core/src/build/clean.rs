//! Removes what builds that were killed have left.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{RenameFlags, renameat, renameat_with};
use rustix::io::Errno;

use super::staging::{is_image, lacks_flags};
use crate::fs::{FsError, OpenDirectory, Private, find_private, list, remove_directory};

/// What was cleaned.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct CleanReport {
    /// What is gone.
    pub removed: Vec<PathBuf>,
    /// Images that were to be replaced when the build was killed, back in their places.
    pub restored: Vec<PathBuf>,
    /// What builds that are under way use.
    pub in_use: Vec<PathBuf>,
    /// Why something is still there, or whether it is in use cannot be told.
    pub failed: Vec<FsError>,
}

/// Removes the hidden directories that killed builds of this user have left in
/// `directory`: beside their destinations, or among the temporary files. One that
/// a build uses is locked (flock(2)), and left.
///
/// # Errors
///
/// [`FsError`] when the directory cannot be read. What cannot be removed, or has to be
/// put back and cannot, is in the report, and keeps nothing else from being cleaned.
pub fn clean(directory: &Path) -> Result<CleanReport, FsError> {
    let parent = OpenDirectory::open(directory)?;
    let mut report = CleanReport::default();
    for found in find_private(&parent)? {
        let cleaned = found.and_then(|found| report.add(&parent, found));
        report.failed.extend(cleaned.err());
    }
    Ok(report)
}

impl CleanReport {
    fn add(&mut self, parent: &OpenDirectory, found: Private) -> Result<(), FsError> {
        let left = match found {
            Private::InUse(path) => {
                self.in_use.push(path);
                return Ok(());
            }
            Private::Aside(left) => {
                self.restored.extend(restore(parent, &left)?);
                left
            }
            Private::Abandoned(left) => left,
        };
        remove_directory(parent, &left)?;
        self.removed.push(left.path().to_owned());
        Ok(())
    }
}

/// Puts back an image that was moved aside for another, which did not come.
fn restore(parent: &OpenDirectory, left: &OpenDirectory) -> Result<Option<PathBuf>, FsError> {
    let failed = |error| FsError::io("read", left.path(), error);
    let [(name, _)] = &list(left).map_err(failed)?[..] else {
        return Ok(None);
    };
    let name = Path::new(OsStr::from_bytes(name.as_bytes()));
    if !left.open_in(name).is_ok_and(|image| is_image(&image)) {
        return Ok(None);
    }
    let mut renamed = renameat_with(left, name, parent, name, RenameFlags::NOREPLACE);
    if lacks_flags(renamed) {
        renamed = renameat(left, name, parent, name);
    }
    match renamed {
        Ok(()) => Ok(Some(parent.path_of(name))),
        Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => Ok(None),
        Err(error) => Err(FsError::io("put back", left.path_of(name), error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fs::{create_aside, create_private};
    use std::fs;

    #[test]
    fn an_image_that_was_moved_away_comes_back_unless_another_came() {
        let place = tempfile::tempdir().unwrap();
        let parent = OpenDirectory::open(place.path()).unwrap();
        let image = place.path().join("image");
        let leave = |left: OpenDirectory| {
            fs::create_dir(left.path().join("image")).unwrap();
            left.path().to_owned()
        };
        // A build that was killed at its beginning has moved nothing away.
        let staging = leave(create_private(&parent).unwrap());
        let report = clean(place.path()).unwrap();
        assert!(report.restored.is_empty());
        assert_eq!(report.removed, [staging]);
        assert!(!image.exists());
        let aside = leave(create_aside(&parent).unwrap());
        let report = clean(place.path()).unwrap();
        assert_eq!(report.restored, std::slice::from_ref(&image));
        assert_eq!(report.removed, [aside]);
        fs::write(image.join("new"), "").unwrap();
        leave(create_aside(&parent).unwrap());
        let report = clean(place.path()).unwrap();
        assert!(report.restored.is_empty());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
        assert!(image.join("new").exists());
    }
}
