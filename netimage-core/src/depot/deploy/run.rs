//! Deploys: plans, then does it.

use std::collections::BTreeMap;
use std::path::Path;

use super::delivery::Delivery;
use super::error::{DeployError, DeployRefusal};
use super::file_store::{FileStore, StoredFile};
use super::firmware::{FirmwarePlaces, OtherFirmware};
use super::generation_files::{write_boot_files, write_records};
use super::options::DeployOptions;
use super::own_root;
use super::plan::{ImageParts, MachinePlan, unchanged};
use super::proof::{Candidate, Proofs};
use super::receive::missing;
use super::report::{DeployReport, MachineDeploy};
use crate::depot::disk::{Depot, DepotError, FileSystems, LockedDepot};
use crate::depot::{
    Event, GenerationNumber, Generations, MachineName, MachineRecord, Machines, RootKind,
    Timestamp, layout,
};
use crate::fs::{FileContents, FsError};
use crate::image::{FileHash, Image, ManifestObject, REGISTRATION, RootNode};
use crate::progress::{Observer, Stage};
use crate::tree::TargetName;

impl Depot {
    /// Says what a deploy would do, and does nothing.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when it would be refused, or something cannot be read.
    pub fn plan_deploy(
        &self,
        delivery: &Delivery,
        options: &DeployOptions,
    ) -> Result<DeployReport, DeployError> {
        let image = &delivery.image;
        let records = self.records()?;
        if image.manifest.root_kind == RootKind::Own {
            let record = options.machines.one(&records)?;
            own_root::check_machine(&image.manifest, self.settings(), self, record)?;
            return Ok(DeployReport::of_own_root(image, record));
        }
        let boot = image.open_boot()?;
        let parts = ImageParts::of(delivery, &boot, self.settings())?;
        let plans = plans(&parts, self, &records, options, |name| {
            self.generations(name)
        })?;
        let files = FileStore::open(&self.directory)?;
        let mut report = DeployReport::default();
        report.count(&missing(self, delivery)?, &parts, &files);
        for plan in plans {
            report.machines.push(MachineDeploy {
                generation: plan.is_new.then_some(plan.plan.number),
                other_firmware: names_of(other_firmware(self, &parts, &files, &plan.plan)?),
                machine: plan.plan.machine,
            });
        }
        Ok(report)
    }
}

impl LockedDepot<'_> {
    /// Makes an image the next generation of machines. Those that get the same already
    /// are left alone.
    ///
    /// # Errors
    ///
    /// [`DeployError`]; then no machine has a new generation, or, when something could
    /// not be written at the very end, each has it as a whole or not at all.
    pub fn deploy(
        &mut self,
        delivery: &Delivery,
        options: &DeployOptions,
        now: Timestamp,
        observer: &dyn Observer,
    ) -> Result<DeployReport, DeployError> {
        let image = &delivery.image;
        if image.manifest.root_kind == RootKind::Own {
            return self.deploy_own_root(image, options, now, observer);
        }
        let depot = self.depot;
        let boot = image.open_boot()?;
        let parts = ImageParts::of(delivery, &boot, depot.settings())?;
        let plans = plans(&parts, depot, &self.records, options, |name| {
            Ok(self.generations(name)?.clone())
        })?;
        let mut files = FileStore::open(&depot.directory)?;
        let mut report = DeployReport::default();
        report.count(&missing(depot, delivery)?, &parts, &files);
        depot.receive(delivery, options.jobs, observer)?;
        observer.begin(Stage::Files, report.boot_size);
        let registration = registration_of(image)?;
        add_files(&mut files, image, &parts, registration, observer)?;
        let new: Vec<&MachinePlan> = plans
            .iter()
            .filter(|planned| planned.is_new)
            .map(|planned| &planned.plan)
            .collect();
        let mut firmware = BTreeMap::new();
        for planned in &plans {
            let other = other_firmware(depot, &parts, &files, &planned.plan)?;
            firmware.insert(planned.plan.machine.clone(), other);
        }
        report.checks = self.prove(image, &parts, &files, (&new, &firmware), (now, observer))?;
        observer.begin(Stage::Sync, 0);
        write_generations(depot, (&parts, &files, registration), &new, observer)?;
        let events: Vec<(MachineName, Event)> = new
            .iter()
            .map(|plan| {
                let (image, trial) = (plan.image, options.trial);
                (plan.machine.clone(), Event::Deployed { image, trial })
            })
            .collect();
        let names: Vec<MachineName> = events.iter().map(|(name, _)| name.clone()).collect();
        self.set_roots(&names, RootKind::Shared)?;
        self.apply(&events, now)?;
        for planned in plans {
            let machine = planned.plan.machine;
            report.machines.push(MachineDeploy {
                generation: planned.is_new.then_some(planned.plan.number),
                other_firmware: names_of(firmware.remove(&machine).unwrap_or_default()),
                machine,
            });
        }
        Ok(report)
    }

    /// Checks what machines are to get, each kind of it once.
    fn prove(
        &self,
        image: &Image,
        parts: &ImageParts<'_>,
        files: &FileStore,
        (plans, firmware): (&[&MachinePlan], &BTreeMap<MachineName, Vec<OtherFirmware>>),
        (now, observer): (Timestamp, &dyn Observer),
    ) -> Result<Vec<crate::check::CheckReport>, DeployError> {
        let mut proofs = Proofs::read(self.depot)?;
        let mut reports = Vec::new();
        for plan in plans {
            let other_firmware = firmware.get(&plan.machine).map_or(&[][..], Vec::as_slice);
            let candidate = Candidate {
                image,
                parts,
                files,
                machine: &self.record(&plan.machine)?.machine,
                plan,
                other_firmware,
            };
            reports.extend(proofs.prove(self.depot, candidate, now, observer)?);
        }
        proofs.keep(self.depot)?;
        Ok(reports)
    }
}

impl DeployReport {
    /// Counts what the depot lacks.
    fn count(&mut self, paths: &[ManifestObject], parts: &ImageParts<'_>, files: &FileStore) {
        self.store_paths = paths.len() as u64;
        let sizes = paths.iter().map(|object| object.nar_size);
        self.nar_size = sizes.fold(0, u64::saturating_add);
        let boot = parts.boot.generation.iter().chain(&parts.boot.firmware);
        let missing: BTreeMap<String, u64> = boot
            .filter(|file| !files.has(file.sha256))
            .map(|file| (file.sha256.to_string(), file.size))
            .collect();
        self.boot_files = missing.len() as u64;
        self.boot_size = missing.values().copied().fold(0, u64::saturating_add);
    }
}

/// What a machine gets, and whether that is new to it.
struct Planned {
    plan: MachinePlan,
    is_new: bool,
}

fn plans(
    parts: &ImageParts<'_>,
    depot: &Depot,
    records: &BTreeMap<MachineName, MachineRecord>,
    options: &DeployOptions,
    generations: impl Fn(&MachineName) -> Result<Generations, DepotError>,
) -> Result<Vec<Planned>, DeployError> {
    let machines = Machines::in_service(records.values());
    let mut plans = Vec::new();
    for machine in options.machines.of(&machines)? {
        let unknown = || DeployRefusal::Unknown(machine.name.clone());
        let record = records.get(&machine.name).ok_or_else(unknown)?;
        let generations = generations(&machine.name)?;
        let plan = parts.plan(depot.settings(), record, &generations)?;
        let is_new = match unchanged(&plan, &generations, options) {
            Some(number) => !has_boot_files(depot, parts, &plan, number)?,
            None => true,
        };
        plans.push(Planned { plan, is_new });
    }
    Ok(plans)
}

/// Whether a machine still has what it boots in a generation of the same image.
fn has_boot_files(
    depot: &Depot,
    parts: &ImageParts<'_>,
    plan: &MachinePlan,
    number: GenerationNumber,
) -> Result<bool, FsError> {
    let directory = layout::tftp(&plan.tftp_directory).join(layout::boot_directory(number));
    let files = parts.boot.generation.iter().map(|file| file.name.as_path());
    for name in files.chain([Path::new(layout::CONFIG), &plan.names.command_line]) {
        if !depot.has(&directory.join(name))? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the image's registration has to be.
fn registration_of(image: &Image) -> Result<FileHash, DeployError> {
    match image.manifest.root_node(REGISTRATION) {
        Some(RootNode::File { sha256, .. }) => Ok(*sha256),
        _ => Err(DeployError::Unlisted(REGISTRATION)),
    }
}

/// Puts what generations link into the depot.
fn add_files(
    files: &mut FileStore,
    image: &Image,
    parts: &ImageParts<'_>,
    registration: FileHash,
    observer: &dyn Observer,
) -> Result<(), DeployError> {
    let served = image.open_boot()?;
    let listed = image.registration();
    let mut all = vec![
        StoredFile {
            sha256: parts.sha256,
            contents: FileContents::Bytes(&parts.text),
        },
        StoredFile {
            sha256: registration,
            contents: FileContents::Path(&listed),
        },
    ];
    let boot = parts.boot.generation.iter().chain(&parts.boot.firmware);
    all.extend(boot.map(|file| StoredFile {
        sha256: file.sha256,
        contents: FileContents::Within(served.tree(), file.name.as_path()),
    }));
    files.add(&all, observer)
}

/// Writes the files of generations, all of which are on disk then.
fn write_generations(
    depot: &Depot,
    (parts, files, registration): (&ImageParts<'_>, &FileStore, FileHash),
    plans: &[&MachinePlan],
    observer: &dyn Observer,
) -> Result<(), DeployError> {
    if plans.is_empty() {
        return Ok(());
    }
    let records = [
        (layout::MANIFEST, parts.sha256),
        (layout::REGISTRATION, registration),
    ];
    let written = [layout::TFTP, layout::MACHINES].map(Path::new);
    let file_systems = FileSystems::of(&depot.directory, written)?;
    let root = depot.directory.open_in(layout::TFTP.as_ref())?;
    for plan in plans {
        if observer.is_cancelled() {
            return Err(FsError::Cancelled.into());
        }
        let directory = layout::tftp(&plan.tftp_directory);
        depot.directory.make_directories(&directory)?;
        let tftp = depot.directory.open_in(&directory)?;
        write_boot_files(&tftp, files, parts, plan)?;
        let places = FirmwarePlaces {
            root: &root,
            machine: &tftp,
            needs_bootcode: plan.needs_bootcode,
        };
        places.add_missing(files, &parts.boot.firmware)?;
        write_records(&depot.directory, files, &records, plan)?;
    }
    Ok(file_systems.sync()?)
}

/// The firmware of an image that a machine has otherwise.
fn other_firmware(
    depot: &Depot,
    parts: &ImageParts<'_>,
    files: &FileStore,
    plan: &MachinePlan,
) -> Result<Vec<OtherFirmware>, FsError> {
    let root = depot.directory.open_in(layout::TFTP.as_ref())?;
    let directory = layout::tftp(&plan.tftp_directory);
    let is_there = depot.directory.has(&directory)?;
    let machine = is_there.then(|| depot.directory.open_in(&directory));
    let machine = machine.transpose()?;
    let places = FirmwarePlaces {
        root: &root,
        // Nothing of a machine is there.
        machine: machine.as_ref().unwrap_or(&root),
        needs_bootcode: plan.needs_bootcode,
    };
    places.others(files, &parts.boot.firmware)
}

fn names_of(firmware: Vec<OtherFirmware>) -> Vec<TargetName> {
    firmware.into_iter().map(|other| other.name).collect()
}
