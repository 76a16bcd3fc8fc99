//! What lies in a depot beside what is known of its machines.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{FileType, FlockOperation, flock};
use rustix::io::Errno;

use super::depot::Depot;
use super::error::DepotError;
use super::replace::unfinished_in;
use crate::build::{is_in_use, is_leftover};
use crate::depot::gc::named_paths;
use crate::depot::{GenerationNumber, MachineName, RootKind, layout};
use crate::fs::{FsError, OpenDirectory, Private, failed, find_private, list};
use crate::image::{FileHash, Manifest};
use crate::store::StorePath;

/// Bytes of a command line that are read; no kernel takes as many.
const COMMAND_LINE_LENGTH_MAX: u64 = 1 << 16;

/// The manifests of generations. Those of many machines are one file, which is read once.
pub(super) struct ManifestReader<'depot> {
    depot: &'depot Depot,
    read: BTreeMap<(u64, u64), Arc<Manifest>>,
}

impl<'depot> ManifestReader<'depot> {
    pub(super) const fn new(depot: &'depot Depot) -> Self {
        let read = BTreeMap::new();
        Self { depot, read }
    }

    /// The manifest of a generation, and whether it had not been read for another one.
    pub(super) fn read(
        &mut self,
        machine: &MachineName,
        number: GenerationNumber,
    ) -> Result<(Arc<Manifest>, bool), DepotError> {
        let path = layout::manifest(machine, number);
        let missing = || DepotError::NoManifest(self.depot.path().join(&path));
        let looked = self.depot.tree.look_at(&path).map_err(|_| missing())?;
        if let Some(manifest) = self.read.get(&looked.identity()) {
            return Ok((Arc::clone(manifest), false));
        }
        let manifest: Option<Manifest> = self.depot.read_json(&path)?;
        let manifest = Arc::new(manifest.ok_or_else(missing)?);
        self.read.insert(looked.identity(), Arc::clone(&manifest));
        Ok((manifest, true))
    }
}

impl Depot {
    /// The store paths that a generation's command line names. The Nix database may be
    /// one that no manifest lists.
    pub(super) fn paths_of_command_line(
        &self,
        directory: &str,
        machine: &MachineName,
        number: GenerationNumber,
    ) -> Result<Vec<StorePath>, DepotError> {
        let names: Option<crate::depot::BootNames> =
            self.read_json(&layout::boot_names(machine, number))?;
        let Some(names) = names else {
            return Ok(Vec::new());
        };
        let path = layout::tftp(directory)
            .join(layout::boot_directory(number))
            .join(names.command_line);
        let text = self.tree.read(&path, COMMAND_LINE_LENGTH_MAX)?;
        let text = String::from_utf8_lossy(&text.unwrap_or_default()).into_owned();
        Ok(named_paths(&text, &self.settings().store_dir).collect())
    }

    /// The directory in which each machine's generations lie that the TFTP server
    /// gives out. Those of a root of its own are the machine's.
    pub(super) fn boot_directories(&self) -> Result<BTreeMap<MachineName, String>, DepotError> {
        let records = self.records()?.into_values();
        let shared = records
            .filter(|record| record.is_in_service() && record.machine.root != Some(RootKind::Own));
        let named = shared.filter_map(|record| {
            let directory = record.machine.tftp_directory()?;
            Some((record.machine.name, directory))
        });
        Ok(named.collect())
    }

    /// The names in a directory of the depot, sorted; none where there is none.
    pub(super) fn list(&self, name: &Path) -> Result<Vec<(CString, FileType)>, FsError> {
        let path = self.path().join(name);
        if !self.has(name)? {
            return Ok(Vec::new());
        }
        let directory = self.directory.open_in(name)?;
        let mut names = list(&directory).map_err(failed("read", &path))?;
        names.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        Ok(names)
    }

    /// The store paths that are there.
    pub(super) fn store_paths(&self) -> Result<BTreeSet<StorePath>, FsError> {
        let names = self.list(layout::STORE.as_ref())?;
        let names = names
            .into_iter()
            .filter_map(|(name, _)| name.into_string().ok());
        Ok(names.filter_map(|name| name.parse().ok()).collect())
    }

    /// The boot files that are there.
    pub(super) fn boot_files(&self) -> Result<BTreeSet<FileHash>, FsError> {
        let names = self.list(layout::BOOT_FILES.as_ref())?;
        let names = names
            .into_iter()
            .filter_map(|(name, _)| name.into_string().ok());
        Ok(names
            .filter_map(|name| FileHash::try_from(name).ok())
            .collect())
    }

    /// What killed commands have left, below the depot: all that has a temporary name
    /// and is in nobody's use, and what belongs to generations that are not known.
    pub(super) fn leftovers(&self) -> Result<Vec<PathBuf>, DepotError> {
        let mut found = Vec::new();
        let store = self.list(layout::STORE.as_ref())?;
        let temporary: Vec<_> = store
            .iter()
            .filter(|(name, _)| is_leftover(name.to_bytes()))
            .map(|(name, _)| below(layout::STORE.as_ref(), name))
            .collect();
        // Whoever copies into the store needs no lock of the depot.
        if !temporary.is_empty() && !is_in_use(&self.path().join(layout::STORE))? {
            found.extend(temporary);
        }
        for (name, _) in &store {
            let name = below(layout::STORE.as_ref(), name);
            if layout::is_incoming(&name) && !is_locked(&self.directory.open_in(&name)?)? {
                found.push(name);
            }
        }
        for (name, _) in self.list(layout::BOOT_FILES.as_ref())? {
            let is_file = name
                .to_str()
                .is_ok_and(|name| FileHash::try_from(name.to_owned()).is_ok());
            if !is_file && !name.to_bytes().starts_with(PRIVATE) {
                found.push(below(layout::BOOT_FILES.as_ref(), &name));
            }
        }
        let mut places = vec![PathBuf::from(".")];
        places.extend(layout::DIRECTORIES.map(PathBuf::from));
        for name in self.records()?.keys() {
            places.push(layout::machine(name));
            places.push(layout::generations(name));
        }
        places.extend(
            self.boot_directories()?
                .values()
                .map(|name| layout::tftp(name)),
        );
        for place in &places {
            self.find_unfinished(place, &mut found)?;
        }
        for directory in self.unknown_generations()? {
            found.push(directory);
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// What is made or removed under a name of its own, and files before they get theirs.
    fn find_unfinished(&self, place: &Path, found: &mut Vec<PathBuf>) -> Result<(), DepotError> {
        if !self.has(place)? {
            return Ok(());
        }
        let directory = self.directory.open_in(place)?;
        for private in find_private(&directory)? {
            if let Ok(Private::Abandoned(left) | Private::Aside(left)) = private {
                found.push(place.join(left.name()));
            }
        }
        let names = unfinished_in(&directory)?;
        let place = place.strip_prefix(".").unwrap_or(place);
        found.extend(names.iter().map(|name| place.join(name)));
        Ok(())
    }

    /// Directories of generations that are not known.
    fn unknown_generations(&self) -> Result<Vec<PathBuf>, DepotError> {
        let directories = self.boot_directories()?;
        let mut found = Vec::new();
        for name in self.records()?.keys() {
            // Of which they are lost, the machine may be up in any.
            let Some(generations) = self.known_generations(name)? else {
                continue;
            };
            let known = generations.all;
            let is_unknown = |text: &str| {
                let number = text.parse().ok();
                number.is_some_and(|number: GenerationNumber| !known.contains_key(&number))
            };
            let place = layout::generations(name);
            for (entry, _) in self.list(&place)? {
                if entry.to_str().is_ok_and(is_unknown) {
                    found.push(below(&place, &entry));
                }
            }
            let Some(directory) = directories.get(name) else {
                continue;
            };
            let place = layout::tftp(directory);
            for (entry, _) in self.list(&place)? {
                let number = entry.to_str().ok().and_then(|text| text.strip_prefix('g'));
                if number.is_some_and(is_unknown) {
                    found.push(below(&place, &entry));
                }
            }
        }
        Ok(found)
    }
}

/// What the names of directories begin with that one process alone uses.
const PRIVATE: &[u8] = b".netimage.";

/// Whether somebody has locked a directory.
fn is_locked(directory: &OpenDirectory) -> Result<bool, FsError> {
    match flock(directory, FlockOperation::NonBlockingLockShared) {
        // A file system without locks has none for others, either.
        Ok(()) | Err(Errno::NOLCK | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
        Err(Errno::WOULDBLOCK) => Ok(true),
        Err(error) => Err(FsError::io("lock", directory.path(), error)),
    }
}

fn below(place: &Path, name: &CString) -> PathBuf {
    place.join(OsStr::from_bytes(name.to_bytes()))
}
