//! Waits for something to happen in a depot.

use std::fs::File;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread;
use std::time::Duration;

use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};

use super::depot::Depot;
use super::locked::LockedDepot;
use crate::depot::layout;

/// How often is looked where the system does not tell.
const POLLED: Duration = Duration::from_secs(2);

/// How long what belongs together may take, such as the events of one boot.
const GATHERED: Duration = Duration::from_millis(200);

/// What may tell that something has happened: an event of dnsmasq's hook, a machine's
/// word, a machine that was added. It may be told for nothing.
#[derive(Debug)]
pub struct Changes {
    /// Nothing where the system does not tell (inotify(7)).
    inotify: Option<(OwnedFd, Receiver<()>)>,
    /// Whether it tells of all that there is to be told.
    is_complete: bool,
}

impl Changes {
    /// Begins to listen.
    #[must_use]
    pub fn in_depot(depot: &Depot) -> Self {
        let mut changes = Self {
            inotify: listen(),
            is_complete: true,
        };
        changes.follow_depot(depot);
        changes
    }

    fn follow_depot(&mut self, depot: &Depot) {
        for name in [layout::SPOOL, layout::MACHINES] {
            self.follow(depot, name.as_ref());
        }
    }

    /// Listens to the machines' words, too; again for those that it listens to already.
    pub fn follow_machines(&mut self, depot: &LockedDepot<'_>) {
        self.is_complete = true;
        self.follow_depot(depot.depot);
        let machines = depot.machines().iter();
        // One with its own root says nothing.
        for machine in machines.filter(|machine| !depot.has_own_root(&machine.name)) {
            self.follow(depot.depot, &layout::persist(&machine.name));
        }
    }

    /// Listens to what others write of the machines, too: their settings, their generations.
    pub fn follow_records(&mut self, depot: &LockedDepot<'_>) {
        for machine in depot.machines().iter() {
            self.follow(depot.depot, &layout::machine(&machine.name));
        }
    }

    fn follow(&mut self, depot: &Depot, name: &std::path::Path) {
        let flags = WatchFlags::MOVED_TO
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::ONLYDIR
            | WatchFlags::DONT_FOLLOW;
        let path = depot.path().join(name);
        let followed = self
            .inotify
            .as_ref()
            .map(|(fd, _)| add_watch(fd, path, flags));
        // There may be more directories than a user may watch.
        self.is_complete &= followed.is_none_or(|followed| followed.is_ok());
    }

    /// Waits until something may have happened, but no longer than this.
    pub fn wait(&self, longest: Duration) {
        let Some((_, told)) = &self.inotify else {
            return thread::sleep(longest.min(POLLED));
        };
        let longest = if self.is_complete {
            longest
        } else {
            longest.min(POLLED)
        };
        match told.recv_timeout(longest) {
            Ok(()) => thread::sleep(GATHERED),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => thread::sleep(longest.min(POLLED)),
        }
        while told.try_recv().is_ok() {}
    }
}

/// Reads what the system tells, of which it only matters that it does.
fn listen() -> Option<(OwnedFd, Receiver<()>)> {
    let inotify = init(CreateFlags::CLOEXEC).ok()?;
    let mut events = File::from(inotify.try_clone().ok()?);
    let (tell, told) = sync_channel(1);
    let read = move || {
        let mut buffer = [0; 4096];
        while events.read(&mut buffer).is_ok() {
            // If it is full, somebody is told already.
            if let Err(std::sync::mpsc::TrySendError::Disconnected(())) = tell.try_send(()) {
                break;
            }
        }
    };
    thread::Builder::new().spawn(read).ok()?;
    Some((inotify, told))
}
