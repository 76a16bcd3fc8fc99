//! Takes over a tree that another program has written, and proves its NAR hash in place.

use std::path::Path;

use rustix::fs::{AtFlags, CWD, FileType, renameat, utimensat};

use super::copy::Copied;
use super::error::{FsError, failed};
use super::hash::hash_tree;
use super::open_directory::{EPOCH, OpenDirectory, seal};
use super::transfer::{Buffer, file_mode};
use super::walk::{Step, Walk};
use crate::progress::Observer;

/// Moves the tree at `source` to `name` in the directory `parent`, of the same file
/// system, where nobody who knows it by its old path can change it. There it gets Nix's
/// modes and times, and is read for its hash.
pub(crate) fn adopt_tree(
    source: &Path,
    (parent, name): (&OpenDirectory, &Path),
    (buffer, observer): (&mut Buffer, &dyn Observer),
) -> Result<Copied, FsError> {
    renameat(CWD, source, parent, name).map_err(failed("move", source))?;
    let path = parent.path_of(name);
    seal_tree(parent, name, &path, observer)?;
    let hashed = hash_tree(parent, name, &path, u64::MAX, (buffer, observer))?;
    Ok(Copied {
        nar: Some((hashed.hash, hashed.size)),
        files: hashed.files,
    })
}

/// Gives everything in a tree the mode and time that it has in a store.
fn seal_tree(
    parent: &OpenDirectory,
    name: &Path,
    path: &Path,
    observer: &dyn Observer,
) -> Result<(), FsError> {
    use std::os::fd::AsFd;
    let mut walk = Walk::new(parent.as_fd(), name, path, usize::MAX)?;
    while let Some(step) = walk.step()? {
        if observer.is_cancelled() {
            return Err(FsError::Cancelled);
        }
        match step {
            Step::Node(node) => match node.kind {
                FileType::Directory => {
                    walk.enter()?;
                }
                FileType::RegularFile => {
                    let (file, meta) = node.open()?;
                    seal(&file, file_mode(meta.is_executable())).map_err(|error| {
                        FsError::io("set the mode of", node.entry.path(), error)
                    })?;
                }
                FileType::Symlink => {
                    let flags = AtFlags::SYMLINK_NOFOLLOW;
                    utimensat(node.directory, node.name, &EPOCH, flags).map_err(|error| {
                        FsError::io("set the time of", node.entry.path(), error)
                    })?;
                }
                // Whoever reads it for its hash refuses it.
                _ => {}
            },
            Step::End(node) => {
                seal(node.open_directory()?, file_mode(true))
                    .map_err(|error| FsError::io("set the mode of", node.entry.path(), error))?;
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    #[test]
    fn a_tree_becomes_as_nix_has_it() {
        let place = tempfile::tempdir().unwrap();
        let (from, store) = (place.path().join("from"), place.path().join("store"));
        fs::create_dir_all(from.join("tree/below")).unwrap();
        fs::create_dir(&store).unwrap();
        fs::write(from.join("tree/below/file"), "file").unwrap();
        fs::write(from.join("tree/tool"), "tool").unwrap();
        fs::set_permissions(from.join("tree/tool"), fs::Permissions::from_mode(0o750)).unwrap();
        symlink("/nonexistent", from.join("tree/link")).unwrap();
        let expected = crate::fs::hash_nar(&from.join("tree")).unwrap();
        let parent = OpenDirectory::open(&store).unwrap();
        let adopted = adopt_tree(
            &from.join("tree"),
            (&parent, Path::new("new")),
            (&mut Buffer::default(), &()),
        );
        let adopted = adopted.unwrap();
        assert_eq!((adopted.nar, adopted.files), (Some(expected), 3));
        for (name, mode) in [
            ("", 0o555),
            ("below", 0o555),
            ("below/file", 0o444),
            ("tool", 0o555),
            ("link", 0o777),
        ] {
            let meta = fs::symlink_metadata(store.join("new").join(name)).unwrap();
            assert_eq!((meta.mode() & 0o7777, meta.mtime()), (mode, 1), "{name}");
        }
        assert_eq!(fs::read_dir(&from).unwrap().count(), 0);
    }
}
