//! What is in a boot tree.

use crate::tree::TargetName;

/// What decides all else that a board loads.
pub(in crate::check) const CONFIG: &str = "config.txt";

/// A name of the boot tree.
#[derive(Debug)]
pub(in crate::check) struct BootEntry {
    pub name: TargetName,
    pub kind: BootKind,
}

/// What it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::check) enum BootKind {
    File,
    Directory,
    /// A directory that is not looked into, as its name is too long to be asked for.
    Deep,
    /// A link that "leads nowhere" or the like.
    Stray(&'static str),
    /// "a FIFO" or the like.
    Special(&'static str),
}
