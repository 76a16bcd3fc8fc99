//! What is known of the parts of an image, once they are read.

mod boot;
mod device_tree;
pub(super) mod drivers;
mod initrd;
mod load;
mod meant;
mod mounter;
mod mounts;
mod root;
mod survey;
mod systemd;

pub(in crate::check) use boot::{BootEntry, BootKind, CONFIG};
pub(in crate::check) use device_tree::{BaseTree, DeviceTreeSurvey, OverlayState, OverlaySurvey};
pub(in crate::check) use initrd::{
    Breakage, InitrdSurvey, ModuleSurvey, ProgramSurvey, Role, SupplierSurvey,
};
pub(in crate::check) use load::{Load, LoadedOverlay, LoadedParameter, asked_ways};
pub(in crate::check) use meant::{Meant, NearMiss};
pub(in crate::check) use mounter::Mounter;
pub(in crate::check) use mounts::{ListFault, Mount, Mounts, TO_STORE, is_disk};
pub(in crate::check) use root::{
    Bootspec, DATABASE, DatabaseSurvey, DiskMount, Likeness, Registered, RootSurvey, Standing,
    ToplevelSurvey,
};
pub(in crate::check) use survey::{Survey, toplevel_of};
pub(in crate::check) use systemd::{Networks, SystemdSurvey};

use crate::boot::{
    Architecture, Board, BootLoader, CommandLineError, FirmwareError, KernelCommandLine,
    KernelImage,
};
use crate::initrd::{Availability, ElfMachine};
use crate::nfs::{NfsError, NfsrootParameter};
use crate::store::StorePath;
use crate::tree::TargetName;

/// Whether one board is among both.
pub(in crate::check) fn share_a_board(one: &[Board], other: &[Board]) -> bool {
    one.iter().any(|board| other.contains(board))
}

/// A command line that boards boot with.
#[derive(Debug)]
pub(in crate::check) struct CommandLineSurvey {
    pub name: TargetName,
    pub boards: Vec<Board>,
    pub has_carriage_return: bool,
    /// Its first line, which is all that counts, without carriage returns.
    pub line: Option<KernelCommandLine>,
    /// What is wrong with all of it.
    pub fault: Option<CommandLineError>,
    /// What `nfsroot=` asks for.
    pub nfsroot: Option<Result<NfsrootParameter, NfsError>>,
    pub mounter: Mounter,
    /// What its `init=` names, if there is a root to look in.
    pub init: Option<InitSurvey>,
}

impl CommandLineSurvey {
    /// What counts for a parameter.
    pub(in crate::check) fn get(&self, key: &str) -> Option<&str> {
        self.line.as_ref()?.get(key)
    }

    /// What `nfsroot=` asks for, where that can be used.
    pub(in crate::check) fn nfsroot(&self) -> Option<&NfsrootParameter> {
        self.nfsroot.as_ref()?.as_ref().ok()
    }
}

/// A file that should be the toplevel's and is not.
#[derive(Debug)]
pub(in crate::check) struct ForeignFile {
    pub name: TargetName,
    pub boards: Vec<Board>,
    pub is_kernel: bool,
    /// How many bytes it has beside the toplevel's, if it has those as well.
    pub more: Option<u64>,
}

/// A file of the firmware that boards load and that is of no use.
#[derive(Debug)]
pub(in crate::check) struct FirmwareSurvey {
    pub name: TargetName,
    pub boards: Vec<Board>,
    pub fault: FirmwareError,
}

/// A kernel that boards load.
#[derive(Debug)]
pub(in crate::check) struct KernelSurvey {
    pub name: TargetName,
    pub boards: Vec<Board>,
    /// Those of them that enter it in 64-bit mode.
    pub boards_64: Vec<Board>,
    pub image: KernelImage,
    /// As its banner has it.
    pub release: Option<String>,
    /// What it is by its banner, if that is a boot loader's and none of Linux.
    pub loader: Option<BootLoader>,
    /// Of a gzipped one, the bytes that it unpacks to, or why it does not.
    pub unpacked: Option<Result<u64, String>>,
}

impl KernelSurvey {
    /// `6` and `12` of `6.12.57`.
    pub(in crate::check) fn version(&self) -> Option<(u32, u32)> {
        version_of(self.release.as_deref()?)
    }

    /// A module of the initrd that this kernel cannot load, as it is for the other
    /// kind of Arm processor.
    pub(in crate::check) fn foreign_module<'initrd>(
        &self,
        initrd: &'initrd InitrdSurvey,
    ) -> Option<&'initrd ModuleSurvey> {
        let foreign = match self.image.architecture()? {
            Architecture::Arm => ElfMachine::Aarch64,
            Architecture::Arm64 => ElfMachine::Arm,
        };
        let mut modules = initrd.modules.iter();
        modules.find(|module| {
            module.machine == Some(foreign) && module.availability != Availability::BuiltIn
        })
    }
}

/// What an `init=` names.
#[derive(Debug, Clone)]
pub(in crate::check) struct InitSurvey {
    pub exists: bool,
    /// The store path that it lies in.
    pub store_path: Option<StorePath>,
}

impl InitSurvey {
    pub(in crate::check) fn toplevel(&self) -> Option<&StorePath> {
        self.store_path.as_ref()
    }
}

fn version_of(release: &str) -> Option<(u32, u32)> {
    let mut numbers = release.split(|character: char| !character.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_begins_with_two_numbers() {
        for (release, version) in [
            ("6.12.57", Some((6, 12))),
            ("6.1.0-9-arm64", Some((6, 1))),
            ("6.5-rc1", Some((6, 5))),
            ("7.0", Some((7, 0))),
            ("6", None),
            ("6.x", None),
            ("", None),
        ] {
            assert_eq!(version_of(release), version, "{release}");
        }
    }
}
