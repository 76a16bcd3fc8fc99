//! What is known of a root, and of the toplevel in it.

use serde::Deserialize;

use crate::store::StorePath;

/// Where Nix has its database, below the root.
pub(in crate::check) const DATABASE: &str = "nix/var/nix/db/db.sqlite";

/// What there is to know of a root.
#[derive(Debug)]
pub(in crate::check) struct RootSurvey {
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
    /// Disks in its table of mounts that the boot waits for.
    pub disks: Vec<DiskMount>,
}

/// A line of a table of mounts that is for a disk.
#[derive(Debug)]
pub(in crate::check) struct DiskMount {
    /// The table, and the line of it, from 1.
    pub file: String,
    pub line: u32,
    pub device: String,
}

/// The registration against the store: base names.
#[derive(Debug)]
pub(in crate::check) enum Registered {
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
pub(in crate::check) struct ToplevelSurvey {
    pub path: StorePath,
    pub exists: bool,
    pub init: Standing,
    /// Why the kernel does not start that.
    pub init_fault: Option<String>,
    pub kernel: Standing,
    pub initrd: Standing,
    /// As Nix names it.
    pub system: Option<String>,
    pub bootspec: Option<Bootspec>,
}

/// What there is where a regular file should be, links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Standing {
    File,
    Absent,
    /// A link that leads to nothing within.
    Dangling,
    /// "a FIFO" or the like.
    Other(&'static str),
}

/// The Nix database, as far as it can be judged from outside.
#[derive(Debug, Default)]
pub(in crate::check) struct DatabaseSurvey {
    /// Why Nix will not open it.
    pub faults: Vec<String>,
    /// Signs that something had it open when it was copied.
    pub remains: Vec<String>,
}

/// The part of `boot.json` that a command line has to agree with (NixOS RFC 125).
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::check) struct Bootspec {
    pub init: String,
    #[serde(default)]
    pub kernel_params: Vec<String>,
    pub system: Option<String>,
}

/// How a file that is loaded compares with the toplevel's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum Likeness {
    Same,
    /// It begins or ends with it.
    Longer {
        /// The bytes beside.
        more: u64,
    },
    Other,
}

impl Likeness {
    pub(in crate::check) const fn of(is_same: bool) -> Self {
        if is_same { Self::Same } else { Self::Other }
    }
}
