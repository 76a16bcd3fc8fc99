//! What comes of requests for an address.

use serde::Serialize;

use super::boot::quoted;
use super::log::{Entry, Observation};

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

    pub(super) fn take(&mut self, entry: &Entry) {
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
