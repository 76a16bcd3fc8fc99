//! An image that is there.

use std::io::{BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use rustix::fs::FileType;
use rustix::io::Errno;

use super::manifest::Manifest;
use super::plan::below_root;
use super::read_manifest::{ManifestError, open_image};
use super::{BOOT, MANIFEST, NET_IMAGE, OS, REGISTRATION};
use crate::closure::{Closure, ClosureError, RegistrationError, parse_registration};
use crate::fs::{Enclosed, Found, FsError, Links, OpenDirectory, ServedDirectory};
use crate::store::{StoreDir, StorePath};

/// Why an image cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// No manifest.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// Not readable.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// The registration would not load.
    #[error("the image's registration would not load; build the image again")]
    Registration(#[from] RegistrationError),
    /// The registration is not a complete closure.
    #[error("the image's registration is not a closure; build the image again")]
    Closure(#[from] ClosureError),
}

impl ImageError {
    /// Whether the [`Observer`](crate::Observer) asked to stop, and that is all.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Fs(FsError::Cancelled))
    }
}

/// An image on disk: its manifest, and where its parts lie.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Image {
    /// What it holds.
    pub manifest: Manifest,
    /// The directory `net-image`.
    pub directory: PathBuf,
    /// The directory that is served over TFTP.
    pub boot: PathBuf,
    /// The directory that is exported over NFS.
    pub root: PathBuf,
    /// Where the store paths of a lean image lie, if not in the store directory.
    real_store_dir: Option<PathBuf>,
    /// Whether its store paths lie elsewhere, as those of a lean image do.
    lacks_store: bool,
}

impl Image {
    /// Opens the image at `path`, which is what the builder wrote or the
    /// directory `net-image` in it. That may be a symbolic link, as `result` is;
    /// no part of the image may lead out of it.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] when it has no manifest that this library can read, or
    /// its boot tree, its root or its store lies elsewhere.
    pub fn open(path: &Path) -> Result<Self, ManifestError> {
        let whole = open_image(path)?;
        let (manifest, net_image) = Manifest::read_within(&whole)?;
        let image = Self::new(manifest, net_image);
        let store = image.root.join(below_root(&image.manifest.store_dir));
        for part in [&image.boot, &image.root, &store, &image.registration()] {
            let looked = part.strip_prefix(path).map(|below| whole.look_up(below));
            // What is missing or cannot be read is said where it is read.
            if matches!(looked, Ok(Err(Errno::XDEV | Errno::LOOP))) {
                return Err(ManifestError::LeadsOut(part.clone()));
            }
        }
        Ok(image)
    }

    /// The image in a directory `net-image` with this manifest.
    pub(crate) fn new(manifest: Manifest, net_image: PathBuf) -> Self {
        let root = manifest.root_directory_name.as_path();
        Self {
            boot: net_image.join(BOOT),
            root: net_image.join(OS).join(root),
            directory: net_image,
            real_store_dir: None,
            lacks_store: manifest.lean,
            manifest,
        }
    }

    /// Takes the store paths of a lean image from this directory instead of the store
    /// directory.
    #[must_use]
    pub fn with_real_store_dir(mut self, directory: &Path) -> Self {
        self.real_store_dir = Some(directory.to_owned());
        self
    }

    /// Takes the store paths from this directory, whether the image is lean or not.
    pub(crate) fn with_store_elsewhere(mut self, directory: &Path) -> Self {
        self.lacks_store = true;
        self.with_real_store_dir(directory)
    }

    /// The directory that holds its store paths: in its root, or of a lean image the
    /// store that it was built in.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        match self.lean_store() {
            Some((_, directory)) => directory.to_owned(),
            None => self.root.join(below_root(&self.manifest.store_dir)),
        }
    }

    /// Of a lean image, the store directory and where its store paths lie.
    pub(crate) fn lean_store(&self) -> Option<(&StoreDir, &Path)> {
        let store_dir = &self.manifest.store_dir;
        let real = self.real_store_dir.as_deref();
        let real = real.unwrap_or_else(|| store_dir.as_path());
        self.lacks_store.then_some((store_dir, real))
    }

    /// The boot tree, of a lean image with what its links lead to.
    ///
    /// # Errors
    ///
    /// [`FsError`] when it, or the store of a lean image, cannot be opened.
    pub fn open_boot(&self) -> Result<ServedDirectory, FsError> {
        ServedDirectory::open(&self.boot)?.with_store(self.lean_store())
    }

    /// The root, of a lean image with what its links lead to.
    pub(crate) fn open_root(&self) -> Result<Enclosed, FsError> {
        Enclosed::open(&self.root, Links::Outside)?.with_store(self.lean_store())
    }

    /// The store paths that a lean image refers to, but its store does not have; none of
    /// an image that holds its own.
    ///
    /// # Errors
    ///
    /// [`FsError`] when the store is there and cannot be read.
    pub fn absent_store_paths(&self) -> Result<Vec<&StorePath>, FsError> {
        let paths = self.manifest.store.iter().map(|object| &object.path);
        let Some((_, store)) = self.lean_store() else {
            return Ok(Vec::new());
        };
        let store = match OpenDirectory::open(store) {
            Err(FsError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                return Ok(paths.collect());
            }
            opened => opened?,
        };
        let mut absent = Vec::new();
        for path in paths {
            if !store.has(path.base_name().as_ref())? {
                absent.push(path);
            }
        }
        Ok(absent)
    }

    /// The closure, as the image's registration has it.
    ///
    /// # Errors
    ///
    /// [`ImageError`] when the registration is missing, would not load, or
    /// is not a complete closure.
    pub fn closure(&self) -> Result<Closure, ImageError> {
        let root = Enclosed::open(&self.root, Links::Outside)?;
        let (text, _) = root.open_file(Path::new(REGISTRATION))?;
        self.parse_closure(text)
    }

    /// The closure, from the text of its registration.
    pub(crate) fn parse_closure(&self, text: impl Read) -> Result<Closure, ImageError> {
        let store_dir = self.manifest.store_dir.clone();
        let infos = parse_registration(BufReader::new(text), &store_dir)?;
        let roots = self.manifest.toplevel.clone();
        Ok(Closure::new(store_dir, infos, roots)?)
    }

    /// The registration dump.
    pub(crate) fn registration(&self) -> PathBuf {
        self.root.join(REGISTRATION)
    }
}

/// The boot tree of the image at `path`, without a look at its manifest; nothing
/// where there is no image.
///
/// # Errors
///
/// [`ManifestError::LeadsOut`] when it lies elsewhere.
pub fn boot_directory(path: &Path) -> Result<Option<PathBuf>, ManifestError> {
    let Ok(whole) = Enclosed::open(path, Links::Outside) else {
        // Whoever opens it as a directory says why not.
        return Ok(None);
    };
    let is_net_image = matches!(whole.find(Path::new(MANIFEST)), Ok(Found::File(..)));
    let places = [
        Some(Path::new(NET_IMAGE).join(BOOT)),
        is_net_image.then(|| PathBuf::from(BOOT)),
    ];
    for boot in places.into_iter().flatten() {
        match whole.look_up(&boot) {
            Ok(looked) if looked.kind == FileType::Directory => return Ok(Some(path.join(boot))),
            Err(Errno::XDEV | Errno::LOOP) => return Err(ManifestError::LeadsOut(path.join(boot))),
            _ => {}
        }
    }
    Ok(None)
}
