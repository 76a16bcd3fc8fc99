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
use crate::store::StoreDir;
use crate::tree::TargetName;

/// A directory, out of which no name leads.
///
/// Names are looked up beneath it, through symbolic links too as long as they
/// are relative and stay below (`openat2(2)`, `RESOLVE_BENEATH`). Only regular
/// files are opened.
#[derive(Debug)]
pub struct ServedDirectory {
    directory: Enclosed,
    refused: Mutex<BTreeMap<TargetName, &'static str>>,
}

const LEADS_OUT: &str = "a symbolic link that is absolute or leads out of the directory";
const CIRCLE: &str = "a symbolic link that leads in a circle";
const UNREADABLE: &str = "not readable";

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

    /// The same directory, with links into a store that lies elsewhere.
    pub(crate) fn with_store(mut self, store: Option<(&StoreDir, &Path)>) -> Result<Self, FsError> {
        self.directory = self.directory.with_store(store)?;
        Ok(self)
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

    /// The names that were asked for and exist, but are not given out, and what they
    /// are instead: "a FIFO" or the like.
    #[must_use]
    pub fn refused(&self) -> Vec<(TargetName, &'static str)> {
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.clone().into_iter().collect()
    }

    fn refuse(&self, name: &TargetName, why: &'static str) {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert(name.clone(), why);
    }

    /// The regular file of this name.
    fn regular(&self, name: &TargetName) -> Option<Looked> {
        let why = match self.directory.look_up(name.as_path()) {
            Ok(looked) => match looked.kind {
                FileType::RegularFile => return Some(looked),
                FileType::Directory => return None,
                kind => kind_name(kind),
            },
            Err(Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG) => return None,
            Err(Errno::XDEV) => LEADS_OUT,
            Err(Errno::LOOP) => CIRCLE,
            Err(_) => UNREADABLE,
        };
        self.refuse(name, why);
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
            self.refuse(name, UNREADABLE);
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
            ("absolute", LEADS_OUT),
            ("circle", CIRCLE),
            ("fifo", "a FIFO"),
            ("out/secret", LEADS_OUT),
            ("rpi4/overlays/up", LEADS_OUT),
        ];
        for (path, _) in cases {
            assert_eq!(served.size(&name(path)), None, "{path}");
            assert_eq!(served.read(&name(path), 100), None, "{path}");
        }
        assert_eq!(served.refused(), cases.map(|(path, why)| (name(path), why)));
        assert!(ServedDirectory::open(&outer.path().join("secret")).is_err());
    }
}
