//! Whether an image boots, from the firmware's first request to the system's init.
//!
//! A [`Subject`] is what the builder wrote, or any TFTP tree with, perhaps, the
//! root that belongs to it. [`check`] observes it once; what is known then are facts,
//! and the judges, a file for each area, are pure functions of them. Each [`Rule`]
//! has a code that never changes, a reason, and the place where it comes from;
//! `docs/checks.md` is made of them.
//!
//! All that is read was made by somebody else. Whatever it is, it leads to
//! findings; nothing outside the subject is read, and memory stays below 64 MiB.

mod facts;
mod finding;
mod judge;
mod observe;
pub(crate) mod rules;
mod run;
mod subject;
#[cfg(test)]
mod tests;

pub use finding::{CheckReport, Finding, Place};
pub use rules::{Milder, Rule, RuleError, Severity, find_rule, rules};
pub use run::check;
pub use subject::{CheckError, Subject};

pub(crate) use run::check_opened;
