//! Brings the store paths of an image into the depot's store.

use std::num::NonZeroUsize;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::delivery::Delivery;
use super::error::DeployError;
use crate::build::{adopt_objects, copy_objects, present_paths};
use crate::depot::disk::Depot;
use crate::depot::{RootKind, layout};
use crate::fs::{FsError, failed};
use crate::image::ManifestObject;
use crate::progress::Observer;

impl Depot {
    /// Copies the store paths of an image that the depot lacks, or takes over those that
    /// have arrived, and proves each. That needs no lock: until a generation names them,
    /// they are nobody's.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when one is not what it has to be, or cannot be copied.
    pub fn receive(
        &self,
        delivery: &Delivery,
        jobs: NonZeroUsize,
        observer: &dyn Observer,
    ) -> Result<(), DeployError> {
        if delivery.image.manifest.root_kind == RootKind::Own {
            return Ok(());
        }
        let store = self.directory.open_in(layout::STORE.as_ref())?;
        // Whoever removes what killed deploys left there waits for this one.
        match flock(&store, FlockOperation::LockShared) {
            // A file system without locks has none to offer to others, either.
            Ok(()) | Err(Errno::NOLCK | Errno::NOSYS | Errno::OPNOTSUPP) => {}
            Err(error) => return Err(failed("lock", store.path())(error).into()),
        }
        let objects = delivery.sources(&missing(self, delivery)?);
        if delivery.has_arrived {
            let adopted = adopt_objects(&objects, store.path(), jobs, observer);
            adopted.map_err(DeployError::of_arrived)?;
        } else {
            copy_objects(&objects, store.path(), jobs, observer)?;
        }
        Ok(())
    }
}

/// The store paths that the depot lacks, by its names.
pub(super) fn missing(depot: &Depot, delivery: &Delivery) -> Result<Vec<ManifestObject>, FsError> {
    let present = present_paths(&depot.path().join(layout::STORE))?;
    Ok(delivery
        .image
        .manifest
        .missing_from(&present)
        .cloned()
        .collect())
}
