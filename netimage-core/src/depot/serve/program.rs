//! The programs that serve a depot.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Server, dnsmasq, exports, ganesha};
use crate::depot::Machines;

/// A program that serves a depot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Program {
    /// dnsmasq, for DHCP and TFTP.
    Dnsmasq,
    /// The kernel's NFS server.
    Exports,
    /// NFS-Ganesha.
    Ganesha,
}

/// Configuration that was written for a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Installed {
    /// The file.
    pub path: PathBuf,
    /// What was said of the server.
    pub server: Server,
}

impl Program {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Dnsmasq, Self::Exports, Self::Ganesha];

    /// How it is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dnsmasq => "dnsmasq",
            Self::Exports => "exports",
            Self::Ganesha => "ganesha",
        }
    }

    /// What it has to be told.
    #[must_use]
    pub fn configuration(self, server: &Server, machines: &Machines) -> String {
        match self {
            Self::Dnsmasq => dnsmasq(server, machines),
            Self::Exports => exports(server, machines),
            Self::Ganesha => ganesha(server, machines),
        }
    }

    /// Where a Debian system has its configuration, below `/etc`.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Dnsmasq => "dnsmasq.d/netimage.conf",
            Self::Exports => "exports.d/netimage.exports",
            Self::Ganesha => "ganesha/netimage.conf",
        }
    }

    /// The command by which it takes notice.
    #[must_use]
    pub const fn reload(self) -> &'static str {
        match self {
            Self::Dnsmasq => "systemctl restart dnsmasq",
            Self::Exports => "sysctl --system && exportfs -ra",
            Self::Ganesha => "systemctl reload nfs-ganesha",
        }
    }
}
