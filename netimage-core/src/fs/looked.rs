//! What a name stands for, without opening it.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, Stat, fstat, statat};
use rustix::io::Errno;

use super::error::{FsError, failed};

/// What a name leads to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Looked {
    pub(crate) kind: FileType,
    /// Bytes.
    pub(crate) size: u64,
    /// Its permission bits.
    pub(crate) mode: u32,
    /// Whether it occupies less than its size.
    pub(super) is_sparse: bool,
    has_other_names: bool,
    identity: (u64, u64),
}

impl Looked {
    #[allow(
        clippy::useless_conversion,
        reason = "the types of Stat differ by platform"
    )]
    pub(super) fn new(stat: &Stat) -> Self {
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        let blocks = u64::try_from(stat.st_blocks).unwrap_or(0);
        Self {
            kind: FileType::from_raw_mode(stat.st_mode),
            size,
            is_sparse: blocks.saturating_mul(512) < size,
            has_other_names: u64::from(stat.st_nlink) > 1,
            mode: Mode::from_raw_mode(stat.st_mode).bits().into(),
            identity: (u64::from(stat.st_dev), u64::from(stat.st_ino)),
        }
    }

    pub(super) fn of(file: impl AsFd) -> Result<Self, Errno> {
        Ok(Self::new(&fstat(file)?))
    }

    /// Device and inode, when it has more than one name.
    pub(crate) fn shared(&self) -> Option<(u64, u64)> {
        self.has_other_names.then_some(self.identity)
    }

    /// Whether its owner may execute it, the one mode bit that Nix keeps.
    pub(crate) const fn is_executable(&self) -> bool {
        self.mode & 0o100 != 0
    }

    /// What tells it from all other files: its device and its inode.
    pub(crate) const fn identity(&self) -> (u64, u64) {
        self.identity
    }

    /// Whether two names stand for one file.
    pub(crate) fn is_same_file(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

/// What a path leads to.
pub(crate) fn look_up(path: &Path) -> Result<Looked, FsError> {
    look(path, AtFlags::empty())
}

/// What a path is itself, should it be a link.
pub(crate) fn look_at(path: &Path) -> Result<Looked, FsError> {
    look(path, AtFlags::SYMLINK_NOFOLLOW)
}

fn look(path: &Path, flags: AtFlags) -> Result<Looked, FsError> {
    let stat = statat(CWD, path, flags).map_err(failed("read", path))?;
    Ok(Looked::new(&stat))
}

/// A path without links.
pub(crate) fn real_path(path: &Path) -> Result<PathBuf, FsError> {
    std::fs::canonicalize(path).map_err(failed("open", path))
}

pub(crate) fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Directory => "a directory",
        _ => "a special file",
    }
}
