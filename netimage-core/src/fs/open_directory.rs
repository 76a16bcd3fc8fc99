//! A directory that is held open.

use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, Timespec, Timestamps, fchmod, fstat, fsync, futimens, linkat,
    mkdirat, open, openat, statat, symlinkat, utimensat,
};
use rustix::io::{Errno, Result as SystemResult};

use super::chase::{Links, open_below};
use super::error::{FsError, failed};
use super::walk::join;

const FLAGS: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// The access and modification time that Nix gives to everything: 1 second
/// after the epoch (Nix manual, "Store object").
pub(super) const EPOCH: Timestamps = {
    const ONE: Timespec = Timespec {
        tv_sec: 1,
        tv_nsec: 0,
    };
    Timestamps {
        last_access: ONE,
        last_modification: ONE,
    }
};

/// Sets mode and time of an open file or directory.
pub(crate) fn seal(file: impl AsFd, mode: Mode) -> io::Result<()> {
    fchmod(&file, mode)?;
    futimens(&file, &EPOCH)?;
    Ok(())
}

/// A directory that names are looked up in, so that it stays the same one whoever
/// renames it or what lies above it. No link is followed below it, not even by names
/// of many steps. Its path is only for messages.
#[derive(Debug)]
pub(crate) struct OpenDirectory {
    open: OwnedFd,
    path: PathBuf,
}

impl AsFd for OpenDirectory {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.open.as_fd()
    }
}

impl From<OpenDirectory> for OwnedFd {
    fn from(directory: OpenDirectory) -> Self {
        directory.open
    }
}

impl OpenDirectory {
    /// Opens a directory by its path, through links.
    pub(crate) fn open(path: &Path) -> Result<Self, FsError> {
        let open = open(path, FLAGS, Mode::empty()).map_err(failed("open", path))?;
        let path = path.to_owned();
        Ok(Self { open, path })
    }

    /// Opens a directory below this one.
    pub(crate) fn open_in(&self, name: &Path) -> Result<Self, FsError> {
        let path = self.path_of(name);
        let open = open_below(self.as_fd(), name, FLAGS, Links::Refused);
        let open = open.map_err(failed("open", &path))?;
        Ok(Self { open, path })
    }

    /// The directory that a name lies in, and its name there.
    fn place_of<'name>(&self, name: &'name Path) -> SystemResult<(OwnedFd, &'name OsStr)> {
        let above = match name.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        let flags = OFlags::PATH | OFlags::DIRECTORY;
        let above = open_below(self.as_fd(), above, flags, Links::Refused)?;
        Ok((above, name.file_name().unwrap_or_default()))
    }

    /// Whether it has this name in `parent`.
    pub(crate) fn is_named(&self, parent: &Self, name: &OsStr) -> SystemResult<bool> {
        let opened = fstat(self)?;
        match statat(parent, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(named) => Ok((named.st_dev, named.st_ino) == (opened.st_dev, opened.st_ino)),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether something has a name, be it a link to nothing.
    pub(crate) fn has(&self, name: &Path) -> Result<bool, FsError> {
        match statat(self, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(FsError::io("read", self.path_of(name), error)),
        }
    }

    /// Where it was when it was opened.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its name in the directory above.
    pub(crate) fn name(&self) -> &OsStr {
        self.path.file_name().unwrap_or_default()
    }

    /// What messages call a name in it.
    pub(crate) fn path_of(&self, name: &Path) -> PathBuf {
        join(&self.path, name)
    }

    /// Makes a directory, with those above it that are missing.
    pub(crate) fn make_directories(&self, name: &Path) -> Result<(), FsError> {
        let create = || {
            let (above, name) = self.place_of(name)?;
            mkdirat(above, name, Mode::from_raw_mode(0o755))
        };
        let mut made = create();
        if made == Err(Errno::NOENT)
            && let Some(above) = name.parent()
        {
            self.make_directories(above)?;
            made = create();
        }
        match made {
            Ok(()) | Err(Errno::EXIST) => Ok(()),
            Err(error) => Err(FsError::io("create", self.path_of(name), error)),
        }
    }

    /// Creates a file, which is to be written.
    pub(crate) fn create(&self, name: &Path, mode: Mode) -> Result<File, FsError> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        self.place_of(name)
            .and_then(|(above, name)| openat(above, name, flags, mode))
            .map(File::from)
            .map_err(|error| FsError::io("create", self.path_of(name), error))
    }

    /// Opens a file.
    pub(crate) fn open_file(&self, name: &Path) -> Result<File, FsError> {
        open_below(self.as_fd(), name, OFlags::RDONLY, Links::Refused)
            .map(File::from)
            .map_err(|error| FsError::io("open", self.path_of(name), error))
    }

    /// Makes a symbolic link, with Nix's time.
    pub(crate) fn symlink(&self, target: &OsStr, name: &Path) -> Result<(), FsError> {
        let failed = |operation| move |error| FsError::io(operation, self.path_of(name), error);
        let (above, name) = self.place_of(name).map_err(failed("create"))?;
        symlinkat(target, &above, name).map_err(failed("create"))?;
        utimensat(&above, name, &EPOCH, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(failed("set the time of"))
    }

    /// Whether a file could be given a second name.
    pub(crate) fn link(&self, first: &Path, name: &Path) -> bool {
        self.link_into(first, (self, name)).is_ok()
    }

    /// Gives a file a second name, in this or another directory. No link is followed on
    /// the way to either.
    pub(crate) fn link_into(&self, first: &Path, (to, name): (&Self, &Path)) -> SystemResult<()> {
        let (from, first) = self.place_of(first)?;
        let (to, name) = to.place_of(name)?;
        linkat(from, first, to, name, AtFlags::empty())
    }

    /// Waits until the names in it are on disk; not where a file system has nothing to
    /// wait for.
    pub(crate) fn sync_names(&self) -> SystemResult<()> {
        match fsync(self) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(()),
            synced => synced,
        }
    }

    /// Gives a directory its mode, and Nix's time.
    pub(crate) fn settle(&self, name: &Path, mode: u32) -> Result<(), FsError> {
        let directory = self.open_in(name)?;
        seal(&directory, Mode::from_raw_mode(mode))
            .map_err(failed("set the mode of", directory.path()))
    }
}

/// The names in an open directory, with their kinds, in no order.
pub(crate) fn list(directory: impl AsFd) -> SystemResult<Vec<(CString, FileType)>> {
    entries(directory)?.collect()
}

/// The same one by one, as there may be many.
pub(crate) fn entries<D: AsFd>(
    directory: D,
) -> SystemResult<impl Iterator<Item = SystemResult<(CString, FileType)>>> {
    let listed = rustix::fs::Dir::read_from(&directory)?;
    Ok(listed.filter_map(move |entry| {
        let entry = match entry {
            Ok(entry) if matches!(entry.file_name().to_bytes(), b"." | b"..") => return None,
            Ok(entry) => entry,
            Err(error) => return Some(Err(error)),
        };
        let name = entry.file_name();
        let kind = match entry.file_type() {
            FileType::Unknown => statat(&directory, name, AtFlags::SYMLINK_NOFOLLOW)
                .map(|stat| FileType::from_raw_mode(stat.st_mode)),
            known => Ok(known),
        };
        Some(kind.map(|kind| (name.to_owned(), kind)))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    #[test]
    fn no_name_leads_through_a_link() {
        let place = tempfile::tempdir().unwrap();
        let (inside, victim) = (place.path().join("inside"), place.path().join("victim"));
        for directory in [&inside.join("own/below"), &victim.join("below")] {
            fs::create_dir_all(directory).unwrap();
            fs::set_permissions(directory, fs::Permissions::from_mode(0o700)).unwrap();
        }
        symlink(&victim, inside.join("out")).unwrap();
        symlink("own", inside.join("within")).unwrap();
        let directory = OpenDirectory::open(&inside).unwrap();
        for (through, is_led) in [("own", true), ("out", false), ("within", false)] {
            let name = |name: &str| Path::new(through).join(name);
            fs::write(inside.join(name("there")), "").unwrap();
            let results = [
                directory.open_in(&name("below")).is_ok(),
                directory.open_file(&name("there")).is_ok(),
                directory.create(&name("file"), Mode::RWXU).is_ok(),
                directory.symlink("x".as_ref(), &name("link")).is_ok(),
                directory.link("own/there".as_ref(), &name("second")),
                directory.make_directories(&name("a/b")).is_ok(),
                directory.settle(&name("below"), 0o755).is_ok(),
            ];
            assert_eq!(results, [is_led; 7], "{through}");
        }
        assert_eq!(fs::read_dir(&victim).unwrap().count(), 2);
        let mode = fs::metadata(victim.join("below"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o7777, 0o700);
        for link in ["out", "within"] {
            assert!(directory.open_in(link.as_ref()).is_err());
            assert!(directory.settle(link.as_ref(), 0o755).is_err());
        }
    }
}
