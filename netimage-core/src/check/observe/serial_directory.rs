//! Which board's tree is meant, of those that a server keeps in directories that are
//! called by serial numbers. What the board makes of it is for the simulation.

use std::path::Path;

use rustix::io::Errno;

use crate::boot::Serial;
use crate::boot::requests::MacAddress;
use crate::check::facts::{CONFIG, Meant, NearMiss};
use crate::fs::{Enclosed, Found, FsError};

/// What boards ask about first.
const FIRST: [&str; 3] = [CONFIG, "start4.elf", "start.elf"];

/// Most names that are looked at.
const NAMES_MAX: usize = 100_000;

/// Fewest digits of a name that is taken for a serial number without its zeros.
const DIGITS_MIN: usize = 6;

/// Finds the tree that is meant: that of the serial number, or the only one that
/// there is.
pub(in crate::check) fn find(top: &Enclosed, serial: Option<Serial>) -> Result<Meant, FsError> {
    let is_top = has_tree(top, "")?;
    let (mut near, mut has_own) = (None, false);
    if let Some(serial) = serial {
        let own = serial.to_string();
        if has_tree(top, &own)? {
            return Ok(Meant::Own(serial));
        }
        has_own = !names(top, &own)?.is_empty();
        near = too_deep(top, serial)?;
        if near.is_none() && top.is_link(Path::new(&own)) && !is_directory(top, &own) {
            near = Some(NearMiss::DeadLink(serial));
        }
    } else if is_top {
        return Ok(Meant::Top(None));
    }
    let (mut trees, mut links, mut of_mac) = (Vec::new(), Vec::new(), None);
    for name in names(top, "")? {
        match canonical(&name) {
            Some(own) if has_tree(top, &name)? => trees.push(own),
            Some(own) if top.look_up(Path::new(&name)) == Err(Errno::XDEV) => links.push(own),
            Some(own) if serial.is_none() => near = near.or(too_deep(top, own)?),
            Some(_) => {}
            None => {
                near = near.or(near_miss(top, &name, serial)?);
                of_mac = of_mac.or(near_mac(top, &name)?);
            }
        }
    }
    Ok(match (serial, &trees[..], &links[..]) {
        // What it lacks is told.
        (Some(serial), ..) if has_own && near.is_none() => Meant::Own(serial),
        _ if is_top => Meant::Top(near),
        (None, [only], []) => Meant::Own(*only),
        (_, [], []) => match near.or(of_mac) {
            None => Meant::Top(None),
            near => Meant::Unknown(Vec::new(), near),
        },
        _ => {
            // Of several it is enough to name them.
            let near = near.filter(|_| serial.is_some());
            Meant::Unknown([trees, links].concat(), near)
        }
    })
}

/// The serial number of a directory that is called exactly so.
fn canonical(name: &str) -> Option<Serial> {
    let serial = name.parse::<Serial>().ok()?;
    (serial.to_string() == name).then_some(serial)
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

/// The tree of a serial number that a name at the top may have been meant for.
fn near_miss(
    top: &Enclosed,
    name: &str,
    serial: Option<Serial>,
) -> Result<Option<NearMiss>, FsError> {
    let (found, meant) = match (written(name), serial) {
        (Some(written), Some(serial)) if written.low() == serial.low() => (name.to_owned(), serial),
        // A short one is more likely a word.
        (Some(written), None) if name.len() >= DIGITS_MIN => (name.to_owned(), written),
        (Some(_), _) => return Ok(None),
        (None, Some(serial)) => (format!("{name}/{serial}"), serial),
        (None, None) => {
            for below in names(top, name)? {
                let found = format!("{name}/{below}");
                if let Some(meant) = canonical(&below)
                    && has_tree(top, &found)?
                {
                    let meant = meant.to_string();
                    return Ok(Some(NearMiss::Misplaced { found, meant }));
                }
            }
            return Ok(None);
        }
    };
    let meant = meant.to_string();
    Ok(has_tree(top, &found)?.then_some(NearMiss::Misplaced { found, meant }))
}

/// The serial number that a name may stand for: the low half, or all of it.
fn written(name: &str) -> Option<Serial> {
    let digits = name.strip_prefix("0x").unwrap_or(name);
    let serial = name.parse().ok();
    serial.filter(|_| matches!(digits.len(), 0..=8 | 16))
}

/// The tree of a MAC address.
fn near_mac(top: &Enclosed, name: &str) -> Result<Option<NearMiss>, FsError> {
    let Ok(mac) = name.parse::<MacAddress>() else {
        return Ok(None);
    };
    let (found, meant) = (name.to_owned(), mac.to_string());
    Ok(has_tree(top, name)?.then_some(if found == meant {
        NearMiss::OfMac(mac)
    } else {
        NearMiss::Misplaced { found, meant }
    }))
}

/// The tree in the directory of a serial number, if it is one directory too deep.
fn too_deep(top: &Enclosed, serial: Serial) -> Result<Option<NearMiss>, FsError> {
    let meant = serial.to_string();
    for name in names(top, &meant)? {
        let found = format!("{meant}/{name}");
        if has_tree(top, &found)? {
            return Ok(Some(NearMiss::TooDeep { found, meant }));
        }
    }
    Ok(None)
}

/// The names in a directory, or at the top, that are text; none of what is no directory.
fn names(top: &Enclosed, directory: &str) -> Result<Vec<String>, FsError> {
    if !directory.is_empty() && !is_directory(top, directory) {
        return Ok(Vec::new());
    }
    top.list(Path::new(directory), NAMES_MAX)
}
