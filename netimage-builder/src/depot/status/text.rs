//! The machines of a depot as a table.

use netimage_core::depot::{Condition, RootKind, Timestamp};

use super::fleet::{Fleet, Observed};
use crate::depot::age::Age;
use crate::depot::table::{Table, or_dash};
use crate::text::Text;

/// A line of each machine, then what somebody may want to do something about.
pub(super) fn text(fleet: &Fleet) -> Text {
    let mut text = table(fleet);
    for one in &fleet.machines {
        for note in notes(one) {
            text.line(format_args!("{}: {note}", one.machine.name));
        }
    }
    for warning in &fleet.warnings {
        text.line(format_args!("warning: {warning}"));
    }
    text
}

fn table(fleet: &Fleet) -> Text {
    let mut table = Table::new([
        "machine", "up in", "since", "default", "trial", "sent", "seen",
    ]);
    let age = |moment: Option<Timestamp>| or_dash(moment.map(|moment| Age::of(moment, fleet.now)));
    for status in fleet.machines.iter().map(|one| &one.status) {
        table.add([
            status.name.to_string(),
            or_dash(status.booted.map(|booted| booted.generation)),
            age(status.booted.map(|booted| booted.since)),
            or_dash(status.default),
            or_dash(status.trial),
            or_dash(status.served.map(|served| served.generation)),
            age(status.seen),
        ]);
    }
    table.text()
}

/// What somebody may want to do something about.
pub(super) fn notes(one: &Observed) -> Vec<String> {
    let status = &one.status;
    let mut notes = Vec::new();
    if status.root == Some(RootKind::Own) {
        notes.push("has its own root, and chooses its generation by itself".to_owned());
    }
    if let (Some(trial), true) = (status.trial, status.is_spent) {
        notes.push(format!(
            "generation {trial} was tried and has not come up yet"
        ));
    }
    for bad in &status.bad {
        notes.push(format!(
            "generation {} is bad: {}",
            bad.generation, bad.failure
        ));
        notes.extend(one.accounts.of_bad(bad.generation));
    }
    if let (Some(config), true) = (status.config, status.needs_reboot) {
        notes.push(format!("a reboot leads into generation {config}"));
    }
    if one.condition == Condition::Silent {
        notes.push("it began to boot, and has not said that it is up".to_owned());
        notes.extend(one.accounts.of_last());
    }
    notes
}
