//! What a check says.

use std::fmt;

use serde::Serialize;

use super::rules::rule::code_and_source;
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
    #[serde(flatten, serialize_with = "code_and_source")]
    pub rule: &'static Rule,
    /// How bad it is: what its rule says, or milder.
    pub severity: Severity,
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
    pub(super) fn new(boards: Vec<Board>, findings: Vec<Finding>, allow: &[String]) -> Self {
        let (allowed, findings) = findings
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
            .filter(|finding| finding.severity == severity)
            .count()
    }

    /// The findings that keep the image from booting.
    pub fn errors(&self) -> impl Iterator<Item = &Finding> {
        let findings = self.findings.iter();
        findings.filter(|finding| finding.severity == Severity::Error)
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
                "give each option by itself, without spaces, quotes or backslashes",
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
}
