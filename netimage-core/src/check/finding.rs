//! What a check says.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use super::rules::{Rule, Severity};
use crate::boot::Board;
use crate::boot::config_txt::Position;
use crate::explanation::{Explain, Explanation};

/// A file of the image, and perhaps a line of it, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[non_exhaustive]
pub struct Place {
    /// The name below the boot tree or the root; what is no UTF-8 in it is replaced.
    pub file: String,
    /// The line, if the file has lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
}

impl Place {
    pub(super) fn file(name: impl fmt::Display) -> Self {
        Self {
            file: name.to_string(),
            line: None,
        }
    }

    pub(super) fn line(name: impl fmt::Display, line: u32) -> Self {
        Self {
            file: name.to_string(),
            line: Some(line),
        }
    }
}

impl From<&Position> for Place {
    fn from(at: &Position) -> Self {
        Self::line(&at.file, u32::try_from(at.line).unwrap_or(u32::MAX))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            None => formatter.write_str(&self.file),
            Some(line) => write!(formatter, "{}:{line}", self.file),
        }
    }
}

/// Something about an image that its user should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// What kind of finding it is.
    #[serde(flatten)]
    pub rule: &'static Rule,
    /// The boards that it is about; none when it is about all.
    pub boards: Vec<Board>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// What is wrong, in a sentence, with whatever characters the image has.
    pub problem: String,
    /// What to do, in a sentence.
    pub remedy: String,
}

/// An error and what caused it, in one line.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// What an error says, its causes among what is wrong.
pub(super) fn explained(error: &impl Explain) -> Explanation {
    let mut explanation = error.explain();
    if let Some(cause) = error.source() {
        explanation.problem = format!("{}: {}", explanation.problem, with_causes(cause));
    }
    explanation
}

/// Collects findings; what is said alike of several boards is said once.
#[derive(Debug, Default)]
pub(super) struct Findings(BTreeMap<Words, Said>);

/// What is said, by which findings are alike.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Words {
    code: &'static str,
    place: Option<Place>,
    problem: String,
    remedy: String,
}

/// When it was first said, and of which boards; of none for all.
#[derive(Debug)]
struct Said {
    order: usize,
    rule: &'static Rule,
    boards: BTreeSet<Board>,
}

impl Findings {
    /// Says something about `boards`, or about the whole image.
    pub(super) fn add(
        &mut self,
        rule: &'static Rule,
        boards: impl IntoIterator<Item = Board>,
        place: Option<Place>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let order = self.0.len();
        let boards: BTreeSet<Board> = boards.into_iter().collect();
        let words = Words {
            code: rule.code,
            place,
            problem: problem.into(),
            remedy: remedy.into(),
        };
        match self.0.entry(words) {
            Entry::Vacant(entry) => {
                entry.insert(Said {
                    order,
                    rule,
                    boards,
                });
            }
            Entry::Occupied(mut entry) => {
                let known = &mut entry.get_mut().boards;
                // About all is about each.
                if known.is_empty() || boards.is_empty() {
                    known.clear();
                } else {
                    known.extend(boards);
                }
            }
        }
    }

    /// All of them: by boards, causes first, then the worst, then in the order in
    /// which they were found.
    pub(super) fn into_sorted(self) -> Vec<Finding> {
        let mut found: Vec<(Words, Said)> = self.0.into_iter().collect();
        found.sort_by(|(_, one), (_, other)| {
            let boards = one.boards.cmp(&other.boards);
            let causes = other.rule.is_cause.cmp(&one.rule.is_cause);
            let worst = other.rule.severity.cmp(&one.rule.severity);
            let order = one.order.cmp(&other.order);
            boards.then(causes).then(worst).then(order)
        });
        let findings = found.into_iter().map(|(words, said)| Finding {
            rule: said.rule,
            boards: said.boards.into_iter().collect(),
            place: words.place,
            problem: words.problem,
            remedy: words.remedy,
        });
        findings.collect()
    }
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CheckReport {
    /// The boards that the image was checked for.
    pub boards: Vec<Board>,
    /// What is to be said, by boards, causes first and then the worst.
    pub findings: Vec<Finding>,
    /// What was found and is allowed.
    pub allowed: Vec<Finding>,
}

impl CheckReport {
    pub(super) fn new(boards: Vec<Board>, findings: Findings, allow: &[String]) -> Self {
        let (allowed, findings) = findings
            .into_sorted()
            .into_iter()
            .partition(|finding| allow.iter().any(|code| code == finding.rule.code));
        Self {
            boards,
            findings,
            allowed,
        }
    }

    /// How many findings are this bad.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        let findings = self.findings.iter();
        findings
            .filter(|finding| finding.rule.severity == severity)
            .count()
    }

    /// The findings that keep the image from booting.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        let findings = self.findings.iter();
        findings.filter(|finding| finding.rule.severity == Severity::Error)
    }

    /// Whether nothing was found, but for what is allowed, that keeps the image
    /// from booting.
    #[must_use]
    pub fn boots(&self) -> bool {
        self.errors().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nfs::NfsRoot;

    static BAD: Rule = Rule::error("bad", "It is bad.", "https://example.org/");
    static ODD: Rule = Rule::note("odd", "It is odd.", "https://example.org/");

    #[test]
    fn no_text_of_an_error_is_cut() {
        for (text, problem, remedy) in [
            (
                "192.0.2.1:/srv/a; b",
                "the exported path \"/srv/a; b\" has ' ', at which the kernel or fstab splits it",
                "rename or bind-mount the directory",
            ),
            (
                "192.0.2.1:/srv/a,vers=9; 1",
                "the mount option \"vers=9; 1\" has ' '",
                "give each option by itself, without blanks, quotes or backslashes",
            ),
            (
                "192.0.2.1:/srv/a,vers=9;",
                "the mount option \"vers=9;\" is not valid: \"9;\" is not an NFS version",
                "use vers=3, vers=4.1 or vers=4.2",
            ),
        ] {
            let error = text.parse::<NfsRoot>().unwrap_err();
            let said = explained(&error);
            assert_eq!((&*said.problem, &*said.remedy), (problem, remedy));
            assert_eq!(error.to_string(), format!("{problem}; {remedy}"));
        }
    }

    #[test]
    fn a_cause_is_a_part_of_the_problem() {
        let error = crate::boot::KernelReadError::Gzip(std::io::Error::other("a; b"));
        let said = explained(&error);
        assert_eq!(said.problem, "the gzipped kernel cannot be unpacked: a; b");
        assert_eq!(said.remedy, "put the whole file in its place");
    }

    #[test]
    fn alike_is_said_once() {
        let mut findings = Findings::default();
        findings.add(&ODD, [], None, "one", "do");
        findings.add(&BAD, [Board::Rpi5], None, "two", "do");
        findings.add(&BAD, [Board::Rpi4], None, "two", "do");
        findings.add(&BAD, [Board::Rpi4], None, "three", "do");
        findings.add(&ODD, [Board::Rpi4], None, "one", "do");
        let findings = findings.into_sorted();
        let told: Vec<_> = findings
            .iter()
            .map(|finding| (finding.problem.as_str(), finding.boards.as_slice()))
            .collect();
        assert_eq!(
            told,
            [
                ("one", &[][..]),
                ("three", &[Board::Rpi4]),
                ("two", &[Board::Rpi4, Board::Rpi5]),
            ]
        );
    }

    #[test]
    fn many_are_told_apart() {
        let mut findings = Findings::default();
        let started = std::time::Instant::now();
        for number in (0..100_000).chain(0..100_000) {
            findings.add(&ODD, [Board::Rpi4], None, number.to_string(), "do");
        }
        assert!(started.elapsed() < std::time::Duration::from_secs(20));
        let findings = findings.into_sorted();
        assert_eq!((findings.len(), &*findings[2].problem), (100_000, "2"));
    }

    #[test]
    fn what_is_allowed_is_kept_apart() {
        let mut findings = Findings::default();
        findings.add(&BAD, [], Some(Place::line("config.txt", 3)), "one", "do");
        findings.add(&ODD, [], None, "two", "do");
        let report = CheckReport::new(vec![], findings, &["bad".to_owned()]);
        assert!(report.boots());
        assert_eq!(
            report.allowed[0].place.as_ref().unwrap().to_string(),
            "config.txt:3"
        );
        assert_eq!(report.count(Severity::Note), 1);
        let json = serde_json::to_value(&report.allowed[0]).unwrap();
        assert_eq!(json["code"], "bad");
        assert_eq!(json["severity"], "error");
    }
}
