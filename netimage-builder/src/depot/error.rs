//! Why a command for a depot did not do its work.

use std::io;
use std::path::PathBuf;

use netimage_core::depot::serve::ServerError;
use netimage_core::depot::{
    DeclarationError, DeployError, DeployRefusal, DepotError, MachineConflict, MachineName,
    Refusal, TransferError,
};
use netimage_core::nfs::NfsError;

use super::remote::error::RemoteError;

#[derive(Debug, thiserror::Error)]
pub(crate) enum DepotCommandError {
    #[error(transparent)]
    Depot(DepotError),
    #[error(
        "the machines {name} and {other} would both fetch {directory}/; give one of them another with --tftp-prefix, and set that in its EEPROM (TFTP_PREFIX)"
    )]
    SamePrefix {
        name: MachineName,
        other: MachineName,
        directory: String,
    },
    #[error("a depot belongs to root, as boards refuse files of other owners; run this as root")]
    NotRoot,
    #[error("the depot cannot be mounted by this path; give another with --export")]
    Export(#[source] NfsError),
    #[error("there is no such path; give the depot as one that exists")]
    Path(#[source] io::Error),
    #[error("a gateway needs a network; give --netmask, too")]
    NoNetmask,
    #[error(transparent)]
    Deploy(DeployError),
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(
        "the depot's server has no IPv4 address here, which DHCP is told by; say with --range in which network the machines are"
    )]
    NoNetwork,
    #[error("{0} is for dnsmasq alone; leave it out, or say --for dnsmasq")]
    OnlyDnsmasq(&'static str),
    #[error("{0} is for machines that dnsmasq gives addresses; leave it out, or say --dhcp server")]
    OnlyServer(&'static str),
    #[error("{0} is for a depot on a server; leave it out, or give the depot as host:PATH")]
    OnlyRemote(&'static str),
    #[error("nothing of the machine is to change; say what, like --tag lab")]
    NothingToSet,
    #[error("{} was not made for this depot; move it away, or print the configuration without --install", .0.display())]
    NotOurs(PathBuf),
    #[error("cannot write {}; the system's reason follows", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Transfer(#[from] TransferError),
    #[error(transparent)]
    Declaration(#[from] DeclarationError),
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

impl From<DepotError> for DepotCommandError {
    fn from(error: DepotError) -> Self {
        match error {
            DepotError::Conflict(MachineConflict::TftpDirectory {
                name,
                other,
                directory,
            }) => Self::SamePrefix {
                name,
                other,
                directory,
            },
            other => Self::Depot(other),
        }
    }
}

impl From<DeployError> for DepotCommandError {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Depot(error) => error.into(),
            other => Self::Deploy(other),
        }
    }
}

impl DepotCommandError {
    /// Whether a signal asked to stop, and that is all.
    pub(crate) fn is_cancelled(&self) -> bool {
        match self {
            Self::Depot(error) => error.is_cancelled(),
            Self::Deploy(error) => error.is_cancelled(),
            _ => false,
        }
    }

    /// The command that does what the error asks for.
    pub(crate) const fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Depot(error) => of_depot(error),
            Self::Deploy(DeployError::Refused(refusal)) => of_refusal(refusal),
            Self::Deploy(DeployError::NotInStore { .. }) => {
                Some("--real-store-dir DIR says where its store lies, if that is elsewhere")
            }
            _ => None,
        }
    }

    /// 2 for what the user wrote, 1 for what went wrong.
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Depot(
                DepotError::Fs(_)
                | DepotError::HostKey(_)
                | DepotError::Json { .. }
                | DepotError::Config(_)
                | DepotError::NoManifest(_)
                | DepotError::LostMachine(_)
                | DepotError::LostGenerations(_),
            )
            | Self::Write { .. }
            | Self::Remote(_)
            | Self::Deploy(DeployError::Refused(
                DeployRefusal::Booting(_) | DeployRefusal::Kernel { .. },
            )) => 1,
            Self::Deploy(error) if !matches!(error, DeployError::Refused(_)) => 1,
            _ => 2,
        }
    }
}

const LISTS: &str = "netimage-builder machine list DEPOT shows the machines and their tags";

const fn of_depot(error: &DepotError) -> Option<&'static str> {
    Some(match error {
        DepotError::NotADepot(_) => "netimage-builder init DEPOT --server ADDRESS makes one",
        DepotError::UnknownMachine(_) => LISTS,
        DepotError::KeptWithoutKey(_) => {
            "netimage-builder machine remove DEPOT NAME --purge does that"
        }
        DepotError::Refused { source, .. } => match source {
            Refusal::Unknown(_) => "netimage-builder list-generations DEPOT NAME shows them",
            Refusal::NotGood(_) => "netimage-builder switch-once DEPOT NAME N does that",
            _ => return None,
        },
        _ => return None,
    })
}

const fn of_refusal(refusal: &DeployRefusal) -> Option<&'static str> {
    Some(match refusal {
        DeployRefusal::Unknown(_) | DeployRefusal::NoneTagged(_) => LISTS,
        DeployRefusal::NoMachine => {
            "netimage-builder machine add DEPOT NAME --serial HEX --address ADDRESS does that"
        }
        DeployRefusal::Board(_) | DeployRefusal::Boards(_) => {
            "netimage-builder machine set DEPOT NAME --board BOARD does that"
        }
        DeployRefusal::Export(_) => "netimage-builder init has --export PATH for that",
        _ => return None,
    })
}
