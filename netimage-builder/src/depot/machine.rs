//! The machines of a depot.

use std::path::Path;

use netimage_core::depot::{
    Declaration, Depot, DepotError, LockedDepot, Machine, MachineChange, MachineName, Network,
    RootKind, TftpPrefix,
};

use super::arguments::{AddArguments, OfMachine, SetArguments, Trait, Traits};
use super::error::DepotCommandError;
use super::table::{Table, or_dash};
use super::{lock, now, open, server_config};
use crate::error::CommandError;
use crate::format::Format;
use crate::input::read_file;
use crate::report::print_json;
use crate::text::{Text, print_line};

pub(super) fn add(arguments: AddArguments) -> Result<(), CommandError> {
    let depot = open(&arguments.of.depot)?;
    let mut locked = lock(&depot)?;
    let name = arguments.of.machine;
    let mut machine = Machine::new(name.clone(), arguments.serial, arguments.address);
    take(&mut machine, arguments.traits)?;
    machine.root = arguments.adopt.then_some(RootKind::Own);
    let takes_up = locked.has_kept(&name);
    let record = locked
        .add_machine(machine, arguments.ssh_host_key)
        .map_err(DepotCommandError::from)?;
    let mut text = Text::default();
    if takes_up {
        text.line(format_args!(
            "{name} was here before, and takes up what it kept"
        ));
    }
    text.line(format_args!("machine ID  {}", record.machine_id));
    if let Some(directory) = record.machine.tftp_directory() {
        text.line(format_args!("TFTP        {directory}/"));
    }
    if let Some(key) = depot.host_key(&name).map_err(DepotCommandError::from)? {
        text.line(format_args!("host key    {key}"));
    }
    warn(&depot, &locked)?;
    Ok(text.print()?)
}

pub(super) fn set(arguments: SetArguments) -> Result<(), CommandError> {
    if !arguments.sets_something() {
        return Err(DepotCommandError::NothingToSet.into());
    }
    let depot = open(&arguments.of.depot)?;
    let mut locked = lock(&depot)?;
    let record = locked.record(&arguments.of.machine);
    let mut machine = record.map_err(DepotCommandError::from)?.machine.clone();
    machine.serial = arguments.serial.unwrap_or(machine.serial);
    machine.address = arguments.address.unwrap_or(machine.address);
    unset(&mut machine, &arguments.unset);
    take(&mut machine, arguments.traits)?;
    put(&mut locked, machine).map_err(DepotCommandError::from)?;
    warn(&depot, &locked)
}

/// Puts a machine in the place of the one of its name. Where its command line has its
/// address, that stays what it was until something is deployed.
fn put(locked: &mut LockedDepot<'_>, machine: Machine) -> Result<(), DepotError> {
    let name = machine.name.clone();
    let former = locked.record(&name)?.machine.clone();
    let is_static = former.network.is_some() || machine.network.is_some();
    let is_same = (former.address, former.network) == (machine.address, machine.network);
    let boots = locked.generations(&name)?.config().is_some();
    locked.set_machine(machine)?;
    if is_static && !is_same && boots {
        print_line(format_args!(
            "warning: {name} boots with its former address, to which nothing is exported any more; deploy to it"
        ));
    }
    Ok(())
}

fn unset(machine: &mut Machine, unset: &[Trait]) {
    for one in unset {
        match one {
            Trait::Mac => machine.mac = None,
            Trait::Netmask => machine.network = None,
            Trait::Gateway => {
                machine.network = machine.network.map(|network| Network {
                    gateway: None,
                    ..network
                });
            }
            Trait::Board => machine.board = None,
            Trait::Tags => machine.tags.clear(),
        }
    }
}

fn take(machine: &mut Machine, traits: Traits) -> Result<(), DepotCommandError> {
    machine.mac = traits.mac.or(machine.mac);
    let former = machine.network;
    let prefix_length = traits
        .netmask
        .or(former.map(|network| network.prefix_length));
    let gateway = traits
        .gateway
        .or(former.and_then(|network| network.gateway));
    if gateway.is_some() && prefix_length.is_none() {
        return Err(DepotCommandError::NoNetmask);
    }
    machine.network = prefix_length.map(|prefix_length| Network {
        prefix_length,
        gateway,
    });
    machine.board = traits.board.or(machine.board);
    if let Some(prefix) = traits.tftp_prefix {
        machine.tftp_prefix = prefix;
    }
    if !traits.tags.is_empty() {
        machine.tags = traits.tags;
    }
    Ok(())
}

pub(super) fn remove(of: &OfMachine, purge: bool) -> Result<(), CommandError> {
    let depot = open(&of.depot)?;
    let mut locked = lock(&depot)?;
    locked
        .remove_machine(&of.machine, purge, now())
        .map_err(DepotCommandError::from)?;
    warn(&depot, &locked)
}

pub(super) fn apply(depot: &Path, file: &Path) -> Result<(), CommandError> {
    let depot = open(depot)?;
    let declared = read_file(file)?;
    let declared = Declaration::parse(&declared).map_err(DepotCommandError::from)?;
    let mut locked = lock(&depot)?;
    let changes = declared.changes(locked.machines());
    for change in changes.map_err(DepotCommandError::from)? {
        let (name, done) = follow(&mut locked, change).map_err(DepotCommandError::from)?;
        let mut text = Text::default();
        text.line(format_args!("{name:<12}{done}"));
        if done == ADDED
            && let Some(key) = depot.host_key(&name).map_err(DepotCommandError::from)?
        {
            text.line(format_args!("{name:<12}has the host key {key}"));
        }
        text.print()?;
    }
    warn(&depot, &locked)
}

/// What is said of a machine that was added.
const ADDED: &str = "added";

/// Changes one machine, and says which and how.
fn follow(
    locked: &mut LockedDepot<'_>,
    change: MachineChange,
) -> Result<(MachineName, &'static str), DepotError> {
    Ok(match change {
        MachineChange::Remove(name) => {
            locked.remove_machine(&name, false, now())?;
            (name, "removed; what it kept stays")
        }
        MachineChange::Set(machine) => {
            let name = machine.name.clone();
            put(locked, machine)?;
            (name, "changed")
        }
        MachineChange::Add {
            machine,
            ssh_host_key,
        } => {
            // One that comes back has its key in what it kept, or made one itself.
            let with_key = ssh_host_key && !locked.has_kept(&machine.name);
            let added = locked.add_machine(machine, with_key)?;
            (added.machine.name.clone(), ADDED)
        }
    })
}

/// Servers do not know of what has changed.
pub(super) fn warn(depot: &Depot, locked: &LockedDepot<'_>) -> Result<(), CommandError> {
    for warning in server_config::outdated(depot, locked.machines())? {
        print_line(format_args!("warning: {warning}"));
    }
    Ok(())
}

pub(super) fn list(depot: &Path, format: Format) -> Result<(), CommandError> {
    let records = open(depot)?.records().map_err(DepotCommandError::from)?;
    let records = records.values();
    let records: Vec<_> = records.filter(|record| record.is_in_service()).collect();
    if format == Format::Json {
        return Ok(print_json(&records)?);
    }
    let mut table = Table::new([
        "machine", "serial", "address", "MAC", "board", "TFTP", "tags",
    ]);
    for machine in records.iter().map(|record| &record.machine) {
        let tftp = match &machine.tftp_prefix {
            TftpPrefix::Serial => None,
            _ => machine.tftp_directory(),
        };
        table.add([
            machine.name.to_string(),
            machine.serial.to_string(),
            machine.address.to_string(),
            or_dash(machine.mac),
            or_dash(machine.board),
            or_dash(tftp),
            machine.tags.join(" "),
        ]);
    }
    Ok(table.text().print()?)
}
