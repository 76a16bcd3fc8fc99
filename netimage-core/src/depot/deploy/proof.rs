//! Whether a machine's board would boot what it gets.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::error::DeployError;
use super::file_store::{FileStore, link};
use super::firmware::{FirmwarePlaces, OtherFirmware};
use super::generation_files::write_boot_files;
use super::plan::{ImageParts, MachinePlan};
use crate::check::{CheckReport, Subject, check, rules};
use crate::depot::disk::{Depot, DepotError, Replacement};
use crate::depot::{ImageHash, Machine, TftpPrefix, Timestamp, layout};
use crate::fs::{OpenDirectory, create_private, remove_directory};
use crate::image::Image;
use crate::progress::Observer;

/// How many results are kept: those of the newest images.
const KEPT: usize = 64;

/// What was found to boot, and when, by a hash of all that decides it.
pub(super) struct Proofs {
    known: BTreeMap<String, Timestamp>,
    is_changed: bool,
}

/// A generation that a machine is to get.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'deploy> {
    pub(super) image: &'deploy Image,
    pub(super) parts: &'deploy ImageParts<'deploy>,
    pub(super) files: &'deploy FileStore,
    pub(super) machine: &'deploy Machine,
    pub(super) plan: &'deploy MachinePlan,
    /// Firmware that the machine has, and which is not the image's.
    pub(super) other_firmware: &'deploy [OtherFirmware],
}

impl Proofs {
    pub(super) fn read(depot: &Depot) -> Result<Self, DepotError> {
        let known = depot.read_json(layout::CHECKS.as_ref())?;
        Ok(Self {
            known: known.unwrap_or_default(),
            is_changed: false,
        })
    }

    /// Checks a generation as its machine's board would see it, unless one like it was
    /// checked before; the report, if there is a new one.
    pub(super) fn prove(
        &mut self,
        depot: &Depot,
        candidate: Candidate<'_>,
        now: Timestamp,
        observer: &dyn Observer,
    ) -> Result<Option<CheckReport>, DeployError> {
        let key = key(candidate);
        if self.known.contains_key(&key) {
            return Ok(None);
        }
        let parent = depot.directory.open_in(layout::MACHINES.as_ref())?;
        let view = create_private(&parent)?;
        let report = check_in(depot, &view, candidate, observer);
        // What is left of it is removed with what killed commands leave.
        let _ = remove_directory(&parent, &view);
        let report = report?;
        if !report.boots() {
            return Err(DeployError::CannotBoot {
                machine: candidate.machine.name.clone(),
                report: Box::new(report),
            });
        }
        self.known.insert(key, now);
        self.is_changed = true;
        Ok(Some(report))
    }

    /// Writes down what is new.
    pub(super) fn keep(mut self, depot: &Depot) -> Result<(), DepotError> {
        if !self.is_changed {
            return Ok(());
        }
        let mut newest: Vec<Timestamp> = self.known.values().copied().collect();
        newest.sort_unstable_by_key(|at| std::cmp::Reverse(*at));
        if let Some(oldest) = newest.get(KEPT) {
            self.known.retain(|_, at| *at > *oldest);
        }
        let mut replacement = Replacement::of(&depot.directory);
        replacement.add_json(".".into(), layout::CHECKS, &self.known)?;
        Ok(replacement.commit()?)
    }
}

/// All that decides what a check finds. Of a machine's own command line only the values
/// differ, whose length is looked at for each.
fn key(candidate: Candidate<'_>) -> String {
    let machine = candidate.machine;
    let codes: Vec<&str> = rules().map(|rule| rule.code).collect();
    let codes = codes.join(" ");
    let boards = candidate.parts.boards(machine);
    let boards: Vec<&str> = boards.iter().map(|board| board.as_str()).collect();
    let boards = boards.join(" ");
    // Filters may go by the serial number.
    let is_filtered = candidate.plan.config.contains("[0x");
    let serial = format!("{:016x}", machine.serial.bits());
    let prefix = match &machine.tftp_prefix {
        TftpPrefix::Serial => "serial",
        TftpPrefix::Mac | TftpPrefix::Text(_) => "other",
    };
    let other_firmware = candidate.other_firmware.iter();
    let other_firmware = other_firmware.map(|other| format!("{} {}", other.name, other.sha256));
    let other_firmware = other_firmware.collect::<Vec<_>>().join("\n");
    let image = candidate.parts.sha256.to_string();
    let address = match (machine.network, machine.address) {
        (None, _) => "asked for",
        (Some(_), IpAddr::V4(_)) => "IPv4",
        (Some(_), IpAddr::V6(_)) => "IPv6",
    };
    let parts: [&[u8]; 8] = [
        env!("CARGO_PKG_VERSION").as_bytes(),
        codes.as_bytes(),
        image.as_bytes(),
        boards.as_bytes(),
        if is_filtered { serial.as_bytes() } else { b"" },
        prefix.as_bytes(),
        address.as_bytes(),
        other_firmware.as_bytes(),
    ];
    ImageHash::of(&parts).to_string()
}

/// Checks it in a directory that is as that of the TFTP server will be.
fn check_in(
    depot: &Depot,
    view: &OpenDirectory,
    candidate: Candidate<'_>,
    observer: &dyn Observer,
) -> Result<CheckReport, DeployError> {
    let (plan, parts, machine) = (candidate.plan, candidate.parts, candidate.machine);
    let is_by_serial = machine.tftp_prefix == TftpPrefix::Serial;
    // Of another prefix a check knows nothing: it is given the directory itself.
    let below = if is_by_serial {
        plan.tftp_directory.as_str()
    } else {
        "tftp"
    };
    view.make_directories(below.as_ref())?;
    let tftp = view.open_in(below.as_ref())?;
    let root = if is_by_serial { view } else { &tftp };
    write_boot_files(&tftp, candidate.files, parts, plan)?;
    write_firmware(depot, candidate, (root, &tftp))?;
    let mut replacement = Replacement::of(&tftp);
    let config = plan.config.clone().into_bytes();
    replacement.add_file(".".into(), layout::CONFIG, config);
    let directory = layout::boot_directory(plan.number);
    replacement.add_link(".".into(), layout::GOOD, directory);
    replacement.commit()?;
    let mut subject = Subject::of_image(candidate.image);
    root.path().clone_into(&mut subject.boot);
    subject.boards = parts.boards(machine);
    subject.serial = Some(machine.serial);
    Ok(check(&subject, observer)?)
}

/// The firmware as the machine will have it: what it has, and the image's.
fn write_firmware(
    depot: &Depot,
    candidate: Candidate<'_>,
    (root, machine): (&OpenDirectory, &OpenDirectory),
) -> Result<(), DeployError> {
    let places = FirmwarePlaces {
        root,
        machine,
        needs_bootcode: candidate.plan.needs_bootcode,
    };
    for OtherFirmware { name, .. } in candidate.other_firmware {
        let served = if layout::is_bootcode(name) {
            layout::TFTP.into()
        } else {
            layout::tftp(&candidate.plan.tftp_directory)
        };
        let served = depot.directory.open_in(&served)?;
        if let Some(directory) = places.of(name) {
            link((&served, name.as_path()), (directory, name.as_path()))?;
        }
    }
    Ok(places.add_missing(candidate.files, &candidate.parts.boot.firmware)?)
}
