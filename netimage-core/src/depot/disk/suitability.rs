//! Whether a depot can lie on a file system, which none tells by itself.

use std::fmt;
use std::path::Path;

use rustix::fs::{Mode, fstat};
use rustix::process::geteuid;

use super::error::DepotError;
use crate::fs::{FsError, OpenDirectory, failed, file_mode, remove_directory, seal};

/// What is tried out in a directory of this name, which is removed again.
pub(super) const TRIAL: &str = ".netimage.trial";

/// What a file system lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shortcoming {
    /// Files are not those of who has made them.
    Owners,
    /// Files do not have the modes that they are given.
    Modes,
    /// There are no symbolic links.
    Links,
    /// One name is as good as another.
    Case,
    /// Names that are in nearly every store, such as manual pages of Perl's modules.
    Colons,
}

impl fmt::Display for Shortcoming {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Owners => "gives files another owner than the user who makes them",
            Self::Modes => "does not keep the modes of files",
            Self::Links => "has no symbolic links",
            Self::Case => "does not tell capital letters from small ones",
            Self::Colons => "allows no colon in a name",
        })
    }
}

/// Tries out whether a directory can hold a part of a depot.
pub(super) fn check(directory: &OpenDirectory) -> Result<(), DepotError> {
    let name = Path::new(TRIAL);
    if directory.has(name)? {
        remove_directory(directory, &directory.open_in(name)?)?;
    }
    directory.make_directories(name)?;
    let trial = directory.open_in(name)?;
    let found = shortcoming(&trial);
    remove_directory(directory, &trial)?;
    match found? {
        None => Ok(()),
        Some(shortcoming) => Err(DepotError::FileSystem {
            path: directory.path().to_owned(),
            shortcoming,
        }),
    }
}

fn shortcoming(trial: &OpenDirectory) -> Result<Option<Shortcoming>, FsError> {
    for (name, is_executable) in [("file", false), ("tool", true)] {
        let mode = file_mode(is_executable);
        let file = trial.create(name.as_ref(), mode)?;
        // Whether it was refused or did not last is the same.
        let _ = seal(&file, mode);
        let stat = fstat(&file).map_err(failed("read", &trial.path_of(name.as_ref())))?;
        if stat.st_uid != geteuid().as_raw() {
            return Ok(Some(Shortcoming::Owners));
        }
        if Mode::from_raw_mode(stat.st_mode) != mode {
            return Ok(Some(Shortcoming::Modes));
        }
    }
    if trial.symlink("file".as_ref(), "link".as_ref()).is_err() {
        return Ok(Some(Shortcoming::Links));
    }
    if trial.has("FILE".as_ref())? {
        return Ok(Some(Shortcoming::Case));
    }
    let name = Path::new("Module::file.3pm");
    let created = trial.create(name, file_mode(false));
    Ok(created.err().map(|_| Shortcoming::Colons))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_file_system_of_linux_will_do_and_nothing_is_left_on_it() {
        let place = tempfile::tempdir().unwrap();
        // As a killed command leaves it.
        fs::create_dir(place.path().join(TRIAL)).unwrap();
        fs::write(place.path().join(TRIAL).join("file"), "").unwrap();
        let directory = OpenDirectory::open(place.path()).unwrap();
        check(&directory).unwrap();
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
