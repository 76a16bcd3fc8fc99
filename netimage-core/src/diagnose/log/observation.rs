//! What one line of a log says.

use std::net::IpAddr;

use super::hosts::Host;
use super::moment::Moment;
use super::sign::Sign;
use crate::boot::Serial;
use crate::boot::requests::MacAddress;
use crate::diagnose::name::Name;

/// Who a line is about, as far as it says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::diagnose) struct Who {
    pub(in crate::diagnose) address: Option<IpAddr>,
    pub(in crate::diagnose) mac: Option<MacAddress>,
    pub(in crate::diagnose) serial: Option<Serial>,
    /// Whether the line is the board's own, from its console.
    pub(in crate::diagnose) is_own: bool,
    /// Which of the machines that a log names says it of itself.
    pub(in crate::diagnose) host: Option<Host>,
}

impl Who {
    pub(in crate::diagnose) fn address(address: IpAddr) -> Self {
        Self {
            address: Some(address.to_canonical()),
            ..Self::default()
        }
    }

    pub(super) fn own() -> Self {
        Self {
            is_own: true,
            ..Self::default()
        }
    }
}

/// What a server did about a file, or a board says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::diagnose) enum Transfer {
    /// It was asked for.
    Asked,
    /// It was sent whole, with so many bytes where they are said.
    Sent(Option<u64>),
    /// It is not there.
    Missing,
    /// Sending ended early.
    Failed,
    /// It is there, and the server may not read it.
    Unreadable,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::diagnose) enum Observation {
    /// The board asks for an address.
    Discover,
    /// The answer to it.
    Offer,
    /// The address is the board's.
    Lease,
    /// The server tells it nothing or refuses, in its own words.
    Refusal(String),
    /// The answer of a server that gives no addresses, only what to boot.
    Proxy,
    /// The board says that it boots from the network.
    BootsFromNetwork,
    /// The answer has option 43.
    Option43,
    /// The server tells each option that it sends (`log-dhcp`).
    Detail,
    /// Something about a file.
    File(Name, Transfer),
    /// The same about the one that the board asked for last.
    LastFile(Transfer),
    /// The board ended a transfer itself, in its own words.
    PeerError(String),
    /// Its model, by the revision code of its boot loader.
    Revision(u32),
    /// Its model, in the kernel's words.
    Model(String),
    /// One of the known messages.
    Sign(Sign),
    /// Only who the board is.
    Presence,
}

/// A line that says something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::diagnose) struct Entry {
    pub(in crate::diagnose) at: Option<Moment>,
    pub(in crate::diagnose) line: u64,
    pub(in crate::diagnose) who: Who,
    pub(in crate::diagnose) what: Observation,
}
