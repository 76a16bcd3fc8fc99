//! The open directories from a root down to the current one.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{Mode, OFlags, fstat, openat};
use rustix::io::{Errno, Result};

/// Innermost directories that stay open; those further out are closed and
/// opened again from below, so that depth does not run into `ulimit -n`.
const OPEN_MAX: usize = 24;

/// A stack of directories, of which the first and the innermost are open.
#[derive(Default)]
pub(crate) struct Directories(Vec<Level>);

enum Level {
    Open(OwnedFd),
    /// Device and inode, to know it again.
    Closed(u64, u64),
}

impl Directories {
    /// The outermost directory.
    pub(crate) fn first(&self) -> Option<BorrowedFd<'_>> {
        self.0.first().and_then(Level::open)
    }

    /// The innermost directory.
    pub(crate) fn last(&self) -> Option<BorrowedFd<'_>> {
        self.0.last().and_then(Level::open)
    }

    /// Goes into a directory.
    pub(crate) fn push(&mut self, directory: OwnedFd) -> Result<()> {
        self.0.push(Level::Open(directory));
        if let Some(at) = self.0.len().checked_sub(OPEN_MAX).filter(|at| *at > 0)
            && let Some(level) = self.0.get_mut(at)
            && let Level::Open(directory) = level
        {
            let (device, inode) = identity(directory)?;
            *level = Level::Closed(device, inode);
        }
        Ok(())
    }

    /// Leaves the innermost directory.
    pub(crate) fn pop(&mut self) -> Result<Option<OwnedFd>> {
        let Some(Level::Open(directory)) = self.0.pop() else {
            return Ok(None);
        };
        if let Some(level) = self.0.last_mut()
            && let Level::Closed(device, inode) = *level
        {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            let parent = openat(&directory, "..", flags, Mode::empty())?;
            if identity(&parent)? != (device, inode) {
                // It was moved meanwhile.
                return Err(Errno::STALE);
            }
            *level = Level::Open(parent);
        }
        Ok(Some(directory))
    }
}

impl Level {
    fn open(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Open(directory) => Some(directory.as_fd()),
            Self::Closed(..) => None,
        }
    }
}

#[allow(
    clippy::useless_conversion,
    reason = "the types of Stat differ by platform"
)]
fn identity(directory: &OwnedFd) -> Result<(u64, u64)> {
    let stat = fstat(directory)?;
    Ok((u64::from(stat.st_dev), u64::from(stat.st_ino)))
}
