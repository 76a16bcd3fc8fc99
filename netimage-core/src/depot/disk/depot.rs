//! A depot: made, opened, read.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FileType, fstat};
use rustix::io::Errno;
use rustix::process::geteuid;
use serde::de::DeserializeOwned;

use super::error::DepotError;
use super::file_systems::FileSystems;
use super::replace::Replacement;
use super::suitability;
use crate::depot::serve::{Installed, Program};
use crate::depot::{
    Boots, GenerationNumber, Generations, Machine, MachineName, MachineRecord, Machines, RootKind,
    Settings, layout, named_generation,
};
use crate::fs::{Enclosed, FsError, Links, OpenDirectory, failed, list, real_path};

/// Bytes of a depot's file that are read; none has nearly as many.
const FILE_LENGTH_MAX: u64 = 16 << 20;

/// Bytes of a `config.txt` that are read, as boards do.
pub(super) const CONFIG_LENGTH_MAX: u64 = crate::boot::config_txt::REACH as u64;

/// What an init that is killed leaves beside a depot's entries.
const LEFTOVERS: [&str; 2] = [".depot.json.new", suitability::TRIAL];

/// What a file system may have in its root.
const LOST_AND_FOUND: &[u8] = b"lost+found";

/// A depot that was found. Reading needs no lock, as each of its files is replaced
/// as a whole.
#[derive(Debug)]
pub struct Depot {
    pub(in crate::depot) directory: OpenDirectory,
    pub(super) tree: Enclosed,
    settings: Settings,
}

/// What a depot is made of that was just made.
#[derive(Debug)]
#[non_exhaustive]
pub struct Initialised {
    /// The depot.
    pub depot: Depot,
    /// Whether what machines write lies on one file system with the store. An NFS
    /// client may then guess its way to files of the other (exports(5),
    /// `no_subtree_check`).
    pub shares_file_system: bool,
}

impl Depot {
    /// Makes a depot in a directory that is empty or not there.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when there is something, or it cannot be written.
    #[allow(
        clippy::disallowed_methods,
        reason = "there is no directory yet to be held open"
    )]
    pub fn init(path: &Path, settings: &Settings) -> Result<Initialised, DepotError> {
        fs::create_dir_all(path).map_err(failed("create", path))?;
        let directory = OpenDirectory::open(path)?;
        check_empty(&directory)?;
        suitability::check(&directory)?;
        if fstat(&directory).map_err(failed("read", path))?.st_uid != geteuid().as_raw() {
            return Err(DepotError::NotOwner(path.to_owned()));
        }
        for name in layout::DIRECTORIES {
            directory.make_directories(name.as_ref())?;
            // Each may be a file system of its own.
            suitability::check(&directory.open_in(name.as_ref())?)?;
        }
        // Nix looks for it, and cannot make it where the store is read-only.
        directory.make_directories(&Path::new(layout::STORE).join(".links"))?;
        let device = |name: &str| -> Result<_, FsError> {
            let directory = directory.open_in(name.as_ref())?;
            Ok(fstat(&directory)
                .map_err(failed("read", directory.path()))?
                .st_dev)
        };
        let store = device(layout::STORE)?;
        let shares_file_system =
            device(layout::PERSIST)? == store || device(layout::OWN_ROOTS)? == store;
        // What is a depot has all of these.
        FileSystems::of(&directory, layout::DIRECTORIES.map(Path::new))?.sync()?;
        let mut replacement = Replacement::of(&directory);
        replacement.add_json(PathBuf::from("."), layout::SETTINGS, settings)?;
        replacement.commit()?;
        Ok(Initialised {
            depot: Self::open(path)?,
            shares_file_system,
        })
    }

    /// Whether there is one, be it readable or not.
    #[must_use]
    pub fn is_at(path: &Path) -> bool {
        let tree = Enclosed::open(path, Links::Refused);
        tree.is_ok_and(|tree| tree.look_at(layout::SETTINGS.as_ref()).is_ok())
    }

    /// Opens a depot.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when there is none, or one that this program does not know.
    pub fn open(path: &Path) -> Result<Self, DepotError> {
        let not_a_depot = || DepotError::NotADepot(path.to_owned());
        // The path that the TFTP server is told, too.
        let path = real_path(path).map_err(|_| not_a_depot())?;
        let tree = Enclosed::open(&path, Links::Refused)?;
        let directory = OpenDirectory::open(&path)?;
        let settings = read_json(&tree, layout::SETTINGS.as_ref())?.ok_or_else(not_a_depot)?;
        Ok(Self {
            directory,
            tree,
            settings,
        })
    }

    /// Where it is, without links.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// What is said of it as a whole.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// All machines by name, also those that were removed and of which something is
    /// left.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when one cannot be read.
    pub fn records(&self) -> Result<BTreeMap<MachineName, MachineRecord>, DepotError> {
        let mut records = BTreeMap::new();
        for name in self.machine_names()? {
            let path = layout::machine(&name).join(layout::MACHINE);
            if let Some(record) = read_json(&self.tree, &path)? {
                records.insert(name, record);
            }
        }
        Ok(records)
    }

    /// The machines that are in service.
    ///
    /// # Errors
    ///
    /// As [`Depot::records`].
    pub fn machines(&self) -> Result<Machines, DepotError> {
        Ok(Machines::in_service(self.records()?.values()))
    }

    /// The machine of that name, as it is written down.
    ///
    /// # Errors
    ///
    /// [`DepotError::UnknownMachine`] if it is not in service.
    pub fn machine(&self, name: &MachineName) -> Result<MachineRecord, DepotError> {
        let path = layout::machine(name).join(layout::MACHINE);
        let record: Option<MachineRecord> = read_json(&self.tree, &path)?;
        record
            .filter(MachineRecord::is_in_service)
            .ok_or_else(|| DepotError::UnknownMachine(name.clone()))
    }

    /// What is known of a machine's generations.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when it cannot be read, or is gone although there are generations.
    pub fn generations(&self, name: &MachineName) -> Result<Generations, DepotError> {
        let known = self.known_generations(name)?;
        known.ok_or_else(|| self.lost_generations(name))
    }

    /// The same; nothing where it is gone.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when it cannot be read.
    pub fn known_generations(&self, name: &MachineName) -> Result<Option<Generations>, DepotError> {
        let path = layout::machine(name).join(layout::GENERATIONS);
        match read_json(&self.tree, &path)? {
            None if self.has_generations(name)? => Ok(None),
            known => Ok(Some(known.unwrap_or_default())),
        }
    }

    /// That what is known of a machine's generations is gone.
    #[must_use]
    pub fn lost_generations(&self, name: &MachineName) -> DepotError {
        let path = layout::machine(name).join(layout::GENERATIONS);
        DepotError::LostGenerations(self.path().join(path))
    }

    /// Whether a machine of whose generations nothing is written down has some: more than
    /// a first one whose deploy was killed before it was served.
    fn has_generations(&self, name: &MachineName) -> Result<bool, DepotError> {
        let first = GenerationNumber::FIRST;
        let names = self.list(&layout::generations(name))?;
        let numbers = names.iter().filter_map(|(name, _)| name.to_str().ok());
        let numbers: Vec<GenerationNumber> = numbers.filter_map(|text| text.parse().ok()).collect();
        if numbers != [first] {
            return Ok(!numbers.is_empty());
        }
        let path = layout::machine(name).join(layout::MACHINE);
        let record: Option<MachineRecord> = read_json(&self.tree, &path)?;
        let shared = record.filter(|record| record.machine.root != Some(RootKind::Own));
        match shared {
            Some(record) => Ok(self.served(&record.machine)? == Some(first)),
            None => Ok(false),
        }
    }

    /// The machines of which nothing says any more what they are, as errors that say so,
    /// sorted.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when the names of machines cannot be read.
    pub fn lost_machines(&self) -> Result<Vec<DepotError>, DepotError> {
        let paths = self.lost_records()?.into_iter();
        Ok(paths
            .map(|path| DepotError::LostMachine(self.path().join(path)))
            .collect())
    }

    /// Where a machine was written down that has a directory still.
    pub(super) fn lost_records(&self) -> Result<Vec<PathBuf>, DepotError> {
        let mut lost = Vec::new();
        for name in self.machine_names()? {
            let path = layout::machine(&name).join(layout::MACHINE);
            if !self.has(&path)? {
                lost.push(path);
            }
        }
        Ok(lost)
    }

    /// The names of which there is a machine's directory, sorted.
    fn machine_names(&self) -> Result<Vec<MachineName>, FsError> {
        let entries = self.list(layout::MACHINES.as_ref())?;
        let directories = entries
            .into_iter()
            .filter(|(_, kind)| *kind == FileType::Directory);
        Ok(directories
            .filter_map(|(name, _)| name.to_str().ok()?.parse().ok())
            .collect())
    }

    /// What was seen of a machine's boots.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when it cannot be read.
    pub fn boots(&self, name: &MachineName) -> Result<Boots, DepotError> {
        let path = layout::machine(name).join(layout::BOOTS);
        Ok(read_json(&self.tree, &path)?.unwrap_or_default())
    }

    /// The generation that a machine's `config.txt` names at this moment.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when it cannot be read.
    pub fn served(&self, machine: &Machine) -> Result<Option<GenerationNumber>, DepotError> {
        let Some(directory) = machine.tftp_directory() else {
            return Ok(None);
        };
        let path = layout::tftp(&directory).join(layout::CONFIG);
        let config = self.tree.read(&path, CONFIG_LENGTH_MAX)?;
        Ok(config.and_then(|config| named_generation(&config)))
    }

    /// The generation that a machine's link for boards without `os_prefix` leads to.
    pub(super) fn linked(&self, machine: &Machine) -> Option<GenerationNumber> {
        let path = layout::tftp(&machine.tftp_directory()?).join(layout::GOOD);
        let target = self.tree.link_target(&path).ok()?;
        layout::generation_of(&target)
    }

    /// What was written for which program that serves the depot.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when it cannot be read.
    pub fn servers(&self) -> Result<BTreeMap<Program, Installed>, DepotError> {
        let servers = self.read_json(layout::SERVERS.as_ref())?;
        Ok(servers.unwrap_or_default())
    }

    /// Whether something has a name, a link being taken for itself.
    pub(in crate::depot) fn has(&self, name: &Path) -> Result<bool, FsError> {
        match self.tree.look_at(name) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(FsError::io("read", self.path().join(name), error)),
        }
    }

    /// What stands in one of the depot's own files; nothing if it is not there.
    pub(in crate::depot) fn read_json<T: DeserializeOwned>(
        &self,
        name: &Path,
    ) -> Result<Option<T>, DepotError> {
        read_json(&self.tree, name)
    }
}

/// Whether a directory has nothing but what may be there before a depot is.
fn check_empty(directory: &OpenDirectory) -> Result<(), DepotError> {
    let path = directory.path();
    for (name, _) in list(directory).map_err(failed("read", path))? {
        let name = name.to_bytes();
        if name == layout::SETTINGS.as_bytes() {
            return Err(DepotError::Exists(path.to_owned()));
        }
        // What a killed init has left may stay.
        let mut ours = layout::ENTRIES.iter().chain(&LEFTOVERS);
        let contents = [layout::MACHINES, layout::STORE, layout::BOOT_FILES];
        let contents = contents.into_iter().find(|one| one.as_bytes() == name);
        if let Some(contents) = contents
            && has_contents(directory, contents)?
        {
            return Err(DepotError::LostSettings(path.to_owned()));
        }
        if name != LOST_AND_FOUND && !ours.any(|one| one.as_bytes() == name) {
            return Err(DepotError::NotEmpty(path.join(OsStr::from_bytes(name))));
        }
    }
    Ok(())
}

/// Whether there is something in a directory of a depot that an init does not leave there.
fn has_contents(directory: &OpenDirectory, name: &str) -> Result<bool, FsError> {
    let directory = directory.open_in(name.as_ref())?;
    let names = list(&directory).map_err(failed("read", directory.path()))?;
    let mut names = names.iter().map(|(name, _)| name.to_bytes());
    Ok(names.any(|name| !name.starts_with(b".") && name != LOST_AND_FOUND))
}

fn read_json<T: DeserializeOwned>(tree: &Enclosed, name: &Path) -> Result<Option<T>, DepotError> {
    let Some(bytes) = tree.read(name, FILE_LENGTH_MAX)? else {
        return Ok(None);
    };
    serde_json::from_slice(&bytes)
        .map(Some)
        .map_err(|source| DepotError::Json {
            path: tree.path().join(name),
            source,
        })
}
