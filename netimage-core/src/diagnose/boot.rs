//! One boot of a board, as a log tells it.

mod end;

use std::mem;

use serde::Serialize;

use super::dhcp::Dhcp;
use super::file::FileStory;
use super::log::{Entry, Moment, Observation, Sign, Transfer};
use super::name::Name;
use crate::boot::requests::Purpose;

/// Files of one boot that are kept.
const FILES_MAX: usize = 64;

/// Characters of a line that are kept.
const QUOTE_MAX: usize = 160;

/// A board that asks for nothing for so many milliseconds, twice what it gives one file,
/// has begun anew.
pub(super) const PAUSE: u64 = 60_000;

/// Milliseconds after a request at which dnsmasq gives a transfer up (its src/tftp.c).
const TRANSFER: u64 = 120_000;

/// Milliseconds after a request at which a board may give a file up, less what whole
/// seconds may hide.
pub(super) const GIVEN_UP: u64 = 28_000;

/// A message that is known, and where it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Seen {
    /// What it is a sign of.
    pub sign: Sign,
    /// When it first was there.
    pub at: Option<Moment>,
    /// The number of its line, from 1.
    pub line: u64,
    /// The line, as far as it is kept.
    pub text: String,
    /// How often it was there.
    pub count: u32,
    /// The number of the last line that says it.
    #[serde(skip)]
    pub(super) last_line: u64,
}

/// One boot, or several that went the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Boot {
    pub(super) began: Option<Moment>,
    pub(super) ended: Option<Moment>,
    pub(super) dhcp: Dhcp,
    pub(super) files: Vec<FileStory>,
    pub(super) more_files: u64,
    pub(super) signs: Vec<Seen>,
    /// What came of requests for an address after those for files: of its kernel or stage
    /// 1, or of the next boot.
    later: Dhcp,
    /// The same, of what surely was not the next boot.
    of_kernel: Dhcp,
    /// In how many boots before, of those that went this way, the kernel surely asked.
    heard: u32,
    /// How many boots in a row went this way.
    pub(super) times: u32,
    last_file: Option<usize>,
    pub(super) last_file_at: Option<Moment>,
    is_open: bool,
    peer_error: Option<bool>,
}

impl Boot {
    pub(super) fn new() -> Self {
        Self {
            began: None,
            ended: None,
            dhcp: Dhcp::default(),
            files: Vec::new(),
            more_files: 0,
            signs: Vec::new(),
            later: Dhcp::default(),
            of_kernel: Dhcp::default(),
            heard: 0,
            times: 1,
            last_file: None,
            last_file_at: None,
            is_open: false,
            peer_error: None,
        }
    }

    /// The boot after this one, which begins with a line. What the kernel seemed to ask for
    /// was its beginning, unless the line is.
    pub(super) fn next(&mut self, first: &Entry) -> Self {
        if first.what == Observation::BootsFromNetwork && self.later != Dhcp::default() {
            self.of_kernel = mem::take(&mut self.later);
        }
        Self {
            dhcp: mem::take(&mut self.later),
            peer_error: self.peer_error.take(),
            ..Self::new()
        }
    }

    /// Takes over a boot after this one that went the same way.
    pub(super) fn repeat(&mut self, again: Self) {
        self.heard = self.kernels_heard();
        self.of_kernel = again.of_kernel;
        self.later = again.later;
        self.times = self.times.saturating_add(1);
        self.ended = again.ended.or(self.ended);
    }

    /// In how many boots the kernel surely asked for an address.
    pub(super) fn kernels_heard(&self) -> u32 {
        self.heard + u32::from(self.of_kernel != Dhcp::default())
    }

    /// What came of what the kernel seems to have asked for.
    pub(super) fn kernel_dhcp(&self) -> Option<&Dhcp> {
        let asked = [&self.of_kernel, &self.later];
        asked.into_iter().find(|dhcp| **dhcp != Dhcp::default())
    }

    pub(super) fn seen(&self, sign: Sign) -> Option<&Seen> {
        self.signs.iter().find(|seen| seen.sign == sign)
    }

    pub(super) fn of_purpose(
        &self,
        purpose: Purpose,
    ) -> impl DoubleEndedIterator<Item = &FileStory> + Clone {
        let files = self.files.iter();
        files.filter(move |file| file.name.purpose == Some(purpose))
    }

    /// Whether the log tells that files were sent whole; some servers only tell what was
    /// asked for.
    pub(super) fn tells_sent(&self) -> bool {
        self.files.iter().any(|file| file.sent > 0)
    }

    /// The kernel, where it went over whole.
    pub(super) fn sent_kernel(&self) -> Option<&FileStory> {
        let mut kernels = self.of_purpose(Purpose::Kernel);
        let called_so = kernels.rfind(|file| file.sent > 0);
        called_so.or_else(|| self.unnamed_kernel())
    }

    /// What comes after the command line and is called like nothing else: `kernel=` may
    /// give any name.
    fn unnamed_kernel(&self) -> Option<&FileStory> {
        let is_command_line = |file: &FileStory| file.name.purpose == Some(Purpose::CommandLine);
        let after = self.files.iter().position(is_command_line)?;
        let is_kernel = |file: &&FileStory| {
            let is_text = file.name.base().rsplit('.').next() == Some("txt");
            file.name.purpose.is_none() && file.sent > 0 && !is_text
        };
        self.files[after..].iter().find(is_kernel)
    }

    /// Whether the kernel went over whole, or runs.
    pub(super) fn has_kernel(&self) -> bool {
        self.seen(Sign::KernelStarted).is_some() || self.sent_kernel().is_some()
    }

    /// The kernel that it asked for, of a server that never tells what it sent.
    pub(super) fn asked_kernel(&self) -> Option<&FileStory> {
        let asked = self
            .of_purpose(Purpose::Kernel)
            .rfind(|file| !file.is_told());
        asked.filter(|_| !self.tells_sent())
    }

    /// Whether it came to its kernel, as far as the log can tell.
    pub(super) fn comes_to_kernel(&self) -> bool {
        self.has_kernel() || self.asked_kernel().is_some()
    }

    /// Whether there is a file that the firmware asks for when it looks for a system.
    fn is_late(&self) -> bool {
        let is_late = |file: &FileStory| {
            matches!(
                file.name.purpose,
                Some(
                    Purpose::Kernel
                        | Purpose::Initramfs
                        | Purpose::DeviceTree
                        | Purpose::CommandLine
                        | Purpose::OverlayMap
                        | Purpose::Overlay
                )
            )
        };
        self.has_kernel() || self.files.iter().any(is_late)
    }

    fn since_last_file(&self, at: Option<Moment>) -> Option<u64> {
        at?.since(self.last_file_at?)
    }

    /// Whether the board has just ended a transfer itself.
    pub(super) const fn ends_transfer(&self) -> bool {
        self.peer_error.is_some()
    }

    /// Takes what a line says; the line is quoted where it is a sign.
    pub(super) fn take(&mut self, entry: &Entry, text: &str) {
        self.began = self.began.or(entry.at);
        self.ended = entry.at.or(self.ended);
        match &entry.what {
            Observation::File(name, transfer) => {
                self.last_file = self.story(name);
                self.transfer(*transfer, entry);
            }
            Observation::LastFile(transfer) => self.transfer(*transfer, entry),
            Observation::PeerError(words) => self.peer_error(words),
            Observation::Sign(sign) => self.sign(*sign, entry, text),
            _ if self.is_late() && !entry.who.is_own => self.take_later(entry),
            _ => self.dhcp.take(entry),
        }
    }

    /// Whoever has an address and asks for one has been started in between.
    fn take_later(&mut self, entry: &Entry) {
        if entry.what == Observation::Discover && self.later.leased > 0 {
            self.of_kernel = mem::take(&mut self.later);
        }
        self.later.take(entry);
    }

    fn sign(&mut self, sign: Sign, entry: &Entry, text: &str) {
        if let Some(seen) = self.signs.iter_mut().find(|seen| seen.sign == sign) {
            seen.count = seen.count.saturating_add(1);
            seen.last_line = entry.line;
            return;
        }
        self.signs.push(Seen {
            sign,
            at: entry.at,
            line: entry.line,
            text: quoted(text),
            count: 1,
            last_line: entry.line,
        });
    }

    fn story(&mut self, name: &Name) -> Option<usize> {
        let found = self.files.iter().position(|file| file.name == *name);
        if found.is_none() && self.files.len() == FILES_MAX {
            self.more_files += 1;
            return None;
        }
        Some(found.unwrap_or_else(|| {
            self.files.push(FileStory::new(name.clone()));
            self.files.len() - 1
        }))
    }

    fn transfer(&mut self, transfer: Transfer, entry: &Entry) {
        let took = self.since_last_file(entry.at);
        self.last_file_at = entry.at.or(self.last_file_at);
        self.is_open = transfer == Transfer::Asked;
        let is_early = self.peer_error.take();
        let file = self.last_file.and_then(|at| self.files.get_mut(at));
        let Some(file) = file else { return };
        file.line = entry.line;
        file.take(transfer, took, is_early == Some(true));
    }

    /// Whether it may have asked for a file that the server now says was not sent whole.
    pub(super) fn waits_for(&self, name: &Name, at: Option<Moment>) -> bool {
        let is_recent = |pause| (GIVEN_UP..=PAUSE + TRANSFER).contains(&pause);
        let mut files = self.files.iter();
        self.since_last_file(at).is_some_and(is_recent)
            && !self.has_kernel()
            && !files.any(|file| file.name == *name && file.is_told())
    }

    /// Takes what the server says of its file after a later boot has begun.
    pub(super) fn take_failure(&mut self, name: &Name, entry: &Entry) {
        let took = self.since_last_file(entry.at);
        if let Some(at) = self.story(name) {
            self.files[at].line = entry.line;
            self.files[at].take(Transfer::Failed, took, false);
        }
    }

    /// Where the server then says that sending failed, that says which file it was;
    /// otherwise it is the one that was asked for last.
    fn peer_error(&mut self, words: &str) {
        let is_early = words.contains("Early terminate");
        let file = self.last_file.and_then(|at| self.files.get_mut(at));
        match file {
            Some(file) if self.is_open && is_early => file.probed += 1,
            Some(file) if self.is_open => file.failed += 1,
            _ => self.peer_error = Some(is_early),
        }
        self.is_open = false;
    }

    /// Whether it is more than that the board was seen.
    pub(super) fn has_anything(&self) -> bool {
        !self.files.is_empty() || !self.signs.is_empty() || self.dhcp != Dhcp::default()
    }
}

/// A text of bounded length.
pub(super) fn quoted(text: &str) -> String {
    text.trim().chars().take(QUOTE_MAX).collect()
}
