//! Arguments of the commands for depots.

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{Args, Subcommand, ValueEnum};
use netimage_core::boot::requests::MacAddress;
use netimage_core::boot::{Board, Serial};
use netimage_core::depot::serve::{Dhcp, Program};
use netimage_core::depot::{GenerationNumber, MachineName, PrefixLength, TftpPrefix};
use netimage_core::nfs::NfsServer;
use netimage_core::store::StoreDir;

use super::reboot::RebootArguments;
use super::remote::location::DepotLocation;
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
    Status {
        /// The depot
        depot: PathBuf,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
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
    /// Where a generation has had its one try and the machine has said nothing since, that
    /// one is given up instead, unless --to names another; the default stays.
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
            | Self::Status { format, .. }
            | Self::ListGenerations { format, .. } => *format,
            Self::Gc(arguments) => arguments.format,
            _ => Format::Human,
        }
    }
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

#[derive(Debug, Subcommand)]
pub(crate) enum MachineCommand {
    /// Add a machine, which gets a machine ID
    Add(AddArguments),
    /// List the machines
    List {
        /// The depot
        depot: PathBuf,
        /// How to print it
        #[arg(long, value_enum, default_value_t = Format::Human)]
        format: Format,
    },
    /// Change what is said of a machine
    Set(SetArguments),
    /// Take a machine out of service
    Remove {
        #[command(flatten)]
        of: OfMachine,
        /// Delete all that it has kept as well, also of one that was removed before
        #[arg(long)]
        purge: bool,
    },
    /// Let the depot have the machines that a file declares, and no others
    ///
    /// Those that the depot lacks are added, others changed, and those that are not
    /// declared are taken out of service; what they kept stays. Nothing changes if two
    /// of the declared are in each other's way.
    Apply {
        /// The depot
        depot: PathBuf,
        /// The machines by name, in JSON
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct AddArguments {
    #[command(flatten)]
    pub(crate) of: OfMachine,
    /// Its serial number
    #[arg(long, value_name = "HEX")]
    pub(crate) serial: Serial,
    /// The address that it always has
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) address: IpAddr,
    #[command(flatten)]
    pub(crate) traits: Traits,
    /// Make an SSH host key for it, and print the public half
    #[arg(long)]
    pub(crate) ssh_host_key: bool,
    /// Take over what it is served today: tftp/PREFIX and own-roots/NAME of the depot, which are moved or mounted there before
    #[arg(long)]
    pub(crate) adopt: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SetArguments {
    #[command(flatten)]
    pub(crate) of: OfMachine,
    /// Its serial number
    #[arg(long, value_name = "HEX")]
    pub(crate) serial: Option<Serial>,
    /// The address that it always has
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) address: Option<IpAddr>,
    #[command(flatten)]
    pub(crate) traits: Traits,
    /// Say no longer what this is, unless something else is said of it
    #[arg(long, value_name = "WHAT", value_enum, value_delimiter = ',')]
    pub(crate) unset: Vec<Trait>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Trait {
    /// The address of its Ethernet port
    Mac,
    /// With the gateway: it asks for its address again
    Netmask,
    /// By which it reaches other networks
    Gateway,
    /// What it is
    Board,
    /// All its tags
    Tags,
}

/// What may be left out.
#[derive(Debug, Args)]
pub(crate) struct Traits {
    /// The address of its Ethernet port
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) mac: Option<MacAddress>,
    /// Have its command line give it its address, in the network of this prefix length or mask
    #[arg(long, value_name = "N|MASK")]
    pub(crate) netmask: Option<PrefixLength>,
    /// By which it reaches other networks, with --netmask
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) gateway: Option<IpAddr>,
    /// What it is, like rpi4
    #[arg(long, value_name = "BOARD")]
    pub(crate) board: Option<Board>,
    /// By what it asks for its files: serial, mac, or the text of `TFTP_PREFIX_STR` in its EEPROM, without the slash
    #[arg(long, value_name = "serial|mac|TEXT")]
    pub(crate) tftp_prefix: Option<TftpPrefix>,
    /// A word by which several machines are named at once; once for each
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct DeployArguments {
    /// What the builder wrote, or the directory net-image in it
    pub(crate) image: PathBuf,
    /// The depot, or `[user@]host:PATH` of one on a server that ssh reaches
    #[arg(value_parser = OsStringValueParser::new().try_map(DepotLocation::parse))]
    pub(crate) depot: DepotLocation,
    #[command(flatten)]
    pub(crate) to: DeployTo,
    /// Where the store of a lean image lies, if not in the store directory
    #[arg(long, value_name = "DIR")]
    pub(crate) real_store_dir: Option<PathBuf>,
    /// Serve it from now on, whether a machine comes up in it or not
    #[arg(long)]
    pub(crate) no_trial: bool,
    /// Leave machines alone to which the same was deployed last, whatever became of it
    #[arg(long)]
    pub(crate) only_new: bool,
    #[command(flatten)]
    pub(crate) reboot: RebootArguments,
    /// Only say what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The program on the server [default: netimage-builder, looked for in PATH there]
    #[arg(long, value_name = "PATH")]
    pub(crate) remote_program: Option<OsString>,
    /// Store paths to copy at a time [default: `NIX_BUILD_CORES`, else all processors]
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(crate) struct DeployTo {
    /// A machine; once for each
    #[arg(long = "machine", value_name = "NAME")]
    pub(crate) machines: Vec<MachineName>,
    /// All machines that have this tag
    #[arg(long, value_name = "TAG")]
    pub(crate) tag: Option<String>,
    /// All machines
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, Args)]
pub(crate) struct FirmwareArguments {
    /// The depot
    pub(crate) depot: PathBuf,
    /// What the builder wrote, or the directory net-image in it; only its firmware counts
    pub(crate) image: PathBuf,
    #[command(flatten)]
    pub(crate) to: DeployTo,
    /// Only say what would be changed; no generation is checked
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct ServerConfigArguments {
    /// The depot
    pub(crate) depot: PathBuf,
    /// The server: dnsmasq for DHCP and TFTP, exports for the kernel's NFS server, or ganesha
    #[arg(long = "for", value_name = "SERVER", value_enum)]
    pub(crate) program: ProgramName,
    /// The network interface that the machines are behind [default: all]
    #[arg(long, value_name = "NAME")]
    pub(crate) interface: Option<String>,
    /// Who gives the machines their addresses
    #[arg(long, value_enum, default_value_t = DhcpMode::Proxy)]
    pub(crate) dhcp: DhcpMode,
    /// The machines' network, where the server has another address or the interface another mask
    #[arg(long, value_name = "ADDRESS[,NETMASK]", value_parser = range)]
    pub(crate) range: Option<(Ipv4Addr, Option<Ipv4Addr>)>,
    /// Write the files, and say by which command the server takes notice
    #[arg(long)]
    pub(crate) install: bool,
    /// Where the system's configuration is
    #[arg(long, value_name = "DIR", default_value = "/etc", requires = "install")]
    pub(crate) etc: PathBuf,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgramName {
    Dnsmasq,
    Exports,
    Ganesha,
}

impl From<ProgramName> for Program {
    fn from(name: ProgramName) -> Self {
        match name {
            ProgramName::Dnsmasq => Self::Dnsmasq,
            ProgramName::Exports => Self::Exports,
            ProgramName::Ganesha => Self::Ganesha,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum DhcpMode {
    /// Another DHCP server; dnsmasq adds where to boot from
    Proxy,
    /// dnsmasq, to the depot's machines alone
    Server,
    /// Another DHCP server, or the boards' own settings, say where to boot from
    None,
}

impl From<DhcpMode> for Dhcp {
    fn from(mode: DhcpMode) -> Self {
        match mode {
            DhcpMode::Proxy => Self::Proxy,
            DhcpMode::Server => Self::Server,
            DhcpMode::None => Self::None,
        }
    }
}

fn range(text: &str) -> Result<(Ipv4Addr, Option<Ipv4Addr>), std::net::AddrParseError> {
    Ok(match text.split_once(',') {
        None => (text.parse()?, None),
        Some((address, mask)) => (address.parse()?, Some(mask.parse()?)),
    })
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
