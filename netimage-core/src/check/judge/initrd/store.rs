//! What holds the store when init is started.

use super::{Check, rules};
use crate::store::StoreDir;

impl Check<'_> {
    /// A root in memory has no store of its own.
    pub(super) fn check_store(&mut self) {
        let is_at_store = self.survey.store_dir == StoreDir::default();
        if !is_at_store || !self.initrd.goes_by_tables() || !self.survey.is_nixos() {
            return;
        }
        let Some(mount) = self.initrd.mounts.holder.as_ref() else {
            return;
        };
        if mount.is_in_memory() && !self.initrd.may_mount_store {
            let problem = format!(
                "it mounts {} at {}, but nothing that contains /nix/store",
                mount.kind, mount.place
            );
            self.reporter.report(&rules::NO_STORE, problem);
        }
    }
}
