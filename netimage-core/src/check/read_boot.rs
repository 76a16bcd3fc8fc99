//! The boot tree as a TFTP server shows it.

use std::fs::{self, File};
use std::path::PathBuf;

use crate::boot::requests::BootFiles;
use crate::fs::{Enclosed, Found, FsError};
use crate::tree::TargetName;

/// Most names of a boot tree; Raspberry Pi's whole firmware has 500.
const NAMES_MAX: usize = 100_000;

/// Most bytes that are read of a file at the request of the simulation.
const READ_MAX: u64 = 1 << 20;

/// A name of the boot tree.
#[derive(Debug)]
pub(super) struct BootEntry {
    pub name: TargetName,
    pub kind: BootKind,
}

/// What it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BootKind {
    File,
    Directory,
    /// A link that leads out of the tree or nowhere.
    Stray,
    /// "a FIFO" or the like.
    Special(&'static str),
}

/// A boot tree that is read.
pub(super) struct BootReader<'tree>(&'tree Enclosed);

impl<'tree> BootReader<'tree> {
    pub(super) fn new(tree: &'tree Enclosed) -> Self {
        Self(tree)
    }

    /// Every name, sorted.
    pub(super) fn list(&self) -> Result<Vec<BootEntry>, FsError> {
        let mut entries = Vec::new();
        let mut pending: Vec<Option<TargetName>> = vec![None];
        while let Some(directory) = pending.pop() {
            let path = directory
                .as_ref()
                .map_or_else(|| self.0.path().to_owned(), |name| self.path(name));
            let failed = |error| FsError::io("read", &path, error);
            for entry in fs::read_dir(&path).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                let name = entry.file_name();
                let name = match &directory {
                    None => TargetName::new(name),
                    Some(directory) => directory.join(name),
                };
                let Ok(name) = name else { continue };
                // A link to a directory is not followed: it may lead in circles.
                let is_directory = entry.file_type().map_err(failed)?.is_dir();
                let kind = match self.0.find(name.as_path())? {
                    Found::File(..) => BootKind::File,
                    Found::Directory => BootKind::Directory,
                    Found::Special(kind) => BootKind::Special(kind),
                    Found::Nothing => BootKind::Stray,
                };
                if is_directory {
                    pending.push(Some(name.clone()));
                }
                entries.push(BootEntry { name, kind });
                if entries.len() >= NAMES_MAX {
                    pending.clear();
                    break;
                }
            }
        }
        entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(entries)
    }

    /// The bytes of a file, but no more than `limit`.
    pub(super) fn read(&self, name: &TargetName, limit: u64) -> Result<Option<Vec<u8>>, FsError> {
        self.0.read(name.as_path(), limit)
    }

    /// A file and its bytes, by count.
    pub(super) fn open(&self, name: &TargetName) -> Result<Option<(File, u64)>, FsError> {
        Ok(match self.0.find(name.as_path())? {
            Found::File(file, size) => Some((file, size)),
            _ => None,
        })
    }

    /// Where a name lies, for messages.
    pub(super) fn path(&self, name: &TargetName) -> PathBuf {
        self.0.path().join(name.as_path())
    }
}

impl BootFiles for BootReader<'_> {
    fn size(&self, name: &TargetName) -> Option<u64> {
        Some(self.open(name).ok()??.1)
    }

    fn read(&self, name: &TargetName, limit: usize) -> Option<Vec<u8>> {
        let limit = u64::try_from(limit).unwrap_or(READ_MAX).min(READ_MAX);
        self.0.read(name.as_path(), limit).ok()?
    }
}
