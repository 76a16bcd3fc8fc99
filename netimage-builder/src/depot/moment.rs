//! Moments for people, in UTC.

use std::fmt;

use netimage_core::depot::Timestamp;

const DAY: u64 = 86_400;

/// A moment as ISO 8601 has it, to the minute: `2026-11-27 01:50`, or with `{:#}` to the
/// second as HTML and programs read it: `2026-11-27T01:50:07Z`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment(pub(super) Timestamp);

/// A day, counted from 1970-01-01, as year, month and day of the Gregorian calendar.
fn date(days: u64) -> (u64, u64, u64) {
    // Years begin in March here, so that a leap day is the last of its year.
    let since_0000 = days + 719_468;
    let (era, day) = (since_0000 / 146_097, since_0000 % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (of_month, month) = (day - (153 * month + 2) / 5 + 1, (month + 2) % 12 + 1);
    (era * 400 + year + u64::from(month <= 2), month, of_month)
}

impl Moment {
    /// `11-27`
    pub(super) fn day(self) -> String {
        let (_, month, day) = date(self.0.0 / DAY);
        format!("{month:02}-{day:02}")
    }

    /// `01:50`
    pub(super) fn time(self) -> String {
        let second = self.0.0 % DAY;
        format!("{:02}:{:02}", second / 3600, second / 60 % 60)
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.0.0 / DAY);
        let time = self.time();
        if formatter.alternate() {
            let second = self.0.0 % 60;
            write!(formatter, "{year}-{month:02}-{day:02}T{time}:{second:02}Z")
        } else {
            write!(formatter, "{year}-{month:02}-{day:02} {time}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_dates() {
        // By date(1).
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (68_169_599, "1972-02-28T23:59:59Z"),
            (68_169_600, "1972-02-29T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_795_744_207, "2026-11-27T01:50:07Z"),
            (1_798_761_599, "2026-12-31T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(format!("{:#}", Moment(Timestamp(seconds))), expected);
        }
        let moment = Moment(Timestamp(1_795_744_207));
        let parts = (moment.to_string(), moment.day(), moment.time());
        let expected = ["2026-11-27 01:50", "11-27", "01:50"].map(str::to_owned);
        assert_eq!([parts.0, parts.1, parts.2], expected);
    }
}
