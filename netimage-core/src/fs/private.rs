//! Directories for one process alone, and what is left of those that were killed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{
    AtFlags, FileType, FlockOperation, Mode, flock, fstat, mkdirat, statat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::error::{FsError, failed};
use super::open_directory::{OpenDirectory, list};

/// What the names of such directories begin with.
const PREFIX: &str = ".netimage.";

/// How often one is made that others take away.
const ATTEMPTS: usize = 8;

/// Makes a hidden directory in `parent` and locks it for as long as it is open,
/// so that [`find_private`] knows it to be in use.
pub(crate) fn create_private(parent: &OpenDirectory) -> Result<OpenDirectory, FsError> {
    let create = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        mkdirat(parent, name, Mode::RWXU)?;
        Ok(name.to_owned())
    };
    for _ in 0..ATTEMPTS {
        let name: OsString = tempfile::Builder::new()
            .prefix(PREFIX)
            .make_in(parent.path(), create)
            .and_then(|made| Ok(made.keep()?.0))
            .map_err(failed("create a directory in", parent.path()))?;
        // Whoever can rename in the parent may have put something else there.
        let Ok(directory) = parent.open_in(name.as_ref()) else {
            continue;
        };
        let lock = flock(&directory, FlockOperation::NonBlockingLockExclusive);
        let is_empty = list(&directory).is_ok_and(|entries| entries.is_empty());
        if lock != Err(Errno::WOULDBLOCK) && is_empty && is_ours(parent, &directory) {
            return Ok(directory);
        }
        // Only if it is empty, whosever it is.
        let _ = unlinkat(parent, directory.name(), AtFlags::REMOVEDIR);
    }
    Err(failed("create a directory in", parent.path())(Errno::BUSY))
}

/// Marks a directory that is or may get such a name as in use for as long as it is
/// open. A file system without locks has none to offer to others, either.
pub(crate) fn lock(directory: &OpenDirectory) {
    let _ = flock(directory, FlockOperation::NonBlockingLockExclusive);
}

/// Whether a directory is this user's, and still has its name.
fn is_ours(parent: &OpenDirectory, directory: &OpenDirectory) -> bool {
    let named = statat(parent, directory.name(), AtFlags::SYMLINK_NOFOLLOW);
    let (Ok(named), Ok(opened)) = (named, fstat(directory)) else {
        return false;
    };
    (named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)
        && opened.st_uid == geteuid().as_raw()
}

/// A directory that [`create_private`] has made for somebody.
pub(crate) enum Private {
    /// Its process has ended; it is locked for this one.
    Abandoned(OpenDirectory),
    /// By its name.
    InUse(OsString),
}

/// The directories in `parent` that [`create_private`] has made for this user.
pub(crate) fn find_private(parent: &OpenDirectory) -> Result<Vec<Private>, FsError> {
    let entries = list(parent).map_err(failed("read", parent.path()))?;
    let mut found = Vec::new();
    for (name, kind) in entries {
        let name = OsStr::from_bytes(name.to_bytes());
        if kind != FileType::Directory || !name.as_bytes().starts_with(PREFIX.as_bytes()) {
            continue;
        }
        let Ok(directory) = parent.open_in(name.as_ref()) else {
            continue;
        };
        if !is_ours(parent, &directory) {
            continue;
        }
        match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => found.push(Private::Abandoned(directory)),
            Err(Errno::WOULDBLOCK) => found.push(Private::InUse(name.to_owned())),
            Err(error) => return Err(FsError::io("lock", directory.path(), error)),
        }
    }
    found.sort_by(|one, other| one.name().cmp(other.name()));
    Ok(found)
}

impl Private {
    fn name(&self) -> &OsStr {
        match self {
            Self::Abandoned(directory) => directory.name(),
            Self::InUse(name) => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn abandoned(parent: &OpenDirectory) -> Vec<OsString> {
        let found = find_private(parent).unwrap().into_iter();
        let abandoned = found.filter(|found| matches!(found, Private::Abandoned(_)));
        abandoned.map(|found| found.name().to_owned()).collect()
    }

    #[test]
    fn one_in_use_is_not_abandoned() {
        let place = tempfile::tempdir().unwrap();
        let parent = OpenDirectory::open(place.path()).unwrap();
        let used = create_private(&parent).unwrap();
        let left = create_private(&parent).unwrap().name().to_owned();
        fs::write(place.path().join(".netimage.file"), "").unwrap();
        fs::create_dir(place.path().join("netimage.other")).unwrap();
        assert_eq!(abandoned(&parent), [left]);
        assert_eq!(find_private(&parent).unwrap().len(), 2);
        drop(used);
        assert_eq!(abandoned(&parent).len(), 2);
    }
}
