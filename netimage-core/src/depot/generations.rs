//! The generations of a machine, and how they come and go.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::event::{Event, Refusal, Sent};
use super::generation::{Failure, Generation, GenerationNumber, State, Timestamp, Try};
use super::{BootId, ImageHash, Keep};

/// Seconds that a machine has, from the first `config.txt` that names a trial to
/// its word that it is up.
pub const TRIAL_TIMEOUT: u64 = 600;

/// Seconds without a request after which a boot that never got its kernel is taken
/// to have ended. The boot loader gives one file 30 seconds (`TFTP_FILE_TIMEOUT`;
/// Raspberry Pi documentation, "Bootloader configuration").
pub const BOOT_PAUSE: u64 = 60;

/// All that is known of what was deployed to a machine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Generations {
    /// Those that are there.
    #[serde(default)]
    pub all: BTreeMap<GenerationNumber, Generation>,
    /// The highest number that was ever given.
    #[serde(default)]
    pub last: Option<GenerationNumber>,
    /// The generation that is served from now on.
    #[serde(default)]
    pub default: Option<GenerationNumber>,
    /// The generation that has its one try.
    #[serde(default)]
    pub trial: Option<GenerationNumber>,
    /// What the machine last said that it is up in.
    #[serde(default)]
    pub booted: Option<Booted>,
    /// The last generation whose kernel was sent.
    #[serde(default)]
    pub served: Option<Served>,
    /// When a file was last sent in a boot that has not got its kernel yet.
    #[serde(default)]
    pub loading: Option<Timestamp>,
    /// How many tries ended with a generation that is bad, be it there or not.
    #[serde(default)]
    pub failed_trials: u64,
}

/// A boot that ended well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Booted {
    /// The generation.
    pub generation: GenerationNumber,
    /// Which boot it was.
    pub boot_id: BootId,
    /// When the machine first said so.
    pub since: Timestamp,
}

/// A kernel that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Served {
    /// The generation.
    pub generation: GenerationNumber,
    /// When it was sent whole.
    pub at: Timestamp,
}

impl Generations {
    /// The number that the next generation gets.
    #[must_use]
    pub fn next_number(&self) -> GenerationNumber {
        self.last
            .map_or(GenerationNumber::FIRST, GenerationNumber::next)
    }

    /// The generation that `config.txt` has to name: the trial until its try is
    /// spent, then the default. A machine that has no default yet gets its newest
    /// again and again, as there is nothing better.
    #[must_use]
    pub fn config(&self) -> Option<GenerationNumber> {
        let unspent = self.trial.filter(|trial| {
            self.try_of(*trial)
                .is_some_and(|trying| trying.spent.is_none())
        });
        let newest = || {
            let mut newest = self.all.iter().rev();
            let (number, _) = newest.find(|(_, one)| !matches!(one.state, State::Former))?;
            Some(*number)
        };
        unspent.or(self.default).or_else(newest)
    }

    /// The generation that the machine gets unless that fails: not one for a single boot.
    #[must_use]
    pub fn lasting(&self) -> Option<GenerationNumber> {
        let is_once = |number| self.try_of(number).is_some_and(|trying| !trying.adopt);
        self.config()
            .filter(|number| !is_once(*number))
            .or(self.default)
    }

    /// The generation to fall back to: the default, or what there is instead.
    #[must_use]
    pub fn fallback(&self) -> Option<GenerationNumber> {
        self.default.or_else(|| self.config())
    }

    /// Whether the machine is up in another system than the one that its next boot gets.
    #[must_use]
    pub fn needs_reboot(&self) -> bool {
        let image = |number: GenerationNumber| self.all.get(&number).map(|one| one.image);
        let running = self.booted.and_then(|booted| image(booted.generation));
        running.is_some() && self.config().and_then(image) != running
    }

    /// The generations that the machine's next boots may get.
    #[must_use]
    pub fn next_boots(&self) -> BTreeSet<GenerationNumber> {
        let boots = [self.config(), self.trial, self.fallback()];
        boots.into_iter().flatten().collect()
    }

    /// When time alone changes something next: a try runs out, or `config.txt` may be
    /// replaced.
    #[must_use]
    pub fn due(&self, now: Timestamp) -> Option<Timestamp> {
        let trial = self.trial.and_then(|trial| self.try_of(trial));
        let sent = trial
            .filter(|trying| trying.spent.is_none())
            .and_then(|trying| trying.config_sent);
        let out = sent.map(|sent| Timestamp(sent.0.saturating_add(TRIAL_TIMEOUT)));
        let pause = self
            .loading
            .map(|last| Timestamp(last.0.saturating_add(BOOT_PAUSE)));
        let moments = out.into_iter().chain(pause);
        moments.filter(|moment| *moment > now).min()
    }

    /// Whether `config.txt` may be replaced: a boot reads it several times, and
    /// what it reads must not change before it has its kernel.
    #[must_use]
    pub fn may_replace_config(&self, now: Timestamp) -> bool {
        self.loading
            .is_none_or(|last| now.since(last) >= BOOT_PAUSE)
    }

    /// What is there after something happened at a moment.
    ///
    /// # Errors
    ///
    /// [`Refusal`] when a user wants what cannot be. What a machine or a TFTP
    /// server says is never refused; what does not fit is passed over.
    pub fn after(&self, event: &Event, now: Timestamp) -> Result<Self, Refusal> {
        let mut next = self.clone();
        next.expire(now);
        match *event {
            Event::Deployed { image, trial } => next.deploy(image, trial, now),
            Event::Sent(sent) => next.send(sent, now),
            Event::Confirmed {
                generation,
                boot_id,
            } => next.confirm(generation, boot_id, now),
            Event::Approved(number) => next.approve(number, now)?,
            Event::Passed => {}
            Event::RolledBack { to } => next.roll_back(to, now)?,
            Event::SwitchedOnce(number) => next.switch_once(number, now)?,
            Event::Collected(number) => next.collect(number, now)?,
        }
        Ok(next)
    }

    fn deploy(&mut self, image: ImageHash, trial: bool, now: Timestamp) {
        let number = self.next_number();
        self.last = Some(number);
        let generation = Generation {
            deployed: now,
            image,
            state: State::New,
        };
        self.all.insert(number, generation);
        if trial {
            self.set_trial(number, true, now);
        } else {
            self.withdraw_trial();
            self.default = Some(number);
        }
    }

    fn set_trial(&mut self, number: GenerationNumber, adopt: bool, now: Timestamp) {
        self.withdraw_trial();
        let set_during = self.booted.map(|booted| booted.boot_id);
        if let Some(generation) = self.all.get_mut(&number) {
            let before = generation.state.clone();
            generation.state = State::Trying(Try::new(before, adopt, now, set_during));
            self.trial = Some(number);
        }
    }

    /// Takes the trial's try away. One that is spent goes on: the machine may be
    /// on its way up in it.
    fn withdraw_trial(&mut self) {
        let Some(trial) = self.trial.take() else {
            return;
        };
        if let Some(generation) = self.all.get_mut(&trial)
            && let State::Trying(Try {
                spent: None,
                before,
                ..
            }) = &generation.state
        {
            generation.state = State::clone(before);
        }
    }

    fn send(&mut self, sent: Sent, now: Timestamp) {
        // A boot begins with config.txt. What is sent after the kernel is of the same one.
        let begins = matches!(sent, Sent::Config | Sent::OldConfig);
        if begins || self.loading.is_some() {
            self.loading = Some(now);
        }
        match sent {
            Sent::Config => {
                let named = self.config();
                if let Some(trying) = named.and_then(|named| self.try_mut(named)) {
                    trying.config_sent.get_or_insert(now);
                }
            }
            Sent::Kernel(number) if self.all.contains_key(&number) => {
                self.served = Some(Served {
                    generation: number,
                    at: now,
                });
                // It may have been asked for only: dnsmasq 2.90 tells no difference. The
                // command line is read after the last config.txt.
                let is_loaded = self.try_mut(number).is_none_or(|trying| {
                    trying.kernel_sent = true;
                    trying.spend(now);
                    trying.command_line_sent
                });
                self.loading = self.loading.filter(|_| !is_loaded);
            }
            Sent::CommandLine(number) => {
                let is_loaded = self.try_mut(number).is_some_and(|trying| {
                    trying.command_line_sent = true;
                    trying.spend(now);
                    trying.kernel_sent
                });
                self.loading = self.loading.filter(|_| !is_loaded);
            }
            Sent::Kernel(_) | Sent::OldConfig | Sent::Other => {}
        }
    }

    fn confirm(&mut self, number: GenerationNumber, boot_id: BootId, now: Timestamp) {
        let is_known_boot = self.booted.is_some_and(|booted| booted.boot_id == boot_id);
        if is_known_boot || !self.may_be_up_in(number) {
            return;
        }
        self.booted = Some(Booted {
            generation: number,
            boot_id,
            since: now,
        });
        self.loading = None;
        for (&tried, generation) in &mut self.all {
            let State::Trying(trying) = &generation.state else {
                if tried == number && !matches!(generation.state, State::Former) {
                    generation.state = State::Good { confirmed: now };
                    self.default.get_or_insert(tried);
                }
                continue;
            };
            if !trying.is_judged_by(boot_id, now) {
                continue;
            }
            if tried == number {
                let is_adopted = trying.adopt && self.trial == Some(tried);
                generation.state = State::Good { confirmed: now };
                self.default = self.default.filter(|_| !is_adopted).or(Some(tried));
                self.trial = self.trial.filter(|trial| *trial != tried);
            } else if trying.spent.is_some() {
                generation.state = State::Bad(Failure {
                    found: now,
                    came_up_in: Some(number),
                    was_sent: trying.kernel_sent && trying.command_line_sent,
                });
                self.trial = self.trial.filter(|trial| *trial != tried);
                self.failed_trials += 1;
            }
        }
    }

    /// Whether the machine was ever given a generation, as far as that is known.
    fn may_be_up_in(&self, number: GenerationNumber) -> bool {
        let is_served = self
            .served
            .is_some_and(|served| served.generation == number);
        self.all.get(&number).is_some_and(|generation| {
            let is_new = matches!(generation.state, State::New);
            !is_new || is_served || self.default == Some(number)
        })
    }

    fn approve(&mut self, number: GenerationNumber, now: Timestamp) -> Result<(), Refusal> {
        self.refuse_former(number)?;
        let generation = self.all.get_mut(&number).ok_or(Refusal::Unknown(number))?;
        let is_adopted = match &generation.state {
            State::Trying(trying) => trying.adopt && self.trial == Some(number),
            _ => false,
        };
        generation.state = State::Good { confirmed: now };
        self.default = self.default.filter(|_| !is_adopted).or(Some(number));
        self.trial = self.trial.filter(|trial| *trial != number);
        Ok(())
    }

    /// Spends the trial's try where its time has run out.
    fn expire(&mut self, now: Timestamp) {
        let trial = self.trial.and_then(|trial| self.try_mut(trial));
        if let Some(trying) = trial
            && let Some(sent) = trying.config_sent
            && now.since(sent) >= TRIAL_TIMEOUT
        {
            trying.spent.get_or_insert(now);
        }
    }

    fn roll_back(&mut self, to: Option<GenerationNumber>, now: Timestamp) -> Result<(), Refusal> {
        // A trial is what there is to go back from.
        if to.is_none() && self.trial.is_some() && self.default.is_some() {
            if !self.give_up(now) {
                self.withdraw_trial();
            }
            return Ok(());
        }
        let to = match to {
            Some(to) => to,
            None => self.before_default()?,
        };
        self.refuse_former(to)?;
        let generation = self.all.get(&to).ok_or(Refusal::Unknown(to))?;
        if !matches!(generation.state, State::Good { .. }) {
            return Err(Refusal::NotGood(to));
        }
        self.withdraw_trial();
        self.default = Some(to);
        Ok(())
    }

    /// Gives up a trial that has had its try and is not judged, if there is something to
    /// fall back to: that is what every boot gets already.
    fn give_up(&mut self, now: Timestamp) -> bool {
        let trial = self.trial.filter(|_| self.default.is_some());
        let Some(trying) = trial.and_then(|trial| self.try_mut(trial)) else {
            return false;
        };
        if trying.spent.is_none() {
            return false;
        }
        let failure = Failure {
            found: now,
            came_up_in: None,
            was_sent: trying.kernel_sent && trying.command_line_sent,
        };
        if let Some(generation) = self.trial.take().and_then(|trial| self.all.get_mut(&trial)) {
            generation.state = State::Bad(failure);
            self.failed_trials += 1;
        }
        true
    }

    fn before_default(&self) -> Result<GenerationNumber, Refusal> {
        let default = self.default.ok_or(Refusal::NoDefault)?;
        let mut earlier = self.all.range(..default).rev();
        let good = earlier.find(|(_, generation)| matches!(generation.state, State::Good { .. }));
        good.map(|(number, _)| *number)
            .ok_or(Refusal::NothingBefore { before: default })
    }

    fn switch_once(&mut self, number: GenerationNumber, now: Timestamp) -> Result<(), Refusal> {
        if !self.all.contains_key(&number) {
            return Err(Refusal::Unknown(number));
        }
        if self.default == Some(number) {
            return Err(Refusal::IsDefault(number));
        }
        self.refuse_former(number)?;
        self.set_trial(number, false, now);
        Ok(())
    }

    fn collect(&mut self, number: GenerationNumber, now: Timestamp) -> Result<(), Refusal> {
        if !self.all.contains_key(&number) {
            return Err(Refusal::Unknown(number));
        }
        if self.kept(&Keep::NOTHING_ELSE, now).contains(&number) {
            return Err(Refusal::InUse(number));
        }
        self.all.remove(&number);
        Ok(())
    }

    fn refuse_former(&self, number: GenerationNumber) -> Result<(), Refusal> {
        match self.all.get(&number).map(|one| &one.state) {
            Some(State::Former) => Err(Refusal::Former(number)),
            _ => Ok(()),
        }
    }

    /// What there is once the machine is added again after it was removed: what it may
    /// be up in. No number is given twice.
    #[must_use]
    pub(super) fn taken_up(&self) -> Self {
        let booted = self
            .booted
            .filter(|booted| self.all.contains_key(&booted.generation));
        let served = self
            .served
            .filter(|served| self.all.contains_key(&served.generation));
        let numbers = [
            booted.map(|one| one.generation),
            served.map(|one| one.generation),
        ];
        let former = numbers.into_iter().flatten().filter_map(|number| {
            let state = State::Former;
            let generation = self.all.get(&number)?.clone();
            Some((
                number,
                Generation {
                    state,
                    ..generation
                },
            ))
        });
        Self {
            all: former.collect(),
            last: self.last,
            booted,
            served,
            failed_trials: self.failed_trials,
            ..Self::default()
        }
    }

    fn try_of(&self, number: GenerationNumber) -> Option<&Try> {
        match &self.all.get(&number)?.state {
            State::Trying(trying) => Some(trying),
            _ => None,
        }
    }

    fn try_mut(&mut self, number: GenerationNumber) -> Option<&mut Try> {
        match &mut self.all.get_mut(&number)?.state {
            State::Trying(trying) => Some(trying),
            _ => None,
        }
    }
}
