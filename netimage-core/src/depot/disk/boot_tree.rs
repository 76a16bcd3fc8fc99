//! A machine's directory of the TFTP server.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

use rustix::fs::{AtFlags, FileType, linkat, readlinkat};

use super::depot::{CONFIG_LENGTH_MAX, Depot};
use super::error::DepotError;
use super::replace::{Replacement, settle, sync};
use crate::depot::{Generations, Machine, layout, named_generation};
use crate::fs::{FsError, OpenDirectory, create_private, failed, list};

/// Lets `config.txt` be that of the generation that it has to name, and lets the link
/// for boards without `os_prefix` lead to the one to fall back to.
pub(super) fn point(
    depot: &Depot,
    machine: &Machine,
    generations: &Generations,
    replacement: &mut Replacement<'_>,
) -> Result<(), DepotError> {
    let (Some(directory), Some(fallback), Some(config)) = (
        machine.tftp_directory(),
        generations.fallback(),
        config_of(depot, machine, generations)?,
    ) else {
        return Ok(());
    };
    let directory = layout::tftp(&directory);
    let fallback = layout::boot_directory(fallback);
    replacement.add_link(directory.clone(), layout::GOOD, fallback);
    replacement.add_file(directory, layout::CONFIG, config);
    Ok(())
}

/// The `config.txt` of the generation that a machine has to get, if there is one;
/// [`DepotError::Config`] where that has none.
pub(super) fn config_of(
    depot: &Depot,
    machine: &Machine,
    generations: &Generations,
) -> Result<Option<Vec<u8>>, DepotError> {
    let (Some(directory), Some(number)) = (machine.tftp_directory(), generations.config()) else {
        return Ok(None);
    };
    let own = layout::tftp(&directory)
        .join(layout::boot_directory(number))
        .join(layout::CONFIG);
    let config = depot.tree.read(&own, CONFIG_LENGTH_MAX)?;
    let config = config.filter(|config| named_generation(config) == Some(number));
    let config = config.ok_or_else(|| DepotError::Config(depot.path().join(own)))?;
    Ok(Some(config))
}

/// Copies a machine's directory under another name. Files are linked, as they never
/// change: they are replaced. A link into a root of its own is copied as such.
pub(super) fn copy(parent: &OpenDirectory, from: &str, to: &str) -> Result<(), FsError> {
    if let Ok(target) = readlinkat(parent, from, Vec::new()) {
        parent.symlink(OsStr::from_bytes(target.to_bytes()), to.as_ref())?;
        return sync(parent);
    }
    let made = create_private(parent)?;
    copy_entries(&parent.open_in(from.as_ref())?, &made)?;
    settle(parent, &made, to.as_ref())
}

/// Links all that is in a directory into another one.
pub(in crate::depot) fn copy_entries(
    from: &OpenDirectory,
    to: &OpenDirectory,
) -> Result<(), FsError> {
    for (name, kind) in list(from).map_err(failed("read", from.path()))? {
        let name = OsStr::from_bytes(name.to_bytes());
        let path = from.path().join(name);
        match kind {
            FileType::Directory => {
                to.make_directories(name.as_ref())?;
                copy_entries(&from.open_in(name.as_ref())?, &to.open_in(name.as_ref())?)?;
            }
            FileType::Symlink => {
                let target = readlinkat(from, name, Vec::new()).map_err(failed("read", &path))?;
                to.symlink(OsStr::from_bytes(target.to_bytes()), name.as_ref())?;
            }
            FileType::RegularFile => {
                linkat(from, name, to, name, AtFlags::empty()).map_err(failed("link", &path))?;
            }
            _ => {}
        }
    }
    Ok(())
}
