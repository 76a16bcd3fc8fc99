//! The first fill of a root that is a machine's own. After it the root is the machine's,
//! which collects and builds there: nothing is deployed into it again.

use std::num::NonZeroUsize;
use std::path::Path;

use super::error::{DeployError, DeployRefusal};
use super::file_store::FileStore;
use super::firmware::add;
use super::options::DeployOptions;
use super::report::{DeployReport, MachineDeploy};
use crate::build::{copy_objects, root_mode};
use crate::check::{CheckReport, Subject, check};
use crate::depot::disk::{Depot, LockedDepot, settle, sync};
use crate::depot::{
    Event, GenerationNumber, ImageHash, Machine, MachineRecord, RootKind, Settings, Timestamp,
    layout,
};
use crate::fs::{
    Buffer, FileContents, FsError, OpenDirectory, create_private, remove_directory, write_file,
};
use crate::image::{FIRMWARE, FileHash, Image, Manifest, RootNode, below_root};
use crate::progress::{Observer, Stage};

impl LockedDepot<'_> {
    /// Fills the root of a machine, which is served it from now on.
    pub(super) fn deploy_own_root(
        &mut self,
        image: &Image,
        options: &DeployOptions,
        now: Timestamp,
        observer: &dyn Observer,
    ) -> Result<DeployReport, DeployError> {
        let depot = self.depot;
        let record = options.machines.one(&self.records)?.clone();
        let (machine, name) = (&record.machine, record.machine.name.clone());
        check_machine(&image.manifest, depot.settings(), depot, &record)?;
        let mut report = DeployReport::of_own_root(image, &record);
        report.checks = vec![prove(image, machine, observer)?];
        // So that whoever finds the root knows it to be this machine's.
        self.set_roots(std::slice::from_ref(&name), RootKind::Own)?;
        fill(depot, image, machine, options.jobs, observer)?;
        if self.generations(&name)?.all.is_empty() {
            let sha256 = FileHash::of(&image.manifest.text());
            let image = ImageHash::of(&[sha256.to_string().as_bytes()]);
            let trial = false;
            self.apply(&[(name, Event::Deployed { image, trial })], now)?;
        }
        add_bootcode(depot, image, machine, observer)?;
        serve(depot, machine)?;
        Ok(report)
    }
}

impl DeployReport {
    /// Of a root that is all copied.
    pub(super) fn of_own_root(image: &Image, record: &MachineRecord) -> Self {
        let totals = &image.manifest.totals;
        Self {
            store_paths: totals.store_paths,
            nar_size: totals.nar_size,
            boot_files: totals.boot_files,
            boot_size: totals.boot_size,
            checks: Vec::new(),
            machines: vec![MachineDeploy {
                machine: record.machine.name.clone(),
                generation: Some(GenerationNumber::FIRST),
                other_firmware: Vec::new(),
            }],
        }
    }
}

/// Whether an image can be the root of this machine.
pub(super) fn check_machine(
    manifest: &Manifest,
    settings: &Settings,
    depot: &Depot,
    record: &MachineRecord,
) -> Result<(), DeployError> {
    let machine = &record.machine;
    let name = &machine.name;
    let tftp = layout::tftp(&machine.tftp_directory().unwrap_or_default());
    let is_served = depot.has(&tftp)?;
    // Of a fill that was killed the rest is still to be done.
    let is_filled = is_served || machine.root == Some(RootKind::Shared);
    let is_foreign = machine.root.is_none() && depot.has(&layout::own_root(name))?;
    if is_filled || is_foreign {
        return Err(DeployRefusal::Filled(name.clone()).into());
    }
    let own = layout::own_root(name);
    let nfs = settings.nfs.subdirectory(&own.to_string_lossy());
    let nfs = nfs.map_err(DeployRefusal::from)?;
    if !nfs.is_at(&manifest.nfs) {
        let (image, depot) = (manifest.nfs.device(), nfs.device());
        return Err(DeployRefusal::Root { image, depot }.into());
    }
    Ok(())
}

/// Checks the image as the machine's board sees it.
pub(super) fn prove(
    image: &Image,
    machine: &Machine,
    observer: &dyn Observer,
) -> Result<CheckReport, DeployError> {
    let mut subject = Subject::of_image(image);
    if let Some(board) = machine.board {
        subject.boards = vec![board];
    }
    subject.serial = Some(machine.serial);
    let report = check(&subject, observer)?;
    if report.boots() {
        Ok(report)
    } else {
        Err(DeployError::CannotBoot {
            machine: machine.name.clone(),
            report: Box::new(report),
        })
    }
}

/// Copies the root of an image, all of it proved, and gives it its name when it is whole.
pub(super) fn fill(
    depot: &Depot,
    image: &Image,
    machine: &Machine,
    jobs: NonZeroUsize,
    observer: &dyn Observer,
) -> Result<(), DeployError> {
    let parent = depot.directory.open_in(layout::OWN_ROOTS.as_ref())?;
    let made = create_private(&parent)?;
    let name = Path::new(machine.name.as_str());
    let filled = copy(image, &made, jobs, observer).and_then(|()| {
        if parent.has(name)? {
            remove_directory(&parent, &parent.open_in(name)?)?;
        }
        Ok(settle(&parent, &made, name)?)
    });
    if filled.is_err() {
        // The error that led here is the one to report.
        let _ = remove_directory(&parent, &made);
    }
    filled
}

fn copy(
    image: &Image,
    to: &OpenDirectory,
    jobs: NonZeroUsize,
    observer: &dyn Observer,
) -> Result<(), DeployError> {
    let store = below_root(&image.manifest.store_dir);
    to.make_directories(&store)?;
    let from = image.store();
    let objects: Vec<_> = image
        .manifest
        .store
        .iter()
        .map(|one| one.at(&from))
        .collect();
    copy_objects(&objects, to.open_in(&store)?.path(), jobs, observer)?;
    observer.begin(Stage::Files, 0);
    let root = image.open_root()?;
    let mut buffer = Buffer::default();
    // Sorted, so that directories come before what is in them.
    for entry in &image.manifest.root {
        let name = entry.name.as_path();
        if let Some(above) = entry.name.parents().last() {
            to.make_directories(above.as_path())?;
        }
        match &entry.node {
            RootNode::Directory => to.make_directories(name)?,
            RootNode::Symlink { target } => to.symlink(target, name)?,
            RootNode::File {
                sha256, executable, ..
            } => {
                let contents = FileContents::Within(&root, name);
                let place = (to, name);
                let written = write_file(place, *executable, &contents, &mut buffer, observer)?;
                if FileHash::from_bytes(written.0) != *sha256 {
                    return Err(DeployError::Corrupted(image.root.join(name)));
                }
            }
        }
    }
    for entry in image.manifest.root.iter().rev() {
        if entry.node == RootNode::Directory {
            to.settle(entry.name.as_path(), root_mode(&entry.name))?;
        }
    }
    Ok(())
}

/// Lets the machine's directory of the TFTP server lead to the boot files in its root.
pub(super) fn serve(depot: &Depot, machine: &Machine) -> Result<(), FsError> {
    let tftp = depot.directory.open_in(layout::TFTP.as_ref())?;
    let target = Path::new("..")
        .join(layout::own_root(&machine.name))
        .join(FIRMWARE);
    let directory = machine.tftp_directory().unwrap_or_default();
    tftp.symlink(target.as_os_str(), directory.as_ref())?;
    sync(&tftp)
}

/// Puts `bootcode.bin` where a board without an EEPROM asks for it, if it is not there.
/// It is no other name of the file in the root, which the machine writes.
pub(super) fn add_bootcode(
    depot: &Depot,
    image: &Image,
    machine: &Machine,
    observer: &dyn Observer,
) -> Result<(), DeployError> {
    let manifest = &image.manifest;
    let mut boot = manifest.boot.iter();
    let bootcode = boot.find(|file| layout::is_bootcode(&file.name));
    let Some(bootcode) = bootcode.filter(|_| machine.needs_bootcode(&manifest.boards)) else {
        return Ok(());
    };
    let tftp = depot.directory.open_in(layout::TFTP.as_ref())?;
    let name = bootcode.name.as_path();
    if !tftp.has(name)? {
        let mut files = FileStore::open(&depot.directory)?;
        add(&mut files, image, &[bootcode], observer)?;
        files.serve(bootcode.sha256, (&tftp, name))?;
    }
    Ok(())
}
