//! Reads what a check has to know of the firmware.

use std::collections::BTreeMap;

use crate::boot::requests::{Purpose, served_name};
use crate::boot::{
    Board, FIRMWARE_HEAD_LENGTH, FirmwareError, FirmwareVariant, Soc, check_companion,
    check_firmware, check_fixup,
};
use crate::check::facts::{AlikeFirmware, FirmwareSurvey, Load};
use crate::check::observe::boot::BootReader;
use crate::fs::{FsError, read_up_to, same_bytes};
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
    boot: &BootReader<'_>,
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
        let Some((file, size)) = boot.open(&name)? else {
            continue;
        };
        let head = read_up_to(file, FIRMWARE_HEAD_LENGTH as u64, &boot.path(&name))?;
        let fault = match purpose {
            Purpose::Firmware => check_firmware(&head, size).err(),
            _ => check_companion(&head, size).err(),
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
    boot: &BootReader<'_>,
) -> Result<Option<(TargetName, FirmwareError)>, FsError> {
    let head = |name: &Option<String>| -> Result<Option<(TargetName, Vec<u8>)>, FsError> {
        let Some(name) = name.as_deref().and_then(served_name) else {
            return Ok(None);
        };
        let Some((file, _)) = boot.open(&name)? else {
            return Ok(None);
        };
        let head = read_up_to(file, FIRMWARE_HEAD_LENGTH as u64, &boot.path(&name))?;
        Ok(Some((name, head)))
    };
    let (Some((_, start)), Some((name, fixup))) =
        (head(&load.start_file)?, head(&load.fixup_file)?)
    else {
        return Ok(None);
    };
    Ok(check_fixup(&fixup, &start).err().map(|fault| (name, fault)))
}

/// The files of two names below a prefix that have the same bytes.
pub(in crate::check) fn alike(
    prefix: &str,
    boot: &BootReader<'_>,
) -> Result<Vec<AlikeFirmware>, FsError> {
    let mut alike = Vec::new();
    let own = |name: &str| served_name(&format!("{prefix}{name}"));
    for variant in DIFFERENT {
        let name = |soc: Soc| soc.firmware(variant).and_then(|(start, _)| own(start));
        let (Some(name), Some(other)) = (name(Soc::Bcm2711), name(Soc::Bcm2837)) else {
            continue;
        };
        let (Some(one), Some(two)) = (boot.open(&name)?, boot.open(&other)?) else {
            continue;
        };
        // Of empty ones something else is said.
        let has_bytes = one.1 > 0;
        let same = same_bytes((&one.0, one.1), (&two.0, two.1));
        if has_bytes && same.map_err(|error| FsError::io("read", boot.path(&name), error))? {
            alike.push(AlikeFirmware { name, other });
        }
    }
    Ok(alike)
}
