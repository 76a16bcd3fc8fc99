//! Removes trees whose directories are read-only, as those of a store are.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::error::{FsError, failed};

/// Removes what is at `path`, if anything; never follows links.
pub(crate) fn remove_tree(path: &Path) -> Result<(), FsError> {
    match std::fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            std::fs::remove_file(path).map_err(failed("remove", path))
        }
        Err(_) => {
            open_directories(path)?;
            std::fs::remove_dir_all(path).map_err(failed("remove", path))
        }
    }
}

/// Lets the owner write to every directory of a tree.
fn open_directories(path: &Path) -> Result<(), FsError> {
    let mut pending = vec![path.to_owned()];
    while let Some(directory) = pending.pop() {
        let mode = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(&directory, mode).map_err(failed("open", &directory))?;
        for entry in std::fs::read_dir(&directory).map_err(failed("read", &directory))? {
            let entry = entry.map_err(failed("read", &directory))?;
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                pending.push(entry.path());
            }
        }
    }
    Ok(())
}
