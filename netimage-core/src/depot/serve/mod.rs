//! What the servers of a depot are told: configuration for dnsmasq, for the
//! kernel's NFS server and for NFS-Ganesha.
//!
//! All of it is text that follows from the machines. Nobody else is answered, the
//! store is read-only to everybody, and what a machine may write is exported to
//! its own address alone.

mod dnsmasq;
mod exports;
mod ganesha;
mod program;
mod server;

#[cfg(test)]
mod tests;

pub use dnsmasq::dnsmasq;
pub use exports::{exports, sysctl};
pub use ganesha::ganesha;
pub use program::{Installed, Program};
pub use server::{Dhcp, Server, ServerError, TFTP_PORTS};
