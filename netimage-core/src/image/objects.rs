//! Copies the store paths of a plan, several at a time, and proves each.

use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::manifest::ManifestObject;
use super::options::Verification;
use super::plan::StoreObject;
use crate::closure::Closure;
use crate::fs::{Buffer, FsError, Method, copy_tree};
use crate::progress::Observer;
use crate::store::{NarHash, StorePath};

/// Why a store path could not be copied or is not what the closure says.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// It is not in the store.
    #[error("{} does not exist, but is in the closure ({why}); fetch or build it, or give the directory that holds it", source_path.display())]
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
        "{path} is corrupted: its NAR hash is {actual} ({actual_size} bytes) but the closure says {expected} ({expected_size} bytes); it is in the closure through {why}; repair it (nix-store --repair-path) and build again"
    )]
    Mismatch {
        /// The store path.
        path: StorePath,
        /// Of the closure.
        expected: NarHash,
        /// In bytes, of the closure.
        expected_size: u64,
        /// Of what was copied.
        actual: NarHash,
        /// In bytes, of what was copied.
        actual_size: u64,
        /// The references that lead to it.
        why: String,
    },
}

/// Copies `objects` into the directory `target`.
pub(crate) fn copy_objects(
    closure: &Closure,
    objects: &[StoreObject<'_>],
    target: &Path,
    (jobs, verification): (NonZeroUsize, Verification),
    observer: &dyn Observer,
) -> Result<Vec<ManifestObject>, ObjectError> {
    let directory =
        std::fs::File::open(target).map_err(|error| FsError::io("open", target, error))?;
    let method = Method::default();
    let order = largest_first(objects, |object| object.info.nar_size);
    let copies = in_parallel(
        &order,
        jobs,
        |&at, buffer, observer| {
            let object = &objects[at];
            copy(
                closure,
                object,
                (directory.as_fd(), target),
                &method,
                verification,
                buffer,
                observer,
            )
        },
        observer,
    )?;
    Ok(copies)
}

fn copy(
    closure: &Closure,
    object: &StoreObject<'_>,
    target: (std::os::fd::BorrowedFd<'_>, &Path),
    method: &Method,
    verification: Verification,
    buffer: &mut Buffer,
    observer: &dyn Observer,
) -> Result<ManifestObject, ObjectError> {
    let info = object.info;
    let name = info.path.base_name().as_ref();
    let hash = verification == Verification::Full;
    let copied = copy_tree(&object.source, target, name, hash, method, buffer, observer);
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
            path: info.path.clone(),
            expected: info.nar_hash,
            expected_size: info.nar_size,
            actual,
            actual_size,
            why: why(closure, &info.path),
        });
    }
    Ok(ManifestObject {
        path: closure.store_dir().display(&info.path),
        nar_hash: info.nar_hash,
        nar_size: info.nar_size,
        files: copied.files,
    })
}

/// The chain of references to a path, in words.
fn why(closure: &Closure, path: &StorePath) -> String {
    let chain = closure.why_depends(path).unwrap_or_default();
    match &chain[..] {
        [] => "no root".to_owned(),
        [_] => "its own place among the roots".to_owned(),
        chain => {
            let names: Vec<_> = chain.iter().map(|path| path.base_name()).collect();
            names.join(" -> ")
        }
    }
}

/// The positions of `items`, the largest first, so that no thread is left
/// alone with a large one at the end.
pub(crate) fn largest_first<T>(items: &[T], size: impl Fn(&T) -> u64) -> Vec<usize> {
    let mut order: Vec<_> = (0..items.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(size(&items[at])));
    order
}

/// Does `work` for each item, `jobs` at a time; the first error stops all.
pub(crate) fn in_parallel<T: Sync, R: Send, E: Send>(
    items: &[T],
    jobs: NonZeroUsize,
    work: impl Fn(&T, &mut Buffer, &dyn Observer) -> Result<R, E> + Sync,
    observer: &dyn Observer,
) -> Result<Vec<R>, E> {
    let next = AtomicUsize::new(0);
    let failed = AtomicBool::new(false);
    let failure = Mutex::new(None);
    let observer = StopOnFailure {
        observer,
        failed: &failed,
    };
    let worker = || {
        let (mut buffer, mut results) = (Buffer::default(), Vec::new());
        while !failed.load(Ordering::Relaxed)
            && let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed))
        {
            match work(item, &mut buffer, &observer) {
                Ok(result) => results.push(result),
                Err(error) => {
                    if !failed.swap(true, Ordering::Relaxed)
                        && let Ok(mut failure) = failure.lock()
                    {
                        *failure = Some(error);
                    }
                }
            }
        }
        results
    };
    let results = std::thread::scope(|scope| {
        let threads = jobs.get().min(items.len().max(1));
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mut results = worker();
        for other in others {
            match other.join() {
                Ok(more) => results.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    match failure.into_inner().ok().flatten() {
        Some(error) => Err(error),
        None => Ok(results),
    }
}

/// Lets one thread's failure cancel what the others are at.
struct StopOnFailure<'scope> {
    observer: &'scope dyn Observer,
    failed: &'scope AtomicBool,
}

impl Observer for StopOnFailure<'_> {
    fn advance(&self, bytes: u64) {
        self.observer.advance(bytes);
    }

    fn is_cancelled(&self) -> bool {
        self.failed.load(Ordering::Relaxed) || self.observer.is_cancelled()
    }
}
