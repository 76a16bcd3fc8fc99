//! What an error says: what is wrong, and what to do about it.

use std::fmt;

/// What is wrong, and what to do about it; printed as one sentence of both.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Explanation {
    /// What is wrong, without its cause.
    pub problem: String,
    /// What to do about it. It names no argument of a program.
    pub remedy: String,
}

impl Explanation {
    pub(crate) fn new(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; {}", self.problem, self.remedy)
    }
}

/// An error that has both by itself, for those who show them apart.
pub trait Explain: std::error::Error {
    /// What is wrong, and what to do about it.
    fn explain(&self) -> Explanation;
}
