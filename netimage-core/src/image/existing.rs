//! An image that is there.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::manifest::{Manifest, ManifestError, missing, net_image};
use super::plan::below_root;
use super::{BOOT, MANIFEST, OS, REGISTRATION};
use crate::closure::{Closure, ClosureError, RegistrationError, parse_registration};
use crate::fs::{Enclosed, FsError, Links, open_regular};

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
    /// directory `net-image` in it. That may be a symbolic link, as `result` is;
    /// no part of the image may lead out of it.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] when it has no manifest that this library can read, or
    /// its boot tree, its root or its store lies elsewhere.
    pub fn open(path: &Path) -> Result<Self, ManifestError> {
        let net_image = net_image(path).ok_or_else(|| missing(path))?;
        let whole = Enclosed::open(path, Links::Outside)?;
        let stays = |part: &Path| match part.strip_prefix(path).map(|below| whole.look_up(below)) {
            Ok(Err(Errno::XDEV | Errno::LOOP)) => Err(ManifestError::LeadsOut(part.to_owned())),
            // What is missing or cannot be read is said where it is read.
            _ => Ok(()),
        };
        stays(&net_image.join(MANIFEST))?;
        let image = Self::new(Manifest::read(path)?, net_image);
        for part in [
            &image.boot,
            &image.root,
            &image.store(),
            &image.registration(),
        ] {
            stays(part)?;
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
        let (text, _) = open_regular(&path)?;
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
