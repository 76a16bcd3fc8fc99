//! The boot tree as a TFTP server shows it.

use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::Dir;
use rustix::io::Errno;

use crate::boot::requests::BootFiles;
use crate::check::facts::{BootEntry, BootKind};
use crate::fs::{Enclosed, Found, FsError, failed};
use crate::tree::TargetName;

/// Most names of a boot tree; Raspberry Pi's whole firmware has 500.
const NAMES_MAX: usize = 100_000;

/// Most bytes that are read of a file at the request of the simulation.
const READ_MAX: u64 = 1 << 20;

/// Most bytes of a directory's name that is looked into: two packets of TFTP.
const DIRECTORY_MAX: usize = 1024;

/// A boot tree that is read: the directory that a server gives out.
pub(in crate::check) struct BootReader<'tree>(&'tree Enclosed);

impl<'tree> BootReader<'tree> {
    pub(in crate::check) fn new(tree: &'tree Enclosed) -> Self {
        Self(tree)
    }

    /// Every name below a directory or, without one, all, sorted; of directories whose
    /// name is longer than any that a board asks for, not what is in them.
    pub(in crate::check) fn list(
        &self,
        below: Option<&TargetName>,
    ) -> Result<Vec<BootEntry>, FsError> {
        let mut entries = Vec::new();
        let mut pending: Vec<Option<TargetName>> = vec![below.cloned()];
        while let Some(directory) = pending.pop() {
            let below = directory
                .as_ref()
                .map_or(Path::new("."), TargetName::as_path);
            let path = directory
                .as_ref()
                .map_or_else(|| self.0.path().to_owned(), |name| self.path(name));
            let opened = self
                .0
                .open_directory(below)
                .map_err(failed("open", &path))?;
            for entry in Dir::read_from(&opened).map_err(failed("read", &path))? {
                let entry = entry.map_err(failed("read", &path))?;
                let name = OsStr::from_bytes(entry.file_name().to_bytes());
                let name = match &directory {
                    None => TargetName::new(name),
                    Some(directory) => directory.join(name),
                };
                // The directory itself and the one above, among others.
                let Ok(name) = name else { continue };
                let kind = self.kind(&name)?;
                // A link to a directory is not followed: it may lead in circles.
                if kind == BootKind::Directory && !self.0.is_link(name.as_path()) {
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

    /// What a name stands for, if there is something.
    pub(in crate::check) fn look_up(
        &self,
        name: &TargetName,
    ) -> Result<Option<BootEntry>, FsError> {
        let kind = self.kind(name)?;
        let is_there = !matches!(kind, BootKind::Stray(_)) || self.0.is_link(name.as_path());
        let name = name.clone();
        Ok(is_there.then_some(BootEntry { name, kind }))
    }

    fn kind(&self, name: &TargetName) -> Result<BootKind, FsError> {
        let name = name.as_path();
        Ok(match self.0.find(name)? {
            Found::File(..) => BootKind::File,
            Found::Directory if name.as_os_str().len() > DIRECTORY_MAX => BootKind::Deep,
            Found::Directory => BootKind::Directory,
            Found::Special(kind) => BootKind::Special(kind),
            Found::Nothing => BootKind::Stray(match self.0.look_up(name) {
                Err(Errno::XDEV) => "leads out of the tree",
                Err(Errno::LOOP) => "leads in a circle",
                _ => "leads nowhere",
            }),
        })
    }

    /// The bytes of a file, but no more than `limit`.
    pub(in crate::check) fn read(
        &self,
        name: &TargetName,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, FsError> {
        self.0.read(name.as_path(), limit)
    }

    /// A file and its bytes, by count.
    pub(in crate::check) fn open(&self, name: &TargetName) -> Result<Option<(File, u64)>, FsError> {
        Ok(match self.0.find(name.as_path())? {
            Found::File(file, size) => Some((file, size)),
            _ => None,
        })
    }

    /// Where a name lies, for messages.
    pub(in crate::check) fn path(&self, name: &TargetName) -> PathBuf {
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
