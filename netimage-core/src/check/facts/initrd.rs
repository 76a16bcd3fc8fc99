//! What is known of an initrd, and of what is in it.

use std::collections::BTreeSet;

use super::{ListFault, Mounter, Mounts, SystemdSurvey};
use crate::boot::{Architecture, Board};
use crate::initrd::{Availability, ElfMachine, Execution, ModuleName};
use crate::tree::TargetName;

/// Where and why an initrd breaks.
#[derive(Debug)]
pub(in crate::check) struct Breakage {
    pub problem: String,
    pub remedy: String,
    /// Whether that is for our own limits.
    pub is_limit: bool,
    /// Whether that lies behind archives that are whole, which the kernel keeps.
    pub is_beside: bool,
    /// Whether no board that it is for has room for what it unpacks to.
    pub exceeds_memory: bool,
}

/// What there is to know of an initrd that boards load.
#[derive(Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(in crate::check) struct InitrdSurvey {
    /// Its files as the firmware puts them together, for people.
    pub name: String,
    pub boards: Vec<Board>,
    /// Whether there is none, and the kernel has to do with what it has built in.
    pub is_absent: bool,
    pub broken: Option<Breakage>,
    /// How many bytes came out of its segments.
    pub unpacked: u64,
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
    /// Whether something in it names the NFS client, or the host otherwise than all.
    pub names_client: bool,
    /// Whether it is known what the kernel has built in.
    pub knows_built_in: bool,
    pub modules: Vec<ModuleSurvey>,
    /// What the boards' Ethernet needs beside its own drivers.
    pub suppliers: Vec<SupplierSurvey>,
    /// Which of the modules the kernel has as such, wherever they are, if that is
    /// known.
    pub of_kernel: Option<BTreeSet<ModuleName>>,
    /// The releases that its modules are for, as their directories are called.
    pub releases: BTreeSet<String>,
    /// What it mounts on the way to the store, where it says so.
    pub mounts: Mounts,
    /// Whether something else may mount the store.
    pub may_mount_store: bool,
    /// What is amiss with the list of mounts of NixOS's script.
    pub list_fault: Option<ListFault>,
    /// What its systemd has, if that is what is started.
    pub systemd: Option<SystemdSurvey>,
    /// Those files of it that have no bytes.
    pub empty: Vec<TargetName>,
    /// Whether that is all of them.
    pub is_empty: bool,
}

impl InitrdSurvey {
    /// Whether there are files in it that were read.
    pub(in crate::check) fn is_read(&self) -> bool {
        self.broken.is_none() && !self.is_empty
    }

    /// Whether the root is what its tables of mounts say, and nothing else.
    pub(in crate::check) fn goes_by_tables(&self) -> bool {
        match (self.mounter, &self.systemd) {
            (Mounter::Scripted, _) => true,
            (Mounter::Systemd, Some(systemd)) => {
                systemd.root.is_none() && !systemd.has_root_unit && !systemd.is_of_dracut
            }
            _ => false,
        }
    }
}

/// A module that somebody needs.
#[derive(Debug)]
pub(in crate::check) struct ModuleSurvey {
    pub name: ModuleName,
    pub availability: Availability,
    /// The release that its file is for.
    pub release: Option<String>,
    /// The machine that its file is for.
    pub machine: Option<ElfMachine>,
    /// What is wrong with its file.
    pub broken: Option<String>,
    /// Whether no kernel of these boards loads any file of this name.
    pub is_refused: bool,
    /// What it needs, with what that needs in turn.
    pub needs: BTreeSet<ModuleName>,
}

/// Modules of which a board's Ethernet needs any one, by its device tree.
#[derive(Debug, Clone)]
pub(in crate::check) struct SupplierSurvey {
    pub board: Board,
    pub modules: Vec<ModuleName>,
    /// Whether it never comes up without.
    pub is_vital: bool,
}

/// What a program of an initrd is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Role {
    /// It is started by the kernel.
    Init,
    Mount,
    MountHelper,
    SwitchRoot,
    LoadModules,
}

impl Role {
    pub(in crate::check) const fn name(self) -> &'static str {
        match self {
            Self::Init => "init",
            Self::Mount => "mount",
            Self::MountHelper => "mount.nfs",
            Self::SwitchRoot => "switch_root",
            Self::LoadModules => "modprobe",
        }
    }

    /// Whether no root is mounted, or left to, without it.
    pub(in crate::check) const fn is_vital(self) -> bool {
        !matches!(self, Self::LoadModules)
    }
}

/// A program of an initrd.
#[derive(Debug)]
pub(in crate::check) struct ProgramSurvey {
    pub role: Role,
    /// Its path, for people.
    pub path: String,
    pub execution: Execution,
}
