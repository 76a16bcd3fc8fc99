//! One boot of a board, as a log tells it.

use std::mem;

use serde::Serialize;

use super::log::{Entry, Moment, Observation, Sign, Transfer};
use super::name::Name;
use crate::boot::requests::Purpose;

/// Files of one boot that are kept.
const FILES_MAX: usize = 64;

/// Characters of a line that are kept.
const QUOTE_MAX: usize = 160;

/// A board that asks for nothing for so many milliseconds, twice what it gives one file,
/// has begun anew.
const PAUSE: u64 = 60_000;

/// What came of a board's requests for an address.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Dhcp {
    /// How often it asked.
    pub asked: u32,
    /// How often an address was offered.
    pub offered: u32,
    /// How often it was given one.
    pub leased: u32,
    /// How often a server without addresses told it what to boot.
    pub proxy: u32,
    /// How often it said that it boots from the network.
    pub boots: u32,
    /// Whether the log tells each option that was sent.
    pub has_detail: bool,
    /// Whether option 43 was among them.
    pub has_option_43: bool,
    /// What a server said when it gave none.
    pub refusal: Option<String>,
    /// The line that says it.
    #[serde(skip)]
    pub(super) line: u64,
}

impl Dhcp {
    /// Whether a server told it anything.
    pub(super) fn is_answered(&self) -> bool {
        self.offered + self.leased + self.proxy > 0
    }

    fn take(&mut self, entry: &Entry) {
        match &entry.what {
            Observation::Discover => self.asked += 1,
            Observation::Offer => self.offered += 1,
            Observation::Lease => self.leased += 1,
            Observation::Proxy => self.proxy += 1,
            Observation::BootsFromNetwork => self.boots += 1,
            Observation::Option43 => self.has_option_43 = true,
            Observation::Detail => self.has_detail = true,
            Observation::Refusal(words) => {
                self.asked += 1;
                self.refusal = Some(quoted(words));
            }
            _ => return,
        }
        self.line = entry.line;
    }
}

/// What became of a file in a boot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileStory {
    pub(super) name: Name,
    pub(super) asked: u32,
    pub(super) sent: u32,
    pub(super) missing: u32,
    /// Ended by the board, which only wanted to know of it.
    pub(super) probed: u32,
    pub(super) failed: u32,
    pub(super) unreadable: u32,
    pub(super) bytes: Option<u64>,
    /// Milliseconds of the longest transfer that was whole, and of one that failed.
    pub(super) took: Option<u64>,
    pub(super) failed_after: Option<u64>,
    /// The last line about it.
    pub(super) line: u64,
}

impl FileStory {
    fn new(name: Name) -> Self {
        Self {
            name,
            asked: 0,
            sent: 0,
            missing: 0,
            probed: 0,
            failed: 0,
            unreadable: 0,
            bytes: None,
            took: None,
            failed_after: None,
            line: 0,
        }
    }

    /// Whether the server has it, and the board could know.
    pub(super) fn is_there(&self) -> bool {
        self.sent > 0 || self.probed > 0
    }

    /// Whether it was missing each time.
    pub(super) fn is_missing(&self) -> bool {
        self.missing > 0 && !self.is_there()
    }

    /// What became of it, without how often.
    fn fate(&self) -> [bool; 5] {
        [
            self.sent > 0,
            self.missing > 0,
            self.failed > 0,
            self.unreadable > 0,
            self.probed > 0,
        ]
    }
}

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
    pub(super) later: Dhcp,
    /// How many boots in a row went this way.
    pub(super) times: u32,
    last_file: Option<usize>,
    last_file_at: Option<Moment>,
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
            times: 1,
            last_file: None,
            last_file_at: None,
            is_open: false,
            peer_error: None,
        }
    }

    /// The boot after this one. What the kernel seemed to ask for was its beginning.
    pub(super) fn next(&mut self) -> Self {
        Self {
            dhcp: mem::take(&mut self.later),
            peer_error: self.peer_error.take(),
            ..Self::new()
        }
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

    /// Whether the kernel went over whole, or runs.
    pub(super) fn has_kernel(&self) -> bool {
        self.seen(Sign::KernelStarted).is_some()
            || self.of_purpose(Purpose::Kernel).any(|file| file.sent > 0)
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

    /// Whether it asked for no more than its first code, which asks for an address anew
    /// (raspberrypi/firmware#1605).
    fn is_first_code(&self) -> bool {
        let mut files = self.files.iter();
        files.all(|file| {
            let purpose = file.name.purpose;
            matches!(purpose, Some(Purpose::Bootcode | Purpose::Extra)) && file.missing < 3
        })
    }

    /// Whether what comes next belongs to another boot.
    pub(super) fn ends_before(&self, entry: &Entry) -> bool {
        match &entry.what {
            Observation::BootsFromNetwork => !self.is_first_code(),
            Observation::Discover | Observation::Proxy if !entry.who.is_own => {
                !self.is_first_code() && !self.is_late()
            }
            Observation::Sign(Sign::LoaderStarted) => {
                self.has_kernel()
                    || (!self.files.is_empty() && self.seen(Sign::TriesNetwork).is_some())
            }
            Observation::Sign(Sign::TriesNetwork) => !self.files.is_empty(),
            Observation::Sign(Sign::KernelStarted) => {
                let over = [Sign::Panic, Sign::RootMounted, Sign::Up];
                over.into_iter().any(|sign| self.seen(sign).is_some())
            }
            Observation::File(name, _) => self.ends_before_file(name, entry.at),
            _ => false,
        }
    }

    fn ends_before_file(&self, name: &Name, at: Option<Moment>) -> bool {
        let pause = at
            .zip(self.last_file_at)
            .and_then(|(at, last)| at.since(last));
        if pause.is_some_and(|pause| pause > PAUSE) {
            return true;
        }
        match name.purpose {
            // What a boot begins with, after what it ends with.
            Some(Purpose::Bootcode | Purpose::Firmware | Purpose::Update) => self.is_late(),
            Some(Purpose::Config) => self.has_kernel(),
            _ => false,
        }
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
            _ if self.is_late() && !entry.who.is_own => self.later.take(entry),
            _ => self.dhcp.take(entry),
        }
    }

    fn sign(&mut self, sign: Sign, entry: &Entry, text: &str) {
        if let Some(seen) = self.signs.iter_mut().find(|seen| seen.sign == sign) {
            seen.count = seen.count.saturating_add(1);
            return;
        }
        self.signs.push(Seen {
            sign,
            at: entry.at,
            line: entry.line,
            text: quoted(text),
            count: 1,
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
        let since = entry.at.zip(self.last_file_at);
        let took = since.and_then(|(at, last)| at.since(last));
        self.last_file_at = entry.at.or(self.last_file_at);
        self.is_open = transfer == Transfer::Asked;
        let is_early = self.peer_error.take();
        let file = self.last_file.and_then(|at| self.files.get_mut(at));
        let Some(file) = file else { return };
        file.line = entry.line;
        match transfer {
            Transfer::Asked => file.asked += 1,
            // dnsmasq 2.90 takes what the board broke off at its options for sent.
            Transfer::Sent(_) | Transfer::Failed if is_early == Some(true) => file.probed += 1,
            Transfer::Sent(bytes) => {
                file.sent += 1;
                file.bytes = bytes.or(file.bytes);
                file.took = file.took.max(took);
            }
            Transfer::Missing => file.missing += 1,
            Transfer::Unreadable => file.unreadable += 1,
            Transfer::Failed => {
                file.failed += 1;
                file.failed_after = file.failed_after.max(took);
            }
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

    /// Whether another boot went the same way.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let files = |boot: &Self| {
            let files = boot.files.iter();
            let mut files: Vec<_> = files
                .map(|file| (file.name.full.clone(), file.fate()))
                .collect();
            files.sort();
            files
        };
        let signs = |boot: &Self| {
            let mut signs: Vec<_> = boot.signs.iter().map(|seen| seen.sign).collect();
            signs.sort_unstable();
            signs
        };
        let dhcp = |boot: &Self| {
            let dhcp = &boot.dhcp;
            (dhcp.offered > 0, dhcp.proxy > 0, dhcp.refusal.clone())
        };
        dhcp(self) == dhcp(other) && signs(self) == signs(other) && files(self) == files(other)
    }

    /// Whether it is more than that the board was seen.
    pub(super) fn has_anything(&self) -> bool {
        !self.files.is_empty() || !self.signs.is_empty() || self.dhcp != Dhcp::default()
    }
}

/// A text of bounded length.
fn quoted(text: &str) -> String {
    text.trim().chars().take(QUOTE_MAX).collect()
}
