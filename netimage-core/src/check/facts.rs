//! What is known of the parts of an image, once they are read.

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;

use super::read_fstab::{ListFault, Mounts};
use super::read_systemd::SystemdSurvey;
use crate::boot::{Architecture, Board, FirmwareError, KernelImage};
use crate::initrd::{Availability, Execution, Machine, ModuleName};
use crate::store::StorePath;
use crate::tree::TargetName;

/// Who mounts the root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mounter {
    /// The kernel; there is no initrd.
    Kernel,
    /// An initrd that runs systemd.
    Systemd,
    /// The initrd of NixOS that runs a script.
    Scripted,
    /// An initrd that is not known.
    Other,
}

/// Whether one board is among both.
pub(super) fn share_a_board(one: &[Board], other: &[Board]) -> bool {
    one.iter().any(|board| other.contains(board))
}

/// A command line that boards boot with.
#[derive(Debug)]
pub(super) struct CommandLineSurvey {
    pub name: TargetName,
    pub boards: Vec<Board>,
    pub text: Vec<u8>,
    pub mounter: Mounter,
    /// What its `init=` names, if there is a root to look in.
    pub init: Option<InitSurvey>,
}

/// A file that should be the toplevel's and is not.
#[derive(Debug)]
pub(super) struct ForeignFile {
    pub name: TargetName,
    pub boards: Vec<Board>,
    pub is_kernel: bool,
}

/// A file of the firmware that boards load and that is of no use.
#[derive(Debug)]
pub(super) struct FirmwareSurvey {
    pub name: TargetName,
    pub boards: Vec<Board>,
    pub fault: FirmwareError,
}

/// Two files of the firmware that have the same bytes.
#[derive(Debug)]
pub(super) struct AlikeFirmware {
    pub name: TargetName,
    pub other: TargetName,
}

/// A kernel that boards load.
#[derive(Debug)]
pub(super) struct KernelSurvey {
    pub name: TargetName,
    pub boards: Vec<Board>,
    /// Those of them that enter it in 64-bit mode.
    pub boards_64: Vec<Board>,
    pub image: KernelImage,
    /// As its banner has it.
    pub release: Option<String>,
    /// Of a gzipped one, the bytes that it unpacks to, or why it does not.
    pub unpacked: Option<Result<u64, String>>,
}

impl KernelSurvey {
    /// A module of the initrd that this kernel cannot load, as it is for the other
    /// kind of Arm processor.
    pub(super) fn foreign_module<'initrd>(
        &self,
        initrd: &'initrd InitrdSurvey,
    ) -> Option<&'initrd ModuleSurvey> {
        let foreign = match self.image.architecture()? {
            Architecture::Arm => Machine::Aarch64,
            Architecture::Arm64 => Machine::Arm,
        };
        let mut modules = initrd.modules.iter();
        modules.find(|module| {
            module.machine == Some(foreign) && module.availability != Availability::BuiltIn
        })
    }
}

/// Where and why an initrd breaks.
#[derive(Debug)]
pub(super) struct Breakage {
    pub problem: String,
    pub remedy: Option<String>,
    /// Whether that is for our own limits.
    pub is_limit: bool,
}

/// What there is to know of an initrd that boards load.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct InitrdSurvey {
    /// Its files as the firmware puts them together, for people.
    pub name: String,
    pub boards: Vec<Board>,
    /// Whether there is none, and the kernel has to do with what it has built in.
    pub is_absent: bool,
    pub broken: Option<Breakage>,
    /// What the kernel has against a segment.
    pub objections: Vec<String>,
    /// A file that the kernel leaves out, and how many.
    pub skipped: Option<(String, u64)>,
    /// What the kernel runs that it is loaded with.
    pub architecture: Option<Architecture>,
    /// Whether the first line of the script that is started ends in a carriage
    /// return.
    pub has_carriage_return: bool,
    /// Whether `rdinit=` says what is started.
    pub is_start_given: bool,
    /// What is started, and what stage 1 is known to run.
    pub programs: Vec<ProgramSurvey>,
    pub mounter: Mounter,
    /// Whether the systemd of stage 1 is told of a root, if it is not known not
    /// to be.
    pub has_root: bool,
    pub has_mount_helper: bool,
    /// Whether it has the daemon that makes TLS connections for the kernel.
    pub has_tlshd: bool,
    /// Whether the kernel can speak RPC over RDMA, if that is known.
    pub has_rdma: Option<bool>,
    pub has_network: bool,
    /// Whether it is known what the kernel has built in.
    pub knows_built_in: bool,
    pub modules: Vec<ModuleSurvey>,
    /// The releases that its modules are for, as their directories are called.
    pub releases: BTreeSet<String>,
    /// What it mounts at `/`, where it says so.
    pub mounts: Mounts,
    /// What is amiss with the list of mounts of NixOS's script.
    pub list_fault: Option<ListFault>,
    /// What its systemd has, if that is what is started.
    pub systemd: Option<SystemdSurvey>,
    /// Those files of it that have no bytes.
    pub empty: Vec<TargetName>,
    /// Whether that is all of them.
    pub is_empty: bool,
}

/// A module that somebody needs.
#[derive(Debug)]
pub(super) struct ModuleSurvey {
    pub name: ModuleName,
    pub availability: Availability,
    /// The release that its file is for.
    pub release: Option<String>,
    /// What its file says of the kernel that it is for.
    pub vermagic: Option<String>,
    /// The machine that its file is for.
    pub machine: Option<Machine>,
    /// What is wrong with its file.
    pub broken: Option<String>,
    /// Whether no kernel of these boards loads any file of this name.
    pub is_refused: bool,
    /// What it needs, with what that needs in turn.
    pub needs: BTreeSet<ModuleName>,
    /// Why its file was not looked into.
    pub unread: Option<String>,
}

/// What a program of an initrd is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// It is started by the kernel.
    Init,
    Mount,
    MountHelper,
    SwitchRoot,
    LoadModules,
}

impl Role {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Mount => "mount",
            Self::MountHelper => "mount.nfs",
            Self::SwitchRoot => "switch_root",
            Self::LoadModules => "modprobe",
        }
    }

    /// Whether no root is mounted, or left to, without it.
    pub(super) const fn is_vital(self) -> bool {
        !matches!(self, Self::LoadModules)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Init => "begins",
            Self::Mount | Self::MountHelper => "mounts the root",
            Self::SwitchRoot => "goes over to the root",
            Self::LoadModules => "loads modules",
        })
    }
}

/// A program of an initrd.
#[derive(Debug)]
pub(super) struct ProgramSurvey {
    pub role: Role,
    /// Its path, for people.
    pub path: String,
    pub execution: Execution,
}

/// What there is to know of a root.
#[derive(Debug)]
pub(super) struct RootSurvey {
    /// Whether it has a store.
    pub is_nixos: bool,
    /// Those inits that the kernel or stage 1 may start without `init=`, as far as
    /// they are there: `init`, which is the one of NixOS's script, and `sbin/init`.
    pub default_inits: Vec<&'static str>,
    pub missing_directories: Vec<&'static str>,
    pub has_database: bool,
    pub database: DatabaseSurvey,
    pub registered: Registered,
    pub toplevel: Option<ToplevelSurvey>,
    /// The longest path of the store.
    pub longest_path: Option<PathBuf>,
}

/// The registration against the store: base names.
#[derive(Debug)]
pub(super) enum Registered {
    Absent,
    /// It, or the store, has more than is read.
    TooLarge,
    /// Why it would not load.
    Broken(String),
    Closure {
        missing: Vec<String>,
        unregistered: Vec<String>,
    },
}

/// What there is to know of a toplevel.
#[derive(Debug)]
pub(super) struct ToplevelSurvey {
    pub path: StorePath,
    pub exists: bool,
    pub init: Standing,
    /// Its init, if that is a file.
    pub program: Option<InitProgram>,
    pub kernel: Standing,
    pub initrd: Standing,
    /// As Nix names it.
    pub system: Option<String>,
    pub bootspec: Option<Bootspec>,
    /// What is wrong with `boot.json`.
    pub bootspec_faults: Vec<String>,
}

/// What there is where a regular file should be, links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    File,
    Absent,
    /// A link that leads to nothing within.
    Dangling,
    /// "a FIFO" or the like.
    Other(&'static str),
}

/// The init of a toplevel, as a program that is to be started.
#[derive(Debug)]
pub(super) struct InitProgram {
    /// Whether anybody may execute it.
    pub is_executable: bool,
    /// Whether its first line, as a script, ends in a carriage return.
    pub has_carriage_return: bool,
    pub start: Start,
    /// The interpreter of a script, and how it begins or why it is of no use.
    pub interpreter: Option<(String, Result<Start, &'static str>)>,
}

/// How a file begins that the kernel is to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Start {
    Elf(Machine),
    Script,
    Empty,
    /// Nothing that Linux starts.
    Other,
}

/// The Nix database, as far as it can be judged from outside.
#[derive(Debug, Default)]
pub(super) struct DatabaseSurvey {
    /// Why Nix will not open it.
    pub faults: Vec<String>,
    /// Signs that something had it open when it was copied.
    pub remains: Vec<String>,
}

/// The part of `boot.json` that a command line has to agree with (NixOS RFC 125).
#[derive(Debug)]
pub(super) struct Bootspec {
    pub init: String,
    pub kernel_params: Vec<String>,
    pub system: Option<String>,
}

/// What an `init=` names.
#[derive(Debug, Clone)]
pub(super) struct InitSurvey {
    pub exists: bool,
    /// The store path that it lies in.
    pub store_path: Option<StorePath>,
}

impl InitSurvey {
    pub(super) fn toplevel(&self) -> Option<&StorePath> {
        self.store_path.as_ref()
    }
}
