//! Directories for one process alone, and what is left of those that were killed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, flock, fstat, mkdirat, unlinkat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::error::{FsError, failed};
use super::open_directory::{OpenDirectory, list};

/// What the names of such directories begin with.
const PREFIX: &str = ".netimage.";

/// What the names of those begin with that hold what was moved aside.
const ASIDE: &str = ".netimage.old.";

/// How often one is made that others take away.
const ATTEMPTS: usize = 8;

/// Makes a hidden directory in `parent` and locks it for as long as it is open,
/// so that [`find_private`] knows it to be in use.
pub(crate) fn create_private(parent: &OpenDirectory) -> Result<OpenDirectory, FsError> {
    create(parent, PREFIX)
}

/// The same for what is moved aside and may have to be put back.
pub(crate) fn create_aside(parent: &OpenDirectory) -> Result<OpenDirectory, FsError> {
    create(parent, ASIDE)
}

fn create(parent: &OpenDirectory, prefix: &str) -> Result<OpenDirectory, FsError> {
    let failed = |error| {
        FsError::io(
            "create a directory closed to others in",
            parent.path(),
            error,
        )
    };
    let make = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        mkdirat(parent, name, Mode::RWXU)?;
        Ok(name.to_owned())
    };
    let mut reason = Errno::BUSY;
    for _ in 0..ATTEMPTS {
        let name: OsString = tempfile::Builder::new()
            .prefix(prefix)
            .make_in(parent.path(), make)
            .and_then(|made| Ok(made.keep()?.0))
            .map_err(failed)?;
        // Whoever can rename in the parent may have put something else there.
        let Ok(directory) = parent.open_in(name.as_ref()) else {
            continue;
        };
        let lock = flock(&directory, FlockOperation::NonBlockingLockExclusive);
        if !is_closed(&directory) {
            reason = Errno::PERM;
        } else if lock != Err(Errno::WOULDBLOCK)
            && list(&directory).is_ok_and(|entries| entries.is_empty())
            && is_ours(parent, &directory)
        {
            return Ok(directory);
        }
        // Only if it is empty, whosever it is.
        let _ = unlinkat(parent, directory.name(), AtFlags::REMOVEDIR);
    }
    Err(failed(reason.into()))
}

/// Marks a directory that is or may get such a name as in use for as long as it is
/// open. A file system without locks has none to offer to others, either.
pub(crate) fn lock(directory: &OpenDirectory) {
    let _ = flock(directory, FlockOperation::NonBlockingLockExclusive);
}

/// Whether nobody but its owner can look into a directory or write there, which is so
/// of one just made, and need not be so of one that was put in its place.
fn is_closed(directory: &OpenDirectory) -> bool {
    let others = Mode::RWXG | Mode::RWXO;
    fstat(directory).is_ok_and(|stat| stat.st_mode & others.bits() == 0)
}

/// Whether a directory is this user's, and still has its name.
fn is_ours(parent: &OpenDirectory, directory: &OpenDirectory) -> bool {
    let is_named = directory.is_named(parent, directory.name());
    is_named == Ok(true) && fstat(directory).is_ok_and(|stat| stat.st_uid == geteuid().as_raw())
}

/// A directory that was made so for somebody.
pub(crate) enum Private {
    /// Its process has ended; it is locked for this one.
    Abandoned(OpenDirectory),
    /// The same, for what was moved aside.
    Aside(OpenDirectory),
    /// By its path.
    InUse(PathBuf),
}

/// The directories in `parent` that [`create_private`] and [`create_aside`] have made
/// for this user, by name; or why it cannot be told whether one is in use.
pub(crate) fn find_private(
    parent: &OpenDirectory,
) -> Result<Vec<Result<Private, FsError>>, FsError> {
    let mut entries = list(parent).map_err(failed("read", parent.path()))?;
    entries.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let mut found = Vec::new();
    for (name, kind) in entries {
        let name = OsStr::from_bytes(name.to_bytes());
        if kind != FileType::Directory || !name.as_bytes().starts_with(PREFIX.as_bytes()) {
            continue;
        }
        let Ok(directory) = parent.open_in(name.as_ref()) else {
            continue;
        };
        if is_ours(parent, &directory) {
            found.extend(take(parent, directory).transpose());
        }
    }
    Ok(found)
}

/// Locks a directory for this process, unless another has it. Until it is locked, a
/// build may end and make an image of it under another name, which is nothing then.
fn take(parent: &OpenDirectory, directory: OpenDirectory) -> Result<Option<Private>, FsError> {
    let is_aside = directory.name().as_bytes().starts_with(ASIDE.as_bytes());
    match flock(&directory, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) if !is_ours(parent, &directory) => Ok(None),
        Ok(()) if is_aside => Ok(Some(Private::Aside(directory))),
        Ok(()) => Ok(Some(Private::Abandoned(directory))),
        Err(Errno::WOULDBLOCK) => Ok(Some(Private::InUse(directory.path().to_owned()))),
        Err(error) => Err(FsError::io("lock", directory.path(), error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    fn abandoned(parent: &OpenDirectory) -> Vec<OsString> {
        let found = find_private(parent).unwrap().into_iter();
        let abandoned = found.filter_map(|found| match found.unwrap() {
            Private::Abandoned(directory) => Some(directory.name().to_owned()),
            Private::Aside(_) | Private::InUse(_) => None,
        });
        abandoned.collect()
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

    #[test]
    fn what_became_an_image_before_it_was_locked_is_not_taken() {
        let place = tempfile::tempdir().unwrap();
        let parent = OpenDirectory::open(place.path()).unwrap();
        for is_renamed in [true, false] {
            let name = create_private(&parent).unwrap().name().to_owned();
            let found = parent.open_in(name.as_ref()).unwrap();
            if is_renamed {
                fs::rename(found.path(), place.path().join("image")).unwrap();
            }
            let is_taken = take(&parent, found).unwrap().is_some();
            assert_eq!(is_taken, !is_renamed);
        }
    }

    #[test]
    fn what_others_can_write_to_was_not_just_made() {
        let place = tempfile::tempdir().unwrap();
        let parent = OpenDirectory::open(place.path()).unwrap();
        let made = create_private(&parent).unwrap();
        for (mode, expected) in [(0o700, true), (0o1777, false), (0o755, false)] {
            fs::set_permissions(made.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(is_closed(&made), expected, "{mode:o}");
        }
    }
}
