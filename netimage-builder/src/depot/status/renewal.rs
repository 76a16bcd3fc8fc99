//! A page that is kept as the machines are.

use std::error::Error;
use std::iter::successors;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use netimage_core::depot::{Depot, Timestamp};

use super::fleet::Fleet;
use super::page::page;
use crate::depot::error::DepotCommandError;
use crate::depot::file;
use crate::text::print_line;

/// The least time from one page to the next: a fleet that boots is heard of many times a
/// second.
const PAUSE: Duration = Duration::from_secs(5);

/// Seconds after which whoever shows the page may read it again; time alone makes machines
/// silent.
const INTERVAL: u64 = 60;

/// The page in its file.
pub(in crate::depot) struct Renewal {
    path: PathBuf,
    written: Option<Instant>,
}

impl Renewal {
    pub(in crate::depot) const fn of(path: PathBuf) -> Self {
        Self {
            path,
            written: None,
        }
    }

    /// Writes it anew, unless that was done just now; says when it is to be done next at
    /// the latest. A page that cannot be written keeps nobody from booting.
    pub(in crate::depot) fn renew(&mut self, depot: &Depot, now: Timestamp) -> Duration {
        if let Some(written) = self.written
            && let Some(left) = PAUSE.checked_sub(written.elapsed())
        {
            return left;
        }
        if let Err(error) = self.write(depot, now) {
            let first: &dyn Error = &error;
            let reasons = successors(Some(first), |&error| error.source());
            let reasons: Vec<_> = reasons.map(ToString::to_string).collect();
            let page = self.path.display();
            print_line(format_args!("{page} is as it was: {}", reasons.join(": ")));
        }
        self.written = Some(Instant::now());
        Duration::from_secs(INTERVAL)
    }

    fn write(&self, depot: &Depot, now: Timestamp) -> Result<(), DepotCommandError> {
        let fleet = Fleet::observe(depot, now)?;
        file::replace(&self.path, &page(&fleet, Some(INTERVAL)))
    }
}
