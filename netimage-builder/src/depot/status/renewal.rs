//! A page that is kept as the machines are.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use netimage_core::depot::{Depot, Timestamp};

use super::fleet::Fleet;
use super::page::page;
use crate::depot::error::DepotCommandError;
use crate::depot::file;
use crate::error::causes;
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
            let page = self.path.display();
            let mut line = format!("{page} is as it was: {error}");
            for cause in causes(&error) {
                let _ = write!(line, ": {cause}");
            }
            print_line(line);
        }
        self.written = Some(Instant::now());
        Duration::from_secs(INTERVAL)
    }

    fn write(&self, depot: &Depot, now: Timestamp) -> Result<(), DepotCommandError> {
        let fleet = Fleet::observe(depot, now)?.with_accounts(depot);
        file::replace(&self.path, &page(&fleet, Some(INTERVAL)))
    }
}
