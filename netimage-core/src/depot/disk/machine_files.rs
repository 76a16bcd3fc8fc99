//! Machines come, change and go.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use rustix::fs::Mode;

use super::error::DepotError;
use super::locked::LockedDepot;
use super::replace::{Replacement, settle};
use super::{boot_tree, host_key};
use crate::depot::{
    Generations, Machine, MachineId, MachineName, MachineRecord, Machines, RootKind, Timestamp,
    layout,
};
use crate::fs::{FsError, OpenDirectory, create_private, failed, remove_directory};

/// Where a machine has its SSH host keys, in what it keeps (sshd(8)).
const HOST_KEYS: &str = "etc/ssh";

impl LockedDepot<'_> {
    /// Adds a machine, with a machine ID and, if wanted, an SSH host key. One with a root
    /// of its own is taken over as it is served: its root and its directory of the TFTP
    /// server have to be there. Of any other, neither may be. One that was here before takes
    /// up what it [has kept](Self::has_kept), its machine ID and SSH host key with it; of its
    /// generations there is only what it may be up in, so that nothing of that is collected.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when it is in the way of another machine, or something cannot be
    /// written; there is no such machine then.
    pub fn add_machine(
        &mut self,
        machine: Machine,
        with_host_key: bool,
    ) -> Result<&MachineRecord, DepotError> {
        let name = machine.name.clone();
        self.check_address(&machine)?;
        let mut machines = self.machines.clone();
        machines.add(machine.clone())?;
        if machine.root == Some(RootKind::Own) {
            self.check_adopted(&machine)?;
        } else {
            self.check_tftp_directory(&machine)?;
        }
        if self.has_kept(&name) {
            self.take_up(machine, with_host_key)?;
            self.machines = machines;
            self.finish_machines()?;
            return self.record(&name);
        }
        let record = MachineRecord::new(machine, random_machine_id()?);
        let parent = self.depot.directory.open_in(layout::MACHINES.as_ref())?;
        let made = create_private(&parent)?;
        // All that takes space is there before the machine is.
        let persist = self.write_new(&made, &record, with_host_key);
        let persist = persist.inspect_err(|_| {
            // What cannot be removed, a collection does.
            let _ = remove_directory(&parent, &made);
        })?;
        settle(&parent, &made, name.as_str().as_ref())?;
        self.machines = machines;
        self.generations
            .insert(name.clone(), Generations::default());
        if let Some((parent, made)) = persist {
            settle(&parent, &made, name.as_str().as_ref())?;
        }
        Ok(self.records.entry(name).or_insert(record))
    }

    /// Writes a machine's directory before it has its name, and that of what it keeps.
    fn write_new(
        &self,
        made: &OpenDirectory,
        record: &MachineRecord,
        with_host_key: bool,
    ) -> Result<Option<(OpenDirectory, OpenDirectory)>, DepotError> {
        let machine = &record.machine;
        if with_host_key {
            host_key::make(made, &machine.name)?;
        }
        let mut replacement = Replacement::of(made);
        replacement.add_json(".".into(), layout::MACHINE, record)?;
        replacement.commit()?;
        if machine.root == Some(RootKind::Own) {
            return Ok(None);
        }
        self.prepare_persist(
            &machine.name,
            &Path::new(layout::MACHINES).join(made.name()),
        )
    }

    /// Whether something is left of a machine of that name that was removed.
    #[must_use]
    pub fn has_kept(&self, name: &MachineName) -> bool {
        self.records.contains_key(name) && self.machines.get(name).is_none()
    }

    /// Has a machine in service again.
    fn take_up(&mut self, machine: Machine, with_host_key: bool) -> Result<(), DepotError> {
        let name = machine.name.clone();
        if with_host_key && self.depot.host_key(&name)?.is_none() {
            return Err(DepotError::KeptWithoutKey(name));
        }
        let former = self.records.get(&name);
        let id = former.ok_or_else(|| DepotError::UnknownMachine(name.clone()))?;
        let record = MachineRecord::new(machine, id.machine_id);
        // Their boot files went with the directory of the TFTP server.
        let generations = self.depot.generations(&name)?.taken_up();
        let directory = layout::machine(&name);
        let mut replacement = Replacement::of(&self.depot.directory);
        replacement.add_json(directory.clone(), layout::GENERATIONS, &generations)?;
        replacement.add_json(directory, layout::MACHINE, &record)?;
        replacement.commit()?;
        self.generations.insert(name.clone(), generations);
        self.records.insert(name, record);
        Ok(())
    }

    /// Files and exports are told apart by addresses.
    fn check_address(&self, machine: &Machine) -> Result<(), DepotError> {
        let (name, address) = (machine.name.clone(), machine.address);
        if self.depot.settings().nfs.address() == Some(address) {
            return Err(DepotError::ServerAddress { name, address });
        }
        Ok(())
    }

    /// Puts a machine in the place of the one of its name. Its generations stay.
    ///
    /// # Errors
    ///
    /// As [`LockedDepot::add_machine`].
    pub fn set_machine(&mut self, machine: Machine) -> Result<(), DepotError> {
        let mut record = self.record(&machine.name)?.clone();
        self.check_address(&machine)?;
        let mut machines = self.machines.clone();
        machines.set(machine.clone())?;
        let (former, next) = (record.machine.tftp_directory(), machine.tftp_directory());
        if former != next {
            self.check_tftp_directory(&machine)?;
            if let (Some(former), Some(next)) = (&former, &next) {
                // First that the new one is to go, in case that nothing comes after it.
                record.spare_tftp_directory = Some(next.clone());
                self.write_record(&record)?;
                self.copy_tftp_directory(former, next)?;
            }
            record.spare_tftp_directory = former;
        }
        record.machine = machine;
        self.write_record(&record)?;
        self.records.insert(record.machine.name.clone(), record);
        self.machines = machines;
        self.finish_removals()
    }

    /// Takes a machine out of service: it is served nothing any more. Its generations
    /// go with time, and what it keeps stays unless `purge` says otherwise.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when there is no such machine, or something cannot be written.
    pub fn remove_machine(
        &mut self,
        name: &MachineName,
        purge: bool,
        now: Timestamp,
    ) -> Result<(), DepotError> {
        let record = self.records.get(name).filter(|_| {
            // Of one that was removed before, the rest may go.
            purge || self.machines.get(name).is_some()
        });
        let Some(mut record) = record.cloned() else {
            return Err(DepotError::UnknownMachine(name.clone()));
        };
        record.remove(purge, now);
        self.write_record(&record)?;
        self.records.insert(name.clone(), record);
        self.machines.remove(name);
        self.generations.remove(name);
        self.served.remove(name);
        self.linked.remove(name);
        self.finish_removals()
    }

    /// Notes where machines have their store to which something is deployed.
    pub(in crate::depot) fn set_roots(
        &mut self,
        names: &[MachineName],
        root: RootKind,
    ) -> Result<(), DepotError> {
        let mut replacement = Replacement::of(&self.depot.directory);
        let mut changed = Vec::new();
        for name in names {
            let record = self.record(name)?;
            if record.machine.root != Some(root) {
                let mut record = record.clone();
                record.machine.root = Some(root);
                replacement.add_json(layout::machine(name), layout::MACHINE, &record)?;
                changed.push(record);
            }
        }
        replacement.commit()?;
        for record in changed {
            self.records.insert(record.machine.name.clone(), record);
        }
        self.machines = Machines::in_service(self.records.values());
        Ok(())
    }

    fn write_record(&self, record: &MachineRecord) -> Result<(), DepotError> {
        let directory = layout::machine(&record.machine.name);
        let mut replacement = Replacement::of(&self.depot.directory);
        replacement.add_json(directory, layout::MACHINE, record)?;
        Ok(replacement.commit()?)
    }

    fn check_adopted(&self, machine: &Machine) -> Result<(), DepotError> {
        let directory = machine.tftp_directory().unwrap_or_default();
        for path in [layout::tftp(&directory), layout::own_root(&machine.name)] {
            if !self.depot.has(&path)? {
                return Err(DepotError::NothingToAdopt(self.depot.path().join(path)));
            }
        }
        Ok(())
    }

    /// A directory that is there belongs to whoever has made it.
    fn check_tftp_directory(&self, machine: &Machine) -> Result<(), DepotError> {
        let directory = machine.tftp_directory().unwrap_or_default();
        let path = layout::tftp(&directory);
        if self.depot.has(&path)? {
            return Err(DepotError::TftpDirectory(self.depot.path().join(path)));
        }
        Ok(())
    }

    /// Makes what machines were added without, as that was killed.
    pub(super) fn finish_machines(&self) -> Result<(), DepotError> {
        for machine in self.machines.iter() {
            if machine.root != Some(RootKind::Own) {
                self.make_persist(&machine.name)?;
            }
        }
        Ok(())
    }

    /// Makes the directory of what a machine keeps, unless it is there.
    fn make_persist(&self, name: &MachineName) -> Result<(), DepotError> {
        match self.prepare_persist(name, &layout::machine(name))? {
            Some((parent, made)) => Ok(settle(&parent, &made, name.as_str().as_ref())?),
            None => Ok(()),
        }
    }

    /// The directory of what a machine keeps, before it has its name, and the one above;
    /// nothing where it is there. It has the SSH host key of the machine's own directory.
    fn prepare_persist(
        &self,
        name: &MachineName,
        directory: &Path,
    ) -> Result<Option<(OpenDirectory, OpenDirectory)>, DepotError> {
        if self.depot.has(&layout::persist(name))? {
            return Ok(None);
        }
        let parent = self.depot.directory.open_in(layout::PERSIST.as_ref())?;
        let made = create_private(&parent)?;
        let written = self.write_host_key(&made, directory);
        written.inspect_err(|_| {
            let _ = remove_directory(&parent, &made);
        })?;
        Ok(Some((parent, made)))
    }

    /// Copies a machine's SSH host key, if it has one, to what it keeps.
    fn write_host_key(&self, made: &OpenDirectory, directory: &Path) -> Result<(), DepotError> {
        if let Some(files) = self.depot.host_key_files(directory)? {
            made.make_directories(HOST_KEYS.as_ref())?;
            for ((file, bytes), mode) in host_key::halves().iter().zip(files).zip([0o600, 0o644]) {
                let path = Path::new(HOST_KEYS).join(file);
                let mut written = made.create(&path, Mode::from_raw_mode(mode))?;
                let written = written.write_all(&bytes);
                written.map_err(failed("write", &made.path_of(&path)))?;
            }
        }
        Ok(())
    }

    /// Copies a machine's directory of the TFTP server, whose files are linked as they
    /// never change.
    fn copy_tftp_directory(&self, former: &str, next: &str) -> Result<(), DepotError> {
        if self.depot.has(&layout::tftp(former))? {
            let parent = self.depot.directory.open_in(layout::TFTP.as_ref())?;
            boot_tree::copy(&parent, former, next)?;
        }
        Ok(())
    }
}

#[allow(clippy::disallowed_methods, reason = "a device, in no tree")]
fn random_machine_id() -> Result<MachineId, FsError> {
    let path = Path::new("/dev/urandom");
    let mut random = File::open(path).map_err(failed("open", path))?;
    let mut bits = [0; 16];
    random.read_exact(&mut bits).map_err(failed("read", path))?;
    Ok(MachineId::from_random(bits))
}
