//! Removes trees whose directories are read-only, as those of a store are, or
//! deeper than a path can be long.

use std::ffi::{CStr, CString};
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, fchmod, openat, renameat, unlinkat};
use rustix::io::{Errno, Result};

use super::error::{FsError, failed};

/// Removes what is at `path`, if anything.
///
/// Never follows links, and holds two directories open however deep the tree
/// is: a directory's own directories are moved up before it is removed.
pub(crate) fn remove_tree(path: &Path) -> std::result::Result<(), FsError> {
    match rustix::fs::unlink(path) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        // Linux says EISDIR of a directory, POSIX EPERM.
        Err(Errno::ISDIR | Errno::PERM) => {}
        Err(error) => return Err(FsError::io("remove", path, error)),
    }
    let remove = || {
        let root = open(CWD, path)?;
        // What was moved up lies beside what was there, until nothing is moved.
        loop {
            let mut moved = 0;
            for (name, kind) in entries(&root)? {
                remove_entry(&root, &name, kind, &mut moved)?;
            }
            if moved == 0 {
                break;
            }
        }
        rustix::fs::rmdir(path)
    };
    remove().map_err(failed("remove", path))
}

/// Removes one entry of `root`; directories in it are left in `root` instead.
fn remove_entry(root: &OwnedFd, name: &CStr, kind: FileType, moved: &mut u64) -> Result<()> {
    if kind != FileType::Directory {
        return unlinkat(root, name, AtFlags::empty());
    }
    let directory = open(root, name)?;
    for (child, kind) in entries(&directory)? {
        if kind == FileType::Directory {
            // A directory can be moved only if it can be written.
            open(&directory, &*child)?;
            move_up(&directory, &child, root, moved)?;
        } else {
            unlinkat(&directory, &*child, AtFlags::empty())?;
        }
    }
    unlinkat(root, name, AtFlags::REMOVEDIR)
}

/// Moves a directory to `root` under a name that is free there.
fn move_up(directory: &OwnedFd, child: &CStr, root: &OwnedFd, moved: &mut u64) -> Result<()> {
    loop {
        *moved += 1;
        let name = format!(".netimage-removed-{moved}");
        match renameat(directory, child, root, name) {
            Err(Errno::EXIST | Errno::NOTEMPTY | Errno::NOTDIR) => {}
            result => return result,
        }
    }
}

/// Opens a directory, never through a link, and lets the owner write to it.
fn open(at: impl std::os::fd::AsFd, name: impl rustix::path::Arg) -> Result<OwnedFd> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let directory = openat(at, name, flags, Mode::empty())?;
    let stat = rustix::fs::fstat(&directory)?;
    if Mode::from_raw_mode(stat.st_mode) & Mode::RWXU != Mode::RWXU {
        fchmod(&directory, Mode::RWXU)?;
    }
    Ok(directory)
}

fn entries(directory: &OwnedFd) -> Result<Vec<(CString, FileType)>> {
    let mut entries = Vec::new();
    for entry in rustix::fs::Dir::read_from(directory)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let kind = match entry.file_type() {
            FileType::Unknown => {
                let stat = rustix::fs::statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)?;
                FileType::from_raw_mode(stat.st_mode)
            }
            known => known,
        };
        entries.push((name.to_owned(), kind));
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

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
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
        assert!(victim.join("file").exists());
        symlink(&victim, &tree).unwrap();
        remove_tree(&tree).unwrap();
        remove_tree(&tree).unwrap();
        assert!(victim.join("file").exists());
    }

    #[test]
    fn removes_what_is_deeper_than_a_path_is_long() {
        let dir = tempfile::tempdir().unwrap();
        let tree = dir.path().join("tree");
        fs::create_dir(&tree).unwrap();
        let mut at = open(CWD, &*tree).unwrap();
        for _ in 0..1500 {
            for name in ["directory", "other"] {
                rustix::fs::mkdirat(&at, name, Mode::RWXU).unwrap();
            }
            at = open(&at, "directory").unwrap();
        }
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
    }
}
