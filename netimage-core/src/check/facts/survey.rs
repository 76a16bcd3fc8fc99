//! All that a check knows.

use std::path::Path;

use super::{
    BootEntry, BootKind, CONFIG, CommandLineSurvey, DeviceTreeSurvey, FirmwareSurvey, ForeignFile,
    InitrdSurvey, KernelSurvey, Load, RootSurvey,
};
use crate::boot::requests::served_name;
use crate::boot::{Board, Serial};
use crate::image::RootKind;
use crate::nfs::NfsRoot;
use crate::store::{StoreDir, StorePath};

/// What is known of an image and of each board that is to boot it.
#[derive(Debug)]
pub(in crate::check) struct Survey {
    pub boards: Vec<Board>,
    /// What is put before the names of the boot tree: empty, or the directory of a
    /// serial number and a slash.
    pub prefix: String,
    pub root_kind: RootKind,
    pub nfs: Option<NfsRoot>,
    pub knows_nfs_version: bool,
    pub store_dir: StoreDir,
    pub toplevel: Option<StorePath>,
    /// The serial number of the one board that is meant.
    pub serial: Option<Serial>,
    /// Every name of the boot tree, and those of other places that boards ask for.
    pub files: Vec<BootEntry>,
    pub loads: Vec<Load>,
    pub command_lines: Vec<CommandLineSurvey>,
    pub firmware: Vec<FirmwareSurvey>,
    pub device_trees: Vec<DeviceTreeSurvey>,
    pub kernels: Vec<KernelSurvey>,
    pub initrds: Vec<InitrdSurvey>,
    pub root: Option<RootSurvey>,
    pub toplevel_has_initrd: bool,
    /// Kernels and initrds that are not the toplevel's.
    pub of_toplevel: Vec<ForeignFile>,
}

impl Survey {
    /// Whether the root is one of NixOS, as far as that is known.
    pub(in crate::check) fn is_nixos(&self) -> bool {
        self.root
            .as_ref()
            .map_or(self.toplevel.is_some(), |root| root.is_nixos)
    }

    /// Whether there is something by this name, or on the way to it, that no board
    /// gets and that is told of.
    pub(in crate::check) fn is_told(&self, name: &str) -> bool {
        let name = served_name(name);
        let mut ways = name.iter().flat_map(|name| name.as_path().ancestors());
        ways.any(|way| {
            let mut files = self.files.iter();
            let found = files.find(|entry| entry.name.as_path() == way);
            found.is_some_and(|entry| {
                matches!(entry.kind, BootKind::Stray(_) | BootKind::Special(_))
            })
        })
    }

    /// The whole name of a file of the boot tree.
    pub(in crate::check) fn own(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Whether boards can read their configuration, or have none.
    pub(in crate::check) fn has_readable_config(&self) -> bool {
        !self.is_told(&self.own(CONFIG))
    }

    /// Whether there is a directory by this name, of which a board gets nothing.
    pub(in crate::check) fn has_directory(&self, name: &str) -> bool {
        let name = served_name(name);
        let mut files = self.files.iter();
        files.any(|entry| entry.kind == BootKind::Directory && Some(&entry.name) == name.as_ref())
    }

    /// Whether the boot tree has a file by this name.
    pub(in crate::check) fn has_file(&self, name: &str) -> bool {
        let mut files = self.files.iter();
        files.any(|entry| entry.kind == BootKind::File && entry.name.as_path() == Path::new(name))
    }

    /// Whether the board starts a boot loader, and that what is to boot. Nothing is
    /// known then of what comes after it, nor which of the files it uses.
    pub(in crate::check) fn starts_loader(&self, board: Board) -> bool {
        let mut kernels = self.kernels.iter();
        let mut loads = self.loads.iter();
        kernels.any(|kernel| kernel.loader.is_some() && kernel.boards.contains(&board))
            || loads.any(|load| load.board == board && load.lone_stub().is_some())
    }

    /// What the toplevel is for, as Nix names it.
    pub(in crate::check) fn system(&self) -> Option<&str> {
        self.root.as_ref()?.toplevel.as_ref()?.system.as_deref()
    }

    /// The boards whose load is so.
    pub(in crate::check) fn boards_that(&self, is_so: impl Fn(&Load) -> bool) -> Vec<Board> {
        let loads = self.loads.iter().filter(|load| is_so(load));
        loads.map(|load| load.board).collect()
    }

    /// Whether an `init=` lies in the toplevel.
    pub(in crate::check) fn is_toplevel(&self, init: Option<&str>) -> bool {
        let named = init.and_then(|init| toplevel_of(&self.store_dir, init));
        named.is_some() && named == self.toplevel
    }
}

/// The toplevel that an `init=` lies in.
pub(in crate::check) fn toplevel_of(store_dir: &StoreDir, init: &str) -> Option<StorePath> {
    store_dir.strip(init)?.split('/').next()?.parse().ok()
}
