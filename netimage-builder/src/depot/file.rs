//! Files that others read at any moment.

use std::fs::Permissions;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::Builder;

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
    let directory = path.parent().filter(|parent| *parent != Path::new(""));
    let name = path.file_name().unwrap_or_default();
    // By its end no collector takes it for what it collects. The umask says who may read it.
    let mut unfinished = Builder::new()
        .prefix(name)
        .suffix(".new")
        .permissions(Permissions::from_mode(0o666))
        .tempfile_in(directory.unwrap_or(Path::new(".")))?;
    unfinished.write_all(contents.as_bytes())?;
    unfinished.as_file().sync_all()?;
    unfinished.persist(path)?;
    Ok(())
}
