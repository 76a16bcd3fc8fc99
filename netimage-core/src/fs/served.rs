//! A directory as a TFTP server gives it out: the only place that opens files
//! of a boot tree by the names that a board asks for.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fstat, open, openat, openat2};
use rustix::io::Errno;

use super::error::{FsError, failed};
use super::walk::kind_name;
use crate::boot::requests::BootFiles;
use crate::tree::TargetName;

/// How often a name is looked up while others rename what it leads through.
const ATTEMPTS: usize = 8;

/// A directory, out of which no name leads.
///
/// Names are looked up beneath it, through symbolic links too as long as they
/// are relative and stay below (`openat2(2)`, `RESOLVE_BENEATH`). On a kernel
/// before 5.6 no link is followed. Only regular files are opened.
#[derive(Debug)]
pub struct ServedDirectory {
    path: PathBuf,
    root: OwnedFd,
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
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = open(path, flags, Mode::empty()).map_err(failed("open", path))?;
        Ok(Self {
            path: path.to_owned(),
            root,
            refused: Mutex::default(),
        })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a directory of this name.
    #[must_use]
    pub fn has_directory(&self, name: &TargetName) -> bool {
        self.lookup(name)
            .is_some_and(|found| found.kind == FileType::Directory)
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

    fn open_beneath(&self, name: &TargetName, flags: OFlags) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::CLOEXEC;
        let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        for _ in 0..ATTEMPTS {
            match openat2(&self.root, name.as_path(), flags, Mode::empty(), resolve) {
                // Something was renamed meanwhile.
                Err(Errno::AGAIN) => {}
                Err(Errno::NOSYS) => return self.open_without_links(name, flags),
                other => return other,
            }
        }
        Err(Errno::AGAIN)
    }

    fn open_without_links(&self, name: &TargetName, flags: OFlags) -> Result<OwnedFd, Errno> {
        let mut directory = self.root.try_clone().map_err(|_| Errno::MFILE)?;
        for parent in name.parents() {
            let step = parent.as_path().file_name().ok_or(Errno::NOENT)?;
            let path = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            directory = openat(&directory, step, path, Mode::empty())?;
            if FileType::from_raw_mode(fstat(&directory)?.st_mode) == FileType::Symlink {
                return Err(Errno::XDEV);
            }
        }
        let last = name.as_path().file_name().ok_or(Errno::NOENT)?;
        let file = openat(&directory, last, flags | OFlags::NOFOLLOW, Mode::empty())?;
        match FileType::from_raw_mode(fstat(&file)?.st_mode) {
            FileType::Symlink => Err(Errno::XDEV),
            _ => Ok(file),
        }
    }

    fn lookup(&self, name: &TargetName) -> Option<Found> {
        match self.open_beneath(name, OFlags::PATH) {
            Ok(file) => match Found::of(&file) {
                Ok(found) => return Some(found),
                Err(_) => self.refuse(name, Refusal::Unreadable),
            },
            Err(Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG) => {}
            Err(Errno::XDEV) => self.refuse(name, Refusal::LeadsOut),
            Err(Errno::LOOP) => self.refuse(name, Refusal::Loop),
            Err(_) => self.refuse(name, Refusal::Unreadable),
        }
        None
    }

    /// The regular file of this name.
    fn regular(&self, name: &TargetName) -> Option<Found> {
        let found = self.lookup(name)?;
        match found.kind {
            FileType::RegularFile => return Some(found),
            FileType::Directory => {}
            kind => self.refuse(name, Refusal::Special(kind_name(kind))),
        }
        None
    }
}

/// What a name leads to.
#[derive(PartialEq, Eq)]
struct Found {
    kind: FileType,
    size: u64,
    identity: (u64, u64),
}

impl Found {
    fn of(file: impl AsFd) -> Result<Self, Errno> {
        let stat = fstat(file)?;
        Ok(Self {
            kind: FileType::from_raw_mode(stat.st_mode),
            size: u64::try_from(stat.st_size).unwrap_or(0),
            identity: (stat.st_dev, stat.st_ino),
        })
    }
}

impl BootFiles for ServedDirectory {
    fn size(&self, name: &TargetName) -> Option<u64> {
        self.regular(name).map(|found| found.size)
    }

    fn read(&self, name: &TargetName, limit: usize) -> Option<Vec<u8>> {
        let found = self.regular(name)?;
        // Does not wait, should there now be something else.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let read = || {
            let file = self.open_beneath(name, flags).ok()?;
            let opened = Found::of(&file).ok()?;
            let is_same = opened.kind == found.kind && opened.identity == found.identity;
            let mut bytes = Vec::new();
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            let read = File::from(file).take(limit).read_to_end(&mut bytes);
            (is_same && read.is_ok()).then_some(bytes)
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
            Mode::from_raw_mode(0o644),
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

    #[test]
    fn follows_no_link_where_the_kernel_cannot_bound_them() {
        let outer = tree();
        let served = ServedDirectory::open(&outer.path().join("tftp")).unwrap();
        let open = |path: &str| served.open_without_links(&name(path), OFlags::PATH);
        assert!(open("rpi4/config.txt").is_ok());
        for path in [
            "1234abcd/config.txt",
            "rpi4/overlays/inside",
            "out/secret",
            "absolute",
        ] {
            assert_eq!(open(path).unwrap_err(), Errno::XDEV, "{path}");
        }
    }
}
