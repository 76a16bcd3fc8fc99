//! The boot tree as a TFTP server shows it.

use std::ffi::OsStr;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::Dir;
use rustix::io::Errno;

use crate::boot::requests::BootFiles;
use crate::fs::{Found, FsError, ServedTree, failed};
use crate::tree::TargetName;

/// What decides all else that a board loads.
pub(super) const CONFIG: &str = "config.txt";

/// Most names of a boot tree; Raspberry Pi's whole firmware has 500.
const NAMES_MAX: usize = 100_000;

/// Most bytes that are read of a file at the request of the simulation.
const READ_MAX: u64 = 1 << 20;

/// Most bytes of a directory's name that is looked into: two packets of TFTP.
const DIRECTORY_MAX: usize = 1024;

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
    /// A directory that is not looked into, as its name is too long to be asked for.
    Deep,
    /// A link that "leads nowhere" or the like.
    Stray(&'static str),
    /// "a FIFO" or the like.
    Special(&'static str),
}

/// A boot tree that is read: the directory that a server gives out.
pub(super) struct BootReader<'tree>(&'tree ServedTree);

impl<'tree> BootReader<'tree> {
    pub(super) fn new(tree: &'tree ServedTree) -> Self {
        Self(tree)
    }

    /// Whether something has this name, if only a link that leads nowhere.
    pub(super) fn has(&self, name: &str) -> Result<bool, FsError> {
        let (tree, place) = self.0.place(Path::new(name.trim_start_matches('/')));
        Ok(tree.has(place)? || tree.is_link(place))
    }

    /// Whether a name is a link that leads out of the tree.
    pub(super) fn leads_out(&self, name: &str) -> bool {
        let (tree, place) = self.0.place(Path::new(name));
        tree.is_link(place) && tree.look_up(place) == Err(Errno::XDEV)
    }

    pub(super) fn is_directory(&self, name: &str) -> bool {
        let (tree, place) = self.0.place(Path::new(name));
        matches!(tree.find(place), Ok(Found::Directory))
    }

    pub(super) fn open_directory(&self, name: &Path) -> Result<OwnedFd, FsError> {
        let (tree, place) = self.0.place(name);
        let opened = tree.open_directory(place);
        opened.map_err(failed("open", &self.path_of(name)))
    }

    /// Every name below a directory or, without one, all, sorted; of directories whose
    /// name is longer than any that a board asks for, not what is in them.
    pub(super) fn list(&self, below: Option<&TargetName>) -> Result<Vec<BootEntry>, FsError> {
        let mut entries = Vec::new();
        let mut pending: Vec<Option<TargetName>> = vec![below.cloned()];
        while let Some(directory) = pending.pop() {
            let path = directory
                .as_ref()
                .map_or(Path::new(""), TargetName::as_path);
            let opened = self.open_directory(path)?;
            let path = self.path_of(path);
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
                if kind == BootKind::Directory && !self.is_link(&name) {
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

    /// What a name stands for, or a way to it, if there is something.
    pub(super) fn look_up(&self, name: &TargetName) -> Result<Option<BootEntry>, FsError> {
        let kind = self.kind(name)?;
        let is_there = !matches!(kind, BootKind::Stray(_)) || self.is_link(name);
        let name = name.clone();
        Ok(is_there.then_some(BootEntry { name, kind }))
    }

    fn kind(&self, name: &TargetName) -> Result<BootKind, FsError> {
        let (tree, place) = self.0.place(name.as_path());
        Ok(match tree.find(place)? {
            Found::File(..) => BootKind::File,
            Found::Directory if name.as_path().as_os_str().len() > DIRECTORY_MAX => BootKind::Deep,
            Found::Directory => BootKind::Directory,
            Found::Special(kind) => BootKind::Special(kind),
            Found::Nothing => BootKind::Stray(match tree.look_up(place) {
                Err(Errno::XDEV) => "leads out of the tree",
                Err(Errno::LOOP) => "leads in a circle",
                _ => "leads nowhere",
            }),
        })
    }

    fn is_link(&self, name: &TargetName) -> bool {
        let (tree, place) = self.0.place(name.as_path());
        tree.is_link(place)
    }

    /// The bytes of a file, but no more than `limit`.
    pub(super) fn read(&self, name: &TargetName, limit: u64) -> Result<Option<Vec<u8>>, FsError> {
        let (tree, place) = self.0.place(name.as_path());
        tree.read(place, limit)
    }

    /// A file and its bytes, by count.
    pub(super) fn open(&self, name: &TargetName) -> Result<Option<(File, u64)>, FsError> {
        let (tree, place) = self.0.place(name.as_path());
        Ok(match tree.find(place)? {
            Found::File(file, size) => Some((file, size)),
            _ => None,
        })
    }

    /// Where a name lies, for messages.
    pub(super) fn path(&self, name: &TargetName) -> PathBuf {
        self.path_of(name.as_path())
    }

    pub(super) fn path_of(&self, name: &Path) -> PathBuf {
        self.0.path().join(name)
    }
}

impl BootFiles for BootReader<'_> {
    fn size(&self, name: &TargetName) -> Option<u64> {
        Some(self.open(name).ok()??.1)
    }

    fn read(&self, name: &TargetName, limit: usize) -> Option<Vec<u8>> {
        let limit = u64::try_from(limit).unwrap_or(READ_MAX).min(READ_MAX);
        BootReader::read(self, name, limit).ok()?
    }
}
