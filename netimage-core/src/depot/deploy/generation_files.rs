//! The files of one generation of a machine.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;

use rustix::fs::Mode;

use super::error::DeployError;
use super::file_store::FileStore;
use super::plan::{ImageParts, MachinePlan};
use crate::depot::{BootRecord, layout};
use crate::fs::{FsError, OpenDirectory, failed, remove_directory};
use crate::image::{BootFile, FileHash};
use crate::tree::TargetName;

/// Writes `gN/`, and beside it what is missing of links for boards that do not go by
/// `os_prefix`.
pub(super) fn write_boot_files(
    tftp: &OpenDirectory,
    files: &FileStore,
    parts: &ImageParts<'_>,
    plan: &MachinePlan,
) -> Result<(), FsError> {
    let name = layout::boot_directory(plan.number);
    let directory = renewed(tftp, name.as_ref())?;
    let generation = &parts.boot.generation;
    let parents: BTreeSet<TargetName> = generation
        .iter()
        .flat_map(|file| file.name.parents())
        .collect();
    for parent in parents {
        directory.make_directories(parent.as_path())?;
    }
    for file in generation {
        if file.name.as_path() != plan.names.command_line {
            files.link(file.sha256, (&directory, file.name.as_path()))?;
        }
    }
    write(
        &directory,
        &plan.names.command_line,
        plan.command_line.as_bytes(),
    )?;
    write(&directory, layout::CONFIG.as_ref(), plan.config.as_bytes())?;
    let tops: BTreeSet<&OsStr> = generation.iter().filter_map(|file| top(file)).collect();
    for top in tops {
        link_through_good(tftp, top)?;
    }
    Ok(())
}

/// Writes `generations/N/`.
pub(super) fn write_records(
    depot: &OpenDirectory,
    files: &FileStore,
    records: &[(&str, FileHash)],
    plan: &MachinePlan,
) -> Result<(), DeployError> {
    let path = layout::generation(&plan.machine, plan.number);
    let parent = path.parent().unwrap_or(&path);
    depot.make_directories(parent)?;
    let name = path.file_name().unwrap_or_default();
    let directory = renewed(&depot.open_in(parent)?, name.as_ref())?;
    for (name, sha256) in records {
        files.link(*sha256, (&directory, Path::new(name)))?;
    }
    let names = serde_json::to_vec(&BootRecord {
        names: plan.names.clone(),
        command_line_sha256: Some(FileHash::of(plan.command_line.as_bytes())),
    });
    let names = names.map_err(failed("write", directory.path()))?;
    Ok(write(&directory, layout::BOOT_NAMES.as_ref(), &names)?)
}

/// A new directory, in the place of what a killed deploy may have left.
fn renewed(parent: &OpenDirectory, name: &Path) -> Result<OpenDirectory, FsError> {
    if parent.has(name)? {
        remove_directory(parent, &parent.open_in(name)?)?;
    }
    parent.make_directories(name)?;
    parent.open_in(name)
}

/// A board that does not go by `os_prefix` looks for the names themselves.
pub(super) fn link_through_good(tftp: &OpenDirectory, top: &OsStr) -> Result<(), FsError> {
    if top == layout::GOOD || tftp.has(top.as_ref())? {
        return Ok(());
    }
    let target = Path::new(layout::GOOD).join(top);
    tftp.symlink(target.as_os_str(), top.as_ref())
}

/// The first part of a file's name.
fn top(file: &BootFile) -> Option<&OsStr> {
    let mut parts = file.name.as_path().iter();
    parts.next()
}

fn write(directory: &OpenDirectory, name: &Path, bytes: &[u8]) -> Result<(), FsError> {
    let mut file = directory.create(name, Mode::from_raw_mode(0o644))?;
    let written = file.write_all(bytes);
    written.map_err(failed("write", &directory.path_of(name)))
}
