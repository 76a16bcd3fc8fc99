//! Arguments of the commands for depots.

mod deploy;
mod machine;
mod server_config;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use netimage_core::depot::{GenerationNumber, MachineName};
use netimage_core::nfs::NfsServer;
use netimage_core::store::StoreDir;

pub(crate) use self::deploy::{DeployArguments, DeployTo, FirmwareArguments};
pub(crate) use self::machine::{AddArguments, MachineCommand, SetArguments, Trait, Traits};
pub(crate) use self::server_config::{DhcpMode, ServerConfigArguments};
pub(crate) use super::status::StatusFormat;
use crate::format::Format;

#[derive(Debug, Subcommand)]
pub(crate) enum DepotCommand {
    /// Make a depot: a directory from which machines are served
    ///
    /// It holds one store for all machines, what they boot and what they keep. Only
    /// its owner, root, may change it.
    Init(InitArguments),
    /// Add, list, change and remove the machines of a depot
    #[command(subcommand)]
    Machine(MachineCommand),
    /// Make an image the next generation of machines
    ///
    /// Store paths and boot files that the depot lacks are copied and proved, and what
    /// each machine's board gets is checked. To a depot on a server, they are sent with
    /// rsync, and netimage-builder there does the rest. Then the machine's next boot gets it, once:
    /// unless the machine says that it is up, the boot after that gets the last good
    /// generation again.
    Deploy(DeployArguments),
    /// Say how the machines of a depot are, and what is wrong
    Status(StatusArguments),
    /// List the generations of a machine
    ListGenerations {
        #[command(flatten)]
        of: OfMachine,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Serve an earlier generation from now on, in which the machine was up before
    ///
    /// Where a generation is to be tried, or was and the machine has said nothing since, that
    /// is taken away instead, unless --to names another; the default stays.
    Rollback {
        #[command(flatten)]
        of: OfMachine,
        /// The generation [default: the last good one before the present default]
        #[arg(long, value_name = "N")]
        to: Option<GenerationNumber>,
    },
    /// Serve a generation for one boot, after which the machine gets its default again
    SwitchOnce {
        #[command(flatten)]
        of: OfMachine,
        /// The generation
        #[arg(value_name = "N")]
        generation: GenerationNumber,
    },
    /// Say in place of a machine that it is up in a generation
    ///
    /// For machines that do not say so themselves, as their system lacks the service
    /// for it.
    Confirm {
        #[command(flatten)]
        of: OfMachine,
        /// The generation
        #[arg(value_name = "N")]
        generation: GenerationNumber,
    },
    /// Change the firmware of machines, which all their generations have in common
    ///
    /// What a machine is or may next be served is checked with it first. Each file is
    /// replaced by itself: a board that begins to boot at that very moment may read parts
    /// of two releases, so that machines are best left alone meanwhile.
    Firmware(FirmwareArguments),
    /// Remove generations, store paths and boot files that nobody needs any more
    ///
    /// What a machine is served, was last up in, may fall back to or has still to try
    /// stays, and so does all of a machine that was never heard of. Of a machine that
    /// was taken out of service, the generations go by age.
    Gc(GcArguments),
    /// Note what dnsmasq tells its dhcp-script, and do nothing else
    Hook {
        /// The depot
        depot: PathBuf,
        /// What dnsmasq tells: `tftp SIZE ADDRESS FILE`; all else is passed over
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        told: Vec<OsString>,
    },
    /// Act on what dnsmasq and the machines tell, until it is ended
    ///
    /// Every command that changes the depot does the same once. This one does it at
    /// once. It may be started late, twice, and ended at any moment.
    Watch {
        /// The depot
        depot: PathBuf,
        /// Keep the page of `status --format html` in this file, as machines are
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
    },
    /// Print or install the configuration of a server for a depot's machines
    ServerConfig(ServerConfigArguments),
}

impl DepotCommand {
    pub(crate) const fn format(&self) -> Format {
        match self {
            Self::Deploy(DeployArguments { format, .. })
            | Self::Firmware(FirmwareArguments { format, .. })
            | Self::Machine(MachineCommand::List { format, .. })
            | Self::ListGenerations { format, .. } => *format,
            Self::Gc(arguments) => arguments.format,
            Self::Status(arguments) if matches!(arguments.format, StatusFormat::Json) => {
                Format::Json
            }
            _ => Format::Human,
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct StatusArguments {
    /// The depot
    pub(crate) depot: PathBuf,
    /// How to tell it
    #[arg(long, value_enum, default_value_t = StatusFormat::Human)]
    pub(crate) format: StatusFormat,
    /// Replace this file by it, as a whole, instead of printing it
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// One machine.
#[derive(Debug, Args)]
pub(crate) struct OfMachine {
    /// The depot
    pub(crate) depot: PathBuf,
    /// The machine
    #[arg(value_name = "NAME")]
    pub(crate) machine: MachineName,
}

#[derive(Debug, Args)]
pub(crate) struct InitArguments {
    /// The directory, which is made unless it is there and empty
    pub(crate) depot: PathBuf,
    /// The address by which machines reach the NFS server
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) server: NfsServer,
    /// The path by which machines mount the depot [default: its own]
    #[arg(long, value_name = "PATH")]
    pub(crate) export: Option<String>,
    /// The directory as which machines mount the store
    #[arg(long, value_name = "DIR", default_value_t = StoreDir::default())]
    pub(crate) store_dir: StoreDir,
}

#[derive(Debug, Args)]
pub(crate) struct GcArguments {
    /// The depot
    pub(crate) depot: PathBuf,
    /// How many of each machine's newest good generations to keep, be they needed or not
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) keep: usize,
    /// Leave what is younger: seconds, or with a unit like 12h or 30d
    #[arg(long, value_name = "TIME", default_value = "1d", value_parser = seconds)]
    pub(crate) older_than: u64,
    /// Only say what would be removed
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// A time in seconds.
pub(super) fn seconds(text: &str) -> Result<u64, &'static str> {
    const WRONG: &str = "give a time like 90, 90s, 30min, 12h or 30d";
    let end = text.find(|character: char| !character.is_ascii_digit());
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let unit = match unit {
        "" | "s" => 1,
        "min" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(WRONG),
    };
    let number: u64 = number.parse().map_err(|_| WRONG)?;
    number.checked_mul(unit).ok_or(WRONG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, expected) in [
            ("0", 0),
            ("90s", 90),
            ("30min", 1800),
            ("2h", 7200),
            ("1d", 86_400),
        ] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "d",
            "1 d",
            "1w",
            "-1d",
            "1.5h",
            "99999999999999999999",
            "999999999999999999d",
        ] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
