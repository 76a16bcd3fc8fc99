//! Whether a machine's board boots what it has with other firmware.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, statat};

use super::error::DeployError;
use super::file_store::{FileStore, link};
use super::firmware::FirmwarePlaces;
use super::generation_files::link_through_good;
use crate::boot::Board;
use crate::boot::config_txt::REACH;
use crate::check::{CheckReport, Subject, check};
use crate::depot::disk::{Depot, DepotError, copy_entries};
use crate::depot::{GenerationNumber, Machine, TftpPrefix, layout};
use crate::fs::{
    FsError, OpenDirectory, create_private, failed, list, read_up_to, remove_directory,
};
use crate::image::{BootFile, Manifest};
use crate::progress::Observer;
use crate::tree::TargetName;

/// Generations that were checked with a release of firmware.
pub(super) struct FirmwareProofs<'change> {
    depot: &'change Depot,
    files: &'change FileStore,
    release: &'change [&'change BootFile],
    /// What decides what a check finds, of those that passed.
    known: BTreeSet<String>,
}

impl<'change> FirmwareProofs<'change> {
    pub(super) const fn new(
        depot: &'change Depot,
        files: &'change FileStore,
        release: &'change [&'change BootFile],
    ) -> Self {
        Self {
            depot,
            files,
            release,
            known: BTreeSet::new(),
        }
    }

    /// Checks a generation of a machine, unless one like it was checked before. `of_image`
    /// are the boards of the image that the firmware is of.
    pub(super) fn prove(
        &mut self,
        machine: &Machine,
        of_image: &[Board],
        number: GenerationNumber,
        observer: &dyn Observer,
    ) -> Result<(), DeployError> {
        let directory = layout::tftp(&machine.tftp_directory().unwrap_or_default());
        let served = self.depot.directory.open_in(&directory)?;
        let kept = self.kept(&served)?;
        if !self
            .known
            .insert(self.key(machine, of_image, number, (&served, &kept))?)
        {
            return Ok(());
        }
        let parent = self.depot.directory.open_in(layout::TFTP.as_ref())?;
        let view = create_private(&parent)?;
        let report = self.check_in(&view, machine, of_image, number, (&served, &kept), observer);
        // What is left of it is removed with what killed commands leave.
        let _ = remove_directory(&parent, &view);
        let report = report?;
        if report.boots() {
            return Ok(());
        }
        Err(DeployError::Firmware {
            machine: machine.name.clone(),
            generation: number,
            report: Box::new(report),
        })
    }

    /// The firmware that a machine has and keeps, as the release lacks it.
    fn kept(&self, served: &OpenDirectory) -> Result<Vec<TargetName>, FsError> {
        let names = list(served).map_err(failed("read", served.path()))?;
        let files = names
            .into_iter()
            .filter(|(_, kind)| *kind == FileType::RegularFile);
        let names = files.filter_map(|(name, _)| TargetName::new(name.into_string().ok()?).ok());
        let is_kept = |name: &TargetName| {
            let is_new = self.release.iter().any(|file| file.name == *name);
            layout::is_firmware(name) && !is_new
        };
        Ok(names.filter(is_kept).collect())
    }

    /// All that decides what a check finds. Machines share the manifest's file.
    fn key(
        &self,
        machine: &Machine,
        of_image: &[Board],
        number: GenerationNumber,
        (served, kept): (&OpenDirectory, &[TargetName]),
    ) -> Result<String, DeployError> {
        let records = layout::generation(&machine.name, number);
        let records = self.depot.directory.open_in(&records)?;
        let manifest = statat(&records, layout::MANIFEST, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(failed("read", &records.path().join(layout::MANIFEST)))?;
        let path = Path::new(&layout::boot_directory(number)).join(layout::CONFIG);
        let config = served.open_file(&path)?;
        let config = read_up_to(config, REACH as u64, &path)?;
        // Filters may go by the serial number.
        let is_filtered = String::from_utf8_lossy(&config).contains("[0x");
        let boards = machine.boards(of_image);
        let own = (is_filtered || !kept.is_empty()).then_some(&machine.name);
        let is_by_serial = machine.tftp_prefix == TftpPrefix::Serial;
        let manifest = (manifest.st_dev, manifest.st_ino);
        Ok(format!("{manifest:?} {boards:?} {is_by_serial} {own:?}"))
    }

    /// Checks it in a directory that is as that of the TFTP server will be.
    fn check_in(
        &self,
        view: &OpenDirectory,
        machine: &Machine,
        of_image: &[Board],
        number: GenerationNumber,
        (served, kept): (&OpenDirectory, &[TargetName]),
        observer: &dyn Observer,
    ) -> Result<CheckReport, DeployError> {
        let path = layout::manifest(&machine.name, number);
        let manifest: Option<Manifest> = self.depot.read_json(&path)?;
        let missing = || DepotError::NoManifest(self.depot.path().join(&path));
        let manifest = manifest.ok_or_else(missing)?;
        // Of another prefix a check knows nothing: it is given the directory itself.
        let by_serial = machine.tftp_prefix == TftpPrefix::Serial;
        let below = machine.tftp_directory().filter(|_| by_serial);
        let below = below.unwrap_or_else(|| layout::TFTP.to_owned());
        view.make_directories(below.as_ref())?;
        let tftp = view.open_in(below.as_ref())?;
        copy_generation(served, &tftp, number)?;
        for name in kept {
            link((served, name.as_path()), (&tftp, name.as_path()))?;
        }
        let root = if by_serial { view } else { &tftp };
        let places = FirmwarePlaces {
            root,
            machine: &tftp,
            needs_bootcode: machine.needs_bootcode(of_image),
        };
        places.add_missing(self.files, self.release)?;
        let mut subject = Subject::new(root.path(), None);
        subject.store_dir = manifest.store_dir;
        subject.root_kind = manifest.root_kind;
        subject.nfs = Some(manifest.nfs);
        subject.allow = manifest.allow;
        subject.boards = machine.boards(&manifest.boards);
        subject.serial = Some(machine.serial);
        Ok(check(&subject, observer)?)
    }
}

/// A machine's directory in which `config.txt` names this generation.
fn copy_generation(
    from: &OpenDirectory,
    to: &OpenDirectory,
    number: GenerationNumber,
) -> Result<(), FsError> {
    let name = layout::boot_directory(number);
    to.make_directories(name.as_ref())?;
    let generation = to.open_in(name.as_ref())?;
    copy_entries(&from.open_in(name.as_ref())?, &generation)?;
    to.symlink(name.as_ref(), layout::GOOD.as_ref())?;
    let config = Path::new(layout::CONFIG);
    link((&generation, config), (to, config))?;
    for (top, _) in list(&generation).map_err(failed("read", generation.path()))? {
        link_through_good(to, OsStr::from_bytes(top.to_bytes()))?;
    }
    Ok(())
}
