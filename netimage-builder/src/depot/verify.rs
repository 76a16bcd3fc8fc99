//! Hashes a depot again.

use std::path::Path;
use std::process::ExitCode;

use netimage_core::depot::{Depot, DepotReport};

use super::error::DepotCommandError;
use super::open;
use crate::cli::{VerifyArguments, jobs};
use crate::error::{CommandError, exit_code};
use crate::format::Format;
use crate::report::{line, print_json};
use crate::size::Size;
use crate::text::Text;
use crate::watched::watched;

/// Whether there is a depot rather than an image.
pub(crate) fn is_depot(path: &Path) -> bool {
    Depot::is_at(path)
}

pub(crate) fn verify(arguments: &VerifyArguments) -> Result<ExitCode, CommandError> {
    let depot = open(&arguments.image)?;
    let report = watched(|watch| {
        let report = depot.verify(jobs(arguments.jobs), watch);
        report.map_err(DepotCommandError::from)
    })?;
    match arguments.format {
        Format::Human => text(&report).print()?,
        Format::Json => print_json(&report)?,
    }
    Ok(exit_code(report.findings.is_empty()))
}

fn text(report: &DepotReport) -> Text {
    let mut text = Text::default();
    for finding in &report.findings {
        text.line(finding);
    }
    for path in &report.leftovers {
        line(&mut text, "left over", &path.display());
    }
    if report.unnamed_paths > 0 {
        let note = format_args!(
            "store paths that no generation names, which were not hashed: {}",
            report.unnamed_paths
        );
        line(&mut text, "note", &note);
    }
    let verdict = match report.findings.len() {
        0 => "all good".to_owned(),
        1 => "1 finding".to_owned(),
        count => format!("{count} findings"),
    };
    text.line(format_args!(
        "{verdict}: {} store paths of {}, {} boot files, {} generations of {} machines",
        report.store_paths,
        Size(report.nar_size),
        report.boot_files,
        report.generations,
        report.machines
    ));
    text
}
