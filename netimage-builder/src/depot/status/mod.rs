//! How the machines of a depot are.

mod account;
mod fleet;
mod markup;
mod metrics;
mod page;
mod renewal;
mod text;

use clap::ValueEnum;
use serde_json::json;

pub(super) use self::account::Told;
use self::fleet::{Fleet, Observed};
pub(super) use self::renewal::Renewal;
use super::arguments::StatusArguments;
use super::error::DepotCommandError;
use super::{file, now, open};
use crate::error::CommandError;
use crate::report::{json_text, print_json};
use crate::text::print_raw;

/// How a status is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StatusFormat {
    /// For people
    Human,
    /// For programs
    Json,
    /// A page for browsers, complete in itself
    Html,
    /// Metrics, as the textfile collector of Prometheus' exporters reads them
    Prometheus,
}

pub(super) fn run(arguments: &StatusArguments) -> Result<(), CommandError> {
    let depot = open(&arguments.depot)?;
    let now = now();
    let bytes = match arguments.format {
        StatusFormat::Human => {
            let text = text::text(&Fleet::observe(&depot, now)?.with_accounts(&depot));
            match &arguments.output {
                None => return Ok(text.print()?),
                Some(_) => text.plain(),
            }
        }
        StatusFormat::Json => {
            let fleet = Fleet::observe(&depot, now)?.with_accounts(&depot);
            let statuses: Vec<_> = fleet.machines.iter().map(Observed::json).collect();
            let value = json!({"machines": statuses, "warnings": fleet.warnings});
            match &arguments.output {
                None => return Ok(print_json(&value)?),
                Some(_) => json_text(&value)?,
            }
        }
        StatusFormat::Html => page::page(&Fleet::observe(&depot, now)?.with_accounts(&depot), None),
        StatusFormat::Prometheus => {
            let space = depot.space().map_err(DepotCommandError::from)?;
            metrics::metrics(&Fleet::observe(&depot, now)?, space)
        }
    };
    match &arguments.output {
        None => Ok(print_raw(bytes.as_bytes())?),
        Some(path) => Ok(file::replace(path, &bytes)?),
    }
}
