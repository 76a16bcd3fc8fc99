//! What holds the store when init is started.

use super::{Check, rules};
use crate::check::facts::Mount;
use crate::nfs::NfsRoot;
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
            self.reporter
                .report(&rules::NO_STORE, problem, self.name_store());
        }
    }

    /// The store by a mount of its own.
    pub(super) fn check_store_mount(&mut self, nfs: &NfsRoot, mount: &Mount, given: &NfsRoot) {
        let below = mount.place.trim_start_matches('/');
        let Ok(own) = nfs.subdirectory(below) else {
            return;
        };
        if given.path() != own.path() || !self.is_at_server(given, nfs) {
            let problem = format!(
                "it mounts {} from {}, but the image has it at {}",
                mount.place,
                given.device(),
                own.device()
            );
            self.say_of_store(problem);
        }
    }

    /// The store on a disk.
    pub(super) fn check_store_disk(&mut self) {
        let holder = self.initrd.mounts.holder.as_ref();
        if let Some(mount) = holder.filter(|mount| mount.is_on_disk() && !mount.is_root()) {
            let problem = format!(
                "it mounts {} from the disk {}, not from the NFS root",
                mount.place, mount.device
            );
            self.say_of_store(problem);
        }
    }

    fn say_of_store(&mut self, problem: String) {
        let remedy =
            "make sure that it holds the image's store, or mount the store from the NFS root";
        self.reporter.report(&rules::OTHER_STORE, problem, remedy);
    }

    /// How stage 1 comes to mount the image's store: with the Nix database beside it,
    /// as the store alone is unknown to Nix, which then collects all of it.
    fn name_store(&self) -> String {
        let Some(nfs) = &self.survey.nfs else {
            return "mount the store, for example with fileSystems.\"/nix\" and neededForBoot"
                .to_owned();
        };
        let nix = nfs.subdirectory("nix");
        let nix = nix.as_ref().unwrap_or(nfs).device();
        format!("leave fileSystems.\"/\" to netImage.nfs, or set fileSystems.\"/nix\" for {nix}")
    }
}
