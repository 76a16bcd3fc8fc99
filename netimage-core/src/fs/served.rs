//! A directory as a TFTP server gives it out: the only place that opens files
//! of a boot tree by the names that a board asks for.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::FileType;
use rustix::io::Errno;

use super::chase::Links;
use super::enclosed::{Enclosed, Found, read_up_to};
use super::error::FsError;
use super::looked::{Looked, kind_name};
use crate::boot::requests::BootFiles;
use crate::tree::TargetName;

/// A directory, out of which no name leads.
///
/// Names are looked up beneath it, through symbolic links too as long as they
/// are relative and stay below (`openat2(2)`, `RESOLVE_BENEATH`). Only regular
/// files are opened.
#[derive(Debug)]
pub struct ServedDirectory {
    directory: Enclosed,
    refused: Mutex<BTreeMap<TargetName, Refusal>>,
}

/// Why a name that exists is not given out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// A symbolic link leads out of the directory, or is absolute.
    LeadsOut,
    /// Symbolic links lead in a circle.
    Loop,
    /// It is "a FIFO" or the like.
    Special(&'static str),
    /// It cannot be read.
    Unreadable,
}

impl Refusal {
    /// For people, after the name: "is ...".
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LeadsOut => "a symbolic link that is absolute or leads out of the directory",
            Self::Loop => "a symbolic link that leads in a circle",
            Self::Special(kind) => kind,
            Self::Unreadable => "not readable",
        }
    }
}

impl ServedDirectory {
    /// Opens a directory.
    ///
    /// # Errors
    ///
    /// [`FsError::Io`] when it is none, or cannot be opened.
    pub fn open(path: &Path) -> Result<Self, FsError> {
        Self::open_for(path, Path::new(""))
    }

    /// Opens a directory for a board whose own is this one in it, which may be a link
    /// that leads out: whoever has linked it there means to serve it.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub fn open_for(path: &Path, own: &Path) -> Result<Self, FsError> {
        let directory = Enclosed::open(path, Links::Outside)?.following(own)?;
        Ok(Self::new(directory))
    }

    /// A directory that is open.
    pub(crate) fn new(directory: Enclosed) -> Self {
        Self {
            directory,
            refused: Mutex::default(),
        }
    }

    /// The directory, to be looked into beyond what a server gives out.
    pub(crate) fn tree(&self) -> &Enclosed {
        &self.directory
    }

    /// Where a name lies, for messages.
    pub(crate) fn path_of(&self, name: &TargetName) -> PathBuf {
        self.path().join(name.as_path())
    }

    /// A file and its bytes, by count; nothing where there is no regular file.
    pub(crate) fn open_file(&self, name: &TargetName) -> Result<Option<(File, u64)>, FsError> {
        Ok(match self.directory.find(name.as_path())? {
            Found::File(file, size) => Some((file, size)),
            _ => None,
        })
    }

    /// The bytes of a file, but no more than `limit`.
    pub(crate) fn contents(
        &self,
        name: &TargetName,
        limit: u64,
    ) -> Result<Option<Vec<u8>>, FsError> {
        self.directory.read(name.as_path(), limit)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Whether there is a directory of this name.
    #[must_use]
    pub fn has_directory(&self, name: &TargetName) -> bool {
        self.look_up(name)
            .is_some_and(|looked| looked.kind == FileType::Directory)
    }

    /// The names that were asked for and exist, but are not given out.
    #[must_use]
    pub fn refused(&self) -> Vec<(TargetName, Refusal)> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused
            .iter()
            .map(|(name, why)| (name.clone(), *why))
            .collect()
    }

    fn refuse(&self, name: &TargetName, why: Refusal) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert(name.clone(), why);
    }

    fn look_up(&self, name: &TargetName) -> Option<Looked> {
        match self.directory.look_up(name.as_path()) {
            Ok(looked) => return Some(looked),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG) => {}
            Err(Errno::XDEV) => self.refuse(name, Refusal::LeadsOut),
            Err(Errno::LOOP) => self.refuse(name, Refusal::Loop),
            Err(_) => self.refuse(name, Refusal::Unreadable),
        }
        None
    }

    /// The regular file of this name.
    fn regular(&self, name: &TargetName) -> Option<Looked> {
        let looked = self.look_up(name)?;
        match looked.kind {
            FileType::RegularFile => return Some(looked),
            FileType::Directory => {}
            kind => self.refuse(name, Refusal::Special(kind_name(kind))),
        }
        None
    }
}

impl BootFiles for ServedDirectory {
    fn size(&self, name: &TargetName) -> Option<u64> {
        self.regular(name).map(|looked| looked.size)
    }

    fn read(&self, name: &TargetName, limit: usize) -> Option<Vec<u8>> {
        let looked = self.regular(name)?;
        let read = || {
            let file = self.directory.open_looked(name.as_path(), &looked).ok()??;
            read_up_to(file, limit as u64, name.as_path()).ok()
        };
        let bytes = read();
        if bytes.is_none() {
            self.refuse(name, Refusal::Unreadable);
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn name(text: &str) -> TargetName {
        text.parse().unwrap()
    }

    /// A tree with everything in it that a server should not give out.
    fn tree() -> tempfile::TempDir {
        let outer = tempfile::tempdir().unwrap();
        let tree = outer.path().join("tftp");
        fs::create_dir_all(tree.join("rpi4/overlays")).unwrap();
        fs::write(outer.path().join("secret"), "secret").unwrap();
        fs::write(tree.join("rpi4/config.txt"), "arm_64bit=1\n").unwrap();
        symlink("rpi4", tree.join("1234abcd")).unwrap();
        symlink("../config.txt", tree.join("rpi4/overlays/inside")).unwrap();
        symlink("../../../secret", tree.join("rpi4/overlays/up")).unwrap();
        symlink(outer.path().join("secret"), tree.join("absolute")).unwrap();
        symlink(outer.path(), tree.join("out")).unwrap();
        symlink("circle", tree.join("circle")).unwrap();
        symlink("gone", tree.join("dangling")).unwrap();
        let fifo = tree.join("fifo");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &fifo,
            FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o644),
            0,
        )
        .unwrap();
        outer
    }

    #[test]
    fn gives_out_what_is_below_it() {
        let outer = tree();
        let served = ServedDirectory::open(&outer.path().join("tftp")).unwrap();
        for path in [
            "rpi4/config.txt",
            "1234abcd/config.txt",
            "rpi4/overlays/inside",
        ] {
            assert_eq!(served.size(&name(path)), Some(12), "{path}");
            assert_eq!(served.read(&name(path), 5).unwrap(), b"arm_6", "{path}");
        }
        assert!(served.has_directory(&name("1234abcd")));
        assert!(!served.has_directory(&name("rpi4/config.txt")));
        for path in ["gone", "rpi4", "dangling", "rpi4/config.txt/below"] {
            assert_eq!(served.size(&name(path)), None, "{path}");
            assert_eq!(served.read(&name(path), 5), None, "{path}");
        }
        assert_eq!(served.refused(), []);
    }

    #[test]
    fn never_leaves_the_tree() {
        let outer = tree();
        let served = ServedDirectory::open(&outer.path().join("tftp")).unwrap();
        let cases = [
            ("absolute", Refusal::LeadsOut),
            ("circle", Refusal::Loop),
            ("fifo", Refusal::Special("a FIFO")),
            ("out/secret", Refusal::LeadsOut),
            ("rpi4/overlays/up", Refusal::LeadsOut),
        ];
        for (path, _) in cases {
            assert_eq!(served.size(&name(path)), None, "{path}");
            assert_eq!(served.read(&name(path), 100), None, "{path}");
        }
        assert_eq!(served.refused(), cases.map(|(path, why)| (name(path), why)));
        assert!(ServedDirectory::open(&outer.path().join("secret")).is_err());
    }
}
