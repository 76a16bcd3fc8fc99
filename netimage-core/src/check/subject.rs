//! What is checked.

use std::path::{Path, PathBuf};

use crate::boot::{Board, Serial};
use crate::fs::FsError;
use crate::image::{Image, RootKind};
use crate::nfs::{NfsError, NfsRoot};
use crate::store::{StoreDir, StorePath};

/// A boot tree, and the root that belongs to it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Subject {
    /// The directory that is served over TFTP, or the one of a board in it. In the
    /// first a board looks into the directory that is called by its
    /// [`serial`](Self::serial) number; without that, the only one is taken if nothing
    /// else is there.
    pub boot: PathBuf,
    /// The directory that is exported over NFS; without it, nothing is said of
    /// the store and the system in it.
    pub root: Option<PathBuf>,
    /// The store directory of the root.
    pub store_dir: StoreDir,
    /// The system to boot; without it, the one that `init=` names.
    pub toplevel: Option<StorePath>,
    /// Whether that which is mounted is the root, or the store alone.
    pub root_kind: RootKind,
    /// Where the root is mounted from, as far as that is known.
    pub nfs: Option<NfsRoot>,
    /// Whether `nfs` says the version, and has not just been given the default one.
    pub knows_nfs_version: bool,
    /// Why that which was given for it is none; a finding says so.
    pub nfs_error: Option<NfsError>,
    /// The boards that have to boot; without any, those whose device tree is in
    /// the boot tree.
    pub boards: Vec<Board>,
    /// Where the store paths of a lean image lie.
    pub(crate) lean_store: Option<PathBuf>,
    /// The serial number of the one board that is meant, where that is known: it
    /// decides filters like `[0x1234abcd]` in `config.txt`.
    pub serial: Option<Serial>,
    /// Codes of findings that are set apart.
    pub allow: Vec<String>,
}

/// Why an image cannot be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// The boot tree or the root cannot be opened.
    #[error(transparent)]
    Open(FsError),
    /// Something in them cannot be read.
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl CheckError {
    /// Whether the [`Observer`](crate::Observer) asked to stop, and that is all.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Fs(FsError::Cancelled))
    }
}

impl Subject {
    /// A boot tree and, perhaps, its root, of which nothing else is known.
    #[must_use]
    pub fn new(boot: &Path, root: Option<&Path>) -> Self {
        Self {
            boot: boot.to_owned(),
            root: root.map(Path::to_owned),
            store_dir: StoreDir::default(),
            toplevel: None,
            root_kind: RootKind::Own,
            nfs: None,
            knows_nfs_version: true,
            nfs_error: None,
            boards: Vec::new(),
            lean_store: None,
            serial: None,
            allow: Vec::new(),
        }
    }

    /// An image, with all that its manifest says of it.
    #[must_use]
    pub fn of_image(image: &Image) -> Self {
        let manifest = &image.manifest;
        Self {
            boot: image.boot.clone(),
            root: Some(image.root.clone()),
            store_dir: manifest.store_dir.clone(),
            toplevel: manifest.toplevel.clone(),
            root_kind: manifest.root_kind,
            nfs: Some(manifest.nfs.clone()),
            knows_nfs_version: true,
            nfs_error: None,
            boards: manifest.boards.clone(),
            lean_store: image
                .lean_store()
                .map(|(_, directory)| directory.to_owned()),
            serial: None,
            allow: manifest.allow.clone(),
        }
    }

    /// The store of a lean image: the directory that it stands for, and where it is.
    pub(crate) fn store(&self) -> Option<(&StoreDir, &Path)> {
        let real = self.lean_store.as_deref()?;
        Some((&self.store_dir, real))
    }
}
