//! Removes trees whose directories are read-only, as those of a store are, or
//! deeper than a path can be long.

use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, FileType, Mode, OFlags, fchmod, openat, unlinkat};
use rustix::io::{Errno, Result};

use super::directories::Directories;
use super::error::FsError;
use super::open_directory::{OpenDirectory, list};

/// Removes `directory`, which lies in `parent`, and all that is in it.
///
/// Never follows links, and holds few directories open however deep the tree is.
/// On a full disk, where one removal may need the space that another frees, it
/// goes on for as long as it gets further.
pub(crate) fn remove_directory(
    parent: &OpenDirectory,
    directory: &OpenDirectory,
) -> std::result::Result<(), FsError> {
    loop {
        let mut pass = Pass::new(directory);
        pass.run();
        match pass.failure {
            None => break,
            Some(failure) if pass.removed == 0 => return Err(failure),
            Some(_) => {}
        }
    }
    match unlinkat(parent, directory.name(), AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(FsError::io("remove", directory.path(), error)),
    }
}

/// One walk through a tree, the innermost directories first.
struct Pass<'tree> {
    top: &'tree OpenDirectory,
    /// The names of the directories below the top that the walk is in.
    names: Vec<CString>,
    removed: u64,
    /// What was tried first in vain.
    failure: Option<FsError>,
}

impl<'tree> Pass<'tree> {
    fn new(top: &'tree OpenDirectory) -> Self {
        Self {
            top,
            names: Vec::new(),
            removed: 0,
            failure: None,
        }
    }

    fn run(&mut self) {
        if let Err(error) = self.walk() {
            self.fail("remove", None, error);
        }
    }

    /// An error is one that the walk cannot go on after.
    fn walk(&mut self) -> Result<()> {
        let mut directories = Directories::default();
        let top = open(self.top.as_fd(), c".")?;
        let mut pending = vec![self.empty(&top)];
        directories.push(top)?;
        while let (Some(below), Some(directory)) = (pending.last_mut(), directories.last()) {
            if let Some(name) = below.pop() {
                match open(directory, &name) {
                    Ok(directory) => {
                        self.names.push(name);
                        pending.push(self.empty(&directory));
                        directories.push(directory)?;
                    }
                    Err(error) => self.fail("open", Some(&name), error),
                }
            } else {
                pending.pop();
                directories.pop()?;
                if let (Some(name), Some(parent)) = (self.names.pop(), directories.last()) {
                    self.remove(parent, &name, AtFlags::REMOVEDIR);
                }
            }
        }
        Ok(())
    }

    /// Removes all but the directories of a directory, and returns those.
    fn empty(&mut self, directory: &OwnedFd) -> Vec<CString> {
        let entries = list(directory).unwrap_or_else(|error| {
            self.fail("read", None, error);
            Vec::new()
        });
        let mut directories = Vec::new();
        for (name, kind) in entries {
            if kind == FileType::Directory {
                directories.push(name);
            } else {
                self.remove(directory.as_fd(), &name, AtFlags::empty());
            }
        }
        directories
    }

    fn remove(&mut self, directory: BorrowedFd<'_>, name: &CStr, flags: AtFlags) {
        let mut removed = unlinkat(directory, name, flags);
        if removed == Err(Errno::ACCESS) && fchmod(directory, Mode::RWXU).is_ok() {
            removed = unlinkat(directory, name, flags);
        }
        match removed {
            Ok(()) => self.removed += 1,
            // Somebody else was faster.
            Err(Errno::NOENT) => {}
            Err(error) => self.fail("remove", Some(name), error),
        }
    }

    fn fail(&mut self, operation: &'static str, name: Option<&CStr>, error: Errno) {
        if self.failure.is_none() {
            let names = self.names.iter().map(CString::as_c_str).chain(name);
            let mut path = self.top.path().to_owned();
            path.extend(names.map(|name| OsStr::from_bytes(name.to_bytes())));
            self.failure = Some(FsError::io(operation, path, error));
        }
    }
}

/// Opens a directory, never through a link.
fn open(at: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    openat(at, name, flags, Mode::empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::Path;

    fn remove(parent: &Path, name: &str) -> std::result::Result<(), FsError> {
        let parent = OpenDirectory::open(parent)?;
        remove_directory(&parent, &parent.open_in(name.as_ref())?)
    }

    #[test]
    fn removes_read_only_trees_and_follows_no_link() {
        let dir = tempfile::tempdir().unwrap();
        let victim = dir.path().join("victim");
        fs::create_dir(&victim).unwrap();
        fs::write(victim.join("file"), "").unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir_all(tree.join("a/b/c")).unwrap();
        fs::write(tree.join("a/b/file"), "").unwrap();
        symlink(&victim, tree.join("a/b/link")).unwrap();
        for name in ["a/b/c", "a/b", "a"] {
            fs::set_permissions(tree.join(name), fs::Permissions::from_mode(0o555)).unwrap();
        }
        remove(dir.path(), "tree").unwrap();
        assert!(!tree.exists());
        assert!(victim.join("file").exists());
        symlink(&victim, &tree).unwrap();
        assert!(remove(dir.path(), "tree").is_err());
        assert!(victim.join("file").exists());
    }

    #[test]
    fn what_took_its_name_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let (tree, moved) = (dir.path().join("tree"), dir.path().join("moved"));
        fs::create_dir(&tree).unwrap();
        fs::write(tree.join("file"), "").unwrap();
        let parent = OpenDirectory::open(dir.path()).unwrap();
        let opened = parent.open_in("tree".as_ref()).unwrap();
        fs::rename(&tree, &moved).unwrap();
        fs::create_dir(&tree).unwrap();
        fs::write(tree.join("another's"), "").unwrap();
        let error = remove_directory(&parent, &opened).unwrap_err();
        assert!(matches!(error, FsError::Io { path, .. } if path == tree));
        assert!(tree.join("another's").exists());
        assert!(!moved.join("file").exists());
    }

    #[test]
    fn removes_what_is_deeper_than_a_path_is_long() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir(&tree).unwrap();
        let mut at = rustix::fs::open(&tree, OFlags::DIRECTORY, Mode::empty()).unwrap();
        for _ in 0..1500 {
            for name in ["directory", "other"] {
                rustix::fs::mkdirat(&at, name, Mode::RWXU).unwrap();
            }
            at = open(at.as_fd(), c"directory").unwrap();
        }
        remove(dir.path(), "tree").unwrap();
        assert!(!tree.exists());
    }
}
