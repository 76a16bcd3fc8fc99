//! Where an image grows until it is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::NET_IMAGE;
use crate::fs::{FsError, remove_tree};

/// Why a destination cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StagingError {
    /// Something is there already.
    #[error("{} exists; choose another destination, or replace it with --force", .0.display())]
    Exists(PathBuf),
    /// Something is there that no build made.
    #[error("{} is not an image, so it is not replaced; remove it yourself if it is not needed", .0.display())]
    NotAnImage(PathBuf),
    /// It is inside of what is to be copied, or the other way round.
    #[error("the destination {} and the source {} lie one in the other; choose another destination", destination.display(), source_path.display())]
    Overlap {
        /// The destination.
        destination: PathBuf,
        /// The source.
        source_path: PathBuf,
    },
    /// It has no name of its own.
    #[error("{} cannot be a destination; give the path of a new directory", .0.display())]
    NoName(PathBuf),
    /// It cannot be written.
    #[error(transparent)]
    Fs(#[from] FsError),
}

/// A directory that is removed when dropped, unless it was committed.
pub(crate) struct Staging {
    directory: PathBuf,
    destination: PathBuf,
    kept: bool,
}

impl Staging {
    /// Makes a directory beside `destination`.
    pub(crate) fn beside(destination: &Path, force: bool) -> Result<Self, StagingError> {
        let destination = absolute(destination)?;
        check_free(&destination, force)?;
        let (Some(parent), Some(name)) = (destination.parent(), destination.file_name()) else {
            return Err(StagingError::NoName(destination));
        };
        let mut prefix = std::ffi::OsString::from(".");
        prefix.push(name);
        prefix.push(".");
        let directory = tempfile::Builder::new()
            .prefix(&prefix)
            .tempdir_in(parent)
            .map_err(|error| FsError::io("create a directory in", parent, error))?
            .keep();
        Ok(Self {
            directory,
            destination,
            kept: false,
        })
    }

    /// Uses the output path of a derivation itself, which no one else can see
    /// before the build has succeeded.
    pub(crate) fn output(destination: &Path) -> Result<Self, StagingError> {
        match fs::create_dir(destination) {
            Ok(()) => Ok(Self {
                directory: destination.to_owned(),
                destination: destination.to_owned(),
                kept: false,
            }),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Err(StagingError::Exists(destination.to_owned()))
            }
            Err(error) => Err(FsError::io("create", destination, error).into()),
        }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Puts the finished directory in its place, in one step.
    pub(crate) fn commit(mut self, force: bool) -> Result<(), StagingError> {
        if self.directory != self.destination {
            self.rename(force)?;
        }
        self.kept = true;
        Ok(())
    }

    fn rename(&self, force: bool) -> Result<(), StagingError> {
        let (from, to) = (&self.directory, &self.destination);
        let moved = match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Err(Errno::EXIST) if force => {
                check_free(to, force)?;
                let exchanged = renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE);
                if exchanged.is_ok() {
                    // What was there before now lies where the staging directory was.
                    return Ok(remove_tree(from)?);
                }
                exchanged
            }
            // Not every file system knows the flags.
            Err(Errno::INVAL | Errno::NOSYS) => {
                if force {
                    remove_tree(to)?;
                } else {
                    check_free(to, force)?;
                }
                rustix::fs::rename(from, to)
            }
            Err(Errno::EXIST) => return Err(StagingError::Exists(to.clone())),
            other => other,
        };
        moved.map_err(|error| FsError::io("rename the finished image to", to, error).into())
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.kept {
            // The error that led here is the one to report.
            let _ = remove_tree(&self.directory);
        }
    }
}

/// Refuses a destination that exists, unless it may be replaced.
fn check_free(destination: &Path, force: bool) -> Result<(), StagingError> {
    let metadata = match fs::symlink_metadata(destination) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(FsError::io("read", destination, error).into()),
        Ok(metadata) => metadata,
    };
    if !force {
        return Err(StagingError::Exists(destination.to_owned()));
    }
    let image = metadata.is_dir()
        && (destination.join(NET_IMAGE).is_dir()
            || fs::read_dir(destination).is_ok_and(|mut entries| entries.next().is_none()));
    if image {
        Ok(())
    } else {
        Err(StagingError::NotAnImage(destination.to_owned()))
    }
}

/// The destination with its directory's links resolved.
pub(crate) fn absolute(destination: &Path) -> Result<PathBuf, StagingError> {
    let name = destination
        .file_name()
        .ok_or_else(|| StagingError::NoName(destination.to_owned()))?;
    let parent = match destination.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let parent = fs::canonicalize(parent).map_err(|error| FsError::io("open", parent, error))?;
    Ok(parent.join(name))
}

/// Refuses a destination that would be copied into itself or would replace
/// what is copied.
pub(crate) fn check_overlap<'source>(
    destination: &Path,
    sources: impl Iterator<Item = &'source Path>,
) -> Result<(), StagingError> {
    let destination = absolute(destination)?;
    for source in sources {
        let Ok(source) = fs::canonicalize(source) else {
            continue;
        };
        if destination.starts_with(&source) || source.starts_with(&destination) {
            return Err(StagingError::Overlap {
                destination,
                source_path: source,
            });
        }
    }
    Ok(())
}
