//! Why a depot is not read or changed.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use super::suitability::Shortcoming;
use crate::depot::{MachineConflict, MachineName, Refusal};
use crate::fs::FsError;

/// Why a depot is not read or changed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DepotError {
    /// There is no `depot.json`.
    #[error("{} is not a depot; give the directory of one, or make one there", .0.display())]
    NotADepot(PathBuf),
    /// There is one.
    #[error("{} is a depot already; change its machines, or choose another directory", .0.display())]
    Exists(PathBuf),
    /// A directory that holds something else.
    #[error("{} is in the directory of the new depot; give an empty directory", .0.display())]
    NotEmpty(PathBuf),
    /// A depot of which a part is gone.
    #[error("{} has what a depot has, and no depot.json; restore that from a backup, or give an empty directory", .0.display())]
    LostSettings(PathBuf),
    /// Somebody else's depot.
    #[error("{} belongs to another user, who alone may change it; run this as that user, or give it to root (chown)", .0.display())]
    NotOwner(PathBuf),
    /// A file system that cannot hold one.
    #[error(
        "{} is on a file system that {shortcoming}; put the depot on one of Linux (ext4, xfs, btrfs), or on an NFS export of one with no_root_squash",
        path.display()
    )]
    FileSystem {
        /// What lies on it.
        path: PathBuf,
        /// What it lacks.
        shortcoming: Shortcoming,
    },
    /// A file of the depot that is not what it ought to be.
    #[error("cannot read {}; repair it, or restore it from a backup", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Without it, nobody knows what a generation needs.
    #[error("there is no {}, which says what a generation needs; restore it from a backup, or deploy the image again and collect that generation once the machine is up in the new one", .0.display())]
    NoManifest(PathBuf),
    /// Without it, nobody knows which machine that is, nor what it needs.
    #[error("there is no {}, which says what the machine is; restore it from a backup, or move that directory away and add the machine again", .0.display())]
    LostMachine(PathBuf),
    /// Without it, nobody knows what the machine may be up in.
    #[error("there is no {}, which says what the machine may be up in; restore it from a backup, or remove the machine, move that directory away and add it again", .0.display())]
    LostGenerations(PathBuf),
    /// No machine of that name.
    #[error("there is no machine {0} in the depot; correct the name, or add it")]
    UnknownMachine(MachineName),
    /// A machine that is in the way of another.
    #[error(transparent)]
    Conflict(#[from] MachineConflict),
    /// An address that the server has.
    #[error("{address} is the address of the depot's server; give that of {name}")]
    ServerAddress {
        /// The machine.
        name: MachineName,
        /// What it was given.
        address: IpAddr,
    },
    /// A machine that takes up what it kept without a key cannot be given one there.
    #[error(
        "the machine {0} was here before, and takes up what it kept, in which there is no key; let it make one itself, or purge what it kept first"
    )]
    KeptWithoutKey(MachineName),
    /// A directory of the TFTP server that somebody else has made.
    #[error("{} is there already, and belongs to no machine; move it away", .0.display())]
    TftpDirectory(PathBuf),
    /// A machine with a root of its own lacks what it is served.
    #[error("there is no {}, which the machine is to be served; move or mount it there", .0.display())]
    NothingToAdopt(PathBuf),
    /// Something that cannot be of this machine.
    #[error("cannot do this to the machine {machine}")]
    Refused {
        /// The machine.
        machine: MachineName,
        /// Why.
        source: Refusal,
    },
    /// A machine whose root is its own.
    #[error(
        "the machine {0} has a root of its own; choose its generation there, with nixos-rebuild"
    )]
    OwnRoot(MachineName),
    /// The boot files of a generation without a `config.txt` of their own.
    #[error("{} does not name the generation that it belongs to; deploy the image again", .0.display())]
    Config(PathBuf),
    /// ssh-keygen.
    #[error("cannot make an SSH host key with ssh-keygen; install OpenSSH, or leave the key out")]
    HostKey(#[source] io::Error),
    /// A file or directory.
    #[error(transparent)]
    Fs(#[from] FsError),
}

impl DepotError {
    /// Whether the [`Observer`](crate::Observer) asked to stop, and that is all.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Fs(FsError::Cancelled))
    }
}
