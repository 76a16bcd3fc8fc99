//! The boots of a machine, as far as the server has seen them.

use serde::{Deserialize, Serialize};

use super::{
    BOOT_PAUSE, BootId, Booted, GenerationNumber, Generations, Sent, State, TRIAL_TIMEOUT,
    Timestamp,
};

/// How many boots of a machine are remembered; of older ones there are only the counts.
pub const BOOTS_MAX: usize = 50;

/// How many files are remembered of what a boot was sent, the last ones.
const FILES_MAX: usize = 16;

/// Of how many boots files are remembered, the last ones.
const WITH_FILES_MAX: usize = 8;

/// Characters of a file's name that are remembered. A machine with its own root chooses its
/// names by itself.
const NAME_LENGTH_MAX: usize = 120;

/// What the TFTP server and a machine have told of the machine's boots.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Boots {
    /// The latest, oldest first.
    pub latest: Vec<Boot>,
    /// How many there ever were.
    pub count: u64,
    /// How many files the machine was ever sent.
    pub files: u64,
    /// The bytes of all of these.
    pub bytes: u64,
    /// The events of the TFTP server that were last taken notice of. Where a command was
    /// killed before it removed them, they are not counted again.
    pub noted: Vec<String>,
}

/// One boot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct Boot {
    /// When its first file was sent whole; nothing where none was seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub began: Option<Timestamp>,
    /// When a file was last sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent: Option<Timestamp>,
    /// When its kernel was sent whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kernel: Option<Timestamp>,
    /// When notice was taken of the machine's word that it is up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub up: Option<Timestamp>,
    /// By what the machine tells this boot from others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot_id: Option<BootId>,
    /// The generation that it got.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<GenerationNumber>,
    /// Whether the user said in place of the machine that it is up.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub approved: bool,
    /// Whether it was the one try of a generation that did not come up.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub fell_back: bool,
    /// How many files were sent.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The last of them, each once, in the order in which they were first sent; forgotten
    /// once the machine is up, and some boots later.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sent_files: Vec<SentFile>,
}

/// A file that a board was sent whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SentFile {
    /// Its name, below the machine's directory of the TFTP server.
    pub name: String,
    /// When it was last sent.
    pub at: Timestamp,
    /// Its bytes.
    pub size: u64,
}

impl SentFile {
    /// A file that was sent whole.
    pub fn new(name: impl Into<String>, at: Timestamp, size: u64) -> Self {
        let name = name.into();
        Self { name, at, size }
    }
}

/// How far a boot has come, or how it has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Outcome {
    /// The machine said that it is up.
    Up,
    /// It is under way, and may still come up.
    UnderWay,
    /// It did not come up, and the machine's next one got another generation.
    FellBack,
    /// The board was sent files, but never a kernel.
    NoKernel,
    /// It was sent all that it starts from, and said nothing any more.
    Unknown,
}

/// A file that was sent whole, as a record of boots has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Delivered {
    /// The name of the event.
    pub(super) event: String,
    /// When it was sent.
    pub(super) at: Timestamp,
    /// What it is to the machine.
    pub(super) sent: Sent,
    /// The generation that `config.txt` named.
    pub(super) named: Option<GenerationNumber>,
    /// Its name below the machine's directory.
    pub(super) name: String,
    /// Whether it is of the boot loader or the firmware, which come before the kernel.
    pub(super) is_firmware: bool,
    /// The generation whose kernel it is.
    pub(super) kernel_of: Option<GenerationNumber>,
    /// Its bytes.
    pub(super) size: u64,
}

impl Boot {
    /// How far it has come; `is_latest` says that none has begun since.
    #[must_use]
    pub const fn outcome(&self, is_latest: bool, now: Timestamp) -> Outcome {
        if self.is_up() {
            return Outcome::Up;
        }
        if self.fell_back {
            return Outcome::FellBack;
        }
        let (since, longest, otherwise) = match (self.kernel, self.sent) {
            (Some(kernel), _) => (kernel, TRIAL_TIMEOUT, Outcome::Unknown),
            (None, Some(sent)) => (sent, BOOT_PAUSE, Outcome::NoKernel),
            (None, None) => return Outcome::Unknown,
        };
        if is_latest && now.since(since) < longest {
            Outcome::UnderWay
        } else {
            otherwise
        }
    }

    const fn is_up(&self) -> bool {
        self.up.is_some() || self.approved
    }

    /// Seconds from its first file until the machine said that it is up.
    #[must_use]
    pub fn seconds(&self) -> Option<u64> {
        Some(self.up?.since(self.began?))
    }

    /// When anything was first known of it.
    #[must_use]
    pub fn first(&self) -> Option<Timestamp> {
        self.began.or(self.up)
    }

    /// Whether a file that is sent next is of another boot. Some files come after the
    /// kernel, and `config.txt` comes several times before it (raspberrypi/rpi-eeprom#87).
    fn is_over(&self, next: &Delivered) -> bool {
        let begins = next.is_firmware || matches!(next.sent, Sent::Config | Sent::OldConfig);
        match (self.up, self.kernel, self.sent) {
            // Notice may be taken of a file after the machine's word.
            (Some(up), ..) => next.at > up,
            (None, None, None) => true,
            (None, Some(_), _) => begins,
            (None, None, Some(sent)) => next.at.since(sent) >= BOOT_PAUSE,
        }
    }

    fn send(&mut self, file: &Delivered) {
        self.began.get_or_insert(file.at);
        self.sent = Some(file.at);
        if file.kernel_of.is_some() {
            self.kernel.get_or_insert(file.at);
        }
        self.files += 1;
        self.bytes = self.bytes.saturating_add(file.size);
        // What the machine says of itself holds.
        if self.up.is_none() {
            let is_config = matches!(file.sent, Sent::Config | Sent::OldConfig);
            let named = file.named.filter(|_| is_config);
            self.generation = file.kernel_of.or(named).or(self.generation);
            self.remember(file);
        }
    }

    fn remember(&mut self, file: &Delivered) {
        let name: String = file.name.chars().take(NAME_LENGTH_MAX).collect();
        if let Some(known) = self.sent_files.iter_mut().find(|known| known.name == name) {
            known.at = file.at;
            return;
        }
        if self.sent_files.len() == FILES_MAX {
            self.sent_files.remove(0);
        }
        self.sent_files
            .push(SentFile::new(name, file.at, file.size));
    }
}

impl Boots {
    /// The boots, oldest first, each with how it has ended.
    #[must_use]
    pub fn outcomes(&self, now: Timestamp) -> impl DoubleEndedIterator<Item = (&Boot, Outcome)> {
        let last = self.latest.len().saturating_sub(1);
        self.latest
            .iter()
            .enumerate()
            .map(move |(at, boot)| (boot, boot.outcome(at == last, now)))
    }

    /// Since when the machine boots, be it once or again and again, and is not up.
    #[must_use]
    pub fn down_since(&self) -> Option<Timestamp> {
        let latest = self.latest.iter().rev();
        let down = latest.take_while(|boot| !boot.is_up());
        down.filter_map(Boot::first).min()
    }

    /// The last boot that did not lead into a generation, if it is remembered.
    #[must_use]
    pub fn failed(&self, generation: GenerationNumber) -> Option<&Boot> {
        let mut latest = self.latest.iter().rev();
        latest.find(|boot| boot.generation == Some(generation) && boot.up.is_none())
    }

    /// Takes notice of files that were sent, in their order, of what became of the machine's
    /// generations, and of when the machine said that it is up, where that is known.
    pub(super) fn take(
        &mut self,
        files: &[Delivered],
        (before, after): (&Generations, &Generations),
        said: Option<Timestamp>,
    ) {
        let is_new = |booted: &Booted| {
            before.booted.map(|boot| boot.boot_id) != Some(booted.boot_id)
                && !self.has(booted.boot_id)
        };
        if let Some(booted) = after.booted.filter(is_new) {
            let up = said.unwrap_or(booted.since);
            let (earlier, later): (Vec<_>, Vec<_>) = files.iter().partition(|file| file.at <= up);
            self.send(earlier);
            self.come_up(booted, up);
            self.send(later);
        } else {
            self.send(files);
        }
        if !files.is_empty() {
            self.noted = files.iter().map(|file| file.event.clone()).collect();
        }
        self.judge(before, after);
    }

    fn send<'file>(&mut self, files: impl IntoIterator<Item = &'file Delivered>) {
        for file in files {
            if self.noted.contains(&file.event) {
                continue;
            }
            self.files += 1;
            self.bytes = self.bytes.saturating_add(file.size);
            if self.latest.last().is_none_or(|boot| boot.is_over(file)) {
                self.begin(Boot::default());
            }
            if let Some(boot) = self.latest.last_mut() {
                boot.send(file);
            }
        }
    }

    fn come_up(&mut self, booted: Booted, up: Timestamp) {
        // One that got another kernel is not the one that came up.
        let is_other = |boot: &Boot| {
            boot.up.is_some() || boot.kernel.is_some() && boot.generation != Some(booted.generation)
        };
        if self.latest.last().is_none_or(is_other) {
            self.begin(Boot::default());
        }
        if let Some(boot) = self.latest.last_mut() {
            boot.up = Some(up);
            boot.boot_id = Some(booted.boot_id);
            boot.generation = Some(booted.generation);
            boot.sent_files.clear();
        }
    }

    fn judge(&mut self, before: &Generations, after: &Generations) {
        for (&number, generation) in &after.all {
            let is_bad = |state: &State| matches!(state, State::Bad(_));
            let earlier = before.all.get(&number);
            if is_bad(&generation.state) && !earlier.is_some_and(|one| is_bad(&one.state)) {
                self.fall_back(number);
            }
            let is_good = |state: &State| matches!(state, State::Good { .. });
            if is_good(&generation.state)
                && !earlier.is_some_and(|one| is_good(&one.state))
                && before.booted == after.booted
            {
                self.approve(number);
            }
        }
    }

    fn has(&self, boot_id: BootId) -> bool {
        let mut boots = self.latest.iter();
        boots.any(|boot| boot.boot_id == Some(boot_id))
    }

    fn fall_back(&mut self, number: GenerationNumber) {
        let mut boots = self.latest.iter_mut().rev();
        let tried = boots.find(|boot| boot.generation == Some(number) && boot.up.is_none());
        if let Some(boot) = tried {
            boot.fell_back = true;
        }
    }

    fn approve(&mut self, number: GenerationNumber) {
        let mut boots = self.latest.iter_mut().rev();
        if let Some(boot) = boots.find(|boot| boot.generation == Some(number)) {
            boot.approved = true;
        }
    }

    fn begin(&mut self, boot: Boot) {
        self.count += 1;
        if self.latest.len() >= BOOTS_MAX {
            let more = self.latest.len() - BOOTS_MAX + 1;
            self.latest.drain(..more);
        }
        self.latest.push(boot);
        let old = self.latest.iter_mut().rev().skip(WITH_FILES_MAX);
        for boot in old.filter(|boot| !boot.fell_back) {
            boot.sent_files.clear();
        }
    }
}

#[cfg(test)]
mod tests;
