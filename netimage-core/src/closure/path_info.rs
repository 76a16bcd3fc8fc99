//! What Nix registers of a store path.

use std::collections::HashSet;

use crate::store::{NarHash, StoreDir, StorePath, StorePathError};

/// What Nix knows of a valid store path (Nix manual, "Store object info").
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PathInfo {
    /// The store path.
    pub path: StorePath,
    /// SHA-256 of its NAR serialisation.
    pub nar_hash: NarHash,
    /// Bytes of its NAR serialisation.
    pub nar_size: u64,
    /// The store paths it refers to, itself perhaps among them; sorted, each once.
    pub references: Vec<StorePath>,
    /// The store derivation that produced it, where known.
    pub deriver: Option<StorePath>,
}

impl PathInfo {
    /// A path without references and deriver.
    #[must_use]
    pub fn new(path: StorePath, nar_hash: NarHash, nar_size: u64) -> Self {
        Self {
            path,
            nar_hash,
            nar_size,
            references: Vec::new(),
            deriver: None,
        }
    }

    /// With these references, which are sorted and deduplicated.
    #[must_use]
    pub fn with_references(mut self, mut references: Vec<StorePath>) -> Self {
        references.sort_unstable();
        references.dedup();
        self.references = references;
        self
    }

    /// With this deriver.
    #[must_use]
    pub fn with_deriver(mut self, deriver: Option<StorePath>) -> Self {
        self.deriver = deriver;
        self
    }
}

/// Reads store paths so that equal ones share their text: a closure names
/// each path once for every path that refers to it.
pub(crate) struct Interner<'dir> {
    store_dir: &'dir StoreDir,
    known: HashSet<StorePath>,
}

impl<'dir> Interner<'dir> {
    pub(crate) fn new(store_dir: &'dir StoreDir) -> Self {
        Self {
            store_dir,
            known: HashSet::new(),
        }
    }

    pub(crate) fn store_dir(&self) -> &'dir StoreDir {
        self.store_dir
    }

    /// Reads an absolute store path, or, as in the second format of
    /// `nix path-info --json` and the third, a base name.
    pub(crate) fn parse_any(&mut self, text: &str) -> Result<StorePath, StorePathError> {
        if text.starts_with('/') {
            self.parse(text)
        } else {
            self.known
                .get(text)
                .map_or_else(|| text.parse(), |known| Ok(known.clone()))
        }
    }

    /// Reads an absolute store path.
    pub(crate) fn parse(&mut self, absolute: &str) -> Result<StorePath, StorePathError> {
        if let Some(known) = self
            .store_dir
            .strip(absolute)
            .and_then(|base_name| self.known.get(base_name))
        {
            return Ok(known.clone());
        }
        let path = self.store_dir.parse(absolute)?;
        self.known.insert(path.clone());
        Ok(path)
    }
}
