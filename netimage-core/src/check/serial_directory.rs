//! Which board's tree is meant, of those that a server keeps in directories that are
//! called by serial numbers. What the board makes of it is for the simulation.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::Dir;
use rustix::io::Errno;

use super::read_boot::CONFIG;
use crate::boot::Serial;
use crate::boot::requests::MacAddress;
use crate::fs::{Enclosed, Found, FsError, failed};

/// What boards ask about first.
const FIRST: [&str; 3] = [CONFIG, "start4.elf", "start.elf"];

/// Most names that are looked at.
const NAMES_MAX: usize = 100_000;

/// Fewest digits of a name that is taken for a serial number without its zeros.
const DIGITS_MIN: usize = 6;

/// Where the tree is that is meant.
pub(super) enum Meant {
    /// At the top. There may be a directory that was meant and that no board looks into.
    Top(Option<NearMiss>),
    /// In the directory of this serial number.
    Own(Serial),
    /// In one of these directories, or in one that no board looks into.
    Unknown(Vec<Serial>, Option<NearMiss>),
}

/// A directory that is nearly where a board looks.
pub(super) struct NearMiss {
    pub found: String,
    pub meant: String,
}

/// Finds the tree that is meant: that of the serial number, or the only one that
/// there is.
pub(super) fn find(top: &Enclosed, serial: Option<Serial>) -> Result<Meant, FsError> {
    let is_top = has_tree(top, "")?;
    let mut near = None;
    match serial {
        None if is_top => return Ok(Meant::Top(None)),
        Some(serial) if is_directory(top, &serial.to_string()) => {
            near = too_deep(top, serial)?;
            if near.is_none() {
                return Ok(Meant::Own(serial));
            }
        }
        _ => {}
    }
    let (mut trees, mut links) = (Vec::new(), Vec::new());
    for name in names(top, ".")? {
        match name.parse::<Serial>() {
            Ok(own) if own.to_string() == name => {
                if has_tree(top, &name)? {
                    trees.push(own);
                } else if top.look_up(Path::new(&name)) == Err(Errno::XDEV) {
                    links.push(own);
                }
            }
            _ => near = near.or(near_miss(top, &name, serial)?),
        }
    }
    Ok(match (serial, &trees[..], &links[..]) {
        _ if is_top => Meant::Top(near),
        (None, [only], []) => Meant::Own(*only),
        (_, [], []) if near.is_none() => Meant::Top(None),
        _ => Meant::Unknown([trees, links].concat(), near),
    })
}

/// Whether a directory has what boards ask about first. What is there and no file is
/// told of later.
fn has_tree(top: &Enclosed, directory: &str) -> Result<bool, FsError> {
    for name in FIRST {
        let name = Path::new(directory).join(name);
        if top.has(&name)? || top.is_link(&name) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_directory(top: &Enclosed, name: &str) -> bool {
    matches!(top.find(Path::new(name)), Ok(Found::Directory))
}

/// What a name at the top may have been meant for.
fn near_miss(
    top: &Enclosed,
    name: &str,
    serial: Option<Serial>,
) -> Result<Option<NearMiss>, FsError> {
    let near = |meant: String| {
        let found = name.to_owned();
        (meant != found).then_some(NearMiss { found, meant })
    };
    let written = name.parse::<Serial>().ok();
    Ok(match (written, serial) {
        (Some(written), Some(serial)) if written.low() == serial.low() => near(serial.to_string()),
        // A short one is more likely a word.
        (Some(written), None) if name.len() >= DIGITS_MIN && has_tree(top, name)? => {
            near(written.to_string())
        }
        (None, _) => match name.parse::<MacAddress>() {
            Ok(mac) if has_tree(top, name)? => near(mac.to_string()),
            _ => serial.and_then(|serial| {
                let (found, meant) = (format!("{name}/{serial}"), serial.to_string());
                is_directory(top, &found).then_some(NearMiss { found, meant })
            }),
        },
        _ => None,
    })
}

/// The tree in the directory of a serial number, if it is one directory too deep.
fn too_deep(top: &Enclosed, serial: Serial) -> Result<Option<NearMiss>, FsError> {
    let meant = serial.to_string();
    if has_tree(top, &meant)? {
        return Ok(None);
    }
    for name in names(top, &meant)? {
        let found = format!("{meant}/{name}");
        if has_tree(top, &found)? {
            return Ok(Some(NearMiss { found, meant }));
        }
    }
    Ok(None)
}

/// The names in a directory that are text, sorted.
fn names(top: &Enclosed, directory: &str) -> Result<Vec<String>, FsError> {
    let path = top.path().join(directory);
    let listed = top.open_directory(Path::new(directory));
    let listed = listed.map_err(failed("open", &path))?;
    let mut names = Vec::new();
    for entry in Dir::read_from(&listed)
        .map_err(failed("read", &path))?
        .take(NAMES_MAX)
    {
        let entry = entry.map_err(failed("read", &path))?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        let name = name.to_str().filter(|name| !matches!(*name, "." | ".."));
        names.extend(name.map(str::to_owned));
    }
    names.sort();
    Ok(names)
}
