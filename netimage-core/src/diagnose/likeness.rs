//! Boots that go the same way.

use super::boot::Boot;
use super::file::FileStory;

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

    /// Whether it goes the way of another, as far as it goes.
    pub(super) fn is_beginning_of(&self, other: &Self) -> bool {
        let goes_on = |file: &FileStory| {
            let mut others = other.files.iter();
            others.any(|other| other.name == file.name && other.fate() == file.fate())
        };
        !self.files.is_empty()
            && self.signs.is_empty()
            && !self.comes_to_kernel()
            && self.files.iter().all(goes_on)
    }
}
