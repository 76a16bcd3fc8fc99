//! Copies the store paths of a plan, several at a time, and proves each.

use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::options::Verification;
use crate::closure::Closure;
use crate::fs::{Buffer, FsError, Hashing, Method, OpenDirectory, copy_tree, join};
use crate::image::{ManifestObject, StoreObject};
use crate::parallel::{in_parallel, largest_first};
use crate::progress::Observer;
use crate::store::{HashWriter, NarHash, StorePath};

/// Why a store path could not be copied or is not what the closure says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// It is not in the store.
    #[error("{} does not exist, but is in the closure through {why}; fetch or build it, or give the directory that holds it", source_path.display())]
    Missing {
        /// Where it was looked for.
        source_path: PathBuf,
        /// The references that lead to it.
        why: String,
    },
    /// It could not be copied.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// Its NAR is not the registered one.
    #[error(
        "{path} is corrupted: its NAR hash is {actual} ({actual_size} bytes) but the closure says {expected} ({expected_size} bytes); it is in the closure through {why}; {}",
        if actual == expected {
            "the closure's NAR size is wrong, so ask Nix for it again"
        } else {
            "repair it (nix-store --repair-path) and build again"
        }
    )]
    Mismatch {
        /// The store path, absolute.
        path: Box<str>,
        /// Of the closure.
        expected: NarHash,
        /// In bytes, of the closure.
        expected_size: u64,
        /// Of what was copied.
        actual: NarHash,
        /// In bytes, of what was copied.
        actual_size: u64,
        /// The references that lead to it.
        why: Box<str>,
    },
}

/// Store paths that were copied.
pub(crate) struct CopiedObjects {
    /// What each holds, in no order.
    pub(crate) manifest: Vec<ManifestObject>,
    /// The longest path in them, from the root.
    pub(crate) longest_path: Option<PathBuf>,
}

/// Copies `objects` into the directory `target`.
pub(crate) fn copy_objects(
    closure: &Closure,
    objects: &[StoreObject<'_>],
    target: &OpenDirectory,
    (jobs, verification): (NonZeroUsize, Verification),
    observer: &dyn Observer,
) -> Result<CopiedObjects, ObjectError> {
    let method = Method::default();
    let order = largest_first(objects, |object| object.info.nar_size);
    let total: u64 = objects.iter().map(|object| object.info.nar_size).sum();
    let copies = in_parallel(
        &order,
        jobs,
        |&at, buffer, observer| {
            let object = &objects[at];
            // One that all the others together do not outlast would be waited for
            // by threads that have nothing left to do.
            let share = object.info.nar_size.saturating_mul(jobs.get() as u64);
            let hashing = match verification {
                Verification::None => None,
                Verification::Full if jobs.get() > 1 && share > total => Some(Hashing::aside()),
                Verification::Full => Some(Hashing::Here(HashWriter::default())),
            };
            let target = (target.as_fd(), target.path());
            copy(
                closure,
                object,
                target,
                (&method, hashing),
                buffer,
                observer,
            )
        },
        observer,
    )?;
    // Of several, the same one whichever was copied first.
    let (manifest, paths): (_, Vec<PathBuf>) = copies.into_iter().unzip();
    let longest_path = paths
        .into_iter()
        .max_by(|one, other| (one.as_os_str().len(), other).cmp(&(other.as_os_str().len(), one)));
    Ok(CopiedObjects {
        manifest,
        longest_path,
    })
}

fn copy(
    closure: &Closure,
    object: &StoreObject<'_>,
    target: (std::os::fd::BorrowedFd<'_>, &Path),
    (method, hashing): (&Method, Option<Hashing>),
    buffer: &mut Buffer,
    observer: &dyn Observer,
) -> Result<(ManifestObject, PathBuf), ObjectError> {
    let info = object.info;
    let name = info.path.base_name().as_ref();
    let counter = Counter {
        observer,
        bytes: AtomicU64::new(0),
    };
    let copied = copy_tree(
        &object.source,
        target,
        name,
        hashing,
        method,
        buffer,
        &counter,
    );
    let copied = copied.map_err(|error| match error {
        FsError::Io { path, source, .. }
            if path == object.source && source.kind() == std::io::ErrorKind::NotFound =>
        {
            ObjectError::Missing {
                source_path: path,
                why: why(closure, &info.path),
            }
        }
        other => other.into(),
    })?;
    if let Some((actual, actual_size)) = copied.nar
        && (actual, actual_size) != (info.nar_hash, info.nar_size)
    {
        return Err(ObjectError::Mismatch {
            path: closure.store_dir().display(&info.path).into(),
            expected: info.nar_hash,
            expected_size: info.nar_size,
            actual,
            actual_size,
            why: why(closure, &info.path).into(),
        });
    }
    counter.complete(info.nar_size);
    let path = closure.store_dir().display(&info.path);
    let longest_path = join(Path::new(&path), &copied.longest);
    let object = ManifestObject::new(info, Some(copied.files));
    Ok((object, longest_path))
}

/// The chain of references to a path, in words.
fn why(closure: &Closure, path: &StorePath) -> String {
    let chain = closure.why_depends(path).unwrap_or_default();
    match &chain[..] {
        [] => "no root".to_owned(),
        [root] => format!("{root}, one of its roots"),
        chain => {
            let names: Vec<_> = chain.iter().map(|path| path.base_name()).collect();
            names.join(" -> ")
        }
    }
}

/// Counts what is done of one store path: its files' bytes as they go by, and
/// at its end what a NAR has beside them.
struct Counter<'scope> {
    observer: &'scope dyn Observer,
    bytes: AtomicU64,
}

impl Counter<'_> {
    fn complete(&self, nar_size: u64) {
        let done = self.bytes.load(Ordering::Relaxed);
        self.observer.advance(nar_size.saturating_sub(done));
    }
}

impl Observer for Counter<'_> {
    fn advance(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        self.observer.advance(bytes);
    }

    fn is_cancelled(&self) -> bool {
        self.observer.is_cancelled()
    }
}
