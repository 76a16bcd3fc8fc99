//! How much room a depot takes and has.

use std::collections::BTreeMap;
use std::path::Path;

use rustix::fs::fstatvfs;
use serde::Serialize;

use super::contents::ManifestReader;
use super::depot::Depot;
use super::error::DepotError;
use crate::depot::layout;
use crate::fs::failed;

/// Room in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Space {
    /// Store paths that the generations of machines in service name.
    pub store_paths: u64,
    /// Their NAR sizes.
    pub store: u64,
}

impl Depot {
    /// How much room it takes, by the manifests of all generations. One that cannot be
    /// read counts nothing; a verification tells of it.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when the depot's own files cannot be read.
    pub fn space(&self) -> Result<Space, DepotError> {
        let mut manifests = ManifestReader::new(self);
        let mut sizes = BTreeMap::new();
        for machine in self.machines()?.iter() {
            let generations = self.known_generations(&machine.name)?;
            for number in generations.unwrap_or_default().all.into_keys() {
                if let Ok((manifest, true)) = manifests.read(&machine.name, number) {
                    let objects = manifest.store.iter();
                    sizes.extend(objects.map(|one| (one.path.clone(), one.nar_size)));
                }
            }
        }
        Ok(Space {
            store_paths: sizes.len() as u64,
            store: sizes
                .values()
                .fold(0, |sum, size| sum.saturating_add(*size)),
        })
    }

    /// Bytes that are free where the store is, for those who are not root.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when the file system does not say.
    pub fn free(&self) -> Result<u64, DepotError> {
        let store = self.directory.open_in(Path::new(layout::STORE))?;
        let room = fstatvfs(&store).map_err(failed("read", store.path()))?;
        Ok(room.f_bavail.saturating_mul(room.f_frsize))
    }
}
