//! When a line of a log was written.

use std::fmt;

use serde::{Serialize, Serializer};

const SECOND: u64 = 1000;
const DAY: u64 = 24 * 60 * 60 * SECOND;

/// Days before each month of a year with a 29th of February.
const MONTHS: [(&str, u64); 12] = [
    ("Jan", 0),
    ("Feb", 31),
    ("Mar", 60),
    ("Apr", 91),
    ("May", 121),
    ("Jun", 152),
    ("Jul", 182),
    ("Aug", 213),
    ("Sep", 244),
    ("Oct", 274),
    ("Nov", 305),
    ("Dec", 335),
];

/// What a moment is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Clock {
    /// The year, which is not said (RFC 3164).
    Year,
    /// 1970, in the zone of the log.
    Epoch,
    /// When the board was switched on, or its kernel was started.
    Board,
}

/// When a line was written, as far as it says so, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    clock: Clock,
    milliseconds: u64,
}

impl Moment {
    /// The milliseconds from an earlier moment to this one; none where the two are of
    /// different clocks, or the clock was set back.
    #[must_use]
    pub fn since(self, earlier: Self) -> Option<u64> {
        let is_alike = self.clock == earlier.clock;
        is_alike.then(|| self.milliseconds.checked_sub(earlier.milliseconds))?
    }

    /// Microseconds since 1970, as the journal has them.
    pub(super) const fn epoch_microseconds(microseconds: u64) -> Self {
        Self {
            clock: Clock::Epoch,
            milliseconds: microseconds / 1000,
        }
    }

    /// Reads `Aug  2 12:21:02` (RFC 3164) or `2026-05-04T12:21:02.5+02:00` (RFC 3339) at
    /// the beginning of a text, and gives the rest.
    pub(super) fn split(text: &str) -> Option<(Self, &str)> {
        syslog(text).or_else(|| iso(text))
    }

    /// Reads what the board's own lines begin with: `[    3.111664] ` of the kernel,
    /// `  7.46 ` of the boot loader, `MESS:00:00:08.676685:0: ` of the firmware.
    pub(super) fn split_console(text: &str) -> Option<(Self, &str)> {
        let board = |seconds: f64, rest| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is within bounds"
            )]
            let milliseconds = (seconds.clamp(0.0, 1e9) * 1000.0) as u64;
            let clock = Clock::Board;
            Some((
                Self {
                    clock,
                    milliseconds,
                },
                rest,
            ))
        };
        if let Some(text) = text.strip_prefix("MESS:") {
            let (time, rest) = text.split_once(": ")?;
            let (time, _core) = time.rsplit_once(':')?;
            let mut parts = time.split(':').map(str::parse::<f64>);
            let mut part = || parts.next()?.ok();
            let (hours, minutes, seconds) = (part()?, part()?, part()?);
            return board((hours * 60.0 + minutes) * 60.0 + seconds, rest);
        }
        if let Some(text) = text.strip_prefix('[') {
            let (time, rest) = text.split_once(']')?;
            return board(decimal(time.trim_start())?, rest.trim_start());
        }
        let (time, rest) = text.trim_start().split_once(' ')?;
        board(decimal(time)?, rest.trim_start())
    }
}

/// Digits, a point and digits.
fn decimal(text: &str) -> Option<f64> {
    let is_plain = |byte: u8| byte.is_ascii_digit() || byte == b'.';
    (text.contains('.') && text.bytes().all(is_plain)).then(|| text.parse().ok())?
}

fn syslog(text: &str) -> Option<(Moment, &str)> {
    let days = MONTHS
        .iter()
        .find_map(|(name, days)| text.starts_with(name).then_some(days))?;
    let (day, rest) = text.get(3..)?.trim_start().split_once(' ')?;
    let (time, rest) = rest.split_once(' ').unwrap_or((rest, ""));
    let day = number(day, 1..=31)?;
    Some((
        Moment {
            clock: Clock::Year,
            milliseconds: (days + day - 1) * DAY + time_of_day(time)?,
        },
        rest,
    ))
}

fn iso(text: &str) -> Option<(Moment, &str)> {
    let (stamp, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (date, time) = stamp.split_once('T')?;
    let mut parts = date.split('-');
    let year = number(parts.next()?, 1970..=9999)?;
    let month = number(parts.next()?, 1..=12)?;
    let day = number(parts.next()?, 1..=31)?;
    let time = time.get(..time.find(['+', '-', 'Z']).unwrap_or(time.len()))?;
    // Days before the year; the table's leap day is taken back in other years.
    let leap_days = |year: u64| year / 4 - year / 100 + year / 400;
    let is_leap = leap_days(year) > leap_days(year - 1);
    let before = (year - 1970) * 365 + leap_days(year - 1) - leap_days(1969);
    let month_days = MONTHS.iter().zip(1..).find(|(_, at)| *at == month)?.0.1;
    let days = before + month_days + day - 1 - u64::from(month > 2 && !is_leap);
    Some((
        Moment {
            clock: Clock::Epoch,
            milliseconds: days * DAY + time_of_day(time)?,
        },
        rest,
    ))
}

/// `12:21:02`, with or without a fraction, in milliseconds.
fn time_of_day(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.split(':');
    let hours = number(parts.next()?, 0..=23)?;
    let minutes = number(parts.next()?, 0..=59)?;
    let seconds = number(parts.next()?, 0..=60)?;
    let milliseconds: String = fraction.chars().chain("000".chars()).take(3).collect();
    let rest = number(&milliseconds, 0..=999)?;
    let is_whole = parts.next().is_none();
    is_whole.then_some(((hours * 60 + minutes) * 60 + seconds) * SECOND + rest)
}

fn number(text: &str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
    let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = is_plain.then(|| text.parse().ok())??;
    range.contains(&number).then_some(number)
}

impl fmt::Display for Moment {
    /// The time of day, or the seconds of the board.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.milliseconds / SECOND;
        if self.clock == Clock::Board {
            let hundredths = self.milliseconds % SECOND / 10;
            return write!(formatter, "{seconds}.{hundredths:02} s");
        }
        let (hours, minutes) = (seconds / 3600 % 24, seconds / 60 % 60);
        write!(formatter, "{hours:02}:{minutes:02}:{:02}", seconds % 60)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_every_form() {
        for (text, shown, left) in [
            ("Aug  2 12:21:02 host x", "12:21:02", "host x"),
            ("2026-05-04T12:21:02.5+02:00 host", "12:21:02", "host"),
            ("2026-05-04T12:21:02+0200 host", "12:21:02", "host"),
            ("2026-05-04T12:21:02Z", "12:21:02", ""),
        ] {
            let (moment, rest) = Moment::split(text).unwrap();
            assert_eq!((&*moment.to_string(), rest), (shown, left), "{text}");
        }
        for (text, shown, left) in [
            ("[    3.111664] usbcore: x", "3.11 s", "usbcore: x"),
            ("  7.46 Link ready", "7.46 s", "Link ready"),
            (
                "MESS:00:01:08.676685:0: dtb_file 'x'",
                "68.67 s",
                "dtb_file 'x'",
            ),
        ] {
            let (moment, rest) = Moment::split_console(text).unwrap();
            assert_eq!((&*moment.to_string(), rest), (shown, left), "{text}");
        }
        for text in [
            "",
            "Aug",
            "Aug 32 12:00:00 x",
            "2026-13-01T00:00:00Z x",
            "Aug 2 1:2",
        ] {
            assert_eq!(Moment::split(text), None, "{text}");
        }
    }

    #[test]
    fn moments_of_one_clock_are_compared() {
        let at = |text| Moment::split(text).unwrap().0;
        let (first, second) = (at("Feb 28 23:59:59 x"), at("Mar  1 00:00:00 x"));
        assert_eq!(second.since(first), Some(DAY + 1000));
        assert_eq!(first.since(second), None);
        let day = at("2025-02-28T23:59:59.250Z x");
        assert_eq!(at("2025-03-01T00:00:00Z x").since(day), Some(750));
        assert_eq!(first.since(day), None);
        assert_eq!(
            at("1970-01-02T00:00:00Z x").since(Moment::epoch_microseconds(0)),
            Some(DAY)
        );
    }
}
