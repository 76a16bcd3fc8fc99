//! Boots that go the same way.

use super::boot::{Boot, PAUSE};
use super::file::FileStory;

/// Milliseconds between boots of a board that somebody uses.
pub(super) const SELDOM: u64 = 15 * 60 * 1000;

impl Boot {
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

    /// Whether it has asked for an address once, soon after one that came to files.
    pub(super) fn has_only_asked_after(&self, other: &Self) -> bool {
        let pause = self.began.zip(other.last_file_at);
        let pause = pause.and_then(|(began, ended)| began.since(ended));
        pause.is_some_and(|pause| pause < PAUSE)
            && self.dhcp.asked.max(self.dhcp.proxy) <= 1
            && self.files.is_empty()
            && self.signs.is_empty()
    }

    /// Whether it goes the way of the one before, as far as it goes, and soon after it.
    pub(super) fn is_beginning_of(&self, other: &Self) -> bool {
        let pause = self.began.zip(other.last_file_at);
        let pause = pause.and_then(|(began, ended)| began.since(ended));
        let goes_on = |file: &FileStory| {
            let mut others = other.files.iter();
            others.any(|other| other.name == file.name && other.fate() == file.fate())
        };
        pause.is_none_or(|pause| pause < SELDOM)
            && !self.files.is_empty()
            && self.signs.is_empty()
            && !self.comes_to_kernel()
            && self.files.iter().all(goes_on)
    }
}
