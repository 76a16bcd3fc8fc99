//! What Nix registers of a store path.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;

use crate::store::{NarHash, NarHashError, StoreDir, StorePath, StorePathError};

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

    /// Makes sure that base names are of the store that is meant.
    pub(crate) fn check_store_dir(&self, named: &str) -> Result<(), RawPathInfoError> {
        if named == self.store_dir.as_str() {
            return Ok(());
        }
        Err(RawPathInfoError::StoreDir {
            named: named.to_owned(),
            wanted: self.store_dir.clone(),
        })
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

/// The JSON fields in which `exportReferencesGraph` and `nix path-info`
/// describe a store path; others are Nix's own affair.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RawPathInfo<'json> {
    #[serde(borrow, default)]
    pub(crate) path: Option<RawText<'json>>,
    #[serde(borrow)]
    nar_hash: RawText<'json>,
    nar_size: u64,
    #[serde(borrow)]
    references: Vec<RawText<'json>>,
    #[serde(borrow, default)]
    deriver: Option<RawText<'json>>,
    #[serde(borrow, default)]
    store_dir: Option<RawText<'json>>,
}

/// A string of a JSON document, borrowed from it where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
pub(crate) struct RawText<'json>(#[serde(borrow)] pub(crate) Cow<'json, str>);

/// Why a store path's entry does not hold what Nix would write.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RawPathInfoError {
    #[error(transparent)]
    Path(#[from] StorePathError),
    #[error(transparent)]
    Hash(#[from] NarHashError),
    #[error(
        "the paths are of the store directory {named}, not {wanted}; give the spec that storeDir, or paths of the other"
    )]
    StoreDir { named: String, wanted: StoreDir },
}

impl RawPathInfo<'_> {
    /// The typed form, for the path named by `path`.
    pub(crate) fn parse(
        self,
        path: &str,
        interner: &mut Interner<'_>,
    ) -> Result<PathInfo, RawPathInfoError> {
        if let Some(store_dir) = &self.store_dir {
            interner.check_store_dir(&store_dir.0)?;
        }
        let path = interner.parse_any(path)?;
        let references = self
            .references
            .iter()
            .map(|reference| interner.parse_any(&reference.0))
            .collect::<Result<_, _>>()?;
        let deriver = self
            .deriver
            .map(|deriver| interner.parse_any(&deriver.0))
            .transpose()?;
        Ok(PathInfo::new(path, self.nar_hash.0.parse()?, self.nar_size)
            .with_references(references)
            .with_deriver(deriver))
    }
}
