//! A rule, and how bad it is to break it.

use std::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

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

impl fmt::Display for Severity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// Something that can be said about an image, and why it matters.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Rule {
    /// The name by which specs allow it and programs know it; it never changes.
    pub code: &'static str,
    /// The part of an image that it is about, as a title.
    pub area: &'static str,
    /// How bad it usually is.
    pub severity: Severity,
    /// How bad it is at least, if some findings are less bad.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub milder: Option<Milder>,
    /// Why it matters, in a sentence.
    pub reason: &'static str,
    /// What usually helps, in a sentence; a finding says it for its own case.
    pub remedy: &'static str,
    /// Where the rule comes from.
    pub source: &'static str,
    /// Whether other findings mostly follow from it, so that it is told first.
    #[serde(skip)]
    pub(in crate::check) is_cause: bool,
}

/// What a finding says of its rule; the rest is in the table.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde gives a field by reference"
)]
pub(crate) fn code_and_source<S: Serializer>(
    rule: &&'static Rule,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut fields = serializer.serialize_map(Some(2))?;
    fields.serialize_entry("code", rule.code)?;
    fields.serialize_entry("source", rule.source)?;
    fields.end()
}

/// When a finding is less bad than usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Milder {
    /// How bad it is then.
    pub severity: Severity,
    /// The case, as it goes on from "if".
    pub when: &'static str,
}

pub(crate) const fn error(code: &'static str) -> Rule {
    Rule::new(code, Severity::Error)
}

pub(crate) const fn warning(code: &'static str) -> Rule {
    Rule::new(code, Severity::Warning)
}

pub(crate) const fn note(code: &'static str) -> Rule {
    Rule::new(code, Severity::Note)
}

impl Rule {
    const fn new(code: &'static str, severity: Severity) -> Self {
        Self {
            code,
            area: "",
            severity,
            milder: None,
            reason: "",
            remedy: "",
            source: "",
            is_cause: false,
        }
    }

    pub(in crate::check) const fn or_warning(self, when: &'static str) -> Self {
        self.or(Severity::Warning, when)
    }

    pub(in crate::check) const fn or_note(self, when: &'static str) -> Self {
        self.or(Severity::Note, when)
    }

    const fn or(mut self, severity: Severity, when: &'static str) -> Self {
        self.milder = Some(Milder { severity, when });
        self
    }

    pub(crate) const fn reason(mut self, reason: &'static str) -> Self {
        self.reason = reason;
        self
    }

    pub(crate) const fn remedy(mut self, remedy: &'static str) -> Self {
        self.remedy = remedy;
        self
    }

    pub(crate) const fn source(mut self, source: &'static str) -> Self {
        self.source = source;
        self
    }

    pub(crate) const fn area(mut self, area: &'static str) -> Self {
        self.area = area;
        self
    }

    /// The same, told before what mostly follows from it.
    pub(in crate::check) const fn cause(mut self) -> Self {
        self.is_cause = true;
        self
    }

    /// How bad a finding of the milder case is.
    pub(in crate::check) const fn mildest(&self) -> Severity {
        match self.milder {
            Some(milder) => milder.severity,
            None => self.severity,
        }
    }
}

/// The rules of an area: each by a name, and `RULES`, all of them in this order.
macro_rules! rules {
    ($area:literal; $($name:ident = $rule:expr;)*) => {
        $(
            pub(crate) static $name: $crate::check::rules::Rule =
                $rule.area($area);
        )*
        pub(crate) static RULES: &[&$crate::check::rules::Rule] = &[$(&$name),*];
    };
}

pub(crate) use rules;
