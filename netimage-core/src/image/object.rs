//! The store paths of an image.

use std::path::{Path, PathBuf};

use crate::closure::PathInfo;
use crate::store::{NarHash, StorePath};

/// A store path of an image.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestObject {
    /// Its path.
    pub path: StorePath,
    /// SHA-256 of its NAR serialisation.
    pub nar_hash: NarHash,
    /// Bytes of its NAR serialisation.
    pub nar_size: u64,
    /// Regular files and links in it; none where they have not been counted.
    pub files: Option<u64>,
}

/// A store path, what it has to be, and the place to copy it from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoreObject {
    /// The path.
    pub path: StorePath,
    /// SHA-256 of its NAR serialisation.
    pub nar_hash: NarHash,
    /// Bytes of its NAR serialisation.
    pub nar_size: u64,
    /// Where it lies.
    pub source: PathBuf,
}

impl ManifestObject {
    pub(crate) fn new(info: &PathInfo, files: Option<u64>) -> Self {
        Self {
            path: info.path.clone(),
            nar_hash: info.nar_hash,
            nar_size: info.nar_size,
            files,
        }
    }

    /// The same, to be copied from a store directory, an image's
    /// [`store`](super::Image::store) for one.
    #[must_use]
    pub fn at(&self, store: &Path) -> StoreObject {
        StoreObject {
            path: self.path.clone(),
            nar_hash: self.nar_hash,
            nar_size: self.nar_size,
            source: store.join(self.path.base_name()),
        }
    }
}
