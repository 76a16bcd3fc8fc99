//! The machines of a depot as a table.

use netimage_core::depot::{Depot, MachineStatus, RootKind, Timestamp};

use super::fleet::{known_generations, warnings};
use crate::depot::age::Age;
use crate::depot::error::DepotCommandError;
use crate::depot::table::{Table, or_dash};
use crate::text::Text;

/// A line of each machine, then what somebody may want to do something about.
pub(super) fn text(depot: &Depot, now: Timestamp) -> Result<Text, DepotCommandError> {
    let mut statuses = Vec::new();
    let machines = depot.machines()?;
    let mut lost = Vec::new();
    for machine in machines.iter() {
        if let Some(generations) = known_generations(depot, machine, &mut lost)? {
            let config = depot.served(machine)?;
            statuses.push(MachineStatus::of(machine, &generations, config));
        }
    }
    let mut text = table(&statuses, now);
    for status in &statuses {
        for note in notes(status) {
            text.line(format_args!("{}: {note}", status.name));
        }
        for bad in status.bad.iter().filter(|bad| !bad.failure.was_sent) {
            if let Ok(Some(account)) = depot.account(&status.name, bad.generation) {
                text.line(format_args!(
                    "{}: of generation {} {account}",
                    status.name, bad.generation
                ));
            }
        }
    }
    for warning in warnings(depot, &machines, lost, now)? {
        text.line(format_args!("warning: {warning}"));
    }
    Ok(text)
}

fn table(statuses: &[MachineStatus], now: Timestamp) -> Text {
    let mut table = Table::new([
        "machine", "up in", "since", "default", "trial", "sent", "seen",
    ]);
    let age = |moment: Option<Timestamp>| or_dash(moment.map(|moment| Age::of(moment, now)));
    for status in statuses {
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
pub(super) fn notes(status: &MachineStatus) -> Vec<String> {
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
    }
    if let (Some(config), true) = (status.config, status.needs_reboot) {
        notes.push(format!("a reboot leads into generation {config}"));
    }
    notes
}
