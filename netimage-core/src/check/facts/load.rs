//! What a board loads: the outcome of its requests, as names of the boot tree.

use std::collections::BTreeSet;

use super::CONFIG;
use crate::boot::Board;
use crate::boot::config_txt::BootConfig;
use crate::boot::requests::{Request, Requests, served_name};
use crate::check::finding::Place;
use crate::tree::TargetName;

/// What one board gets from the boot tree.
#[derive(Debug)]
pub(in crate::check) struct Load {
    pub board: Board,
    pub requests: Requests,
    /// The files without which the board would go no further. All but this list
    /// and the sizes of its files in the requests is as if they were there.
    pub supposed: Vec<String>,
    /// The file without which the board looks elsewhere than below its prefix, or would
    /// do so if the tree lay there.
    pub drops_prefix_by: Option<String>,
    /// The variants of the board that get no device tree, and what they ask for.
    pub treeless: Vec<(&'static str, &'static str)>,
    pub start_file: Option<String>,
    pub fixup_file: Option<String>,
    pub kernel: Option<TargetName>,
    pub is_64bit: bool,
    pub initramfs: Vec<TargetName>,
    pub device_tree: Option<TargetName>,
    pub command_line: Option<TargetName>,
    pub overlays: Vec<LoadedOverlay>,
    /// `dtparam=` for the board's own tree.
    pub parameters: Vec<(String, Place)>,
}

/// An overlay that config.txt asks for.
#[derive(Debug)]
pub(in crate::check) struct LoadedOverlay {
    pub name: String,
    /// Nothing where the map of overlays has none for the board.
    pub file: Option<TargetName>,
    pub parameters: Vec<LoadedParameter>,
    pub place: Place,
}

/// A parameter of an overlay.
#[derive(Debug)]
pub(in crate::check) struct LoadedParameter {
    pub name: String,
    /// Whether it has a line of its own, so that the board's tree may have it too.
    pub own_line: bool,
    pub place: Place,
}

impl Load {
    /// Whether the board boots with this command line and is told of an initrd.
    pub(in crate::check) fn wants_initrd(&self, command_line: &TargetName) -> bool {
        self.names_initrd() && self.command_line.as_ref() == Some(command_line)
    }

    /// Whether config.txt names an initrd, if only for a board that passes a
    /// filter of which nothing is known, or may do so once it is there.
    pub(in crate::check) fn names_initrd(&self) -> bool {
        let lacks_config = self.supposed.iter().any(|name| name.ends_with(CONFIG));
        let config = self.config();
        lacks_config
            || config.is_some_and(|config| {
                let mut undecided = config.undecided.iter();
                let is_initrd =
                    |line: &str| line.starts_with("initramfs") || line.starts_with("ramfs");
                config.initramfs.is_some() || undecided.any(|line| is_initrd(&line.value))
            })
    }

    /// Whether a file is not there, but the board would go no further without it.
    pub(in crate::check) fn is_supposed(&self, name: &TargetName) -> bool {
        self.supposed
            .iter()
            .any(|supposed| served_name(supposed).as_ref() == Some(name))
    }

    /// The stub that is started in place of a kernel, as the one with UEFI is
    /// (`armstub=RPI_EFI.fd`).
    pub(in crate::check) fn lone_stub(&self) -> Option<&str> {
        let resolved = &self.requests.resolved;
        let stub = resolved.armstub.as_deref();
        stub.filter(|_| resolved.kernel.is_none())
    }

    pub(in crate::check) fn config(&self) -> Option<&BootConfig> {
        self.requests.config.as_ref()
    }
}

/// What boards ask for by such requests, and the directories on the way there.
pub(in crate::check) fn asked_ways(
    loads: &[Load],
    counts: impl Fn(&Request) -> bool,
) -> BTreeSet<TargetName> {
    let asked = loads.iter().flat_map(|load| &load.requests.asked);
    let asked = asked.filter(|request| counts(request));
    let asked = asked.filter_map(|request| served_name(&request.name));
    let mut all = BTreeSet::new();
    for name in asked {
        let ways = name.as_path().ancestors();
        all.extend(ways.filter_map(|way| TargetName::new(way).ok()));
    }
    all
}
