//! Why an image is not deployed.

use std::path::PathBuf;

use crate::boot::CommandLineError;
use crate::build::ObjectError;
use crate::check::{CheckError, CheckReport};
use crate::depot::{ConfigError, DepotError, GenerationNumber, MachineName};
use crate::fs::FsError;
use crate::image::ManifestError;
use crate::nfs::NfsError;
use crate::store::{StoreDir, StorePathError};
use crate::tree::{TargetName, TargetNameError};

/// Why an image cannot be a machine's next generation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DeployRefusal {
    /// No machine of that name.
    #[error("there is no machine {0} in the depot; correct the name, or add it")]
    Unknown(MachineName),
    /// No machine has the tag.
    #[error("no machine has the tag {0:?}; give a tag that a machine has")]
    NoneTagged(String),
    /// No machine at all.
    #[error("the depot has no machine; add one")]
    NoMachine,
    /// Its programs look for each other elsewhere.
    #[error(
        "the image's store is {image}, but the machines of this depot mount theirs as {depot}; build the image with that storeDir"
    )]
    StoreDir {
        /// Of the image.
        image: StoreDir,
        /// Of the depot.
        depot: StoreDir,
    },
    /// It mounts its store from elsewhere.
    #[error(
        "the image mounts its store from {image}, but the store of this depot is {depot}; build the image with nfs (in NixOS: netImage.nfs) set to that"
    )]
    Store {
        /// What the image mounts.
        image: String,
        /// What it has to mount.
        depot: String,
    },
    /// It brings a root of its own, which can be one machine's.
    #[error(
        "the image has a root of its own, which can be that of one machine only; name that, or build the image with rootKind shared"
    )]
    OneMachine,
    /// It brings a root of its own for a machine that has something already.
    #[error(
        "the machine {0} has something to boot already, or a directory in own-roots, and an image with a root of its own is deployed once only; update the machine with nixos-rebuild there, or add a new one"
    )]
    Filled(MachineName),
    /// It mounts its root from elsewhere.
    #[error(
        "the image mounts its root from {image}, but that of the machine is {depot}; build the image with nfs (in NixOS: netImage.nfs) set to that"
    )]
    Root {
        /// What the image mounts.
        image: String,
        /// What it has to mount.
        depot: String,
    },
    /// The machine has a root of its own.
    #[error(
        "the machine {0} has a root of its own; choose its generation there, with nixos-rebuild"
    )]
    MachineWithRoot(MachineName),
    /// What it has to load depends on what it is.
    #[error(
        "it is not known which board the machine {0} is, and the image does not say either; set the machine's board"
    )]
    Board(MachineName),
    /// The boards of the image load different files.
    #[error(
        "the boards that the image is for start different kernels; set the board of the machine {0}"
    )]
    Boards(MachineName),
    /// The board starts no kernel of it.
    #[error(
        "the machine {machine} would start no kernel of the image as {board}; add the kernel, or correct config.txt"
    )]
    Kernel {
        /// The machine.
        machine: MachineName,
        /// What it is.
        board: crate::boot::Board,
    },
    /// Without a command line it would not know who it is.
    #[error(
        "the image has no command line for the machine {0}; build it with commandLine, or add cmdline.txt"
    )]
    NoCommandLine(MachineName),
    /// A file by which boards write their EEPROM or start something else.
    #[error(
        "the image has {0}, by which a board changes its EEPROM or starts a recovery system; leave it out, and update EEPROMs by other means"
    )]
    Eeprom(TargetName),
    /// A file that decides how it boots, and is not what its manifest says.
    #[error(
        "{0} of the image is not what its manifest says; build the image again, or copy it whole"
    )]
    Changed(TargetName),
    /// No `config.txt`.
    #[error("the image has no config.txt, by which a board finds its generation; add one")]
    NoConfig,
    /// A `config.txt` that cannot be one of several.
    #[error("config.txt of the image cannot be that of one of several generations")]
    Config(#[from] ConfigError),
    /// A command line that is none, or gets too long.
    #[error("the command line of the machine {machine} cannot be made")]
    CommandLine {
        /// The machine.
        machine: MachineName,
        /// Why.
        source: CommandLineError,
    },
    /// Nothing that a board starts with.
    #[error("the image has no firmware (start*.elf and fixup*.dat); give one that has")]
    NoFirmware,
    /// One of two files that have to be of one release.
    #[error(
        "the image has {name} without {other}, and both have to be of one release; add that to the image"
    )]
    HalfFirmware {
        /// The file.
        name: TargetName,
        /// The one that is missing.
        other: String,
    },
    /// A machine would get other firmware that it shares.
    #[error(
        "bootcode.bin is one file for all boards without an EEPROM, and {0} is one of them, too; change the firmware of all of them"
    )]
    SharedBootcode(MachineName),
    /// A machine is reading what is to be changed.
    #[error("the machine {0} is fetching its boot files; try again once it is up, or in a minute")]
    Booting(MachineName),
    /// A path of the depot that no machine can mount.
    #[error("the depot cannot be mounted by its path; export it by another")]
    Export(#[from] NfsError),
}

/// Why an image was not deployed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeployError {
    /// It does not fit.
    #[error(transparent)]
    Refused(#[from] DeployRefusal),
    /// The depot.
    #[error(transparent)]
    Depot(#[from] DepotError),
    /// A store path.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// A store path that is not what it was sent for.
    #[error(
        "what has arrived is not what the image's manifest says, and was removed; run this again, which sends it again, and verify the image if that does not help"
    )]
    Arrived(#[source] Box<ObjectError>),
    /// Somebody else sends the same image.
    #[error(
        "another command is sending this image into the depot; run this again when it has ended"
    )]
    Busy,
    /// A manifest that another program has sent.
    #[error(
        "the image's manifest is none of this netimage; install the same version on both computers"
    )]
    Announced(#[source] Box<ManifestError>),
    /// A name of the image that no file can have.
    #[error("the image has a name that no file can have; build it again")]
    Name(#[source] TargetNameError),
    /// A file of the image that is not what its manifest says.
    #[error("{} is not what the image's manifest says; build the image again, or copy it whole", .0.display())]
    Corrupted(PathBuf),
    /// The store of a lean image is elsewhere, or was collected.
    #[error(
        "the image is lean, and of its closure {} is not there{}; copy the image by nix copy, which brings its closure, or build it full",
        path.display(),
        others_too(*others)
    )]
    NotInStore {
        /// Where the first of them should be.
        path: PathBuf,
        /// How many others are not there.
        others: usize,
    },
    /// The database has no name that a store path can have.
    #[error("the image's Nix database cannot be a store path; build the image without nixDatabase")]
    Database(#[from] StorePathError),
    /// A file that the manifest has to list.
    #[error("the image's manifest lists no {0}; build the image again")]
    Unlisted(&'static str),
    /// The generation could not be checked.
    #[error("the generation could not be checked")]
    Check(#[from] CheckError),
    /// A board would not boot it.
    #[error(
        "the machine {machine} cannot boot the image; correct what the check says, or add the codes you accept to the image's allow"
    )]
    CannotBoot {
        /// The machine.
        machine: MachineName,
        /// What was found.
        report: Box<CheckReport>,
    },
    /// A board would not boot with other firmware.
    #[error(
        "the machine {machine} would not boot its generation {generation} with this firmware; give an image with firmware that fits"
    )]
    Firmware {
        /// The machine.
        machine: MachineName,
        /// What it is served, or may be.
        generation: GenerationNumber,
        /// What was found.
        report: Box<CheckReport>,
    },
    /// A file.
    #[error(transparent)]
    Fs(#[from] FsError),
}

fn others_too(count: usize) -> String {
    match count {
        0 => String::new(),
        1 => ", nor is 1 other store path".to_owned(),
        count => format!(", nor are {count} other store paths"),
    }
}

impl DeployError {
    /// Why store paths that have arrived are not taken.
    pub(super) fn of_arrived(error: ObjectError) -> Self {
        match error {
            ObjectError::Fs(FsError::Io { .. } | FsError::Cancelled) => Self::Object(error),
            other => Self::Arrived(Box::new(other)),
        }
    }

    /// Whether the [`Observer`](crate::Observer) asked to stop, and that is all.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Fs(error) => matches!(error, FsError::Cancelled),
            Self::Depot(error) => error.is_cancelled(),
            Self::Object(error) => error.is_cancelled(),
            Self::Check(error) => error.is_cancelled(),
            _ => false,
        }
    }
}
