//! Changes the firmware of machines.

use netimage_core::depot::{DeployError, MachineFirmware};
use netimage_core::image::Image;
use serde_json::json;

use super::arguments::FirmwareArguments;
use super::deploy::selection;
use super::error::DepotCommandError;
use super::{lock, now, open};
use crate::check_report;
use crate::error::CommandError;
use crate::format::Format;
use crate::report::print_json;
use crate::text::Text;
use crate::watched::watched;

pub(super) fn run(arguments: &FirmwareArguments) -> Result<(), CommandError> {
    let depot = open(&arguments.depot)?;
    let image = Image::open(&arguments.image)?;
    let machines = selection(&arguments.to);
    let failed = |error: DeployError| CommandError::from(DepotCommandError::from(error));
    if arguments.dry_run {
        let planned = depot.plan_firmware(&image, &machines).map_err(failed)?;
        return print(&planned, arguments.format, "would get");
    }
    let locked = lock(&depot)?;
    let changed = watched(|watch| {
        let changed = locked.change_firmware(&image, &machines, now(), watch);
        changed.map_err(failed)
    });
    if let Err(CommandError::Depot(DepotCommandError::Deploy(DeployError::Firmware {
        report,
        ..
    }))) = &changed
    {
        check_report::check(report, None).print_aside();
    }
    print(&changed?, arguments.format, "has got")
}

fn print(machines: &[MachineFirmware], format: Format, verb: &str) -> Result<(), CommandError> {
    if format == Format::Json {
        return Ok(print_json(&json!({"machines": machines}))?);
    }
    let mut text = Text::default();
    for MachineFirmware {
        machine, changed, ..
    } in machines
    {
        let names: Vec<_> = changed.iter().map(ToString::to_string).collect();
        text.line(match names.join(", ") {
            names if names.is_empty() => format!("{machine:<12}nothing to change"),
            names => format!("{machine:<12}{verb} {names}"),
        });
    }
    Ok(text.print()?)
}
