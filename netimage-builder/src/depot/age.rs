//! How long ago something was, for people.

use std::fmt;

use netimage_core::depot::Timestamp;

/// The time from one moment to another, in its largest unit.
pub(super) struct Age(u64);

impl Age {
    pub(super) const fn of(moment: Timestamp, now: Timestamp) -> Self {
        Self(now.since(moment))
    }
}

impl fmt::Display for Age {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(86_400, "d"), (3600, "h"), (60, "min"), (1, "s")];
        let fits = |(seconds, _): &(u64, &str)| self.0 >= 2 * seconds;
        let (seconds, unit) = units.into_iter().find(fits).unwrap_or((1, "s"));
        write!(formatter, "{} {unit}", self.0 / seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picks_the_unit() {
        for (seconds, text) in [
            (0, "0 s"),
            (119, "119 s"),
            (120, "2 min"),
            (7199, "119 min"),
            (7200, "2 h"),
            (172_800, "2 d"),
            (864_000, "10 d"),
        ] {
            assert_eq!(Age(seconds).to_string(), text);
        }
    }
}
