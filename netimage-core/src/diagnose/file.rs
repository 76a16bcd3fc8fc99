//! What becomes of a file.

use super::log::Transfer;
use super::name::Name;

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
    pub(super) fn new(name: Name) -> Self {
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

    /// Whether the log tells what became of it.
    pub(super) fn is_told(&self) -> bool {
        self.is_there() || self.missing + self.failed + self.unreadable > 0
    }

    /// Whether it was missing each time.
    pub(super) fn is_missing(&self) -> bool {
        self.missing > 0 && !self.is_there()
    }

    /// What became of it, without how often.
    pub(super) fn fate(&self) -> [bool; 5] {
        [
            self.sent > 0,
            self.missing > 0,
            self.failed > 0,
            self.unreadable > 0,
            self.probed > 0,
        ]
    }

    /// Takes what a line says of it, which came so many milliseconds after the one before;
    /// whether the board ended it early was told before.
    pub(super) fn take(&mut self, transfer: Transfer, took: Option<u64>, is_early: bool) {
        match transfer {
            Transfer::Asked => self.asked += 1,
            // dnsmasq 2.90 takes what the board broke off at its options for sent.
            Transfer::Sent(_) | Transfer::Failed if is_early => self.probed += 1,
            Transfer::Sent(bytes) => {
                self.sent += 1;
                self.bytes = bytes.or(self.bytes);
                self.took = self.took.max(took);
            }
            Transfer::Missing => self.missing += 1,
            Transfer::Unreadable => self.unreadable += 1,
            Transfer::Failed => {
                self.failed += 1;
                self.failed_after = self.failed_after.max(took);
            }
        }
    }
}
