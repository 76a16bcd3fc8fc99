//! Which board's tree is meant, of those that a server keeps in directories that are
//! called by serial numbers. What the board makes of it is for the simulation.

use std::path::Path;

use rustix::io::Errno;

use crate::boot::Serial;
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
    if let Some(serial) = serial {
        let own = serial.to_string();
        // What it lacks is told.
        if has_tree(top, &own)? || !names(top, &own)?.is_empty() {
            return Ok(Meant::Own(serial));
        }
    } else if is_top {
        return Ok(Meant::Top(None));
    }
    let (mut trees, mut links, mut near) = (Vec::new(), Vec::new(), None);
    for name in names(top, "")? {
        match canonical(&name) {
            Some(own) if has_tree(top, &name)? => trees.push(own),
            Some(own) if top.look_up(Path::new(&name)) == Err(Errno::XDEV) => links.push(own),
            Some(_) => {}
            None => near = near.or(near_miss(top, &name, serial)?),
        }
    }
    Ok(match (serial, &trees[..], &links[..]) {
        _ if is_top => Meant::Top(near),
        (None, [only], []) => Meant::Own(*only),
        (_, [], []) if near.is_none() => Meant::Top(None),
        _ => {
            // Of several it is enough to name them.
            let is_only = trees.is_empty() && links.is_empty();
            let near = near.filter(|_| serial.is_some() || is_only);
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
    let Some(written) = written(name) else {
        return Ok(None);
    };
    let is_meant = match serial {
        Some(serial) => written.low() == serial.low(),
        // A short one is more likely a word.
        None => name.len() >= DIGITS_MIN,
    };
    let near = NearMiss {
        found: name.to_owned(),
        meant: serial.unwrap_or(written).to_string(),
    };
    Ok((is_meant && has_tree(top, name)?).then_some(near))
}

/// The serial number that a name may stand for: the low half, or all of it.
fn written(name: &str) -> Option<Serial> {
    let digits = name.strip_prefix("0x").unwrap_or(name);
    let serial = name.parse().ok();
    serial.filter(|_| matches!(digits.len(), 0..=8 | 16))
}

/// The names in a directory, or at the top, that are text; none of what is no directory.
fn names(top: &Enclosed, directory: &str) -> Result<Vec<String>, FsError> {
    if !directory.is_empty() && !is_directory(top, directory) {
        return Ok(Vec::new());
    }
    top.list(Path::new(directory), NAMES_MAX)
}
