//! Where an image grows until it is whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::error::BuildError;
use super::manifest::Manifest;
use super::{NET_IMAGE, NIX_SUPPORT};
use crate::fs::{FsError, remove_tree};
use crate::progress::{Observer, Stage};

/// Why a destination cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StagingError {
    /// Something is there already.
    #[error("{} exists; choose another destination", .0.display())]
    Exists(PathBuf),
    /// The output of a derivation is there before it is built.
    #[error("the output {} exists already; leave it to netimage-builder and let no command of the derivation make it", .0.display())]
    OutputExists(PathBuf),
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
        let parent = destination.parent().unwrap_or(&destination);
        Ok(Self {
            directory: directory_in(parent)?,
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
                Err(StagingError::OutputExists(destination.to_owned()))
            }
            Err(error) => Err(FsError::io("create", destination, error).into()),
        }
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    fn in_place(&self) -> bool {
        self.directory == self.destination
    }

    /// Waits until the finished directory is on disk, so that a name never
    /// stands for less than a whole image. Nix does so itself for an output,
    /// where the answer is that nothing was done.
    pub(crate) fn settle(&self, observer: &dyn Observer) -> Result<bool, StagingError> {
        let needed = !self.in_place();
        if needed {
            observer.begin(Stage::Sync, 0);
            let directory = &self.directory;
            fs::File::open(directory)
                .and_then(|open| Ok(rustix::fs::syncfs(open)?))
                .map_err(|error| FsError::io("write to the disk of", directory, error))?;
        }
        if observer.is_cancelled() {
            return Err(FsError::Cancelled.into());
        }
        Ok(needed)
    }

    /// Puts the finished directory in its place, in one step where the file
    /// system can. Returns what could not be removed of what was there before.
    pub(crate) fn commit(mut self, force: bool) -> Result<Option<PathBuf>, StagingError> {
        let old = if self.in_place() {
            None
        } else {
            self.rename(force)?
        };
        self.kept = true;
        Ok(old.filter(|old| remove_tree(old).is_err()))
    }

    /// Returns the place of what was there before, if anything.
    fn rename(&self, force: bool) -> Result<Option<PathBuf>, StagingError> {
        let (from, to) = (&self.directory, &self.destination);
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(None),
            Err(Errno::EXIST) if !force => return Err(StagingError::Exists(to.clone())),
            // Not every file system knows the flags.
            Err(Errno::EXIST | Errno::INVAL | Errno::NOSYS) => {}
            Err(error) => return Err(FsError::io("rename the finished image to", to, error).into()),
        }
        check_free(to, force)?;
        match renameat_with(CWD, from, CWD, to, RenameFlags::EXCHANGE) {
            Ok(()) => Ok(Some(from.clone())),
            Err(Errno::NOENT | Errno::INVAL | Errno::NOSYS) => self.rename_in_steps(),
            Err(error) => Err(FsError::io("replace", to, error).into()),
        }
    }

    /// For file systems that cannot exchange two names.
    fn rename_in_steps(&self) -> Result<Option<PathBuf>, StagingError> {
        let (from, to) = (&self.directory, &self.destination);
        let failed = |error| FsError::io("rename the finished image to", to, error);
        let aside = directory_in(to.parent().unwrap_or(to))?;
        let old = aside.join("old");
        let moved = match fs::rename(to, &old) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            other => other.map(|()| true).map_err(failed)?,
        };
        if let Err(error) = fs::rename(from, to) {
            if moved {
                fs::rename(&old, to).map_err(failed)?;
            }
            remove_tree(&aside)?;
            return Err(failed(error).into());
        }
        Ok(Some(aside))
    }

    /// Removes the directory after a failure.
    pub(crate) fn discard(mut self, error: BuildError) -> BuildError {
        self.kept = true;
        match remove_tree(&self.directory) {
            Ok(()) => error,
            Err(_) => BuildError::Leftover {
                path: self.directory.clone(),
                source: Box::new(error),
            },
        }
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.kept {
            // The error or panic that led here is the one to report.
            let _ = remove_tree(&self.directory);
        }
    }
}

/// A new directory, hidden, for this process alone.
fn directory_in(parent: &Path) -> Result<PathBuf, FsError> {
    let directory = tempfile::Builder::new()
        .prefix(".netimage.")
        .tempdir_in(parent);
    let directory =
        directory.map_err(|error| FsError::io("create a directory in", parent, error))?;
    Ok(directory.keep())
}

/// Refuses a destination that exists, unless it may be replaced.
fn check_free(destination: &Path, force: bool) -> Result<(), StagingError> {
    match fs::symlink_metadata(destination) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(FsError::io("read", destination, error).into()),
        Ok(_) if !force => Err(StagingError::Exists(destination.to_owned())),
        Ok(metadata) if metadata.is_dir() && is_image(destination) => Ok(()),
        Ok(_) => Err(StagingError::NotAnImage(destination.to_owned())),
    }
}

/// Whether a directory is empty, or holds what a build writes and no more.
fn is_image(directory: &Path) -> bool {
    let Ok(entries) = fs::read_dir(directory) else {
        return false;
    };
    let names: Vec<_> = entries
        .filter_map(|entry| Some(entry.ok()?.file_name()))
        .collect();
    let ours = names
        .iter()
        .all(|name| name == NET_IMAGE || name == NIX_SUPPORT);
    let real =
        fs::symlink_metadata(directory.join(NET_IMAGE)).is_ok_and(|metadata| metadata.is_dir());
    names.is_empty() || (ours && real && Manifest::read(directory).is_ok())
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
