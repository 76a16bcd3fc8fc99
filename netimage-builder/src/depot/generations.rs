//! The generations of a machine.

use netimage_core::depot::{
    Change, Depot, Event, GenerationNumber, Generations, MachineName, News, State,
};
use serde_json::json;

use super::age::Age;
use super::arguments::OfMachine;
use super::error::DepotCommandError;
use super::table::Table;
use super::{lock, now, open};
use crate::error::CommandError;
use crate::format::Format;
use crate::report::print_json;
use crate::text::Text;

pub(super) fn list(of: &OfMachine, format: Format) -> Result<(), CommandError> {
    let generations = read(&open(&of.depot)?, of)?;
    if format == Format::Json {
        return Ok(print_json(&json!(generations))?);
    }
    let mut table = Table::new(["generation", "deployed", "state", "is"]);
    for (&number, generation) in &generations.all {
        table.add([
            number.to_string(),
            Age::of(generation.deployed, now()).to_string(),
            state(&generation.state).to_owned(),
            roles(&generations, number),
        ]);
    }
    Ok(table.text().print()?)
}

fn read(depot: &Depot, of: &OfMachine) -> Result<Generations, DepotCommandError> {
    depot.machine(&of.machine)?;
    Ok(depot.generations(&of.machine)?)
}

const fn state(state: &State) -> &'static str {
    match state {
        State::New => "new",
        State::Trying(trying) if trying.spent.is_some() => "tried",
        State::Trying(_) => "trying",
        State::Good { .. } => "good",
        State::Bad(_) => "bad",
        State::Former => "former",
    }
}

fn roles(generations: &Generations, number: GenerationNumber) -> String {
    let booted = generations.booted.map(|booted| booted.generation);
    let sent = generations.served.map(|served| served.generation);
    let roles = [
        ("default", generations.default),
        ("trial", generations.trial),
        ("up", booted),
        ("sent last", sent),
    ];
    let roles = roles.into_iter().filter(|(_, one)| *one == Some(number));
    roles.map(|(role, _)| role).collect::<Vec<_>>().join(", ")
}

pub(super) fn roll_back(of: &OfMachine, to: Option<GenerationNumber>) -> Result<(), CommandError> {
    apply(of, Event::RolledBack { to })
}

pub(super) fn switch_once(
    of: &OfMachine,
    generation: GenerationNumber,
) -> Result<(), CommandError> {
    apply(of, Event::SwitchedOnce(generation))
}

pub(super) fn confirm(of: &OfMachine, generation: GenerationNumber) -> Result<(), CommandError> {
    apply(of, Event::Approved(generation))
}

/// Lets something happen to a machine, and says what its next boot gets.
fn apply(of: &OfMachine, event: Event) -> Result<(), CommandError> {
    let depot = open(&of.depot)?;
    let mut locked = lock(&depot)?;
    let name = &of.machine;
    locked
        .apply(&[(name.clone(), event)], now())
        .map_err(DepotCommandError::from)?;
    let given_up = bad(name, &locked.take_changes());
    let generations = locked.generations(name).map_err(DepotCommandError::from)?;
    let mut text = Text::default();
    text.append(&given_up);
    if let Some(config) = generations.config() {
        text.line(format_args!(
            "{name}: the next boot gets generation {config}"
        ));
    }
    if locked.is_pending(name) {
        text.line(format_args!(
            "{name}: it is booting, and gets that only after this boot; let netimage-builder watch run, or give any command a minute later"
        ));
    }
    Ok(text.print()?)
}

/// What has become bad of a machine's generations.
fn bad(machine: &MachineName, changes: &[Change]) -> Text {
    let mut text = Text::default();
    for change in changes.iter().filter(|change| change.machine == *machine) {
        for news in News::between(&change.before, &change.after) {
            if let News::Bad(..) = news {
                text.line(format_args!("{machine}: {news}"));
            }
        }
    }
    text
}
