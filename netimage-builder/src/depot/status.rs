//! How the machines of a depot are.

use std::path::Path;

use netimage_core::depot::{Depot, DepotError, MachineStatus, Machines, RootKind, Timestamp};
use serde_json::json;

use super::age::Age;
use super::error::DepotCommandError;
use super::table::{Table, or_dash};
use super::{now, open, server_config};
use crate::error::CommandError;
use crate::format::Format;
use crate::report::print_json;
use crate::text::Text;

pub(super) fn run(depot: &Path, format: Format) -> Result<(), CommandError> {
    let depot = open(depot)?;
    let machines = depot.machines().map_err(DepotCommandError::from)?;
    let (statuses, lost) = statuses(&depot, &machines)?;
    let mut warnings = server_config::outdated(&depot, &machines)?;
    warnings.extend(lost);
    let waiting = depot.waiting_events(now());
    let waiting = waiting.map_err(DepotCommandError::from)?;
    if waiting > 0 {
        warnings.push(format!(
            "files that were sent wait to be taken notice of ({waiting}); run netimage-builder watch as a service"
        ));
    }
    if format == Format::Json {
        return Ok(print_json(
            &json!({"machines": statuses, "warnings": warnings}),
        )?);
    }
    let mut text = table(&statuses, now());
    for status in &statuses {
        for note in notes(status) {
            text.line(format_args!("{}: {note}", status.name));
        }
    }
    for warning in warnings {
        text.line(format_args!("warning: {warning}"));
    }
    Ok(text.print()?)
}

/// How each machine is of which that is known, and what is lost.
fn statuses(
    depot: &Depot,
    machines: &Machines,
) -> Result<(Vec<MachineStatus>, Vec<String>), DepotCommandError> {
    let mut lost = depot.lost_machines()?;
    let mut statuses = Vec::new();
    for machine in machines.iter() {
        match depot.generations(&machine.name) {
            Ok(generations) => {
                let config = depot.served(machine)?;
                statuses.push(MachineStatus::of(machine, &generations, config));
            }
            Err(error @ DepotError::LostGenerations(_)) => lost.push(error),
            Err(error) => return Err(error.into()),
        }
    }
    Ok((statuses, lost.iter().map(DepotError::to_string).collect()))
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
fn notes(status: &MachineStatus) -> Vec<String> {
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
