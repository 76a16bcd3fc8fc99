//! Sizes for people.

use std::fmt;

/// Bytes in decimal units, as disks and networks are sold.
pub(crate) struct Size(pub(crate) u64);

impl fmt::Display for Size {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
        match units.into_iter().find(|(_, unit)| self.0 >= *unit) {
            None => write!(formatter, "{} B", self.0),
            Some((name, unit)) => {
                let hundredths = self.0.saturating_add(unit / 200) / (unit / 100);
                write!(
                    formatter,
                    "{}.{:02} {name}",
                    hundredths / 100,
                    hundredths % 100
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Size;

    #[test]
    fn picks_the_unit() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.00 kB"),
            (1_585_000, "1.59 MB"),
            (u64::MAX, "18446744073.70 GB"),
        ] {
            assert_eq!(Size(bytes).to_string(), text);
        }
    }
}
