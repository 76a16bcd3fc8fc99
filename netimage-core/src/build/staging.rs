//! Where an image grows until it is whole.

use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, RenameFlags, mkdirat, renameat, renameat_with, statat};
use rustix::io::Errno;

use crate::fs::{
    Enclosed, Found, FsError, Links, OpenDirectory, create_aside, create_private, list, lock,
    real_path, remove_directory,
};
use crate::image::{MANIFEST, Manifest, NET_IMAGE, NIX_SUPPORT};
use crate::progress::{Observer, Stage};

/// Why a destination cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StagingError {
    /// Something is there already.
    #[error("{} exists; choose another destination", .0.display())]
    Exists(PathBuf),
    /// The output of a derivation is there before it is built.
    #[error("the output {} exists already; let no command of the derivation make it", .0.display())]
    OutputExists(PathBuf),
    /// Something is there that no build made.
    #[error("{} is not an image, so it is not replaced; remove it yourself if it is not needed", .0.display())]
    NotAnImage(PathBuf),
    /// It is inside of what is to be copied, or the other way round.
    #[error("of the destination {} and the source {}, one contains the other; choose another destination", destination.display(), source_path.display())]
    Overlap {
        /// The destination.
        destination: PathBuf,
        /// The source.
        source_path: PathBuf,
    },
    /// It has no name of its own.
    #[error("{} cannot be a destination; give the path of a new directory", .0.display())]
    NoName(PathBuf),
    /// Somebody has renamed what was built and put something else in its place.
    #[error("another user replaced {} while it was built; choose a directory in which only you can rename", .0.display())]
    Swapped(PathBuf),
    /// The image that was to be replaced had to be moved away first, and could then
    /// be neither replaced nor put back.
    #[error("the old image is now {}, as it could not be put back ({back}); fix that and rename it to {}", old.display(), destination.display())]
    MovedAway {
        /// Where the old image is.
        old: PathBuf,
        /// Where it was.
        destination: PathBuf,
        /// Why it could not be put back.
        back: io::Error,
        /// Why it was not replaced.
        source: io::Error,
    },
    /// The image is there, but the disk did not take its name.
    #[error("{} is whole, but its name may be lost when the power fails; check the disk and run sync{}", destination.display(), kept(old.as_deref()))]
    NotSynced {
        /// The destination.
        destination: PathBuf,
        /// What was there before, which is kept until the name is safe.
        old: Option<PathBuf>,
        /// The system's answer.
        source: io::Error,
    },
    /// It cannot be written.
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl StagingError {
    /// Whether the [`Observer`](crate::Observer) asked to stop, and that is all.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Fs(FsError::Cancelled))
    }
}

fn kept(old: Option<&Path>) -> String {
    let remove = |old: &Path| format!(", then remove the old image, now {}", old.display());
    old.map(remove).unwrap_or_default()
}

/// A directory that is removed when dropped, unless it was committed.
pub(crate) struct Staging {
    parent: OpenDirectory,
    directory: OpenDirectory,
    destination: PathBuf,
    kept: bool,
}

impl Staging {
    /// Makes a directory beside `destination`.
    pub(crate) fn beside(destination: &Path, force: bool) -> Result<Self, StagingError> {
        let (parent, destination) = open_parent(destination)?;
        check_free(&parent, &destination, force)?;
        Ok(Self {
            directory: create_private(&parent)?,
            parent,
            destination,
            kept: false,
        })
    }

    /// Uses the output path of a derivation itself, which no one else can see
    /// before the build has succeeded.
    pub(crate) fn output(destination: &Path) -> Result<Self, StagingError> {
        let (parent, destination) = open_parent(destination)?;
        let name = name_of(&destination);
        match mkdirat(&parent, name, Mode::from_raw_mode(0o755)) {
            Ok(()) => Ok(Self {
                directory: parent.open_in(name)?,
                parent,
                destination,
                kept: false,
            }),
            Err(Errno::EXIST) => Err(StagingError::OutputExists(destination)),
            Err(error) => Err(FsError::io("create", destination, error).into()),
        }
    }

    pub(crate) fn directory(&self) -> &OpenDirectory {
        &self.directory
    }

    fn in_place(&self) -> bool {
        self.directory.path() == self.destination
    }

    /// Waits until the finished directory is on disk, so that a name never
    /// stands for less than a whole image. An output is left to Nix, which does so
    /// where it is told to (`fsync-store-paths`); then the answer is that nothing was
    /// done.
    ///
    /// What could not be written since the directory was opened is an error
    /// (syncfs(2), from Linux 5.8).
    pub(crate) fn settle(&self, observer: &dyn Observer) -> Result<bool, StagingError> {
        let needed = !self.in_place();
        if needed {
            observer.begin(Stage::Sync, 0);
            rustix::fs::syncfs(&self.directory).map_err(|error| {
                FsError::io("write to the disk of", self.directory.path(), error)
            })?;
        }
        if observer.is_cancelled() {
            return Err(FsError::Cancelled.into());
        }
        Ok(needed)
    }

    /// Puts the finished directory in its place, in one step where the file
    /// system can. Returns what could not be removed of what was there before.
    pub(crate) fn commit(mut self, force: bool) -> Result<Option<PathBuf>, StagingError> {
        if self.in_place() {
            self.kept = true;
            return Ok(None);
        }
        let old = self.rename(force)?;
        let name = name_of(&self.destination).as_os_str();
        // One that cannot be looked at was at least renamed.
        if self.directory.is_named(&self.parent, name) == Ok(false) {
            return Err(StagingError::Swapped(self.destination.clone()));
        }
        self.kept = true;
        if let Err(error) = self.parent.sync_names() {
            return Err(StagingError::NotSynced {
                destination: self.destination.clone(),
                old: old.map(|(old, _lock)| old),
                source: error.into(),
            });
        }
        Ok(old.and_then(|(old, _lock)| self.remove_old(&old).is_err().then_some(old)))
    }

    /// Returns the place of what was there before, if anything, and the directory that
    /// is locked for it, so that `clean` leaves it to this process.
    fn rename(&self, force: bool) -> Result<Option<(PathBuf, OpenDirectory)>, StagingError> {
        let (from, to) = (self.directory.name(), name_of(&self.destination));
        let failed =
            |error| FsError::io("rename the finished image to", &self.destination, error).into();
        let rename = |flags| renameat_with(&self.parent, from, &self.parent, to, flags);
        let mut renamed = rename(RenameFlags::NOREPLACE);
        if lacks_flags(renamed) {
            // Not every file system knows the flag. Without it, nothing is replaced
            // but an empty directory.
            renamed = renameat(&self.parent, from, &self.parent, to);
        }
        match renamed {
            Ok(()) => return Ok(None),
            Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) if force => {}
            Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {
                return Err(StagingError::Exists(self.destination.clone()));
            }
            Err(error) => return Err(failed(error)),
        }
        check_free(&self.parent, &self.destination, force)?;
        let old = self.parent.open_in(to)?;
        lock(&old);
        match rename(RenameFlags::EXCHANGE) {
            Ok(()) => Ok(Some((self.directory.path().to_owned(), old))),
            Err(Errno::NOENT) => self.rename_in_steps(),
            Err(error) if lacks_flags(Err(error)) => self.rename_in_steps(),
            Err(error) => Err(failed(error)),
        }
    }

    /// For file systems that cannot exchange two names. What is there is moved to a
    /// directory aside under its own name, by which `clean` knows where it was.
    fn rename_in_steps(&self) -> Result<Option<(PathBuf, OpenDirectory)>, StagingError> {
        let (from, to) = (self.directory.name(), name_of(&self.destination));
        let failed = |error| FsError::io("rename the finished image to", &self.destination, error);
        let aside = create_aside(&self.parent)?;
        let moved = match renameat(&self.parent, to, &aside, to) {
            Ok(()) => true,
            Err(Errno::NOENT) => false,
            Err(error) => {
                let _ = remove_directory(&self.parent, &aside);
                return Err(failed(error).into());
            }
        };
        if let Err(error) = renameat(&self.parent, from, &self.parent, to) {
            if moved && let Err(back) = renameat(&aside, to, &self.parent, to) {
                return Err(StagingError::MovedAway {
                    old: aside.path_of(to),
                    destination: self.destination.clone(),
                    back: back.into(),
                    source: error.into(),
                });
            }
            let _ = remove_directory(&self.parent, &aside);
            return Err(failed(error).into());
        }
        Ok(Some((aside.path().to_owned(), aside)))
    }

    /// Removes what was there before, provided that it is still what it was.
    fn remove_old(&self, old: &Path) -> Result<(), StagingError> {
        let directory = self.parent.open_in(name_of(old))?;
        let aside = name_of(&self.destination);
        if is_image(&directory) || directory.open_in(aside).is_ok_and(|old| is_image(&old)) {
            Ok(remove_directory(&self.parent, &directory)?)
        } else {
            Err(StagingError::NotAnImage(old.to_owned()))
        }
    }

    /// Removes the directory after a failure. What cannot be removed comes back, with
    /// the reason.
    pub(crate) fn discard(mut self) -> Result<(), (PathBuf, FsError)> {
        self.kept = true;
        remove_directory(&self.parent, &self.directory)
            .map_err(|error| (self.directory.path().to_owned(), error))
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.kept {
            // The error or panic that led here is the one to report.
            let _ = remove_directory(&self.parent, &self.directory);
        }
    }
}

/// Whether a file system knows no flags for a rename.
pub(super) fn lacks_flags(renamed: rustix::io::Result<()>) -> bool {
    matches!(renamed, Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP))
}

fn name_of(path: &Path) -> &Path {
    Path::new(path.file_name().unwrap_or_default())
}

/// Refuses a destination that exists, unless it may be replaced.
fn check_free(parent: &OpenDirectory, destination: &Path, force: bool) -> Result<(), StagingError> {
    let name = name_of(destination);
    let kind = match statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
        Err(Errno::NOENT) => return Ok(()),
        Err(error) => return Err(FsError::io("read", destination, error).into()),
        Ok(_) if !force => return Err(StagingError::Exists(destination.to_owned())),
        Ok(stat) => FileType::from_raw_mode(stat.st_mode),
    };
    if kind == FileType::Directory && is_image(&parent.open_in(name)?) {
        Ok(())
    } else {
        Err(StagingError::NotAnImage(destination.to_owned()))
    }
}

/// Whether a directory is empty, or holds what a build writes and no more.
pub(super) fn is_image(directory: &OpenDirectory) -> bool {
    let Ok(entries) = list(directory) else {
        return false;
    };
    let ours = |(name, kind): &(std::ffi::CString, FileType)| {
        let name = name.as_bytes();
        *kind == FileType::Directory
            && (name == NET_IMAGE.as_bytes() || name == NIX_SUPPORT.as_bytes())
    };
    let manifest = || {
        let image = Enclosed::open_in(directory, NET_IMAGE.as_ref(), Links::Outside).ok()?;
        let Found::File(file, _) = image.find(MANIFEST.as_ref()).ok()? else {
            return None;
        };
        serde_json::from_reader::<_, Manifest>(BufReader::new(file)).ok()
    };
    entries.is_empty() || (entries.iter().all(ours) && manifest().is_some())
}

/// The destination's directory, and the destination in it.
fn open_parent(destination: &Path) -> Result<(OpenDirectory, PathBuf), StagingError> {
    let destination = absolute(destination)?;
    let parent = destination.parent().unwrap_or(&destination);
    Ok((OpenDirectory::open(parent)?, destination))
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
    let parent = real_path(parent)?;
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
        let Ok(source) = real_path(source) else {
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
