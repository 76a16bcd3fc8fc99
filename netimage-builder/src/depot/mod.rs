//! The commands for depots.

mod age;
pub(crate) mod arguments;
mod deploy;
pub(crate) mod error;
mod events;
mod file;
mod firmware;
mod gc;
mod generations;
mod init;
mod machine;
mod moment;
mod reboot;
pub(crate) mod remote;
mod server_config;
mod ssh;
mod status;
mod table;
mod verify;

use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use netimage_core::depot::{Depot, LockedDepot, Timestamp};

use self::arguments::{DepotCommand, MachineCommand};
use self::error::DepotCommandError;
pub(crate) use self::verify::{is_depot, verify};
use crate::error::CommandError;
use crate::text::print_line;

/// How often a lock is tried before anything is said: `watch` never has it for long.
const QUIET_TRIES: u32 = 20;

/// The time between two tries.
const TRY_PAUSE: Duration = Duration::from_millis(50);

pub(crate) fn run(command: DepotCommand) -> Result<ExitCode, CommandError> {
    match command {
        DepotCommand::Init(arguments) => init::run(&arguments)?,
        DepotCommand::Machine(MachineCommand::Add(arguments)) => machine::add(arguments)?,
        DepotCommand::Machine(MachineCommand::List { depot, format }) => {
            machine::list(&depot, format)?;
        }
        DepotCommand::Machine(MachineCommand::Set(arguments)) => machine::set(arguments)?,
        DepotCommand::Machine(MachineCommand::Remove { of, purge }) => {
            machine::remove(&of, purge)?;
        }
        DepotCommand::Machine(MachineCommand::Apply { depot, file }) => {
            machine::apply(&depot, &file)?;
        }
        DepotCommand::Deploy(arguments) => return deploy::run(&arguments),
        DepotCommand::Status(arguments) => status::run(&arguments)?,
        DepotCommand::ListGenerations { of, format } => generations::list(&of, format)?,
        DepotCommand::Rollback { of, to } => generations::roll_back(&of, to)?,
        DepotCommand::SwitchOnce { of, generation } => generations::switch_once(&of, generation)?,
        DepotCommand::Confirm { of, generation } => generations::confirm(&of, generation)?,
        DepotCommand::Firmware(arguments) => firmware::run(&arguments)?,
        DepotCommand::Gc(arguments) => gc::run(&arguments)?,
        DepotCommand::Hook { depot, told } => events::note(&depot, &told)?,
        DepotCommand::Watch { depot, page } => events::watch(&depot, page)?,
        DepotCommand::ServerConfig(arguments) => server_config::run(&arguments)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    Timestamp(since.unwrap_or_default().as_secs())
}

/// Locks a depot, and says so if that takes more than a moment.
fn lock(depot: &Depot) -> Result<LockedDepot<'_>, CommandError> {
    for _ in 0..QUIET_TRIES {
        let locked = depot.try_lock(now()).map_err(DepotCommandError::from)?;
        if let Some(locked) = locked {
            return Ok(locked);
        }
        std::thread::sleep(TRY_PAUSE);
    }
    let path = depot.path().display();
    print_line(format_args!(
        "waiting for another command that changes {path}"
    ));
    Ok(depot.lock(now).map_err(DepotCommandError::from)?)
}

fn open(path: &std::path::Path) -> Result<Depot, CommandError> {
    Ok(Depot::open(path).map_err(DepotCommandError::from)?)
}
