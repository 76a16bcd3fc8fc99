//! The file systems that a change is written to.

use std::collections::BTreeMap;
use std::path::Path;

use rustix::fs::{fstat, syncfs};
use rustix::io::Errno;

use crate::fs::{FsError, OpenDirectory};

/// Those that have some directories of a depot. They are opened before anything is
/// written, as a disk's error is told once to each who had it open then (syncfs(2)).
pub(in crate::depot) struct FileSystems(BTreeMap<u64, OpenDirectory>);

impl FileSystems {
    pub(in crate::depot) fn of<'name>(
        depot: &OpenDirectory,
        directories: impl IntoIterator<Item = &'name Path>,
    ) -> Result<Self, FsError> {
        let mut opened = BTreeMap::new();
        for name in directories {
            let directory = depot.open_in(name)?;
            let device = fstat(&directory).map_err(failed(&directory))?.st_dev;
            opened.entry(device).or_insert(directory);
        }
        Ok(Self(opened))
    }

    /// Syncs each.
    pub(in crate::depot) fn sync(&self) -> Result<(), FsError> {
        self.0
            .values()
            .try_for_each(|directory| syncfs(directory).map_err(failed(directory)))
    }
}

fn failed(directory: &OpenDirectory) -> impl Fn(Errno) -> FsError {
    |error| FsError::io("sync", directory.path(), error)
}
