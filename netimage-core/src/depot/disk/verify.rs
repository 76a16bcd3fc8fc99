//! Reads a depot again and holds it against what its generations name.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::fs::FileType;
use serde::Serialize;

use super::contents::ManifestReader;
use super::depot::{CONFIG_LENGTH_MAX, Depot};
use super::error::DepotError;
use crate::depot::{
    BootRecord, GenerationNumber, Generations, Machine, RootKind, State, layout, named_generation,
};
use crate::fs::{Buffer, FsError, failed, hash_file};
use crate::image::{FileHash, Manifest, ManifestObject, REGISTRATION, RootNode};
use crate::parallel::in_parallel;
use crate::progress::{Observer, Stage};
use crate::store::StorePath;
use crate::verify::{Discrepancy, DiscrepancyKind, check_objects};

/// What a look at a depot found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DepotReport {
    /// Machines in service.
    pub machines: u64,
    /// Their generations.
    pub generations: u64,
    /// Store paths that these name.
    pub store_paths: u64,
    /// Their NAR sizes, in bytes.
    pub nar_size: u64,
    /// Boot files.
    pub boot_files: u64,
    /// Store paths that no generation names, which were not hashed.
    pub unnamed_paths: u64,
    /// What killed commands have left, below the depot. It does no harm, and a
    /// collection removes it.
    pub leftovers: Vec<PathBuf>,
    /// What is wrong, by path below the depot; nothing in a good depot.
    pub findings: Vec<Discrepancy>,
}

impl Depot {
    /// Hashes every store path that a generation names and every boot file, and looks
    /// whether each machine is served what it should be.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when the depot's own files cannot be read, or the observer asked
    /// to stop. All else is in the report.
    pub fn verify(
        &self,
        jobs: NonZeroUsize,
        observer: &dyn Observer,
    ) -> Result<DepotReport, DepotError> {
        let mut look = Look {
            depot: self,
            reader: ManifestReader::new(self),
            report: DepotReport {
                leftovers: self.leftovers()?,
                ..DepotReport::default()
            },
            objects: BTreeMap::new(),
            boot_files: BTreeMap::new(),
        };
        look.find_boot_files()?;
        let mut missing = self.lost_records()?;
        for name in layout::DIRECTORIES.map(PathBuf::from) {
            if !self.has(&name)? {
                missing.push(name);
            }
        }
        for path in missing {
            look.find(path, DiscrepancyKind::Missing);
        }
        let machines = self.machines()?;
        for machine in machines.iter() {
            look.machine(machine)?;
        }
        look.contents(jobs, observer)?;
        let mut report = look.report;
        // What another command had in hand is in its place by now.
        let is_there = |path: &PathBuf| self.has(path).unwrap_or(true);
        report.leftovers.retain(is_there);
        report.findings.sort();
        report.findings.dedup();
        Ok(report)
    }
}

/// Whether there is no more than a first generation, of which nothing was ever sent:
/// a deploy that was killed before it served that has left all as it was, and the next
/// command that changes the depot goes on with it.
fn is_first(generations: &Generations) -> bool {
    let is_heard_of = generations.loading.is_some()
        || generations.served.is_some()
        || generations.booted.is_some();
    generations.all.keys().eq([&GenerationNumber::FIRST]) && !is_heard_of
}

struct Look<'depot> {
    depot: &'depot Depot,
    reader: ManifestReader<'depot>,
    report: DepotReport,
    /// What generations name.
    objects: BTreeMap<StorePath, ManifestObject>,
    /// What there is in `boot-files`, by what tells files apart.
    boot_files: BTreeMap<(u64, u64), FileHash>,
}

impl Look<'_> {
    fn find_boot_files(&mut self) -> Result<(), DepotError> {
        for hash in self.depot.boot_files()? {
            let name = Path::new(layout::BOOT_FILES).join(hash.to_string());
            let looked = self.depot.tree.look_at(&name);
            let looked = looked.map_err(failed("read", &self.depot.path().join(&name)))?;
            self.boot_files.insert(looked.identity(), hash);
        }
        self.report.boot_files = self.boot_files.len() as u64;
        Ok(())
    }

    fn machine(&mut self, machine: &Machine) -> Result<(), DepotError> {
        self.report.machines += 1;
        if let Err(DepotError::Json { source, .. }) = self.depot.boots(&machine.name) {
            let path = layout::machine(&machine.name).join(layout::BOOTS);
            let reason = source.to_string();
            self.find(path, DiscrepancyKind::Contradictory { reason });
        }
        let Some(generations) = self.depot.known_generations(&machine.name)? else {
            let path = layout::machine(&machine.name).join(layout::GENERATIONS);
            self.find(path, DiscrepancyKind::Missing);
            return Ok(());
        };
        // A root of its own is the machine's.
        if machine.root == Some(RootKind::Own) {
            return Ok(());
        }
        self.report.generations += generations.all.len() as u64;
        let Some(directory) = machine.tftp_directory().map(|name| layout::tftp(&name)) else {
            return Ok(());
        };
        let needed = [generations.config(), generations.default];
        for number in needed
            .into_iter()
            .flatten()
            .filter(|number| !generations.all.contains_key(number))
        {
            let name = layout::machine(&machine.name).join(layout::GENERATIONS);
            self.differs(
                name,
                &format!("one that has generation {number}, which it names"),
            );
        }
        for (number, generation) in &generations.all {
            let is_former = matches!(generation.state, State::Former);
            let directory = (!is_former).then_some(&*directory);
            self.generation(machine, *number, directory)?;
        }
        if generations.config().is_some() {
            self.served(&generations, &directory)?;
        }
        Ok(())
    }

    /// What a machine is served: one of its generations, and the link to one.
    fn served(&mut self, generations: &Generations, directory: &Path) -> Result<(), DepotError> {
        let name = directory.join(layout::CONFIG);
        let served = self.read(&name)?;
        if served.is_none() && is_first(generations) {
            return Ok(());
        }
        match served.as_deref().and_then(named_generation) {
            Some(number) if generations.all.contains_key(&number) => {
                let own = directory
                    .join(layout::boot_directory(number))
                    .join(layout::CONFIG);
                if self.read(&own)? != served {
                    self.differs(name, &own.display().to_string());
                }
            }
            _ if served.is_none() => self.find(name, DiscrepancyKind::Missing),
            _ => self.differs(name, "that of a generation of the machine"),
        }
        let name = directory.join(layout::GOOD);
        match self.depot.tree.link_target(&name) {
            Err(_) => self.find(name, DiscrepancyKind::Missing),
            Ok(target) => {
                let number = layout::generation_of(&target);
                if !number.is_some_and(|number| generations.all.contains_key(&number)) {
                    self.differs(name, "a link to a generation of the machine");
                }
            }
        }
        Ok(())
    }

    fn generation(
        &mut self,
        machine: &Machine,
        number: GenerationNumber,
        directory: Option<&Path>,
    ) -> Result<(), DepotError> {
        let path = layout::manifest(&machine.name, number);
        let (manifest, is_new) = match self.reader.read(&machine.name, number) {
            Err(DepotError::NoManifest(_)) => {
                self.find(path, DiscrepancyKind::Missing);
                return Ok(());
            }
            Err(DepotError::Json { source, .. }) => {
                let reason = source.to_string();
                self.find(path, DiscrepancyKind::Contradictory { reason });
                return Ok(());
            }
            other => other?,
        };
        self.registration(&manifest, path.with_file_name(layout::REGISTRATION))?;
        if let Some(directory) = directory {
            self.boot_directory(machine, number, directory, &manifest)?;
        }
        for object in manifest.store.iter().filter(|_| is_new) {
            let known = self.objects.entry(object.path.clone());
            let known = known.or_insert_with(|| object.clone());
            if (known.nar_hash, known.nar_size) != (object.nar_hash, object.nar_size) {
                let object = self.depot.settings().store_dir.display(&object.path);
                let reason = format!("another generation has {object} with other contents");
                self.find(path.clone(), DiscrepancyKind::Contradictory { reason });
            }
        }
        Ok(())
    }

    /// The registration, which has to be that of the manifest.
    fn registration(&mut self, manifest: &Manifest, name: PathBuf) -> Result<(), DepotError> {
        if let Some(RootNode::File { sha256, size, .. }) = manifest.root_node(REGISTRATION) {
            self.file(name, *sha256, *size)?;
        }
        Ok(())
    }

    /// What is in `gN/`: the boot files of the image, but for those that are the
    /// machine's own and for firmware, which lies beside.
    fn boot_directory(
        &mut self,
        machine: &Machine,
        number: GenerationNumber,
        directory: &Path,
        manifest: &Manifest,
    ) -> Result<(), DepotError> {
        let own = directory.join(layout::boot_directory(number));
        let record: Option<BootRecord> = self
            .depot
            .read_json(&layout::boot_names(&machine.name, number))?;
        let config = own.join(layout::CONFIG);
        match self.read(&config)? {
            None => self.find(config, DiscrepancyKind::Missing),
            Some(text) if named_generation(&text) != Some(number) => {
                self.differs(config, &format!("one that names {}", own.display()));
            }
            Some(_) => {}
        }
        let sha256 = record
            .as_ref()
            .and_then(|record| record.command_line_sha256);
        let command_line = record.map(|record| record.names.command_line);
        for file in &manifest.boot {
            let name = own.join(file.name.as_path());
            let is_config = file.name.as_path() == Path::new(layout::CONFIG);
            let is_own = Some(file.name.as_path()) == command_line.as_deref();
            let is_there = self.depot.has(&name)?;
            if is_own && !is_there {
                self.find(name, DiscrepancyKind::Missing);
            } else if is_own {
                let line = self.read(&name)?.unwrap_or_default();
                if let Some(sha256) = sha256.filter(|sha256| *sha256 != FileHash::of(&line)) {
                    self.differs(name, &format!("a file of SHA-256 {sha256}"));
                }
            } else if is_config {
                // Made for the machine.
            } else if is_there || !layout::is_firmware(&file.name) {
                self.file(name, file.sha256, file.size)?;
            } else if layout::is_bootcode(&file.name) && !machine.needs_bootcode(&manifest.boards) {
                // The board never asks for it.
            } else {
                // It stays as it was first deployed, and need not be the image's.
                let beside = if layout::is_bootcode(&file.name) {
                    Path::new(layout::TFTP).join(layout::BOOTCODE)
                } else {
                    directory.join(file.name.as_path())
                };
                if !self.depot.has(&beside)? {
                    self.find(beside, DiscrepancyKind::Missing);
                }
            }
        }
        Ok(())
    }

    /// Looks whether a file is the one that it should be: by what it is linked to, or
    /// by its bytes where it was copied.
    fn file(&mut self, name: PathBuf, sha256: FileHash, size: u64) -> Result<(), DepotError> {
        let looked = match self.depot.tree.look_at(&name) {
            Ok(looked) if looked.kind == FileType::RegularFile => looked,
            Ok(_) => {
                self.differs(name, "a file");
                return Ok(());
            }
            Err(_) => {
                self.find(name, DiscrepancyKind::Missing);
                return Ok(());
            }
        };
        let linked = self.boot_files.get(&looked.identity());
        if linked == Some(&sha256) {
            return Ok(());
        }
        let actual = match linked {
            Some(linked) => *linked,
            None if looked.size == size => self.hash(&name, (&mut Buffer::default(), &()))?,
            None => {
                self.differs(name, &format!("a file of {size} bytes"));
                return Ok(());
            }
        };
        if actual != sha256 {
            self.differs(name, &format!("a file of SHA-256 {sha256}"));
        }
        Ok(())
    }

    fn hash(&self, name: &Path, how: (&mut Buffer, &dyn Observer)) -> Result<FileHash, FsError> {
        let (file, size) = self.depot.tree.open_file(name)?;
        let path = self.depot.path().join(name);
        Ok(FileHash::from_bytes(hash_file(&file, size, &path, how)?))
    }

    /// Hashes the store paths and boot files.
    fn contents(&mut self, jobs: NonZeroUsize, observer: &dyn Observer) -> Result<(), DepotError> {
        let objects: Vec<_> = std::mem::take(&mut self.objects)
            .into_values()
            .map(|object| ManifestObject {
                files: None,
                ..object
            })
            .collect();
        let sizes = objects.iter().map(|object| object.nar_size);
        self.report.store_paths = objects.len() as u64;
        self.report.nar_size = sizes.fold(0, u64::saturating_add);
        let present = self.depot.store_paths()?;
        let named: BTreeSet<_> = objects.iter().map(|object| &object.path).collect();
        let unnamed = present.iter().filter(|path| !named.contains(path));
        self.report.unnamed_paths = unnamed.count() as u64;
        observer.begin(Stage::Verify, self.report.nar_size);
        let store = self.depot.directory.open_in(layout::STORE.as_ref())?;
        let place = Path::new(layout::STORE);
        let store = (store.as_fd(), store.path(), place);
        let store_dir = &self.depot.settings().store_dir;
        let found = check_objects(store, &objects, store_dir, jobs, observer)?;
        self.report.findings.extend(found);
        let hashes: Vec<_> = self.boot_files.values().copied().collect();
        let check = |hash: &FileHash, buffer: &mut Buffer, observer: &dyn Observer| {
            let name = Path::new(layout::BOOT_FILES).join(hash.to_string());
            let actual = self.hash(&name, (buffer, observer));
            let actual = actual
                .map(|actual| (actual != *hash).then(|| format!("a file of SHA-256 {actual}")));
            let path = self.depot.path().join(&name);
            Discrepancy::of_look(name, &path, actual, || format!("a file of SHA-256 {hash}"))
        };
        let found = in_parallel(&hashes, jobs, check, observer)?;
        self.report.findings.extend(found.into_iter().flatten());
        Ok(())
    }

    fn read(&self, name: &Path) -> Result<Option<Vec<u8>>, FsError> {
        self.depot.tree.read(name, CONFIG_LENGTH_MAX)
    }

    fn find(&mut self, name: PathBuf, problem: DiscrepancyKind) {
        self.report.findings.push(Discrepancy::new(name, problem));
    }

    fn differs(&mut self, name: PathBuf, expected: &str) {
        let (expected, actual) = (expected.to_owned(), "something else".to_owned());
        self.find(name, DiscrepancyKind::Corrupted { expected, actual });
    }
}
