//! Why a deploy did not reach another computer.

use std::ffi::OsString;
use std::io;

use super::protocol::VERSION;

#[derive(Debug, thiserror::Error)]
pub(crate) enum RemoteError {
    #[error("there is no {0} on this computer; install it")]
    NoProgram(&'static str),
    #[error("cannot run {program}; the system's reason follows")]
    Program {
        program: &'static str,
        source: io::Error,
    },
    #[error(
        "ssh cannot log in to {}, for the reason above; change that until ssh HOST true works", .0.display()
    )]
    NoConnection(OsString),
    #[error(
        "the connection to {} broke off; run this again, and it goes on with what has arrived", .0.display()
    )]
    Broken(OsString),
    #[error(
        "there is no {} on {}; install netimage-builder there, or say where it is with --remote-program", program.display(), host.display()
    )]
    NoRemoteProgram { program: OsString, host: OsString },
    #[error(
        "{} on {} does not take images over ssh; install there the version {} that is here", program.display(), host.display(), env!("CARGO_PKG_VERSION")
    )]
    NotKnown { program: OsString, host: OsString },
    #[error(
        "something else than netimage-builder answers on {}: {line:?}; let its shell print nothing when it is started by ssh", host.display()
    )]
    Babble { host: OsString, line: String },
    #[error(
        "netimage-builder on {} speaks version {version} of the protocol for deploys, but this one {VERSION}; install the same version on both", host.display()
    )]
    Version { host: OsString, version: u32 },
    #[error("there is no rsync on the depot's server; install it there")]
    NoRsyncHere,
    #[error(
        "rsync has not sent all to {} (status {status}), for the reason above; run this again, and it goes on with what has arrived", host.display()
    )]
    Rsync { host: OsString, status: i32 },
    #[error(
        "a lean image is sent from where its store is in the store directory; run this there, or build the image full"
    )]
    StoreElsewhere,
    #[error("cannot find the image's store; the system's reason follows")]
    Path(#[source] io::Error),
    #[error(
        "what comes on standard input is no image of another computer; deploy IMAGE user@host:DEPOT there starts this command"
    )]
    NotAnnounced(#[source] serde_json::Error),
    #[error("the computer that was sending the image is gone; deploy it there again")]
    Gone,
}
