//! Trees of boards below the directory that a server gives out, each in a
//! directory that is called by the board's serial number.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::Dir;

use super::read_boot::CONFIG;
use super::subject::Subject;
use crate::boot::{Board, Serial, Soc};
use crate::fs::{Enclosed, FsError, Links, failed};

/// What boards ask about first. Whichever a board asks for has to be in the
/// directory of its serial number, or it takes that for not served
/// (raspberrypi/rpi-eeprom#376).
const FIRST: [&str; 3] = [CONFIG, "start4.elf", "start.elf"];

/// Most directories that are named in a sentence, and names that are looked at.
const NAMED_MAX: usize = 4;
const NAMES_MAX: usize = 100_000;

/// Where the tree is that is meant.
pub(super) enum Whereabouts {
    /// At the top.
    Here,
    /// In the directory of this serial number.
    Below(Enclosed, Serial),
    /// In one of these directories, for people.
    Unknown(String),
}

/// Finds the tree that is meant: that of the serial number, as a board with it
/// does, or the only one that there is.
///
/// The directory of a given serial number may be a link that leads out, as
/// whoever gives it says that it is served.
pub(super) fn find(top: &Enclosed, subject: &Subject) -> Result<Whereabouts, FsError> {
    let is_here = has_any(top, &FIRST)?;
    if let Some(serial) = subject.serial {
        let path = subject.boot.join(serial.to_string());
        if path.is_dir() {
            let own = Enclosed::open(&path, Links::Outside)?;
            if !is_here || keeps_prefix(&own, &subject.boards)? {
                return Ok(Whereabouts::Below(own, serial));
            }
        }
    }
    if is_here {
        return Ok(Whereabouts::Here);
    }
    let mut found = directories(top)?;
    Ok(match &mut found[..] {
        [] => Whereabouts::Here,
        [(_, own @ Some(_))] if subject.serial.is_none() => match own.take() {
            Some((own, serial)) => Whereabouts::Below(own, serial),
            None => Whereabouts::Here,
        },
        _ => Whereabouts::Unknown(list(&found)),
    })
}

/// Whether the boards, finding this below their serial number, take it for served.
fn keeps_prefix(own: &Enclosed, boards: &[Board]) -> Result<bool, FsError> {
    for board in boards {
        let asked = match board.soc() {
            Soc::Bcm2837 => &FIRST[2..],
            Soc::Bcm2711 => &FIRST[1..],
            Soc::Bcm2712 => &FIRST[..1],
        };
        if !has_any(own, asked)? {
            return Ok(false);
        }
    }
    has_any(own, &FIRST)
}

fn has_any(tree: &Enclosed, names: &[&str]) -> Result<bool, FsError> {
    for name in names {
        // What is there and no file is told of later.
        if tree.has(Path::new(name))? || tree.is_link(Path::new(name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// A directory by its name, with what is in it if it may be looked into.
type Directory = (String, Option<(Enclosed, Serial)>);

/// The directories that are called by a serial number and have what a board asks
/// about first, and links that may lead to such.
fn directories(top: &Enclosed) -> Result<Vec<Directory>, FsError> {
    let path = top.path();
    let listed = top.open_directory(Path::new("."));
    let listed = listed.map_err(failed("open", path))?;
    let mut found = Vec::new();
    for entry in Dir::read_from(&listed)
        .map_err(failed("read", path))?
        .take(NAMES_MAX)
    {
        let entry = entry.map_err(failed("read", path))?;
        let Some((name, serial)) = serial_of(entry.file_name().to_bytes()) else {
            continue;
        };
        match top.below(Path::new(&name)) {
            Some(own) if has_any(&own, &FIRST)? => found.push((name, Some((own, serial)))),
            None if top.is_link(Path::new(&name)) => found.push((name, None)),
            _ => {}
        }
    }
    found.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(found)
}

/// The serial number that a board asks by such a name for.
fn serial_of(name: &[u8]) -> Option<(String, Serial)> {
    let name = OsStr::from_bytes(name).to_str()?;
    let serial: Serial = name.parse().ok()?;
    (serial.to_string() == name).then(|| (name.to_owned(), serial))
}

fn list(found: &[Directory]) -> String {
    let names = found.iter().map(|(name, _)| name.as_str()).take(NAMED_MAX);
    let names = names.collect::<Vec<_>>().join(", ");
    match found.len().saturating_sub(NAMED_MAX) {
        0 => names,
        more => format!("{names} and {more} more"),
    }
}
