//! A directory that is held open.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, Timespec, Timestamps, chmodat, linkat, mkdirat, open, openat,
    symlinkat, utimensat,
};
use rustix::io::Errno;

use super::error::{FsError, failed};
use super::walk::join;

const FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// The access and modification time that Nix gives to everything: 1 second
/// after the epoch (Nix manual, "Store object").
pub(super) const EPOCH: Timestamps = {
    const ONE: Timespec = Timespec {
        tv_sec: 1,
        tv_nsec: 0,
    };
    Timestamps {
        last_access: ONE,
        last_modification: ONE,
    }
};

/// A directory that names are looked up in, so that it stays the same one whoever
/// renames it or what lies above it. Its path is only for messages.
#[derive(Debug)]
pub(crate) struct OpenDirectory {
    open: OwnedFd,
    path: PathBuf,
}

impl AsFd for OpenDirectory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.open.as_fd()
    }
}

impl OpenDirectory {
    /// Opens a directory by its path, through links.
    pub(crate) fn open(path: &Path) -> Result<Self, FsError> {
        let open = open(path, FLAGS, Mode::empty()).map_err(failed("open", path))?;
        let path = path.to_owned();
        Ok(Self { open, path })
    }

    /// Opens a directory in this one, which is no link.
    pub(crate) fn open_in(&self, name: &Path) -> Result<Self, FsError> {
        let path = self.path_of(name);
        let open = openat(self, name, FLAGS | OFlags::NOFOLLOW, Mode::empty());
        let open = open.map_err(failed("open", &path))?;
        Ok(Self { open, path })
    }

    /// Where it was when it was opened.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its name in the directory above.
    pub(crate) fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    /// What messages call a name in it.
    pub(crate) fn path_of(&self, name: &Path) -> PathBuf {
        join(&self.path, name)
    }

    /// Makes a directory, with those above it that are missing.
    pub(crate) fn make_directories(&self, name: &Path) -> Result<(), FsError> {
        let mut made = mkdirat(self, name, Mode::from_raw_mode(0o755));
        if made == Err(Errno::NOENT)
            && let Some(above) = name.parent()
        {
            self.make_directories(above)?;
            made = mkdirat(self, name, Mode::from_raw_mode(0o755));
        }
        match made {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(error) => Err(FsError::io("create", self.path_of(name), error)),
        }
    }

    /// Creates a file, which is to be written.
    pub(crate) fn create(&self, name: &Path, mode: Mode) -> Result<File, FsError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        openat(self, name, flags, mode)
            .map(File::from)
            .map_err(|error| FsError::io("create", self.path_of(name), error))
    }

    /// Opens a file, which is no link.
    pub(crate) fn open_file(&self, name: &Path) -> Result<File, FsError> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(self, name, flags, Mode::empty())
            .map(File::from)
            .map_err(|error| FsError::io("open", self.path_of(name), error))
    }

    /// Makes a symbolic link, with Nix's time.
    pub(crate) fn symlink(&self, target: &OsStr, name: &Path) -> Result<(), FsError> {
        symlinkat(target, self, name)
            .map_err(|error| FsError::io("create", self.path_of(name), error))?;
        utimensat(self, name, &EPOCH, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| FsError::io("set the time of", self.path_of(name), error))
    }

    /// Whether a file could be given a second name.
    pub(crate) fn link(&self, first: &Path, name: &Path) -> bool {
        linkat(self, first, self, name, AtFlags::empty()).is_ok()
    }

    /// Gives a directory its mode, and Nix's time.
    pub(crate) fn settle(&self, name: &Path, mode: u32) -> Result<(), FsError> {
        chmodat(self, name, Mode::from_raw_mode(mode), AtFlags::empty())
            .map_err(|error| FsError::io("set the mode of", self.path_of(name), error))?;
        utimensat(self, name, &EPOCH, AtFlags::empty())
            .map_err(|error| FsError::io("set the time of", self.path_of(name), error))
    }
}

/// The names in an open directory, with their kinds, in no order.
pub(crate) fn list(directory: impl AsFd) -> rustix::io::Result<Vec<(CString, FileType)>> {
    let mut entries = Vec::new();
    for entry in rustix::fs::Dir::read_from(&directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => {
                let stat = rustix::fs::statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
                FileType::from_raw_mode(stat.st_mode)
            }
            known => known,
        };
        entries.push((name.to_owned(), kind));
    }
    Ok(entries)
}
