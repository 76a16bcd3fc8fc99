//! Removes what nobody needs any more, in two steps: under the lock it is moved aside,
//! so that what has its name is whole; then it is removed.

use std::ffi::{CString, OsStr};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, renameat, syncfs};
use rustix::io::Errno;

use super::depot::Depot;
use super::error::DepotError;
use super::locked::LockedDepot;
use super::replace::Replacement;
use crate::depot::{Event, Garbage, GenerationNumber, MachineName, Timestamp, layout};
use crate::fs::{Buffer, FsError, OpenDirectory, create_private, failed, list, remove_directory};
use crate::parallel::in_parallel;
use crate::progress::Observer;

/// Where things are collected. Each may be a file system of its own, in which alone
/// they can be renamed.
const PLACES: [&str; 4] = [
    layout::MACHINES,
    layout::TFTP,
    layout::BOOT_FILES,
    layout::STORE,
];

/// How many trees are removed at a time: with more, file systems wait for themselves.
const REMOVERS: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// What was collected and is to be removed. As long as this is there, no other command
/// removes it; what a killed command leaves of it, the next collection does.
#[derive(Debug)]
#[must_use = "it takes space until it is removed"]
pub struct Trash(Vec<(OpenDirectory, OpenDirectory)>);

impl Trash {
    /// Removes it.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when something cannot be removed.
    pub fn remove(self) -> Result<(), DepotError> {
        for (parent, trash) in &self.0 {
            let names = list(trash).map_err(failed("read", trash.path()))?;
            let remove = |(name, _): &(CString, FileType), _: &mut Buffer, _: &dyn Observer| {
                // What is no directory, or cannot be removed, is left to what follows.
                let tree = trash.open_in(OsStr::from_bytes(name.to_bytes()).as_ref());
                let _ = tree.and_then(|tree| remove_directory(trash, &tree));
                Ok::<_, FsError>(())
            };
            in_parallel(&names, REMOVERS, remove, &())?;
            remove_directory(parent, trash)?;
        }
        Ok(())
    }
}

impl LockedDepot<'_> {
    /// Collects: writes down which generations are no more, moves aside what belongs to
    /// them, and unlocks the depot. What remains to be done, [`Trash::remove`] does.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when something cannot be written or moved. What was moved until
    /// then goes with the next collection.
    pub fn collect(mut self, garbage: &Garbage, now: Timestamp) -> Result<Trash, DepotError> {
        let mut names = self.directories_that_go(garbage)?;
        self.forget(garbage, now)?;
        let store = Path::new(layout::STORE);
        names.extend(
            garbage
                .paths
                .keys()
                .map(|path| store.join(path.base_name())),
        );
        let files = Path::new(layout::BOOT_FILES);
        names.extend(
            garbage
                .boot_files
                .keys()
                .map(|hash| files.join(hash.to_string())),
        );
        self.move_aside(&names)
    }

    /// Writes down that generations are no more.
    fn forget(&mut self, garbage: &Garbage, now: Timestamp) -> Result<(), DepotError> {
        let mut events: Vec<(MachineName, Event)> = Vec::new();
        let mut replacement = Replacement::of(&self.depot.directory);
        for (name, numbers) in &garbage.generations {
            if self.machines.get(name).is_some() {
                let collected = |number: &GenerationNumber| Event::Collected(*number);
                let collected = numbers.iter().map(collected);
                events.extend(collected.map(|event| (name.clone(), event)));
            } else {
                let mut generations = self.depot.generations(name)?;
                generations
                    .all
                    .retain(|number, _| !numbers.contains(number));
                let directory = layout::machine(name);
                replacement.add_json(directory, layout::GENERATIONS, &generations)?;
            }
        }
        replacement.commit()?;
        self.apply(&events, now)
    }

    fn move_aside(&self, names: &[PathBuf]) -> Result<Trash, DepotError> {
        let mut trash = Trash(Vec::new());
        for place in PLACES {
            let names: Vec<_> = names
                .iter()
                .filter(|name| name.starts_with(place))
                .collect();
            if names.is_empty() {
                continue;
            }
            let parent = self.depot.directory.open_in(place.as_ref())?;
            let aside = create_private(&parent)?;
            for (at, name) in names.iter().enumerate() {
                move_to(self.depot, name, &aside, &at.to_string())?;
            }
            // No name is of something half removed, whatever happens from here on.
            syncfs(&parent).map_err(failed("sync", parent.path()))?;
            trash.0.push((parent, aside));
        }
        Ok(trash)
    }
}

/// Moves something aside, if it is there.
fn move_to(
    depot: &Depot,
    name: &Path,
    aside: &OpenDirectory,
    new_name: &str,
) -> Result<(), FsError> {
    match renameat(&depot.directory, name, aside, new_name) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(FsError::io("remove", depot.path().join(name), error)),
    }
}
