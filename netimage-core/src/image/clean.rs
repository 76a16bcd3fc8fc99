//! Removes what builds that were killed have left.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{RenameFlags, renameat, renameat_with};
use rustix::io::Errno;

use super::staging::is_image;
use crate::fs::{FsError, OpenDirectory, Private, find_private, list, remove_directory};

/// What was cleaned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CleanReport {
    /// What is gone.
    pub removed: Vec<PathBuf>,
    /// Images that were to be replaced when the build was killed, back in their places.
    pub restored: Vec<PathBuf>,
    /// What builds that are under way use.
    pub in_use: Vec<PathBuf>,
}

/// Removes the hidden directories that killed builds of this user have left in
/// `directory`: beside their destinations, or among the temporary files. One that
/// a build uses is locked (flock(2)), and left.
///
/// # Errors
///
/// [`FsError`] when the directory cannot be read, or something in it cannot be
/// removed or has to be put back and cannot.
pub fn clean(directory: &Path) -> Result<CleanReport, FsError> {
    let parent = OpenDirectory::open(directory)?;
    let mut report = CleanReport::default();
    for found in find_private(&parent)? {
        match found {
            Private::InUse(name) => report.in_use.push(parent.path_of(name.as_ref())),
            Private::Abandoned(left) => {
                report.restored.extend(restore(&parent, &left)?);
                remove_directory(&parent, &left)?;
                report.removed.push(left.path().to_owned());
            }
        }
    }
    Ok(report)
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
    if matches!(renamed, Err(Errno::INVAL | Errno::NOSYS)) {
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
    use crate::fs::create_private;
    use std::fs;

    #[test]
    fn an_image_that_was_moved_away_comes_back_unless_another_came() {
        let place = tempfile::tempdir().unwrap();
        let parent = OpenDirectory::open(place.path()).unwrap();
        let image = place.path().join("image");
        let leave = |name: &str| {
            let aside = create_private(&parent).unwrap();
            fs::create_dir(aside.path().join(name)).unwrap();
            aside.path().to_owned()
        };
        let aside = leave("image");
        let report = clean(place.path()).unwrap();
        assert_eq!(report.restored, std::slice::from_ref(&image));
        assert_eq!(report.removed, [aside]);
        fs::write(image.join("new"), "").unwrap();
        leave("image");
        let report = clean(place.path()).unwrap();
        assert!(report.restored.is_empty());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1);
        assert!(image.join("new").exists());
    }
}
