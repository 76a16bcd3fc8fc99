//! Gives machines the firmware of an image.

use std::path::{Path, PathBuf};

use rustix::fs::renameat;

use super::error::{DeployError, DeployRefusal};
use super::file_store::FileStore;
use super::firmware::{add, release};
use super::firmware_proof::FirmwareProofs;
use super::report::MachineFirmware;
use super::selection::Selection;
use crate::boot::Board;
use crate::depot::disk::{Depot, FileSystems, LockedDepot};
use crate::depot::{Machine, Machines, RootKind, Timestamp, layout};
use crate::fs::{FsError, OpenDirectory, create_private, failed, remove_directory};
use crate::image::{BootFile, Image};
use crate::progress::Observer;
use crate::tree::TargetName;

/// What is to be changed.
struct Change<'image> {
    release: Vec<&'image BootFile>,
    /// The boards of the image, for machines of which it is not known what they are.
    boards: &'image [Board],
    machines: Vec<(Machine, MachineFirmware)>,
}

impl Depot {
    /// Says what firmware would be changed, and changes nothing.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when it would be refused for what the image or the machines are,
    /// or something cannot be read. No generation is checked.
    pub fn plan_firmware(
        &self,
        image: &Image,
        machines: &Selection,
    ) -> Result<Vec<MachineFirmware>, DeployError> {
        let files = FileStore::open(&self.directory)?;
        let change = change(self, &self.machines()?, &files, image, machines)?;
        Ok(change.machines.into_iter().map(|(_, one)| one).collect())
    }
}

impl LockedDepot<'_> {
    /// Replaces the firmware of machines by that of an image, each file by one rename,
    /// in the order in which boards read them. Firmware that the image lacks stays. Before
    /// that, the generations that each machine is or may next be served are checked with
    /// it. Firmware is not changed while its machine boots, as far as dnsmasq's hook tells
    /// that. A board that begins to boot at that very moment may read parts of two
    /// releases.
    ///
    /// # Errors
    ///
    /// [`DeployError`]; when something could not be written at the very end, some is
    /// changed and some is not, and doing it again changes the rest.
    pub fn change_firmware(
        &self,
        image: &Image,
        machines: &Selection,
        now: Timestamp,
        observer: &dyn Observer,
    ) -> Result<Vec<MachineFirmware>, DeployError> {
        let depot = self.depot;
        let mut files = FileStore::open(&depot.directory)?;
        let change = change(depot, self.machines(), &files, image, machines)?;
        for machine in change.changed() {
            if !self.generations(&machine.name)?.may_replace_config(now) {
                return Err(DeployRefusal::Booting(machine.name.clone()).into());
            }
        }
        add(&mut files, image, &change.release, observer)?;
        let mut proofs = FirmwareProofs::new(depot, &files, &change.release);
        for machine in change.changed() {
            for number in self.generations(&machine.name)?.next_boots() {
                proofs.prove(machine, change.boards, number, observer)?;
            }
        }
        replace(depot, &files, &change)?;
        Ok(change.machines.into_iter().map(|(_, one)| one).collect())
    }
}

fn change<'image>(
    depot: &Depot,
    all: &Machines,
    files: &FileStore,
    image: &'image Image,
    selection: &Selection,
) -> Result<Change<'image>, DeployError> {
    let mut change = Change {
        release: release(&image.manifest.boot)?,
        boards: &image.manifest.boards,
        machines: Vec::new(),
    };
    for machine in selection.of(all)? {
        let name = &machine.name;
        if machine.root == Some(RootKind::Own) {
            return Err(DeployRefusal::MachineWithRoot(name.clone()).into());
        }
        let changed = change.of_machine(depot, files, machine)?;
        let machine_firmware = MachineFirmware {
            machine: name.clone(),
            changed,
        };
        change.machines.push((machine.clone(), machine_firmware));
    }
    change.check_bootcode(all)?;
    Ok(change)
}

impl Change<'_> {
    /// The machines of which something changes.
    fn changed(&self) -> impl Iterator<Item = &Machine> {
        let machines = self.machines.iter();
        let changed = machines.filter(|(_, one)| !one.changed.is_empty());
        changed.map(|(machine, _)| machine)
    }

    /// What a machine lacks or has otherwise. One that nothing was deployed to gets its
    /// firmware with its first generation.
    fn of_machine(
        &self,
        depot: &Depot,
        files: &FileStore,
        machine: &Machine,
    ) -> Result<Vec<TargetName>, DeployError> {
        let mut changed = Vec::new();
        for file in &self.release {
            if let Some(place) = self.place(depot, machine, &file.name)? {
                let directory = depot.directory.open_in(&place)?;
                let name = file.name.as_path();
                let is_same =
                    directory.has(name)? && files.other(file.sha256, (&directory, name))?.is_none();
                if !is_same {
                    changed.push(file.name.clone());
                }
            }
        }
        Ok(changed)
    }

    /// The directory of a file of a machine's firmware, below the depot; none where there
    /// is nothing to change.
    fn place(
        &self,
        depot: &Depot,
        machine: &Machine,
        name: &TargetName,
    ) -> Result<Option<PathBuf>, FsError> {
        let directory = machine.tftp_directory().map(|name| layout::tftp(&name));
        let Some(directory) = directory.filter(|_| machine.root.is_some()) else {
            return Ok(None);
        };
        Ok(match layout::is_bootcode(name) {
            true if !machine.needs_bootcode(self.boards) => None,
            true => Some(layout::TFTP.into()),
            false => depot.has(&directory)?.then_some(directory),
        })
    }

    /// Whoever shares a file that changes has to be of those that it changes for.
    fn check_bootcode(&self, all: &Machines) -> Result<(), DeployRefusal> {
        let mut changed = self.machines.iter().flat_map(|(_, one)| &one.changed);
        if !changed.any(layout::is_bootcode) {
            return Ok(());
        }
        let is_selected = |machine: &Machine| {
            self.machines
                .iter()
                .any(|(one, _)| one.name == machine.name)
        };
        let mut left = all.iter().filter(|machine| {
            machine.root.is_some() && machine.needs_bootcode(self.boards) && !is_selected(machine)
        });
        match left.next() {
            Some(machine) => Err(DeployRefusal::SharedBootcode(machine.name.clone())),
            None => Ok(()),
        }
    }
}

/// Puts it in place. What is there is whole at any moment, each file by itself.
fn replace(depot: &Depot, files: &FileStore, change: &Change<'_>) -> Result<(), DeployError> {
    let parent = depot.directory.open_in(layout::TFTP.as_ref())?;
    let made = create_private(&parent)?;
    let replaced = replace_from(&made, depot, files, change);
    // What is left of it is removed with what killed commands leave.
    let _ = remove_directory(&parent, &made);
    replaced
}

fn replace_from(
    made: &OpenDirectory,
    depot: &Depot,
    files: &FileStore,
    change: &Change<'_>,
) -> Result<(), DeployError> {
    let file_systems = FileSystems::of(&depot.directory, [Path::new(layout::TFTP)])?;
    let mut places = Vec::new();
    for (machine, one) in &change.machines {
        for file in &change.release {
            if let Some(place) = change.place(depot, machine, &file.name)?
                && one.changed.contains(&file.name)
                && !(layout::is_bootcode(&file.name)
                    && places.iter().any(|(_, name)| *name == &file.name))
            {
                let temporary = places.len().to_string();
                files.link(file.sha256, (made, temporary.as_ref()))?;
                places.push((place, &file.name));
            }
        }
    }
    file_systems.sync()?;
    for (at, (place, name)) in places.iter().enumerate() {
        let directory = depot.directory.open_in(place)?;
        renameat(made, at.to_string(), &directory, name.as_path())
            .map_err(failed("replace", &directory.path_of(name.as_path())))?;
    }
    Ok(file_systems.sync()?)
}
