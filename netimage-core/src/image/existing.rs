//! An image that is there.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use super::manifest::{Manifest, ManifestError, net_image};
use super::plan::below_root;
use super::{BOOT, OS, REGISTRATION};
use crate::closure::{Closure, ClosureError, RegistrationError, parse_registration};
use crate::fs::FsError;

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
}

impl Image {
    /// Opens the image at `path`, which is what the builder wrote or the
    /// directory `net-image` in it.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] when it has no manifest that this library can read.
    pub fn open(path: &Path) -> Result<Self, ManifestError> {
        let manifest = Manifest::read(path)?;
        let net_image = net_image(path).ok_or_else(|| ManifestError::Missing(path.to_owned()))?;
        Ok(Self::new(manifest, net_image))
    }

    /// The image in a directory `net-image` with this manifest.
    pub(crate) fn new(manifest: Manifest, net_image: PathBuf) -> Self {
        let root = manifest.root_directory_name.as_path();
        Self {
            boot: net_image.join(BOOT),
            root: net_image.join(OS).join(root),
            directory: net_image,
            manifest,
        }
    }

    /// The directory of the root that holds its store paths.
    #[must_use]
    pub fn store(&self) -> PathBuf {
        self.root.join(below_root(&self.manifest.store_dir))
    }

    /// The closure, as the image's registration has it.
    ///
    /// # Errors
    ///
    /// [`ImageError`] when the registration is missing, would not load, or
    /// is not a complete closure.
    pub fn closure(&self) -> Result<Closure, ImageError> {
        let path = self.registration();
        let text = File::open(&path).map_err(|error| FsError::io("open", &path, error))?;
        let store_dir = self.manifest.store_dir.clone();
        let infos = parse_registration(BufReader::new(text), &store_dir)?;
        let toplevel = self.manifest.toplevel.as_deref();
        let roots = toplevel.and_then(|toplevel| store_dir.parse(toplevel).ok());
        Ok(Closure::new(store_dir, infos, roots)?)
    }

    /// The registration dump.
    pub(crate) fn registration(&self) -> PathBuf {
        self.root.join(REGISTRATION)
    }
}
