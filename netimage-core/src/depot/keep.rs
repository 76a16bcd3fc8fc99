//! What of a machine's generations may not be collected.

use std::collections::BTreeSet;

use super::generation::{GenerationNumber, State, Timestamp};
use super::generations::Generations;

/// What is kept beside that which a machine runs, may boot or may fall back to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// How many of the newest good generations.
    pub good: usize,
    /// Seconds since a deploy, before which nothing is collected.
    pub grace: u64,
    /// Whether the one that was deployed last, by which a deploy of the same is known.
    pub last: bool,
}

impl Keep {
    /// Only what is needed.
    pub const NOTHING_ELSE: Self = Self {
        good: 0,
        grace: 0,
        last: false,
    };
}

impl Generations {
    /// The generations that have to stay: the one that is served, the default, those that have or had
    /// their try and are not judged, the last good one, the one that the machine
    /// is up in, the one that it was last sent, all of a machine that was never
    /// heard of, and what `keep` adds.
    #[must_use]
    pub fn kept(&self, keep: &Keep, now: Timestamp) -> BTreeSet<GenerationNumber> {
        let is_silent = self.booted.is_none() && self.served.is_none();
        let mut kept: BTreeSet<_> = self
            .all
            .iter()
            .filter(|(_, generation)| {
                is_silent
                    || now.since(generation.deployed) < keep.grace
                    || matches!(generation.state, State::Trying(_))
            })
            .map(|(number, _)| *number)
            .collect();
        kept.extend(self.config());
        kept.extend(self.default);
        let last = self
            .last
            .filter(|last| keep.last && self.all.contains_key(last));
        kept.extend(last);
        kept.extend(self.booted.map(|booted| booted.generation));
        // What was sent later than the machine last spoke may be what it runs.
        let unheard = self
            .served
            .filter(|served| self.booted.is_none_or(|booted| booted.since <= served.at));
        kept.extend(unheard.map(|served| served.generation));
        let mut good: Vec<_> = self
            .all
            .iter()
            .filter_map(|(number, generation)| match generation.state {
                State::Good { confirmed } => Some((confirmed, *number)),
                _ => None,
            })
            .collect();
        kept.extend(good.iter().max().map(|(_, number)| *number));
        good.sort_unstable_by_key(|(_, number)| std::cmp::Reverse(*number));
        kept.extend(good.iter().take(keep.good).map(|(_, number)| *number));
        kept
    }
}
