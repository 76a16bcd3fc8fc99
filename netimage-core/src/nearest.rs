//! What somebody may have meant to write.

/// Shorter words are near to too many, longer ones no misspelt name.
const LENGTHS: std::ops::RangeInclusive<usize> = 3..=40;

/// The word that differs from `name` by one letter, or by two that are swapped, if
/// there is just one. A word that is farther off is no help.
pub(crate) fn nearest<'word>(
    name: &str,
    words: impl IntoIterator<Item = &'word str>,
) -> Option<&'word str> {
    if !LENGTHS.contains(&name.len()) {
        return None;
    }
    let name = name.to_ascii_lowercase();
    let is_near = |word: &&str| strsim::osa_distance(&name, &word.to_ascii_lowercase()) <= 1;
    let mut near = words.into_iter().filter(is_near);
    let first = near.next()?;
    near.all(|word| word == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_near_is_meant() {
        let words = ["kernel", "audio", "random", "pi3", "pi4", "core_freq_min"];
        for (name, meant) in [
            ("kernal", Some("kernel")),
            ("Kernel", Some("kernel")),
            ("kernels", Some("kernel")),
            ("adio", Some("audio")),
            ("randmo", Some("random")),
            ("pi44", Some("pi4")),
            ("pi34", None),
            ("pi6", None),
            ("core_freq_max", None),
            ("radio", None),
        ] {
            assert_eq!(nearest(name, words), meant, "{name}");
        }
        assert_eq!(nearest("sped", ["speed", "speed"]), Some("speed"));
    }
}
