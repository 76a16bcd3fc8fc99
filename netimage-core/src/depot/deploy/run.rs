//! Deploys: plans, then does it.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::delivery::Delivery;
use super::error::{DeployError, DeployRefusal};
use super::file_store::{FileStore, StoredFile};
use super::firmware::{FirmwarePlaces, OtherFirmware};
use super::generation_files::{write_boot_files, write_records};
use super::own_root;
use super::plan::{ImageParts, MachinePlan, is_unchanged};
use super::proof::{Candidate, Proofs};
use super::report::{DeployReport, MachineDeploy};
use super::selection::Selection;
use crate::build::{adopt_objects, copy_objects, present_paths};
use crate::depot::disk::{Depot, DepotError, FileSystems, LockedDepot};
use crate::depot::{
    Event, GenerationNumber, Generations, ImageHash, MachineName, MachineRecord, Machines,
    RootKind, Timestamp, layout,
};
use crate::fs::{FileContents, FsError, failed};
use crate::image::{FileHash, Image, ManifestObject, REGISTRATION, RootNode};
use crate::progress::{Observer, Stage};
use crate::tree::TargetName;

/// How an image is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployOptions {
    /// To which machines.
    pub machines: Selection,
    /// Whether it has to prove itself; otherwise it is the default at once.
    pub trial: bool,
    /// Whether machines are left alone to which the same was deployed last, also where
    /// it was tried in vain or they were rolled back since.
    pub only_new: bool,
    /// How many store paths are copied at a time.
    pub jobs: NonZeroUsize,
}

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
            let record = one(&records, options)?;
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

    /// Copies the store paths of an image that the depot lacks, or takes over those that
    /// have arrived, and proves each. That needs no lock: until a generation names them, they are nobody's.
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
        let manifest = parts.sha256;
        let registration = registration_of(image)?;
        add_files(
            &mut files,
            image,
            &parts,
            (manifest, registration),
            observer,
        )?;
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
        let records = [
            (layout::MANIFEST, manifest),
            (layout::REGISTRATION, registration),
        ];
        let written = [layout::TFTP, layout::MACHINES].map(Path::new);
        let file_systems = FileSystems::of(&depot.directory, written)?;
        let root = depot.directory.open_in(layout::TFTP.as_ref())?;
        for plan in &new {
            if observer.is_cancelled() {
                return Err(FsError::Cancelled.into());
            }
            let directory = layout::tftp(&plan.tftp_directory);
            depot.directory.make_directories(&directory)?;
            let tftp = depot.directory.open_in(&directory)?;
            write_boot_files(&tftp, &files, &parts, plan)?;
            let places = FirmwarePlaces {
                root: &root,
                machine: &tftp,
                needs_bootcode: plan.needs_bootcode,
            };
            places.add_missing(&files, &parts.boot.firmware)?;
            write_records(&depot.directory, &files, &records, plan)?;
        }
        if !new.is_empty() {
            file_systems.sync()?;
        }
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

    /// Fills the root of a machine, which is served it from now on.
    fn deploy_own_root(
        &mut self,
        image: &Image,
        options: &DeployOptions,
        now: Timestamp,
        observer: &dyn Observer,
    ) -> Result<DeployReport, DeployError> {
        let depot = self.depot;
        let record = one(&self.records, options)?.clone();
        let (machine, name) = (&record.machine, record.machine.name.clone());
        own_root::check_machine(&image.manifest, depot.settings(), depot, &record)?;
        let mut report = DeployReport::of_own_root(image, &record);
        report.checks = vec![own_root::prove(image, machine, observer)?];
        // So that whoever finds the root knows it to be this machine's.
        self.set_roots(std::slice::from_ref(&name), RootKind::Own)?;
        own_root::fill(depot, image, machine, options.jobs, observer)?;
        if self.generations(&name)?.all.is_empty() {
            let sha256 = FileHash::of(&image.manifest.text());
            let image = ImageHash::of(&[sha256.to_string().as_bytes()]);
            let trial = false;
            self.apply(&[(name, Event::Deployed { image, trial })], now)?;
        }
        own_root::add_bootcode(depot, image, machine, observer)?;
        own_root::serve(depot, machine)?;
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
    /// Of a root that is all copied.
    fn of_own_root(image: &Image, record: &MachineRecord) -> Self {
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

/// The one machine that is selected.
pub(super) fn one<'records>(
    records: &'records BTreeMap<MachineName, MachineRecord>,
    options: &DeployOptions,
) -> Result<&'records MachineRecord, DeployRefusal> {
    let machines = Machines::in_service(records.values());
    match options.machines.of(&machines)?[..] {
        [machine] => records.get(&machine.name).ok_or(DeployRefusal::OneMachine),
        _ => Err(DeployRefusal::OneMachine),
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
        plans.push(Planned {
            is_new: !is_unchanged(&plan, &generations, options),
            plan,
        });
    }
    Ok(plans)
}

/// The store paths that the depot lacks, by its names.
fn missing(depot: &Depot, delivery: &Delivery) -> Result<Vec<ManifestObject>, FsError> {
    let present = present_paths(&depot.path().join(layout::STORE))?;
    Ok(delivery
        .image
        .manifest
        .missing_from(&present)
        .cloned()
        .collect())
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
    (manifest, registration): (FileHash, FileHash),
    observer: &dyn Observer,
) -> Result<(), DeployError> {
    let served = image.open_boot()?;
    let listed = image.registration();
    let mut all = vec![
        StoredFile {
            sha256: manifest,
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
