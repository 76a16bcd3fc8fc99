//! Arguments of the commands for machines.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use netimage_core::boot::requests::MacAddress;
use netimage_core::boot::{Board, Serial};
use netimage_core::depot::{PrefixLength, TftpPrefix};

use super::OfMachine;
use crate::format::Format;

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

impl SetArguments {
    pub(crate) fn sets_something(&self) -> bool {
        let traits = &self.traits;
        self.serial.is_some()
            || self.address.is_some()
            || !self.unset.is_empty()
            || traits.mac.is_some()
            || traits.netmask.is_some()
            || traits.gateway.is_some()
            || traits.board.is_some()
            || traits.tftp_prefix.is_some()
            || !traits.tags.is_empty()
    }
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
