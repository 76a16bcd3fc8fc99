//! A depot that nobody else changes.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::net::IpAddr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::{FlockOperation, Mode, OFlags, flock, fstat, openat};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::depot::Depot;
use super::error::DepotError;
use super::replace::Replacement;
use super::{boot_tree, spool};
use crate::depot::{
    BootNames, Boots, CONFIRMATION_LENGTH_MAX, Confirmation, Delivered, Event, GenerationNumber,
    Generations, Machine, MachineName, MachineRecord, Machines, RootKind, Sent, TRIAL_TIMEOUT,
    Timestamp, layout,
};
use crate::fs::{Found, failed, read_up_to};

/// A depot that is locked for this process until this is dropped, and in which all
/// is as it has to be.
#[derive(Debug)]
pub struct LockedDepot<'depot> {
    pub(in crate::depot) depot: &'depot Depot,
    #[expect(dead_code, reason = "the lock is held for as long as it is open")]
    lock: File,
    /// All of them.
    pub(in crate::depot) records: BTreeMap<MachineName, MachineRecord>,
    /// Those that are in service.
    pub(super) machines: Machines,
    pub(super) generations: BTreeMap<MachineName, Generations>,
    /// What each machine's `config.txt` names.
    pub(super) served: BTreeMap<MachineName, GenerationNumber>,
    /// What each machine's link for boards without `os_prefix` leads to.
    pub(super) linked: BTreeMap<MachineName, GenerationNumber>,
    changes: Vec<Change>,
}

/// What became of a machine's generations.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// The machine.
    pub machine: MachineName,
    /// What there was.
    pub before: Generations,
    /// What there is.
    pub after: Generations,
}

/// What a machine says, and when it wrote that.
struct Said {
    what: Confirmation,
    at: Timestamp,
}

/// What was seen of machines' boots.
#[derive(Default)]
struct Seen {
    files: BTreeMap<MachineName, Vec<Delivered>>,
    /// When each said that it is up, where that is known.
    said: BTreeMap<MachineName, Timestamp>,
}

impl Depot {
    /// Locks the depot, does what killed commands have left to do, and takes notice of
    /// what dnsmasq and the machines have told since. Waits while another process has
    /// the lock.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when the depot is another user's, or cannot be read or written.
    pub fn lock(&self, now: impl FnOnce() -> Timestamp) -> Result<LockedDepot<'_>, DepotError> {
        let lock = self.open_lock()?;
        let path = self.path().join(layout::LOCK);
        while let Err(error) = flock(&lock, FlockOperation::LockExclusive) {
            if error != Errno::INTR {
                return Err(failed("lock", &path)(error).into());
            }
        }
        LockedDepot::open(self, lock, now())
    }

    /// The same without waiting: nothing where another process has the lock.
    ///
    /// # Errors
    ///
    /// As [`Depot::lock`].
    pub fn try_lock(&self, now: Timestamp) -> Result<Option<LockedDepot<'_>>, DepotError> {
        let lock = self.open_lock()?;
        match flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => LockedDepot::open(self, lock, now).map(Some),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(failed("lock", &self.path().join(layout::LOCK))(error).into()),
        }
    }

    #[allow(
        clippy::disallowed_methods,
        reason = "it is created unless it is there"
    )]
    fn open_lock(&self) -> Result<File, DepotError> {
        let owner = fstat(&self.directory).map_err(failed("read", self.path()))?;
        if owner.st_uid != geteuid().as_raw() {
            return Err(DepotError::NotOwner(self.path().to_owned()));
        }
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::from_raw_mode(0o600);
        let lock = openat(&self.directory, layout::LOCK, flags, mode);
        let lock = lock.map_err(failed("open", &self.path().join(layout::LOCK)))?;
        Ok(File::from(lock))
    }
}

impl<'depot> LockedDepot<'depot> {
    fn open(depot: &'depot Depot, lock: File, now: Timestamp) -> Result<Self, DepotError> {
        let mut locked = Self {
            depot,
            lock,
            records: depot.records()?,
            machines: Machines::default(),
            generations: BTreeMap::new(),
            served: BTreeMap::new(),
            linked: BTreeMap::new(),
            changes: Vec::new(),
        };
        // What cannot be removed harms nothing, and is tried again.
        let _ = locked.finish_removals();
        locked.machines = Machines::in_service(locked.records.values());
        for machine in locked.machines.iter() {
            let name = &machine.name;
            // Nothing happens to one of which they are lost, and others go on.
            let Some(generations) = depot.known_generations(name)? else {
                continue;
            };
            if let Some(number) = depot.served(machine)? {
                locked.served.insert(name.clone(), number);
            }
            if let Some(number) = depot.linked(machine) {
                locked.linked.insert(name.clone(), number);
            }
            locked.generations.insert(name.clone(), generations);
        }
        let _ = locked.remove_leftovers();
        locked.finish_machines()?;
        locked.catch_up(now)?;
        Ok(locked)
    }

    /// The machines that are in service.
    #[must_use]
    pub const fn machines(&self) -> &Machines {
        &self.machines
    }

    /// The machine of that name, as it is written down.
    ///
    /// # Errors
    ///
    /// [`DepotError::UnknownMachine`] if it is not in service.
    pub fn record(&self, name: &MachineName) -> Result<&MachineRecord, DepotError> {
        let record = self.records.get(name);
        record
            .filter(|record| record.is_in_service())
            .ok_or_else(|| DepotError::UnknownMachine(name.clone()))
    }

    /// What is known of a machine's generations.
    ///
    /// # Errors
    ///
    /// [`DepotError::UnknownMachine`] if there is no such machine, and
    /// [`DepotError::LostGenerations`] if that is lost.
    pub fn generations(&self, name: &MachineName) -> Result<&Generations, DepotError> {
        if let Some(generations) = self.generations.get(name) {
            return Ok(generations);
        }
        self.record(name)?;
        Err(self.depot.lost_generations(name))
    }

    /// Whether a machine's `config.txt` is still to be replaced, as the machine was
    /// reading it: whoever locks the depot once it has done so replaces it.
    #[must_use]
    pub fn is_pending(&self, name: &MachineName) -> bool {
        let generations = self.generations.get(name);
        let config = generations.and_then(Generations::config);
        config.is_some() && config != self.served.get(name).copied() && !self.has_own_root(name)
    }

    /// What has changed since this was asked last, in order.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// When time alone changes something next.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        let due = |generations: &Generations| generations.due(now);
        self.generations.values().filter_map(due).min()
    }

    /// Lets events happen to machines, for all of which there is one sync.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when one is refused, and then nothing has changed, or when
    /// something cannot be written, and then it has changed for some machines: for
    /// each of them as a whole or not at all.
    pub fn apply(
        &mut self,
        events: &[(MachineName, Event)],
        now: Timestamp,
    ) -> Result<(), DepotError> {
        let mut next: BTreeMap<MachineName, Generations> = BTreeMap::new();
        for (name, event) in events {
            let is_choice = matches!(event, Event::RolledBack { .. } | Event::SwitchedOnce(_));
            if is_choice && self.has_own_root(name) {
                return Err(DepotError::OwnRoot(name.clone()));
            }
            let before = match next.get(name) {
                Some(before) => before,
                None => self.generations(name)?,
            };
            let after = before.after(event, now);
            let after = after.map_err(|source| DepotError::Refused {
                machine: name.clone(),
                source,
            })?;
            next.insert(name.clone(), after);
        }
        for (name, after) in &next {
            let is_other = self.generations(name)?.config() != after.config();
            if is_other
                && let Some(machine) = self.machines.get(name).filter(|_| !self.has_own_root(name))
            {
                boot_tree::config_of(self.depot, machine, after)?;
            }
        }
        self.write(next, &Seen::default(), now)
    }

    /// Takes notice of what dnsmasq and the machines have told, and of the time.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when something cannot be read or written. What a machine writes
    /// is never an error.
    pub fn catch_up(&mut self, now: Timestamp) -> Result<(), DepotError> {
        // Before the events, so that those of the boot of which a machine speaks are among
        // them.
        let said: BTreeMap<MachineName, Said> = self
            .generations
            .keys()
            .filter_map(|name| Some((name.clone(), self.confirmation(name)?)))
            .collect();
        let told = spool::read(self.depot)?;
        let mut next = self.generations.clone();
        let tftp = spool::served_directory(self.depot);
        let addresses: BTreeMap<IpAddr, &Machine> = self
            .machines
            .iter()
            .map(|machine| (machine.address, machine))
            .collect();
        let mut files: BTreeMap<MachineName, Vec<Delivered>> = BTreeMap::new();
        for (told, event) in &told {
            let Some(event) = event else {
                continue;
            };
            let Some(&machine) = addresses.get(&event.transfer.address) else {
                continue;
            };
            let names = |number| self.boot_names(&machine.name, number);
            if let Some(sent) = event.transfer.to_machine(machine, &tftp, names)
                && let Some(generations) = next.get_mut(&machine.name)
            {
                let sent = self.as_served(&machine.name, generations, sent);
                pass(generations, &Event::Sent(sent), event.at);
                let name = event.transfer.name_below(machine, &tftp);
                let is_firmware = layout::is_firmware_name(name.as_os_str().as_bytes());
                let kernel_of = match sent {
                    Sent::Kernel(number) => Some(number),
                    Sent::Other if !is_firmware => self.linked_kernel(&machine.name, name),
                    _ => None,
                };
                files
                    .entry(machine.name.clone())
                    .or_default()
                    .push(Delivered {
                        event: told.clone(),
                        at: event.at,
                        sent,
                        named: self.served.get(&machine.name).copied(),
                        is_firmware,
                        kernel_of,
                        name: name.to_string_lossy().into_owned(),
                        size: event.transfer.size,
                    });
            }
        }
        for (name, generations) in &mut next {
            // Time may have gone on since it was asked for, and what a machine says is no
            // earlier than what it was sent.
            let sent = files.get(name).into_iter().flatten();
            let heard = sent.map(|file| file.at).fold(now, Timestamp::max);
            if let Some(said) = said.get(name) {
                pass(generations, &said.what.into(), heard);
            }
            pass(generations, &Event::Passed, now);
        }
        // The time of a file is anybody's to set.
        let said = said.into_iter().filter_map(|(name, said)| {
            let is_likely = said.at <= now && now.since(said.at) < TRIAL_TIMEOUT;
            is_likely.then_some((name, said.at))
        });
        let seen = Seen {
            files,
            said: said.collect(),
        };
        self.write(next, &seen, now)?;
        Ok(spool::clear(
            self.depot,
            told.iter().map(|(name, _)| name),
            now,
        )?)
    }

    /// Which `config.txt` it was that was sent, if it was one.
    fn as_served(&self, name: &MachineName, generations: &Generations, sent: Sent) -> Sent {
        match sent {
            Sent::Config if self.served.get(name).copied() != generations.config() => {
                Sent::OldConfig
            }
            other => other,
        }
    }

    /// What a machine says, as far as it can be read. Whatever else is in its place,
    /// it says nothing; nor does it if its file system is broken, so that this stops
    /// nothing for the others.
    fn confirmation(&self, name: &MachineName) -> Option<Said> {
        let path = layout::persist(name).join(layout::CONFIRMATION);
        let Found::File(file, _) = self.depot.tree.find(&path).ok()? else {
            return None;
        };
        let at = Timestamp(fstat(&file).ok()?.st_mtime.try_into().unwrap_or_default());
        let limit = u64::try_from(CONFIRMATION_LENGTH_MAX).unwrap_or(u64::MAX);
        let bytes = read_up_to(file, limit.saturating_add(1), &path).ok()?;
        let what = Confirmation::parse(&bytes).ok()?;
        Some(Said { what, at })
    }

    /// The generation whose kernel a board without `os_prefix` gets under a name beside
    /// `config.txt`.
    fn linked_kernel(&self, machine: &MachineName, name: &Path) -> Option<GenerationNumber> {
        // Of other boards, which fetch nearly all that there is.
        let first = name.components().next()?;
        if layout::generation_of(first.as_os_str()).is_some() {
            return None;
        }
        let number = *self.linked.get(machine)?;
        let names = self.boot_names(machine, number)?;
        (names.kernel == name).then_some(number)
    }

    fn boot_names(&self, name: &MachineName, number: GenerationNumber) -> Option<BootNames> {
        // A name that cannot be read is as good as none: the time for the try runs out.
        let path = layout::boot_names(name, number);
        self.depot.read_json(&path).ok().flatten()
    }

    pub(super) fn has_own_root(&self, name: &MachineName) -> bool {
        let machine = self.machines.get(name);
        machine.is_some_and(|machine| machine.root == Some(RootKind::Own))
    }

    /// Writes what has changed, and what follows from it.
    fn write(
        &mut self,
        mut next: BTreeMap<MachineName, Generations>,
        seen: &Seen,
        now: Timestamp,
    ) -> Result<(), DepotError> {
        next.retain(|name, after| self.generations.get(name) != Some(after));
        let mut replacement = Replacement::of(&self.depot.directory);
        // First what is not noted twice, in case that nothing comes after it.
        for (name, boots) in self.boots_after(&next, seen) {
            replacement.add_json(layout::machine(&name), layout::BOOTS, &boots)?;
        }
        for (name, generations) in &next {
            replacement.add_json(layout::machine(name), layout::GENERATIONS, generations)?;
        }
        replacement.commit()?;
        for (machine, after) in next {
            let before = self.generations.insert(machine.clone(), after.clone());
            self.changes.push(Change {
                machine,
                before: before.unwrap_or_default(),
                after,
            });
        }
        self.point(now)
    }

    /// The records of boots that change, by machine.
    fn boots_after(
        &self,
        next: &BTreeMap<MachineName, Generations>,
        seen: &Seen,
    ) -> BTreeMap<MachineName, Boots> {
        let names: BTreeSet<_> = next.keys().chain(seen.files.keys()).collect();
        let changed = names.into_iter().filter_map(|name| {
            // One that is broken stops nothing, and begins anew.
            let before = match self.depot.boots(name) {
                Err(DepotError::Json { .. }) => Boots::default(),
                before => before.ok()?,
            };
            let mut boots = before.clone();
            let files = seen.files.get(name).map_or(&[][..], Vec::as_slice);
            let generations = self.generations.get(name)?;
            let after = next.get(name).unwrap_or(generations);
            let said = seen.said.get(name).copied();
            boots.take(files, (generations, after), said);
            (boots != before).then(|| (name.clone(), boots))
        });
        changed.collect()
    }

    /// Lets `config.txt` and the link for boards without `os_prefix` name what they
    /// have to, for each machine that is not reading it.
    fn point(&mut self, now: Timestamp) -> Result<(), DepotError> {
        let mut pending: BTreeSet<MachineName> = self
            .generations
            .iter()
            .filter(|(name, generations)| {
                let fallback = generations.fallback();
                let is_linked = fallback == self.linked.get(*name).copied();
                let is_other = self.is_pending(name) || (!is_linked && !self.has_own_root(name));
                is_other && generations.may_replace_config(now)
            })
            .map(|(name, _)| name.clone())
            .collect();
        let mut replacement = Replacement::of(&self.depot.directory);
        for machine in self.machines.iter() {
            if let Some(generations) = self.generations.get(&machine.name)
                && pending.contains(&machine.name)
            {
                match boot_tree::point(self.depot, machine, generations, &mut replacement) {
                    // The next deploy to it mends that, and others go on.
                    Err(DepotError::Config(_)) => {
                        pending.remove(&machine.name);
                    }
                    pointed => pointed?,
                }
            }
        }
        replacement.commit()?;
        for name in pending {
            let generations = self.generations.get(&name);
            if let Some(number) = generations.and_then(Generations::config) {
                self.served.insert(name.clone(), number);
            }
            if let Some(number) = generations.and_then(Generations::fallback) {
                self.linked.insert(name, number);
            }
        }
        Ok(())
    }
}

/// What a machine or a TFTP server says is never refused.
fn pass(generations: &mut Generations, event: &Event, at: Timestamp) {
    if let Ok(after) = generations.after(event, at) {
        *generations = after;
    }
}
