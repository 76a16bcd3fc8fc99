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
mod rule;

pub use rule::{Rule, Severity};

use std::fmt::Write as _;

use crate::nearest::nearest;

/// Rules about one part of an image.
struct Area {
    title: &'static str,
    rules: &'static [&'static Rule],
}

static AREAS: [Area; 10] = [
    Area {
        title: "Boot tree",
        rules: boot::RULES,
    },
    Area {
        title: "config.txt",
        rules: config::RULES,
    },
    Area {
        title: "Sizes",
        rules: limits::RULES,
    },
    Area {
        title: "Firmware",
        rules: firmware::RULES,
    },
    Area {
        title: "Kernel",
        rules: kernel::RULES,
    },
    Area {
        title: "Device trees",
        rules: device_tree::RULES,
    },
    Area {
        title: "Initrd",
        rules: initrd::RULES,
    },
    Area {
        title: "Command line",
        rules: command_line::RULES,
    },
    Area {
        title: "Root and store",
        rules: root::RULES,
    },
    Area {
        title: "NFS",
        rules: nfs::RULES,
    },
];

/// A code that no rule has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{code:?} is not the code of a check{}; docs/checks.md lists them", nearest.map_or(String::new(), |code| format!(", did you mean {code}")))]
pub struct RuleError {
    code: String,
    nearest: Option<&'static str>,
}

/// Every rule that an image is held to.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    AREAS.iter().flat_map(|area| area.rules.iter().copied())
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

/// `docs/checks.md`: every code with its reason.
#[must_use]
pub fn rules_document() -> String {
    let mut text = String::from(
        "# Checks\n\n\
         What `netimage-builder check` says of an image, and every build of the image that\n\
         it has made. An error fails the build, unless its code is listed in the spec's\n\
         `allow` (`netImage.allow` in NixOS). Made from the code; `tests/run` compares.\n",
    );
    for area in &AREAS {
        let _ = write!(
            text,
            "\n## {}\n\n| code | severity | why it matters |\n| --- | --- | --- |\n",
            area.title
        );
        for rule in area.rules {
            let _ = writeln!(
                text,
                "| `{}` | {} | {} [Source]({}) |",
                rule.code, rule.severity, rule.reason, rule.source
            );
        }
    }
    text
}

impl std::fmt::Display for Severity {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
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
            assert!(rule.source.starts_with("https://"), "{}", rule.code);
            assert!(
                rule.reason.ends_with('.') && !rule.reason.contains('|'),
                "{}",
                rule.code
            );
            assert_eq!(find_rule(rule.code), Ok(rule));
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
