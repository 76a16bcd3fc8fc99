//! Files that others read at any moment.

use std::fs;
use std::io;
use std::path::Path;

use super::error::DepotCommandError;

/// Writes a file beside its name and then gives it that, so that whoever reads it finds
/// all of it.
pub(super) fn replace(path: &Path, contents: &str) -> Result<(), DepotCommandError> {
    put(path, contents).map_err(|source| DepotCommandError::Write {
        path: path.to_owned(),
        source,
    })
}

#[allow(clippy::disallowed_methods, reason = "the user names the file")]
fn put(path: &Path, contents: &str) -> io::Result<()> {
    let mut unfinished = path.as_os_str().to_owned();
    // No collector takes it for what it collects.
    unfinished.push(".new");
    fs::write(&unfinished, contents)?;
    fs::File::open(&unfinished)?.sync_all()?;
    fs::rename(&unfinished, path)
}
