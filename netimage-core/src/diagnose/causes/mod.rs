//! All causes, by where a boot stops.

pub(super) mod files;
pub(super) mod network;
pub(super) mod root;

use crate::check::Rule;

static AREAS: [&[&Rule]; 3] = [network::RULES, files::RULES, root::RULES];

/// Every cause that a log can tell, those of an area one after the other.
pub fn causes() -> impl Iterator<Item = &'static Rule> {
    AREAS.iter().copied().flatten().copied()
}

/// The cause with a code.
#[must_use]
pub fn find_cause(code: &str) -> Option<&'static Rule> {
    causes().find(|cause| cause.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::rules;
    use std::collections::BTreeSet;

    #[test]
    fn every_cause_says_all_that_it_should() {
        let codes: BTreeSet<_> = causes().chain(rules()).map(|rule| rule.code).collect();
        assert_eq!(codes.len(), causes().count() + rules().count());
        for cause in causes() {
            assert!(cause.code.starts_with("log-"), "{}", cause.code);
            assert!(cause.source.starts_with("https://"), "{}", cause.code);
            for sentence in [cause.reason, cause.remedy] {
                assert!(sentence.ends_with('.'), "{}: {sentence}", cause.code);
            }
        }
    }
}
