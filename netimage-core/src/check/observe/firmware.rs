//! Reads what a check has to know of the firmware.

use std::collections::BTreeMap;

use crate::boot::requests::{Purpose, served_name};
use crate::boot::{Board, FirmwareError, FirmwareFile};
use crate::check::facts::{FirmwareSurvey, Load};
use crate::fs::{FsError, ServedDirectory};
use crate::tree::TargetName;

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
