//! Several jobs at a time.

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::fs::Buffer;
use crate::progress::{ObjectEvent, Observer};
use crate::store::StorePath;

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
        // More than a few per processor only wait for each other.
        let processors = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        let threads = jobs
            .get()
            .min(items.len())
            .min(processors.saturating_mul(4));
        let spawn = |_| std::thread::Builder::new().spawn_scoped(scope, worker);
        // A system that gives no more threads gets the work done with fewer.
        let others: Vec<_> = (1..threads).map_while(|at| spawn(at).ok()).collect();
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

    fn object(&self, path: &StorePath, event: ObjectEvent) {
        self.observer.object(path, event);
    }

    fn is_cancelled(&self) -> bool {
        self.failed.load(Ordering::Relaxed) || self.observer.is_cancelled()
    }
}
