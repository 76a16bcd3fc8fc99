//! What conditions and outcomes are called and look like. No two that stand side by side
//! differ by colour alone.

use std::fmt::Display;

use netimage_core::depot::{Condition, Outcome, Timestamp};

use crate::depot::age::Age;
use crate::depot::moment::Moment;
use crate::depot::status::markup::Markup;

pub(super) const fn name(condition: Condition) -> &'static str {
    match condition {
        Condition::Silent => "silent",
        Condition::Bad => "bad",
        Condition::Trying => "trying",
        Condition::RebootNeeded => "reboot needed",
        Condition::New => "new",
        Condition::OwnRoot => "own root",
        Condition::Up => "up",
        _ => "unknown",
    }
}

pub(super) const fn mark(condition: Condition) -> &'static str {
    match condition {
        Condition::Silent => "✕",
        Condition::Bad => "▲",
        Condition::Trying => "◐",
        Condition::RebootNeeded => "↻",
        Condition::New => "○",
        Condition::OwnRoot => "◇",
        _ => "●",
    }
}

/// An outcome's class, mark, and how that is read.
pub(super) const fn outcome(outcome: Outcome) -> (&'static str, &'static str, &'static str) {
    match outcome {
        Outcome::Up => ("up", "●", "up"),
        Outcome::UnderWay => ("trying", "◐", "under way"),
        Outcome::FellBack => ("bad", "▲", "fell back"),
        Outcome::NoKernel => ("silent", "✕", "no kernel sent"),
        _ => ("silent", "✕", "never said that it is up"),
    }
}

/// A moment, by how long ago it was and by the clock.
pub(super) fn ago(page: &mut Markup, moment: Timestamp, now: Timestamp) {
    time(page, moment, format_args!("{} ago", Age::of(moment, now)));
}

/// The same of something that lasts since then.
pub(super) fn lasting(page: &mut Markup, moment: Timestamp, now: Timestamp) {
    time(page, moment, format_args!("for {}", Age::of(moment, now)));
}

fn time(page: &mut Markup, moment: Timestamp, words: impl Display) {
    let exact = Moment(moment);
    page.raw("<time datetime=\"")
        .text(format_args!("{exact:#}"))
        .raw("\">");
    page.text(words)
        .raw(" <small>")
        .text(exact)
        .raw("</small></time>");
}
