//! Copies or takes over store paths, several at a time, and proves each.

use std::ffi::OsStr;
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use super::options::Verification;
use crate::closure::Closure;
use crate::fs::{Copied, FsError, Hashing, Method, OpenDirectory, adopt_tree, copy_tree};
use crate::image::StoreObject;
use crate::parallel::{in_parallel, largest_first};
use crate::progress::{Observer, watch_object};
use crate::store::{HashWriter, NarHash, StorePath};

/// Why a store path could not be copied or is not what it has to be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectError {
    /// It is not where it is to be copied from.
    #[error("{} does not exist{}; fetch or build it, or give the directory that holds it", source_path.display(), through(why.as_deref(), ", but is"))]
    Missing {
        /// Where it was looked for.
        source_path: PathBuf,
        /// The references that lead to it, where they are known.
        why: Option<Box<str>>,
    },
    /// It could not be copied.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// Its NAR has the hash, but not the size, that was given.
    #[error(
        "the NAR of {} has {actual} bytes but {} {expected}{}; ask Nix for the sizes again",
        source_path.display(),
        says(why.as_deref()),
        through(why.as_deref(), "; it is")
    )]
    Size {
        /// Where it was copied from.
        source_path: PathBuf,
        /// In bytes, what it should have.
        expected: u64,
        /// In bytes, what was copied.
        actual: u64,
        /// The references that lead to it, where they are known.
        why: Option<Box<str>>,
    },
    /// Its NAR is not the one that it has to be.
    #[error(
        "{} is corrupted: its NAR hash is {actual} ({actual_size} bytes) but {} {expected} ({expected_size} bytes){}; repair it (nix-store --repair-path) and run this again",
        source_path.display(),
        says(why.as_deref()),
        through(why.as_deref(), "; it is")
    )]
    Mismatch {
        /// Where it was copied from.
        source_path: PathBuf,
        /// What it should be.
        expected: NarHash,
        /// In bytes, what it should be.
        expected_size: u64,
        /// Of what was copied.
        actual: NarHash,
        /// In bytes, of what was copied.
        actual_size: u64,
        /// The references that lead to it, where they are known.
        why: Option<Box<str>>,
    },
}

const fn says(why: Option<&str>) -> &'static str {
    match why {
        Some(_) => "the closure says",
        None => "should be",
    }
}

fn through(why: Option<&str>, before: &str) -> String {
    why.map_or_else(String::new, |why| {
        format!("{before} in the closure through {why}")
    })
}

impl ObjectError {
    /// Whether the [`Observer`](crate::Observer) asked to stop, and that is all.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Fs(FsError::Cancelled))
    }

    /// Whether the store path is not what it has to be, and never will be.
    fn is_of_contents(&self) -> bool {
        match self {
            Self::Size { .. } | Self::Mismatch { .. } => true,
            Self::Fs(error) => matches!(error, FsError::Special { .. }),
            Self::Missing { .. } => false,
        }
    }

    /// Adds the references that lead to the path.
    pub(super) fn with_reason(mut self, closure: &Closure) -> Self {
        if let Self::Missing { source_path, why }
        | Self::Size {
            source_path, why, ..
        }
        | Self::Mismatch {
            source_path, why, ..
        } = &mut self
        {
            let name = source_path.file_name().and_then(OsStr::to_str);
            let path = name.and_then(|name| name.parse().ok());
            *why = path.map(|path| chain(closure, &path).into());
        }
        self
    }
}

/// The chain of references to a path, in words.
fn chain(closure: &Closure, path: &StorePath) -> String {
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

/// Sum of the NAR sizes, in bytes, as far as it can be told in 64 bits.
pub(super) fn nar_size(objects: &[StoreObject]) -> u64 {
    let sizes = objects.iter().map(|object| object.nar_size);
    sizes.fold(0, u64::saturating_add)
}

/// Copies `objects` into the directory `target`, each under the name that `name_of`
/// gives its base name. Returns what was found on the way, in the order of `objects`.
pub(super) fn copy_each(
    objects: &[StoreObject],
    (target, name_of): (&OpenDirectory, impl Fn(&str) -> String + Sync),
    (jobs, verification): (NonZeroUsize, Verification),
    observer: &dyn Observer,
) -> Result<Vec<Copied>, ObjectError> {
    let method = Method::default();
    let order = largest_first(objects, |object| object.nar_size);
    let total = nar_size(objects);
    let copy = |&at: &usize, buffer: &mut _, observer: &dyn Observer| {
        let object: &StoreObject = &objects[at];
        // One that all the others together do not outlast would be waited for
        // by threads that have nothing left to do.
        let share = object.nar_size.saturating_mul(jobs.get() as u64);
        let hashing = match verification {
            Verification::None => None,
            Verification::Full if jobs.get() > 1 && share > total => Some(Hashing::aside()),
            Verification::Full => Some(Hashing::Here(HashWriter::default())),
        };
        let name = name_of(object.path.base_name());
        let copied = watch_object(observer, &object.path, object.nar_size, |observer| {
            let (source, target) = (&object.source, (target.as_fd(), target.path()));
            let name = name.as_ref();
            let copied = copy_tree(source, target, name, hashing, &method, buffer, observer);
            prove(object, copied)
        });
        copied.map(|copied| (at, copied))
    };
    let mut copies = in_parallel(&order, jobs, copy, observer)?;
    copies.sort_unstable_by_key(|(at, _)| *at);
    Ok(copies.into_iter().map(|(_, copied)| copied).collect())
}

/// Moves `objects` into the directory `target` of the same file system, each under the
/// name that `name_of` gives its base name, and proves them there. One that is not what
/// it has to be is given to `discard` by that name.
pub(super) fn adopt_each(
    objects: &[StoreObject],
    (target, name_of): (&OpenDirectory, impl Fn(&str) -> String + Sync),
    discard: impl Fn(&OsStr) + Sync,
    jobs: NonZeroUsize,
    observer: &dyn Observer,
) -> Result<(), ObjectError> {
    let order = largest_first(objects, |object| object.nar_size);
    let adopt = |&at: &usize, buffer: &mut _, observer: &dyn Observer| {
        let object: &StoreObject = &objects[at];
        let name = name_of(object.path.base_name());
        let place = (target, Path::new(&name));
        let adopted = watch_object(observer, &object.path, object.nar_size, |observer| {
            let adopted = adopt_tree(&object.source, place, (buffer, observer));
            prove(object, adopted)
        });
        if adopted.as_ref().is_err_and(ObjectError::is_of_contents) {
            discard(name.as_ref());
        }
        adopted.map(drop)
    };
    in_parallel(&order, jobs, adopt, observer).map(drop)
}

fn prove(object: &StoreObject, copied: Result<Copied, FsError>) -> Result<Copied, ObjectError> {
    let copied = copied.map_err(|error| match error {
        FsError::Io { path, source, .. }
            if path == object.source && source.kind() == std::io::ErrorKind::NotFound =>
        {
            let source_path = path;
            ObjectError::Missing {
                source_path,
                why: None,
            }
        }
        other => other.into(),
    })?;
    match copied.nar {
        Some((hash, actual)) if hash == object.nar_hash && actual != object.nar_size => {
            Err(ObjectError::Size {
                source_path: object.source.clone(),
                expected: object.nar_size,
                actual,
                why: None,
            })
        }
        Some((actual, actual_size))
            if (actual, actual_size) != (object.nar_hash, object.nar_size) =>
        {
            Err(ObjectError::Mismatch {
                source_path: object.source.clone(),
                expected: object.nar_hash,
                expected_size: object.nar_size,
                actual,
                actual_size,
                why: None,
            })
        }
        _ => Ok(copied),
    }
}
