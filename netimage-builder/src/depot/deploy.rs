//! Deploys an image.

use netimage_core::depot::{Delivery, DeployError, DeployOptions, DeployReport, Depot, Selection};
use serde_json::json;

use super::arguments::{DeployArguments, DeployTo};
use super::error::DepotCommandError;
use super::machine::warn;
use super::{lock, now, open};
use crate::check_report;
use crate::cli::jobs;
use crate::error::CommandError;
use crate::format::Format;
use crate::input::open_image;
use crate::observer::Watch;
use crate::report::print_json;
use crate::size::Size;
use crate::text::Text;
use crate::watched::watched;

pub(super) fn run(arguments: DeployArguments) -> Result<(), CommandError> {
    let depot = open(&arguments.depot)?;
    let image = open_image(&arguments.image, arguments.real_store_dir.as_deref())?;
    let options = DeployOptions {
        machines: selection(arguments.to),
        trial: !arguments.no_trial,
        jobs: jobs(arguments.jobs),
    };
    let failed = |error: DeployError| CommandError::from(DepotCommandError::from(error));
    let delivery = Delivery::of(&image).map_err(failed)?;
    let planned = depot.plan_deploy(&delivery, &options).map_err(failed)?;
    if arguments.dry_run {
        return print(&planned, arguments.format, "would be ");
    }
    let deployed = watched(|watch| deploy(&depot, &delivery, &options, watch));
    if let Err(CommandError::Depot(DepotCommandError::Deploy(DeployError::CannotBoot {
        report,
        ..
    }))) = &deployed
    {
        check_report::check(report, None).print_aside();
    }
    let mut report = deployed?;
    for check in &report.checks {
        if !check.findings.is_empty() {
            check_report::warnings(check).print_aside();
        }
    }
    // What was copied before the depot was locked is no longer missing.
    report.store_paths = planned.store_paths;
    report.nar_size = planned.nar_size;
    print(&report, arguments.format, "")
}

fn deploy(
    depot: &Depot,
    delivery: &Delivery,
    options: &DeployOptions,
    watch: &Watch,
) -> Result<DeployReport, CommandError> {
    let failed = |error: DeployError| CommandError::from(DepotCommandError::from(error));
    depot
        .receive(delivery, options.jobs, watch)
        .map_err(failed)?;
    let mut locked = lock(depot)?;
    let report = locked
        .deploy(delivery, options, now(), watch)
        .map_err(failed)?;
    warn(depot, &locked)?;
    Ok(report)
}

fn selection(to: DeployTo) -> Selection {
    match to.tag {
        _ if to.all => Selection::All,
        Some(tag) => Selection::Tagged(tag),
        None => Selection::Named(to.machines),
    }
}

fn print(report: &DeployReport, format: Format, mood: &str) -> Result<(), CommandError> {
    if format == Format::Json {
        return Ok(print_json(&json!(report))?);
    }
    let mut text = Text::default();
    for (label, count, size) in [
        ("store", report.store_paths, report.nar_size),
        ("boot files", report.boot_files, report.boot_size),
    ] {
        text.line(format_args!(
            "{label:<12}{mood}copied: {count}, {}",
            Size(size)
        ));
    }
    for deployed in &report.machines {
        let name = &deployed.machine;
        match deployed.generation {
            Some(generation) => text.line(format_args!(
                "{name:<12}{mood}deployed: generation {generation}"
            )),
            None => text.line(format_args!("{name:<12}gets this image already")),
        }
        if !deployed.other_firmware.is_empty() {
            let names = deployed.other_firmware.iter().map(ToString::to_string);
            let names = names.collect::<Vec<_>>().join(", ");
            text.line(format_args!(
                "{name:<12}keeps its firmware; the image has other: {names}"
            ));
        }
    }
    Ok(text.print()?)
}
