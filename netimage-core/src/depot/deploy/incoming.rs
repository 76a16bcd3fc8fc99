//! An image that another computer sends.
//!
//! It comes into a directory of the depot's store, since store paths can be renamed on
//! one file system only. Only its owner can look into it. It is called by the image, so
//! that what has arrived before a connection broke need not be sent again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, fchmod, flock, mkdirat, syncfs};
use rustix::io::Errno;

use super::announcement::{
    Announcement, Wanted, database_file, files_of, root_directory, store_directory,
};
use super::delivery::Delivery;
use super::error::DeployError;
use super::file_store::{FileStore, link};
use super::options::DeployOptions;
use super::own_root;
use super::plan::check;
use crate::build::present_paths;
use crate::depot::disk::{Depot, LockedDepot, Replacement};
use crate::depot::{Machines, layout};
use crate::fs::{FsError, OpenDirectory, failed, remove_directory};
use crate::image::{BOOT, FileHash, Image, MANIFEST, Manifest, RootKind, RootNode};

/// An image on its way into a depot. Nobody else sends it as long as this is there.
#[derive(Debug)]
pub struct IncomingImage<'depot> {
    depot: &'depot Depot,
    store: OpenDirectory,
    directory: OpenDirectory,
    announcement: Announcement,
    image: Image,
    is_continued: bool,
}

impl<'depot> LockedDepot<'depot> {
    /// Makes the place for an image that is to come, unless a deploy of what was
    /// announced would be refused. As the depot is locked, no collection takes the place
    /// away meanwhile, and later ones see that it is in use.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when it is refused, somebody else sends the same image, or the
    /// place cannot be made.
    pub fn expect_image(
        &self,
        announcement: Announcement,
        options: &DeployOptions,
    ) -> Result<IncomingImage<'depot>, DeployError> {
        let depot = self.depot;
        self.check(&announcement.manifest, options)?;
        let store = depot.directory.open_in(layout::STORE.as_ref())?;
        let text = announcement.manifest.text();
        let name = layout::incoming(&FileHash::of(&text).to_string());
        let is_continued = store.has(name.as_ref())?;
        if !is_continued {
            let path = store.path().join(&name);
            mkdirat(&store, &name, Mode::RWXU).map_err(failed("create", &path))?;
        }
        let directory = store.open_in(name.as_ref())?;
        take(&directory)?;
        let mut replacement = Replacement::of(&directory);
        replacement.add_file(".".into(), MANIFEST, text);
        replacement.commit()?;
        let store_directory = store_directory(&announcement.manifest);
        for name in [store_directory, BOOT.into()] {
            directory.make_directories(&name)?;
        }
        let image = Image::open(directory.path());
        Ok(IncomingImage {
            depot,
            image: image.map_err(|error| DeployError::Announced(Box::new(error)))?,
            store,
            directory,
            announcement,
            is_continued,
        })
    }

    /// Refuses an image of which only the manifest is known, as far as that decides.
    fn check(&self, manifest: &Manifest, options: &DeployOptions) -> Result<(), DeployError> {
        let settings = self.depot.settings();
        if manifest.root_kind == RootKind::Own {
            let record = options.machines.one(&self.records)?;
            return own_root::check_machine(manifest, settings, self.depot, record);
        }
        check(manifest, settings)?;
        let machines = Machines::in_service(self.records.values());
        Ok(options.machines.of(&machines).map(drop)?)
    }
}

impl IncomingImage<'_> {
    /// Whether something of it may have arrived before.
    #[must_use]
    pub const fn is_continued(&self) -> bool {
        self.is_continued
    }

    /// What has to be sent, and where to.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when the depot cannot be read.
    pub fn wanted(&self) -> Result<Wanted, DeployError> {
        let files = FileStore::open(&self.depot.directory)?;
        let present = present_paths(self.store.path())?;
        let has = |sha256| files.has(sha256);
        let wanted = self
            .announcement
            .wanted(self.directory.path(), &present, has);
        wanted.map_err(DeployError::Name)
    }

    /// The image once all that was wanted of it has arrived, completed by what the depot
    /// has. Nothing of it is proved yet.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when something cannot be written, or could not be since this was
    /// expected.
    pub fn delivery(&self) -> Result<Delivery, DeployError> {
        // What is in memory alone would be proved, too.
        if let Err(error) = syncfs(&self.store) {
            // Nobody knows which part of it the disk has.
            let _ = remove_directory(&self.store, &self.directory);
            return Err(failed("write to the disk of", self.store.path())(error).into());
        }
        self.complete()?;
        let manifest = &self.announcement.manifest;
        let arrived = self.directory.path().join(store_directory(manifest));
        let store = match manifest.root_kind {
            RootKind::Shared => self.store.path(),
            RootKind::Own => &arrived,
        };
        let image = self.image.clone().with_store_elsewhere(store);
        let database = self.announcement.database.as_ref();
        Ok(Delivery::arrived(image, arrived, database))
    }

    /// Removes what is left of it.
    ///
    /// # Errors
    ///
    /// [`FsError`] when something cannot be removed.
    pub fn remove(self) -> Result<(), FsError> {
        remove_directory(&self.store, &self.directory)
    }

    /// Adds what the depot has already, and names of the root that are no files.
    fn complete(&self) -> Result<(), DeployError> {
        let manifest = &self.announcement.manifest;
        let root = root_directory(manifest);
        for entry in &manifest.root {
            let name = root.join(entry.name.as_path());
            match &entry.node {
                RootNode::Directory => self.directory.make_directories(&name)?,
                RootNode::Symlink { target } if !self.directory.has(&name)? => {
                    self.make_parent(&name)?;
                    self.directory.symlink(target, &name)?;
                }
                RootNode::Symlink { .. } | RootNode::File { .. } => {}
            }
        }
        let files = FileStore::open(&self.depot.directory)?;
        let mut arrived: BTreeMap<FileHash, PathBuf> = BTreeMap::new();
        let mut missing = Vec::new();
        for (name, sha256) in files_of(manifest) {
            if self.directory.has(&name)? {
                arrived.entry(sha256).or_insert(name);
            } else {
                missing.push((name, sha256));
            }
        }
        for (name, sha256) in missing {
            self.make_parent(&name)?;
            let place = (&self.directory, name.as_path());
            if files.has(sha256) {
                files.link(sha256, place)?;
            } else if let Some(first) = arrived.get(&sha256) {
                link((&self.directory, first), place)?;
            } else if let Some(stored) = self.stored_database_file(&name) {
                link((&self.store, &stored), place)?;
            }
            // What is missing even so is found missing by whoever needs it.
        }
        self.make_database()
    }

    /// Where a file of the image's database lies in the depot's store.
    fn stored_database_file(&self, name: &Path) -> Option<PathBuf> {
        let database = self.announcement.database.as_ref()?;
        let file = database_file(&self.announcement.manifest, name)?;
        Some(Path::new(database.base_name()).join(file))
    }

    /// Makes a store path of the database that has arrived with the root.
    fn make_database(&self) -> Result<(), DeployError> {
        let manifest = &self.announcement.manifest;
        let Some(database) = &self.announcement.database else {
            return Ok(());
        };
        let object = store_directory(manifest).join(database.base_name());
        for (name, _) in files_of(manifest) {
            let Some(file) = database_file(manifest, &name) else {
                continue;
            };
            let second = object.join(file);
            if self.directory.has(&name)? && !self.directory.has(&second)? {
                self.make_parent(&second)?;
                link((&self.directory, &name), (&self.directory, &second))?;
            }
        }
        Ok(())
    }

    fn make_parent(&self, name: &Path) -> Result<(), FsError> {
        let parent = name.parent().unwrap_or(Path::new("."));
        self.directory.make_directories(parent)
    }
}

/// Locks the place of an image for as long as it is open. Its age counts from now.
fn take(directory: &OpenDirectory) -> Result<(), DeployError> {
    match flock(directory, FlockOperation::NonBlockingLockExclusive) {
        // A file system without locks has none for others, either.
        Ok(()) | Err(Errno::NOLCK | Errno::NOSYS | Errno::OPNOTSUPP) => {}
        Err(Errno::WOULDBLOCK) => return Err(DeployError::Busy),
        Err(error) => return Err(failed("lock", directory.path())(error).into()),
    }
    let closed = fchmod(directory, Mode::RWXU);
    Ok(closed.map_err(failed("set the mode of", directory.path()))?)
}
