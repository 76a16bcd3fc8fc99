//! Removes trees whose directories are read-only, as those of a store are, or
//! deeper than a path can be long.

use std::path::Path;

use rustix::fs::{AtFlags, FileType, Mode, fchmod, unlinkat};
use rustix::io::Errno;

use super::error::FsError;
use super::open_directory::OpenDirectory;
use super::walk::{Node, Step, Walk};

/// Removes `directory`, which lies in `parent`, and all that is in it.
///
/// Never follows links, and holds few directories open however deep the tree is.
/// On a full disk, where one removal may need the space that another frees, it
/// goes on for as long as it gets further.
pub(crate) fn remove_directory(
    parent: &OpenDirectory,
    directory: &OpenDirectory,
) -> Result<(), FsError> {
    loop {
        let mut pass = Pass::default();
        pass.run(directory);
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
#[derive(Default)]
struct Pass {
    removed: u64,
    /// What was tried first in vain.
    failure: Option<FsError>,
}

impl Pass {
    fn run(&mut self, top: &OpenDirectory) {
        let walked = self.walk(top);
        self.note(walked);
    }

    /// An error is one that the walk cannot go on after.
    fn walk(&mut self, top: &OpenDirectory) -> Result<(), FsError> {
        let directory = top.open_in(Path::new("."))?;
        let mut walk = Walk::within(directory.into(), top.path(), usize::MAX)?;
        while let Some(step) = walk.step()? {
            match step {
                Step::Node(node) if node.kind == FileType::Directory => {
                    let entered = walk.enter().map(drop);
                    self.note(entered);
                }
                Step::Node(node) => self.remove(&node, AtFlags::empty()),
                Step::End(node) if node.entry.name.is_some() => {
                    self.remove(&node, AtFlags::REMOVEDIR);
                }
                Step::End(_) => {}
            }
        }
        Ok(())
    }

    fn remove(&mut self, node: &Node<'_>, flags: AtFlags) {
        let mut removed = unlinkat(node.directory, node.name, flags);
        if removed == Err(Errno::ACCESS) && fchmod(node.directory, Mode::RWXU).is_ok() {
            removed = unlinkat(node.directory, node.name, flags);
        }
        match removed {
            Ok(()) => self.removed += 1,
            // Somebody else was faster.
            Err(Errno::NOENT) => {}
            Err(error) => self.note(Err(FsError::io("remove", node.entry.path(), error))),
        }
    }

    fn note(&mut self, outcome: Result<(), FsError>) {
        if let (Err(error), None) = (outcome, &self.failure) {
            self.failure = Some(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn remove(parent: &Path, name: &str) -> Result<(), FsError> {
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
        let mut at = OpenDirectory::open(&tree).unwrap();
        for _ in 0..1500 {
            for name in ["directory", "other"] {
                rustix::fs::mkdirat(&at, name, Mode::RWXU).unwrap();
            }
            at = at.open_in("directory".as_ref()).unwrap();
        }
        remove(dir.path(), "tree").unwrap();
        assert!(!tree.exists());
    }
}
