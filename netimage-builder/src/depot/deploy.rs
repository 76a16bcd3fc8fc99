//! Deploys an image.

use std::process::ExitCode;

use netimage_core::depot::{
    Delivery, DeployError, DeployOptions, DeployReport, Depot, RebootReport, Selection,
};
use serde_json::json;

use super::arguments::{DeployArguments, DeployTo};
use super::error::DepotCommandError;
use super::machine::warn;
use super::reboot::RebootArguments;
use super::remote::location::DepotLocation;
use super::{lock, now, open, reboot, remote};
use crate::check_report;
use crate::cli::jobs;
use crate::error::{CommandError, exit_code};
use crate::format::Format;
use crate::input::open_image;
use crate::observer::Watch;
use crate::report::print_json;
use crate::size::Size;
use crate::text::Text;
use crate::watched::watched;

pub(super) fn run(arguments: &DeployArguments) -> Result<ExitCode, CommandError> {
    let path = match &arguments.depot {
        DepotLocation::Remote(server) => return remote::deploy(arguments, server),
        DepotLocation::Here(path) => path,
    };
    if arguments.remote_program.is_some() {
        return Err(DepotCommandError::OnlyRemote("--remote-program").into());
    }
    let is_sent = arguments.image.as_os_str() == remote::IMAGE;
    if is_sent {
        remote::greet()?;
    }
    let depot = open(path)?;
    let options = DeployOptions {
        machines: selection(&arguments.to),
        trial: !arguments.no_trial,
        only_new: arguments.only_new,
        jobs: jobs(arguments.jobs),
    };
    let (incoming, delivery) = if is_sent {
        let (incoming, delivery) = remote::receive(&depot, &options, arguments.dry_run)?;
        (Some(incoming), delivery)
    } else {
        let image = open_image(&arguments.image, arguments.real_store_dir.as_deref())?;
        (None, Delivery::of(&image).map_err(failed)?)
    };
    let planned = depot.plan_deploy(&delivery, &options).map_err(failed)?;
    let wants_reboot = arguments.reboot.reboot;
    if arguments.dry_run {
        let machines = planned.machines.iter();
        let machines = machines.map(|one| (&one.machine, one.generation.is_some()));
        let reboots = wants_reboot.then(|| reboot::plan(&depot, machines));
        let reboots = reboots.transpose()?;
        remote::remove(incoming.filter(|incoming| !incoming.is_continued()));
        print(&planned, reboots.as_deref(), arguments.format, "would be ")?;
        return Ok(ExitCode::SUCCESS);
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
    remote::remove(incoming);
    for check in &report.checks {
        if !check.findings.is_empty() {
            check_report::warnings(check).print_aside();
        }
    }
    // What was copied before the depot was locked is no longer missing.
    report.store_paths = planned.store_paths;
    report.nar_size = planned.nar_size;
    if wants_reboot {
        return reboot_after(&depot, &report, &arguments.reboot, arguments.format);
    }
    print(&report, None, arguments.format, "")?;
    Ok(ExitCode::SUCCESS)
}

/// Reboots the machines that were deployed to. For people, what was deployed is printed
/// first, as this takes its time.
fn reboot_after(
    depot: &Depot,
    report: &DeployReport,
    arguments: &RebootArguments,
    format: Format,
) -> Result<ExitCode, CommandError> {
    if format == Format::Human {
        print(report, None, format, "")?;
    }
    let machines = report.machines.iter().map(|one| one.machine.clone());
    let reboots = reboot::reboot(depot, machines, arguments, format)?;
    if format == Format::Json {
        print(report, Some(&reboots), format, "")?;
    }
    Ok(exit_code(reboots.iter().all(|one| one.outcome.is_good())))
}

fn deploy(
    depot: &Depot,
    delivery: &Delivery,
    options: &DeployOptions,
    watch: &Watch,
) -> Result<DeployReport, CommandError> {
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

pub(super) fn selection(to: &DeployTo) -> Selection {
    match &to.tag {
        _ if to.all => Selection::All,
        Some(tag) => Selection::Tagged(tag.clone()),
        None => Selection::Named(to.machines.clone()),
    }
}

pub(super) fn failed(error: DeployError) -> CommandError {
    DepotCommandError::from(error).into()
}

fn print(
    report: &DeployReport,
    reboots: Option<&[RebootReport]>,
    format: Format,
    mood: &str,
) -> Result<(), CommandError> {
    if format == Format::Json {
        let mut json = json!(report);
        if let Some(reboots) = reboots {
            json["reboots"] = json!(reboots);
        }
        return Ok(print_json(&json)?);
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
                "{name:<12}keeps its firmware; the image has other ({names}), which netimage-builder firmware DEPOT IMAGE --machine {name} puts there"
            ));
        }
    }
    text.append(&reboot::text(reboots.unwrap_or_default()));
    Ok(text.print()?)
}
