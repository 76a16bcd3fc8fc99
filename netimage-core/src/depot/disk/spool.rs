//! What dnsmasq's hook tells, one file for each.

use std::io::Write;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::fs::{Mode, fsync, renameat};
use serde::{Deserialize, Serialize};

use super::depot::Depot;
use super::error::DepotError;
use super::replace::{remove, sync};
use crate::depot::{Timestamp, Transfer, layout};
use crate::fs::{FsError, OpenDirectory, failed, list, read_up_to};

/// Events of one address that wait. What a machine fetches beyond that while nobody
/// takes them is not noted.
const WAITING_MAX: usize = 256;

/// Bytes of an event that are read.
const EVENT_LENGTH_MAX: u64 = 16 << 10;

/// Seconds after which an event is not finished any more.
const UNFINISHED_MAX: u64 = 60;

/// Seconds after which an event has waited for long.
const WAITING_LONG: u64 = 10;

/// How the names of events that are not whole begin.
const UNFINISHED: u8 = b'.';

/// A file that was sent, and when.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Event {
    pub(super) at: Timestamp,
    #[serde(flatten)]
    pub(super) transfer: Transfer,
}

impl Depot {
    /// Notes that a file was sent, so that whoever locks the depot next learns of it.
    /// It is on disk when this returns. Nothing else is read or changed.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when it cannot be written.
    pub fn note(&self, transfer: Transfer, now: SystemTime) -> Result<(), DepotError> {
        let spool = self.directory.open_in(layout::SPOOL.as_ref())?;
        let address = transfer.address;
        let suffix = suffix(address);
        let names = names(&spool)?;
        if names.iter().filter(|name| name.ends_with(&suffix)).count() >= WAITING_MAX {
            return Ok(());
        }
        let since = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("{:020}{suffix}", since.as_nanos());
        let unfinished = format!(".{name}.{}", std::process::id());
        let event = Event {
            at: Timestamp(since.as_secs()),
            transfer,
        };
        let path = spool.path().join(&name);
        let mut bytes = Vec::new();
        serde_json::to_writer(&mut bytes, &event).map_err(failed("write", &path))?;
        let written = write(&spool, &unfinished, &bytes).and_then(|()| {
            renameat(&spool, &unfinished, &spool, &name).map_err(failed("create", &path))
        });
        if let Err(error) = written {
            let _ = remove(&spool, &unfinished);
            return Err(error.into());
        }
        Ok(sync(&spool)?)
    }
}

impl Depot {
    /// How many events wait longer than it takes whoever watches the depot to take notice.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when the depot cannot be read.
    pub fn waiting_events(&self, now: Timestamp) -> Result<usize, DepotError> {
        let spool = self.directory.open_in(layout::SPOOL.as_ref())?;
        let names = names(&spool)?;
        let is_waiting = |name: &&String| {
            let told = told_at(name);
            told.is_some_and(|told| now.since(told) >= WAITING_LONG)
        };
        Ok(names.iter().filter(is_waiting).count())
    }
}

fn write(spool: &OpenDirectory, name: &str, bytes: &[u8]) -> Result<(), FsError> {
    let path = spool.path().join(name);
    let mut file = spool.create(name.as_ref(), Mode::from_raw_mode(0o644))?;
    file.write_all(bytes).map_err(failed("write", &path))?;
    fsync(&file).map_err(failed("sync", &path))
}

/// Of two machines, no name ends in that of the other.
fn suffix(address: IpAddr) -> String {
    format!("-{address}")
}

/// The events that wait, oldest first, each with its name. Whatever else is there is
/// named without an event.
pub(super) fn read(depot: &Depot) -> Result<Vec<(String, Option<Event>)>, DepotError> {
    let spool = depot.directory.open_in(layout::SPOOL.as_ref())?;
    let mut names = names(&spool)?;
    names.sort_unstable();
    let mut events = Vec::with_capacity(names.len());
    for name in names {
        let path = Path::new(layout::SPOOL).join(&name);
        let event = match depot.tree.find(&path)? {
            crate::fs::Found::File(file, _) => {
                let bytes = read_up_to(file, EVENT_LENGTH_MAX, &path)?;
                serde_json::from_slice(&bytes).ok()
            }
            _ => None,
        };
        events.push((name, event));
    }
    Ok(events)
}

/// Takes events away that were taken notice of, and what killed hooks have left. When
/// this returns they are gone for good: after a power cut they would be of a boot before
/// what was changed since.
pub(super) fn clear<'name>(
    depot: &Depot,
    names: impl IntoIterator<Item = &'name String>,
    now: Timestamp,
) -> Result<(), FsError> {
    let spool = depot.directory.open_in(layout::SPOOL.as_ref())?;
    let mut is_changed = false;
    for name in names {
        remove(&spool, name)?;
        is_changed = true;
    }
    let entries = list(&spool).map_err(failed("read", spool.path()))?;
    for (name, _) in entries {
        if let Ok(name) = name.to_str()
            && let Some(begun) = begun(name)
            && now.since(begun) >= UNFINISHED_MAX
        {
            remove(&spool, name)?;
        }
    }
    if is_changed { sync(&spool) } else { Ok(()) }
}

/// When an event was begun that is not whole.
fn begun(name: &str) -> Option<Timestamp> {
    told_at(name.strip_prefix('.')?)
}

/// When an event was told of, by its name.
fn told_at(name: &str) -> Option<Timestamp> {
    let (nanoseconds, _) = name.split_once('-')?;
    let nanoseconds: u64 = nanoseconds.parse().ok()?;
    Some(Timestamp(nanoseconds / 1_000_000_000))
}

/// The names of the events that are whole.
fn names(spool: &OpenDirectory) -> Result<Vec<String>, FsError> {
    let entries = list(spool).map_err(failed("read", spool.path()))?;
    let names = entries.into_iter().filter_map(|(name, _)| {
        let is_whole = name.to_bytes().first() != Some(&UNFINISHED);
        is_whole.then(|| name.into_string().ok()).flatten()
    });
    Ok(names.collect())
}

/// The directory that the TFTP server has.
pub(super) fn served_directory(depot: &Depot) -> PathBuf {
    depot.path().join(layout::TFTP)
}
