//! Finds what nobody needs any more.

use std::collections::{BTreeMap, BTreeSet};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Stat, statat};

use super::contents::ManifestReader;
use super::error::DepotError;
use super::locked::LockedDepot;
use crate::depot::gc::is_old;
use crate::depot::{Garbage, Keep, RootKind, Timestamp, layout};
use crate::fs::{FsError, OpenDirectory, Step, Walk, failed};
use crate::image::{FileHash, Manifest};
use crate::store::StorePath;

/// What generations name.
#[derive(Default)]
struct Named {
    paths: BTreeMap<StorePath, u64>,
    boot_files: BTreeSet<FileHash>,
}

impl Named {
    fn add(&mut self, manifest: &Manifest) {
        let paths = manifest.store.iter();
        self.paths
            .extend(paths.map(|object| (object.path.clone(), object.nar_size)));
        let files = manifest.boot.iter().map(|file| file.sha256);
        self.boot_files.extend(files);
    }
}

impl LockedDepot<'_> {
    /// What may be collected. Nothing is that a kept generation of any machine names,
    /// nor what is younger than the grace period.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when something cannot be read, such as the manifest of a
    /// generation that is kept.
    pub fn garbage(&self, keep: &Keep, now: Timestamp) -> Result<Garbage, DepotError> {
        let mut garbage = Garbage::default();
        // Nobody knows what such a machine needs.
        if let Some(lost) = self.depot.lost_machines()?.into_iter().next() {
            return Err(lost);
        }
        for (name, record) in &self.records {
            let generations = self.depot.generations(name)?;
            let mut numbers = generations.collectable(record.removed, keep, now);
            // A machine may be reading what is no longer meant for it.
            for named in [&self.served, &self.linked] {
                named.get(name).map(|number| numbers.remove(number));
            }
            if !numbers.is_empty() {
                garbage.generations.insert(name.clone(), numbers);
            }
        }
        garbage.leftovers = self.old_leftovers(keep, now)?;
        let mut reader = ManifestReader::new(self.depot);
        let kept = self.named_by_kept(&garbage, &mut reader)?;
        let mut going = Named::default();
        for (name, numbers) in &garbage.generations {
            for number in numbers {
                // Only for the sizes.
                if let Ok((manifest, true)) = reader.read(name, *number) {
                    going.add(&manifest);
                }
            }
        }
        garbage.paths = self.unneeded_paths(&kept, &going, keep, now)?;
        garbage.boot_files = self.unneeded_boot_files(&kept, &garbage, keep, now)?;
        Ok(garbage)
    }

    /// What killed commands have left, but for images that may yet be sent on.
    fn old_leftovers(
        &self,
        keep: &Keep,
        now: Timestamp,
    ) -> Result<BTreeMap<PathBuf, u64>, DepotError> {
        let directory = &self.depot.directory;
        let mut old = BTreeMap::new();
        for name in self.depot.leftovers()? {
            if !layout::is_incoming(&name) || is_old(since(&look(directory, &name)?), keep, now) {
                let size = own_size(directory, &name)?;
                old.insert(name, size);
            }
        }
        Ok(old)
    }

    fn named_by_kept(
        &self,
        garbage: &Garbage,
        reader: &mut ManifestReader<'_>,
    ) -> Result<Named, DepotError> {
        let directories = self.depot.boot_directories()?;
        let mut named = Named::default();
        for (name, record) in &self.records {
            let going = garbage.generations.get(name);
            // What such a machine has lies in its own root.
            let is_own = record.machine.root == Some(RootKind::Own);
            for number in self.depot.generations(name)?.all.into_keys() {
                if going.is_some_and(|going| going.contains(&number)) {
                    continue;
                }
                match reader.read(name, number) {
                    Ok((manifest, true)) => named.add(&manifest),
                    Ok((_, false)) => {}
                    Err(DepotError::NoManifest(_)) if is_own => {}
                    Err(error) => return Err(error),
                }
                if let Some(directory) = directories.get(name) {
                    let paths = self.depot.paths_of_command_line(directory, name, number)?;
                    named.paths.extend(paths.into_iter().map(|path| (path, 0)));
                }
            }
        }
        Ok(named)
    }

    fn unneeded_paths(
        &self,
        kept: &Named,
        going: &Named,
        keep: &Keep,
        now: Timestamp,
    ) -> Result<BTreeMap<StorePath, u64>, DepotError> {
        let store = self.depot.directory.open_in(layout::STORE.as_ref())?;
        let mut unneeded = BTreeMap::new();
        for path in self.depot.store_paths()? {
            let name = path.base_name();
            if kept.paths.contains_key(&path) || !is_old(since(&look(&store, name)?), keep, now) {
                continue;
            }
            let size = match going.paths.get(&path) {
                Some(size) => *size,
                None => own_size(&store, name.as_ref())?,
            };
            unneeded.insert(path, size);
        }
        Ok(unneeded)
    }

    fn unneeded_boot_files(
        &self,
        kept: &Named,
        garbage: &Garbage,
        keep: &Keep,
        now: Timestamp,
    ) -> Result<BTreeMap<FileHash, u64>, DepotError> {
        let parent = self.depot.directory.open_in(layout::BOOT_FILES.as_ref())?;
        let links = self.links_that_go(garbage)?;
        let mut unneeded = BTreeMap::new();
        for hash in self.depot.boot_files()? {
            let stat = look(&parent, hash.to_string())?;
            let going = links.get(&identity(&stat)).copied().unwrap_or_default();
            // Firmware beside config.txt may be one of them, too.
            let is_linked = link_count(&stat) > going + 1;
            if !kept.boot_files.contains(&hash) && !is_linked && is_old(since(&stat), keep, now) {
                unneeded.insert(hash, u64::try_from(stat.st_size).unwrap_or(0));
            }
        }
        Ok(unneeded)
    }

    /// How many names go of each file.
    fn links_that_go(&self, garbage: &Garbage) -> Result<BTreeMap<(u64, u64), u64>, DepotError> {
        let mut links = BTreeMap::new();
        for name in self.directories_that_go(garbage)? {
            let path = self.depot.path().join(&name);
            let Some((parent, name)) = self.open_parent(&name)? else {
                continue;
            };
            let mut walk = Walk::new(parent.as_fd(), name.as_ref(), &path, usize::MAX)?;
            while let Some(step) = walk.step()? {
                let Step::Node(node) = step else { continue };
                match node.kind {
                    FileType::RegularFile => {
                        *links.entry(node.look_at()?.identity()).or_default() += 1;
                    }
                    FileType::Directory => {
                        walk.enter()?;
                    }
                    _ => {}
                }
            }
        }
        Ok(links)
    }

    /// What goes of generations, and what killed commands have left.
    pub(super) fn directories_that_go(
        &self,
        garbage: &Garbage,
    ) -> Result<Vec<PathBuf>, DepotError> {
        let directories = self.depot.boot_directories()?;
        let mut found: Vec<_> = garbage.leftovers.keys().cloned().collect();
        for (name, numbers) in &garbage.generations {
            let directory = directories.get(name).map(|name| layout::tftp(name));
            for number in numbers {
                found.push(layout::generation(name, *number));
                let boot = layout::boot_directory(*number);
                found.extend(directory.iter().map(|directory| directory.join(&boot)));
            }
        }
        Ok(found)
    }

    /// The directory in which something lies, and its name there; nothing where it is
    /// not there.
    fn open_parent(&self, name: &Path) -> Result<Option<(OpenDirectory, PathBuf)>, DepotError> {
        let (Some(parent), Some(own)) = (name.parent(), name.file_name()) else {
            return Ok(None);
        };
        if !self.depot.has(name)? {
            return Ok(None);
        }
        let parent = self.depot.directory.open_in(parent)?;
        Ok(Some((parent, own.into())))
    }
}

fn look(directory: &OpenDirectory, name: impl AsRef<Path>) -> Result<Stat, FsError> {
    let name = name.as_ref();
    statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
        .map_err(failed("read", &directory.path().join(name)))
}

/// Since when something has its name: renaming and linking change this time, and it
/// cannot be set.
fn since(stat: &Stat) -> Timestamp {
    Timestamp(u64::try_from(stat.st_ctime).unwrap_or(0))
}

#[allow(
    clippy::useless_conversion,
    reason = "the types of Stat differ by platform"
)]
fn identity(stat: &Stat) -> (u64, u64) {
    (u64::from(stat.st_dev), u64::from(stat.st_ino))
}

#[allow(
    clippy::useless_conversion,
    reason = "the types of Stat differ by platform"
)]
fn link_count(stat: &Stat) -> u64 {
    u64::from(stat.st_nlink)
}

/// Bytes of the files of a tree that have no name elsewhere.
fn own_size(directory: &OpenDirectory, name: &Path) -> Result<u64, FsError> {
    let path = directory.path().join(name);
    let mut walk = Walk::new(directory.as_fd(), name, &path, usize::MAX)?;
    let mut size = 0_u64;
    while let Some(step) = walk.step()? {
        let Step::Node(node) = step else { continue };
        if node.kind == FileType::Directory {
            walk.enter()?;
            continue;
        }
        let looked = node.look_at()?;
        if looked.shared().is_none() {
            size = size.saturating_add(looked.size);
        }
    }
    Ok(size)
}
