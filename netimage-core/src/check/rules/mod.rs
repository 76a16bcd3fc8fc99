//! All rules, by area.

pub(super) mod boot;
pub(super) mod command_line;
pub(super) mod config;
pub(super) mod device_tree;
pub(super) mod firmware;
pub(super) mod initrd;
pub(super) mod kernel;
pub(super) mod limits;
pub(super) mod nfs;
pub(super) mod root;
pub(crate) mod rule;

pub use rule::{Milder, Rule, Severity};

use crate::nearest::nearest;

static AREAS: [&[&Rule]; 10] = [
    boot::RULES,
    config::RULES,
    limits::RULES,
    firmware::RULES,
    kernel::RULES,
    device_tree::RULES,
    initrd::RULES,
    command_line::RULES,
    root::RULES,
    nfs::RULES,
];

/// A code that no rule has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code:?} is not the code of a check{}; docs/checks.md lists them", nearest.map_or(String::new(), |code| format!(", did you mean {code}")))]
pub struct RuleError {
    code: String,
    nearest: Option<&'static str>,
}

/// Every rule that an image is held to, those of an area one after the other.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    AREAS.iter().copied().flatten().copied()
}

/// The rule with a code.
///
/// # Errors
///
/// [`RuleError`] names the code that looks most like it.
pub fn find_rule(code: &str) -> Result<&'static Rule, RuleError> {
    rules()
        .find(|rule| rule.code == code)
        .ok_or_else(|| RuleError {
            code: code.to_owned(),
            nearest: nearest(code, rules().map(|rule| rule.code)),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_is_one_of_a_kind() {
        let codes: BTreeSet<_> = rules().map(|rule| rule.code).collect();
        assert_eq!(codes.len(), rules().count());
        for rule in rules() {
            let plain = |character: char| {
                character.is_ascii_lowercase() || character == '-' || character.is_ascii_digit()
            };
            assert!(rule.code.chars().all(plain), "{}", rule.code);
            assert_eq!(find_rule(rule.code), Ok(rule));
        }
    }

    #[test]
    fn every_rule_says_all_that_it_should() {
        for rule in rules() {
            let code = rule.code;
            assert!(rule.source.starts_with("https://"), "{code}");
            for sentence in [rule.reason, rule.remedy] {
                assert!(
                    sentence.ends_with('.') && !sentence.contains('|'),
                    "{code}: {sentence}"
                );
            }
            if let Some(milder) = rule.milder {
                assert!(milder.severity < rule.severity, "{code}");
            }
        }
    }

    #[test]
    fn a_code_is_found_by_its_likeness() {
        let error = find_rule("nfs-sotf").unwrap_err();
        assert_eq!(
            error.to_string(),
            "\"nfs-sotf\" is not the code of a check, did you mean nfs-soft; docs/checks.md lists them"
        );
    }
}
