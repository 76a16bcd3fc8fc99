//! What can go wrong with files.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of the file system, with the path it struck.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FsError {
    /// An operation of the system failed.
    #[error("cannot {operation} {}; {}", path.display(), advice(source))]
    Io {
        /// What was tried, as a verb.
        operation: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Neither a regular file, a directory nor a symbolic link.
    #[error("{} is {kind}, which an image cannot hold; remove it from the source", path.display())]
    Special {
        /// Where it is.
        path: PathBuf,
        /// "a FIFO" and the like.
        kind: &'static str,
    },
    /// A file whose size is not what it was when it was opened.
    #[error("{} changed while it was read; build again when nothing writes to it", path.display())]
    Changed {
        /// The file.
        path: PathBuf,
    },
    /// A tree that is larger than it may be.
    #[error("{} makes its tree larger than {size_max} bytes; copy it again", path.display())]
    TooLarge {
        /// What is too much.
        path: PathBuf,
        /// The most bytes that the tree may have as a NAR.
        size_max: u64,
    },
    /// The [`Observer`](crate::Observer) asked to stop.
    #[error("stopped on request; run it again to start over")]
    Cancelled,
}

impl FsError {
    pub(crate) fn io(
        operation: &'static str,
        path: impl AsRef<Path>,
        source: impl Into<io::Error>,
    ) -> Self {
        Self::Io {
            operation,
            path: path.as_ref().to_owned(),
            source: source.into(),
        }
    }
}

/// `map_err(failed("read", path))`
pub(crate) fn failed<E: Into<io::Error>>(
    operation: &'static str,
    path: &Path,
) -> impl FnOnce(E) -> FsError {
    move |source| FsError::io(operation, path, source)
}

fn advice(error: &io::Error) -> &'static str {
    use io::ErrorKind;
    match error.kind() {
        ErrorKind::NotFound => "make sure that it exists",
        ErrorKind::PermissionDenied => "check its permissions and those of its directory",
        ErrorKind::StorageFull => "free space on its file system or choose another destination",
        ErrorKind::QuotaExceeded => "raise the disk quota or choose another destination",
        ErrorKind::ReadOnlyFilesystem => "choose a destination that can be written",
        ErrorKind::AlreadyExists => "remove it or choose another name",
        ErrorKind::NotADirectory => "give a directory there",
        ErrorKind::IsADirectory => "give a file there",
        ErrorKind::InvalidFilename => "shorten its name",
        _ if error.raw_os_error() == Some(rustix::io::Errno::MFILE.raw_os_error()) => {
            "raise the limit of open files (ulimit -n)"
        }
        _ => "the system's reason follows",
    }
}
