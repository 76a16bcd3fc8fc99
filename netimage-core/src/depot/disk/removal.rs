//! Takes away what belongs to no machine any more.

use rustix::fs::{AtFlags, FileType, renameat, unlinkat};
use rustix::io::Errno;

use super::depot::Depot;
use super::error::DepotError;
use super::locked::LockedDepot;
use super::replace::{Replacement, remove, sync, unfinished_in};
use crate::depot::{
    GenerationNumber, Machine, MachineName, MachineRecord, Removal, RootKind, layout,
};
use crate::fs::{
    FsError, OpenDirectory, Private, create_private, failed, find_private, remove_directory,
};

/// Where directories are made and removed.
const PARENTS: [&str; 4] = [
    layout::MACHINES,
    layout::OWN_ROOTS,
    layout::PERSIST,
    layout::TFTP,
];

impl LockedDepot<'_> {
    /// Removes what machines had that were removed or have another directory.
    pub(super) fn finish_removals(&mut self) -> Result<(), DepotError> {
        let unfinished: Vec<MachineRecord> = self
            .records
            .values()
            .filter(|record| record.spare_tftp_directory.is_some() || record.removed.is_some())
            .cloned()
            .collect();
        for mut record in unfinished {
            let name = record.machine.name.clone();
            if let Some(spare) = record.spare_tftp_directory.take() {
                self.remove_tftp_directory(&spare)?;
                let mut replacement = Replacement::of(&self.depot.directory);
                replacement.add_json(layout::machine(&name), layout::MACHINE, &record)?;
                replacement.commit()?;
            }
            if let Some(removal) = record.removed {
                self.take_out_of_service(&record, removal)?;
                if self.purge(&name, removal)? {
                    self.records.remove(&name);
                    continue;
                }
            }
            self.records.insert(name, record);
        }
        Ok(())
    }

    /// Lets a machine be served nothing. What a machine with a root of its own is served
    /// was not made by the depot, so that it is kept.
    fn take_out_of_service(
        &self,
        record: &MachineRecord,
        removal: Removal,
    ) -> Result<(), DepotError> {
        let Some(directory) = record.machine.tftp_directory() else {
            return Ok(());
        };
        let path = layout::tftp(&directory);
        let is_kept = record.machine.root == Some(RootKind::Own) && !removal.purge;
        if is_kept && self.is_free(&directory) && self.depot.tree.open_directory(&path).is_ok() {
            let from = self.depot.directory.open_in(layout::TFTP.as_ref())?;
            let to = layout::machine(&record.machine.name);
            let to = self.depot.directory.open_in(&to)?;
            renameat(&from, &directory, &to, layout::TFTP)
                .map_err(failed("move", &from.path().join(&directory)))?;
            return Ok(sync(&to).and_then(|()| sync(&from))?);
        }
        self.remove_tftp_directory(&directory)
    }

    /// Removes a directory of the TFTP server, unless a machine has it.
    fn remove_tftp_directory(&self, directory: &str) -> Result<(), DepotError> {
        if self.is_free(directory) {
            take_away(self.depot, layout::TFTP, directory)?;
        }
        Ok(())
    }

    /// Whether no machine has a directory of the TFTP server.
    fn is_free(&self, directory: &str) -> bool {
        let has = |record: &MachineRecord| {
            record.is_in_service() && record.machine.tftp_directory().as_deref() == Some(directory)
        };
        !self.records.values().any(has)
    }

    /// Whether nothing of the machine is left.
    fn purge(&self, name: &MachineName, removal: Removal) -> Result<bool, DepotError> {
        if removal.purge {
            // Last what says that it is to go.
            for parent in [layout::PERSIST, layout::OWN_ROOTS, layout::MACHINES] {
                take_away(self.depot, parent, name.as_str())?;
            }
        }
        Ok(removal.purge)
    }

    /// Removes what a killed deploy has made of a generation that never came to be.
    fn remove_unfinished_generation(
        &self,
        name: &MachineName,
        number: GenerationNumber,
    ) -> Result<(), DepotError> {
        let machine = self.machines.get(name).filter(|_| !self.has_own_root(name));
        let boot = machine.and_then(Machine::tftp_directory);
        let boot = boot.map(|one| layout::tftp(&one).join(layout::boot_directory(number)));
        for path in boot.into_iter().chain([layout::generation(name, number)]) {
            if let (true, Some(parent)) = (self.depot.has(&path)?, path.parent()) {
                let parent = self.depot.directory.open_in(parent)?;
                let left = path.file_name().unwrap_or_default();
                remove_directory(&parent, &parent.open_in(left.as_ref())?)?;
            }
        }
        Ok(())
    }

    /// Removes what killed commands have left.
    pub(super) fn remove_leftovers(&self) -> Result<(), DepotError> {
        for parent in PARENTS {
            let parent = self.depot.directory.open_in(parent.as_ref())?;
            for found in find_private(&parent)? {
                if let Private::Abandoned(directory) = found? {
                    remove_directory(&parent, &directory)?;
                }
            }
        }
        remove_unfinished(&self.depot.directory)?;
        remove_unfinished(&self.depot.directory.open_in(layout::TFTP.as_ref())?)?;
        for (name, generations) in &self.generations {
            self.remove_unfinished_generation(name, generations.next_number())?;
        }
        for record in self.records.values() {
            let directory = layout::machine(&record.machine.name);
            let directory = self.depot.directory.open_in(&directory)?;
            remove_unfinished(&directory)?;
        }
        for machine in self.machines.iter() {
            let directory = machine.tftp_directory().map(|name| layout::tftp(&name));
            // A root of its own is the machine's.
            if let Some(directory) = directory.filter(|_| !self.has_own_root(&machine.name))
                && self.depot.has(&directory)?
            {
                remove_unfinished(&self.depot.directory.open_in(&directory)?)?;
            }
        }
        Ok(())
    }
}

fn remove_unfinished(directory: &OpenDirectory) -> Result<(), FsError> {
    let names = unfinished_in(directory)?;
    names.iter().try_for_each(|name| remove(directory, name))
}

/// Removes whatever has a name, which is gone at once.
fn take_away(depot: &Depot, parent: &str, name: &str) -> Result<(), FsError> {
    let parent = depot.directory.open_in(parent.as_ref())?;
    let path = parent.path().join(name);
    let stat = rustix::fs::statat(&parent, name, AtFlags::SYMLINK_NOFOLLOW);
    match stat.map(|stat| FileType::from_raw_mode(stat.st_mode)) {
        Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(FsError::io("read", path, error)),
        Ok(FileType::Directory) => {
            let trash = create_private(&parent)?;
            renameat(&parent, name, &trash, name).map_err(failed("remove", &path))?;
            sync(&parent)?;
            remove_directory(&parent, &trash)
        }
        Ok(_) => {
            unlinkat(&parent, name, AtFlags::empty()).map_err(failed("remove", &path))?;
            sync(&parent)
        }
    }
}
