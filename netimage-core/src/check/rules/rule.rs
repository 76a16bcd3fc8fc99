//! A rule, and how bad it is to break it.

use serde::Serialize;

/// How bad a finding is, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// The image might not boot, or not as it should.
    Warning,
    /// The image cannot boot.
    Error,
}

/// Something that can be said about an image, and why it matters.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rule {
    /// The name by which specs allow it and programs know it; it never changes.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Why it matters, in a sentence.
    #[serde(skip)]
    pub reason: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
    /// Whether other findings mostly follow from it, so that it is told first.
    #[serde(skip)]
    pub(in crate::check) is_cause: bool,
}

impl Rule {
    pub(in crate::check) const fn error(
        code: &'static str,
        reason: &'static str,
        source: &'static str,
    ) -> Self {
        Self::new(code, Severity::Error, reason, source)
    }

    pub(in crate::check) const fn warning(
        code: &'static str,
        reason: &'static str,
        source: &'static str,
    ) -> Self {
        Self::new(code, Severity::Warning, reason, source)
    }

    pub(in crate::check) const fn note(
        code: &'static str,
        reason: &'static str,
        source: &'static str,
    ) -> Self {
        Self::new(code, Severity::Note, reason, source)
    }

    const fn new(
        code: &'static str,
        severity: Severity,
        reason: &'static str,
        source: &'static str,
    ) -> Self {
        Self {
            code,
            severity,
            reason,
            source,
            is_cause: false,
        }
    }

    /// The same, told before what mostly follows from it.
    pub(in crate::check) const fn cause(mut self) -> Self {
        self.is_cause = true;
        self
    }
}
