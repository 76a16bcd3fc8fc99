//! Why a board did not boot.

use serde::Serialize;

use crate::check::rules::rule::code_and_source;
use crate::check::{Rule, Severity};

/// Why a board did not boot, or not as it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Cause {
    /// What kind of cause it is.
    #[serde(flatten, serialize_with = "code_and_source")]
    pub cause: &'static Rule,
    /// How bad it is.
    pub severity: Severity,
    /// What went wrong, in a sentence, with whatever characters the log has.
    pub problem: String,
    /// What to do, in a sentence.
    pub remedy: String,
    /// The number of the line that says it, from 1, in the log that it is of.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// What that line says, where it is the board's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// What else may be the cause, and what would tell the two apart.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub or: Vec<Alternative>,
}

/// What else may be the cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Alternative {
    /// What it may be, in a sentence.
    pub problem: String,
    /// What would tell it from the other, in a sentence.
    pub tell: String,
}

impl Cause {
    /// The rule's own remedy; everything else is to be added.
    pub(super) fn new(cause: &'static Rule, problem: impl Into<String>) -> Self {
        Self {
            cause,
            severity: cause.severity,
            problem: problem.into(),
            remedy: cause.remedy.to_owned(),
            line: None,
            quote: None,
            or: Vec::new(),
        }
    }

    pub(super) fn at(mut self, line: u64) -> Self {
        self.line = (line > 0).then_some(line);
        self
    }

    pub(super) fn quoting(mut self, quote: &str) -> Self {
        self.quote = Some(quote.to_owned());
        self
    }

    pub(super) fn or(mut self, problem: impl Into<String>, tell: impl Into<String>) -> Self {
        let (problem, tell) = (problem.into(), tell.into());
        self.or.push(Alternative { problem, tell });
        self
    }
}
