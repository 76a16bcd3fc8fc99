//! How long work is watched and stopped from outside.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::store::StorePath;

/// Watches a build, a check or a verification, and can stop it.
///
/// Every method may be called from several threads and has to return quickly.
/// `()` watches nothing.
pub trait Observer: Sync {
    /// A stage begins; `bytes` is what [`advance`](Self::advance) will add up to, or 0
    /// where nobody knows beforehand.
    fn begin(&self, stage: Stage, bytes: u64) {
        let _ = (stage, bytes);
    }

    /// So many more bytes of the stage are done.
    fn advance(&self, bytes: u64) {
        let _ = bytes;
    }

    /// One store path gets further; its bytes are in [`advance`](Self::advance), too.
    fn object(&self, path: &StorePath, event: ObjectEvent) {
        let _ = (path, event);
    }

    /// Whether to stop as soon as possible.
    fn is_cancelled(&self) -> bool {
        false
    }
}

impl Observer for () {}

/// What happens to a store path that is copied or hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ObjectEvent {
    /// It is begun; its NAR has so many bytes.
    Begun {
        /// The bytes.
        bytes: u64,
    },
    /// So many more bytes of its NAR are done.
    Advanced {
        /// The bytes.
        bytes: u64,
    },
    /// All of it has been read, and is what it has to be if it was copied.
    Done,
    /// It could not be read or copied, or is not what it has to be.
    Failed,
}

/// Does the work on one store path, tells of it, and counts its bytes: those of its
/// files as they go by, and at the end what a NAR has beside them.
pub(crate) fn watch_object<T, E>(
    observer: &dyn Observer,
    path: &StorePath,
    nar_size: u64,
    work: impl FnOnce(&dyn Observer) -> Result<T, E>,
) -> Result<T, E> {
    observer.object(path, ObjectEvent::Begun { bytes: nar_size });
    let counter = ObjectCounter {
        observer,
        path,
        bytes: AtomicU64::new(0),
    };
    let result = work(&counter);
    if result.is_ok() {
        let done = counter.bytes.load(Ordering::Relaxed);
        counter.advance(nar_size.saturating_sub(done));
        observer.object(path, ObjectEvent::Done);
    } else {
        observer.object(path, ObjectEvent::Failed);
    }
    result
}

struct ObjectCounter<'work> {
    observer: &'work dyn Observer,
    path: &'work StorePath,
    bytes: AtomicU64,
}

impl Observer for ObjectCounter<'_> {
    fn advance(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.observer.advance(bytes);
        self.observer
            .object(self.path, ObjectEvent::Advanced { bytes });
    }

    fn is_cancelled(&self) -> bool {
        self.observer.is_cancelled()
    }
}

/// Counts what is read, and reads no further once the work is to stop.
pub(crate) struct Watched<'work, R> {
    reader: R,
    observer: &'work dyn Observer,
}

impl<'work, R> Watched<'work, R> {
    pub(crate) fn new(reader: R, observer: &'work dyn Observer) -> Self {
        Self { reader, observer }
    }
}

impl<R: Read> Read for Watched<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.observer.is_cancelled() {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let count = self.reader.read(buffer)?;
        self.observer
            .advance(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

/// The parts of the work, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Store paths are copied and proved.
    Store,
    /// The files of the boot tree and of the root tree are written.
    Files,
    /// Nix loads the registration into its database.
    Database,
    /// What was written is held against what the boards need.
    Check,
    /// What was written reaches the disk.
    Sync,
    /// An image is re-hashed.
    Verify,
}

impl Stage {
    /// One word for logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Files => "files",
            Self::Database => "database",
            Self::Check => "check",
            Self::Sync => "sync",
            Self::Verify => "verify",
        }
    }
}
