//! What somebody may have meant to write.

/// The word that looks most like `name`, if one does.
pub(crate) fn nearest<'word>(
    name: &str,
    words: impl IntoIterator<Item = &'word str>,
) -> Option<&'word str> {
    let likeness = |known: &&str| strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase());
    let (best, score) = words
        .into_iter()
        .map(|known| (known, likeness(&known)))
        .max_by(|one, other| one.1.total_cmp(&other.1))?;
    (score > 0.7).then_some(best)
}
