//! Reads what a check has to know of the firmware.

use std::collections::BTreeMap;

use crate::boot::requests::{Purpose, served_name};
use crate::boot::{Board, FirmwareError, FirmwareFile, FirmwareVariant, Soc};
use crate::check::facts::{AlikeFirmware, FirmwareSurvey, Load};
use crate::fs::{FsError, ServedDirectory, same_bytes};
use crate::tree::TargetName;

/// The firmware of a Pi 4 that differs from that of older boards. The cut-down
/// ones (`cd`) are the same program.
const DIFFERENT: [Option<FirmwareVariant>; 3] = [
    None,
    Some(FirmwareVariant::Extended),
    Some(FirmwareVariant::Debug),
];

/// What is wrong with the firmware that boards load.
pub(in crate::check) fn read(
    loads: &[Load],
    boot: &ServedDirectory,
) -> Result<Vec<FirmwareSurvey>, FsError> {
    let mut asked: BTreeMap<TargetName, (Purpose, Vec<Board>)> = BTreeMap::new();
    for load in loads {
        for request in &load.requests.asked {
            let purpose = request.purpose;
            if !purpose.is_firmware() {
                continue;
            }
            if let Some(name) = served_name(&request.name) {
                let (_, boards) = asked.entry(name).or_insert((purpose, Vec::new()));
                boards.push(load.board);
            }
        }
    }
    let mut surveys = Vec::new();
    for (name, (purpose, boards)) in asked {
        let Some(file) = open(&name, boot)? else {
            continue;
        };
        let fault = match purpose {
            Purpose::Firmware => file.check_start().err(),
            _ => file.check_companion().err(),
        };
        surveys.extend(fault.map(|fault| FirmwareSurvey {
            name,
            boards,
            fault,
        }));
    }
    for load in loads {
        if let Some((name, fault)) = other_fixup(load, boot)? {
            surveys.push(FirmwareSurvey {
                name,
                boards: vec![load.board],
                fault,
            });
        }
    }
    Ok(surveys)
}

/// The fixup file that a board loads, if it is not for the start file.
fn other_fixup(
    load: &Load,
    boot: &ServedDirectory,
) -> Result<Option<(TargetName, FirmwareError)>, FsError> {
    let file = |name: &Option<String>| -> Result<_, FsError> {
        let Some(name) = name.as_deref().and_then(served_name) else {
            return Ok(None);
        };
        let file = open(&name, boot)?;
        Ok(file.map(|file| (name, file)))
    };
    let (Some((_, start)), Some((name, fixup))) =
        (file(&load.start_file)?, file(&load.fixup_file)?)
    else {
        return Ok(None);
    };
    let fault = fixup.check_fixup(&start).err();
    Ok(fault.map(|fault| (name, fault)))
}

fn open(name: &TargetName, boot: &ServedDirectory) -> Result<Option<FirmwareFile>, FsError> {
    let Some((file, size)) = boot.open_file(name)? else {
        return Ok(None);
    };
    let file = FirmwareFile::read(file, size);
    let file = file.map_err(|error| FsError::io("read", boot.path_of(name), error))?;
    Ok(Some(file))
}

/// The files of two names below a prefix that have the same bytes.
pub(in crate::check) fn alike(
    prefix: &str,
    boot: &ServedDirectory,
) -> Result<Vec<AlikeFirmware>, FsError> {
    let mut alike = Vec::new();
    let own = |name: &str| served_name(&format!("{prefix}{name}"));
    for variant in DIFFERENT {
        let name = |soc: Soc| soc.firmware(variant).and_then(|(start, _)| own(start));
        let (Some(name), Some(other)) = (name(Soc::Bcm2711), name(Soc::Bcm2837)) else {
            continue;
        };
        let (Some(one), Some(two)) = (boot.open_file(&name)?, boot.open_file(&other)?) else {
            continue;
        };
        // Of empty ones something else is said.
        let has_bytes = one.1 > 0;
        let same = same_bytes((&one.0, one.1), (&two.0, two.1));
        if has_bytes && same.map_err(|error| FsError::io("read", boot.path_of(&name), error))? {
            alike.push(AlikeFirmware { name, other });
        }
    }
    Ok(alike)
}
