//! What a machine gets.

use std::path::PathBuf;

use super::boot_files::{AsGeneration, BootParts};
use super::command_line::own_command_line;
use super::delivery::Delivery;
use super::error::DeployRefusal;
use super::options::DeployOptions;
use crate::boot::config_txt::{self, ConfigTxt};
use crate::boot::requests::{BootFiles, Requests, served_name};
use crate::boot::{Board, KernelCommandLine};
use crate::depot::{
    BootNames, GenerationNumber, Generations, ImageHash, Machine, MachineName, MachineRecord,
    Settings, generation_config, layout,
};
use crate::image::{BootFile, FileHash, Manifest, RootKind};
use crate::tree::TargetName;

/// Most bytes of a `config.txt` or a command line; neither may have nearly as many.
const READ_MAX: usize = config_txt::LENGTH_MAX;

/// An image, as far as it decides what machines get.
pub(super) struct ImageParts<'image> {
    pub(super) manifest: &'image Manifest,
    /// The manifest's bytes.
    pub(super) text: Vec<u8>,
    /// Their hash.
    pub(super) sha256: FileHash,
    pub(super) boot: BootParts<'image>,
    files: &'image dyn BootFiles,
    config: ConfigTxt,
    database: Option<String>,
}

/// What a machine gets, but for what all machines get.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MachinePlan {
    pub(super) machine: MachineName,
    pub(super) tftp_directory: String,
    pub(super) number: GenerationNumber,
    pub(super) image: ImageHash,
    pub(super) config: String,
    pub(super) command_line: String,
    pub(super) names: BootNames,
    /// Whether its board may be one without an EEPROM.
    pub(super) needs_bootcode: bool,
}

impl<'image> ImageParts<'image> {
    /// The parts of an image that is for the machines of this depot.
    pub(super) fn of(
        delivery: &'image Delivery,
        files: &'image dyn BootFiles,
        settings: &Settings,
    ) -> Result<Self, DeployRefusal> {
        let manifest = &delivery.image.manifest;
        check(manifest, settings)?;
        let config = TargetName::constant(layout::CONFIG);
        let config = read((manifest, files), &config)?.ok_or(DeployRefusal::NoConfig)?;
        let text = manifest.text();
        Ok(Self {
            manifest,
            sha256: FileHash::of(&text),
            text,
            boot: BootParts::of(&manifest.boot)?,
            files,
            config: ConfigTxt::parse(layout::CONFIG, &config),
            database: delivery.database(),
        })
    }

    /// What a machine gets as its next generation.
    pub(super) fn plan(
        &self,
        settings: &Settings,
        record: &MachineRecord,
        generations: &Generations,
    ) -> Result<MachinePlan, DeployRefusal> {
        let machine = &record.machine;
        if machine.root == Some(RootKind::Own) {
            return Err(DeployRefusal::MachineWithRoot(machine.name.clone()));
        }
        let number = generations.next_number();
        let config = self.config(number)?;
        let names = self.boot_names(machine, number, &config)?;
        let persist = layout::persist(&machine.name);
        let persist = settings.nfs.subdirectory(&persist.to_string_lossy())?;
        let failed = |source| DeployRefusal::CommandLine {
            machine: machine.name.clone(),
            source,
        };
        let line = self.command_line(&names, machine)?;
        let line: KernelCommandLine = line.parse().map_err(failed)?;
        let database = self.database.as_deref();
        let own_line =
            |number| own_command_line(&line, record, &persist, number, database).map_err(failed);
        let first = GenerationNumber::FIRST;
        Ok(MachinePlan {
            machine: machine.name.clone(),
            tftp_directory: machine.tftp_directory().unwrap_or_default(),
            number,
            // The number alone makes no other system.
            image: ImageHash::of(&[
                self.sha256.to_string().as_bytes(),
                self.config(first)?.as_bytes(),
                own_line(first)?.as_bytes(),
            ]),
            command_line: own_line(number)?,
            config,
            names,
            needs_bootcode: machine.needs_bootcode(&self.manifest.boards),
        })
    }

    fn config(&self, number: GenerationNumber) -> Result<String, DeployRefusal> {
        let mut changed = None;
        let mut provider = |name: &str| {
            let read = read((self.manifest, self.files), &served_name(name)?);
            read.unwrap_or_else(|refusal| {
                changed = Some(refusal);
                None
            })
        };
        let config = generation_config(number, &self.config, &mut provider);
        match changed {
            Some(refusal) => Err(refusal),
            None => Ok(config?),
        }
    }

    /// The boards that a machine may be.
    pub(super) fn boards(&self, machine: &Machine) -> Vec<Board> {
        machine.boards(&self.manifest.boards)
    }

    /// How the kernel and the command line are called, below the generation's directory.
    fn boot_names(
        &self,
        machine: &Machine,
        number: GenerationNumber,
        config: &str,
    ) -> Result<BootNames, DeployRefusal> {
        let files = AsGeneration {
            image: self.files,
            number,
            config,
        };
        let directory = layout::boot_directory(number);
        let below = |name: Option<String>| -> Option<PathBuf> {
            let name = served_name(&name?)?;
            let below = name.as_path().strip_prefix(&directory).ok()?;
            Some(below.to_owned())
        };
        let mut found: Option<BootNames> = None;
        for board in self.boards(machine) {
            let asking = Requests::of(board).serial(Some(machine.serial));
            let resolved = asking.simulate(&files).resolved;
            let names = below(resolved.kernel).zip(below(resolved.command_line));
            let (kernel, command_line) = names.ok_or_else(|| DeployRefusal::Kernel {
                machine: machine.name.clone(),
                board,
            })?;
            let names = BootNames {
                kernel,
                command_line,
            };
            if found.as_ref().is_some_and(|found| *found != names) {
                return Err(DeployRefusal::Boards(machine.name.clone()));
            }
            found = Some(names);
        }
        found.ok_or_else(|| DeployRefusal::Board(machine.name.clone()))
    }

    fn command_line(&self, names: &BootNames, machine: &Machine) -> Result<String, DeployRefusal> {
        let name = TargetName::new(&names.command_line).ok();
        let read = |name| read((self.manifest, self.files), &name).transpose();
        let bytes = name.and_then(read).transpose()?;
        let bytes = bytes.ok_or_else(|| DeployRefusal::NoCommandLine(machine.name.clone()))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The bytes of a file that decides how the image boots, as far as they count.
fn read(
    (manifest, files): (&Manifest, &dyn BootFiles),
    name: &TargetName,
) -> Result<Option<Vec<u8>>, DeployRefusal> {
    let Some(bytes) = files.read(name, READ_MAX) else {
        return Ok(None);
    };
    let mut listed = manifest.boot.iter();
    let listed = listed.find(|file| file.name == *name);
    let is_whole = |file: &BootFile| file.size == bytes.len() as u64;
    let is_listed = |file: &BootFile| is_whole(file) && file.sha256 == FileHash::of(&bytes);
    if listed.is_some_and(is_listed) {
        Ok(Some(bytes))
    } else {
        Err(DeployRefusal::Changed(name.clone()))
    }
}

/// Whether an image is for the machines of this depot.
pub(super) fn check(manifest: &Manifest, settings: &Settings) -> Result<(), DeployRefusal> {
    if manifest.store_dir != settings.store_dir {
        return Err(DeployRefusal::StoreDir {
            image: manifest.store_dir.clone(),
            depot: settings.store_dir.clone(),
        });
    }
    let (image, depot) = (&manifest.nfs, settings.nfs.subdirectory(layout::STORE)?);
    if !depot.is_at(image) {
        return Err(DeployRefusal::Store {
            image: image.device(),
            depot: depot.device(),
        });
    }
    Ok(())
}

/// The generation that is what a machine gets, if it would get that anyway, or had it
/// deployed last where that is enough.
pub(super) fn unchanged(
    plan: &MachinePlan,
    generations: &Generations,
    options: &DeployOptions,
) -> Option<GenerationNumber> {
    let current = generations.lasting();
    let current = current.filter(|current| options.trial || generations.default == Some(*current));
    let last = generations.last.filter(|_| options.only_new);
    [current, last].into_iter().flatten().find(|number| {
        let generation = generations.all.get(number);
        generation.is_some_and(|generation| generation.image == plan.image)
    })
}
