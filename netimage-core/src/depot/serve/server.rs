//! The machine that serves a depot.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::super::{Machine, Machines, RootKind, layout};

/// The ports from which files are sent over TFTP, first and last: a firewall has to
/// let them through, as the answers do not come from port 69 (RFC 1350, section 4).
pub const TFTP_PORTS: (u16, u16) = (47_000, 47_999);

/// Where a depot is, and how its server is reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Server {
    directory: String,
    export: String,
    /// Its address in the machines' network, or that network's.
    pub address: Ipv4Addr,
    /// The network's mask, which is that of the interface if it is not given.
    pub netmask: Option<Ipv4Addr>,
    /// The network interface that the machines are behind; without it, all.
    pub interface: Option<String>,
    /// What it does about addresses.
    pub dhcp: Dhcp,
    /// The router that it tells machines of, to which it gives addresses; without it, it is
    /// their router itself (dnsmasq(8), `--dhcp-option`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub router: Option<Ipv4Addr>,
    /// The DNS servers that it tells these of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nameservers: Vec<Ipv4Addr>,
    /// The program that dnsmasq tells of each file that was sent.
    pub hook: Option<PathBuf>,
}

/// Who gives the machines their addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Dhcp {
    /// Another DHCP server, which is not touched; ours adds where to boot from.
    Proxy,
    /// Ours, to declared machines only.
    Server,
    /// Another DHCP server, or the boards' own settings, say where to boot from, too.
    None,
}

/// Why servers cannot be told where a depot is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// A path that configuration files cannot name.
    #[error(
        "{} cannot be named in the servers' configuration; use an absolute path of letters, digits and the characters / . _ - without ..", .0.display()
    )]
    Path(PathBuf),
    /// An interface whose name cannot be one.
    #[error("{0:?} is not the name of a network interface; take one that `ip link` shows")]
    Interface(String),
}

impl Server {
    /// A server of the depot in `directory`, at this address.
    ///
    /// # Errors
    ///
    /// [`ServerError::Path`] for a directory that is not absolute, or that needs
    /// quoting, which each of the servers does in its own way.
    pub fn new(directory: &Path, address: Ipv4Addr) -> Result<Self, ServerError> {
        let directory = plain(directory)?.trim_end_matches('/').to_owned();
        Ok(Self {
            export: directory.clone(),
            directory,
            address,
            netmask: None,
            interface: None,
            dhcp: Dhcp::None,
            router: None,
            nameservers: Vec::new(),
            hook: None,
        })
    }

    /// With a network interface.
    ///
    /// # Errors
    ///
    /// [`ServerError::Interface`] for what cannot be its name (Linux takes up to 15
    /// bytes without `/` and blanks).
    pub fn with_interface(mut self, name: &str) -> Result<Self, ServerError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte);
        if name.is_empty() || name.len() > 15 || !name.bytes().all(plain) {
            return Err(ServerError::Interface(name.to_owned()));
        }
        self.interface = Some(name.to_owned());
        Ok(self)
    }

    /// With another path by which machines mount the depot, where the NFS server has
    /// names of its own for what it exports.
    ///
    /// # Errors
    ///
    /// As for the directory.
    pub fn with_export(mut self, path: &Path) -> Result<Self, ServerError> {
        plain(path)?
            .trim_end_matches('/')
            .clone_into(&mut self.export);
        Ok(self)
    }

    /// With a program that dnsmasq calls.
    ///
    /// # Errors
    ///
    /// As for the directory.
    pub fn with_hook(mut self, program: &Path) -> Result<Self, ServerError> {
        plain(program)?;
        self.hook = Some(program.to_owned());
        Ok(self)
    }

    /// The depot.
    #[must_use]
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// By what path machines mount it.
    #[must_use]
    pub fn export(&self) -> &str {
        &self.export
    }
}

/// What is exported, in order: the store to all machines that share it, and to each
/// machine what it may write. A machine that has nothing yet is taken for one of these.
pub(super) fn exported(machines: &Machines) -> Vec<Export<'_>> {
    let (mut sharing, mut own) = (Vec::new(), Vec::new());
    for machine in machines.iter() {
        let name = &machine.name;
        let directory = match machine.root {
            Some(RootKind::Own) => layout::own_root(name),
            Some(RootKind::Shared) | None => {
                sharing.push(machine);
                layout::persist(name)
            }
        };
        own.push(Export {
            directory,
            machines: vec![machine],
            is_writable: true,
        });
    }
    let store = (!sharing.is_empty()).then(|| Export {
        directory: PathBuf::from(layout::STORE),
        machines: sharing,
        is_writable: false,
    });
    store.into_iter().chain(own).collect()
}

/// A directory of the depot that machines may mount.
pub(super) struct Export<'machines> {
    pub(super) directory: PathBuf,
    pub(super) machines: Vec<&'machines Machine>,
    pub(super) is_writable: bool,
}

fn plain(path: &Path) -> Result<&str, ServerError> {
    let is_plain = |text: &&str| {
        text.starts_with('/')
            && text.len() > 1
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte))
            && !text.split('/').any(|part| part == "..")
    };
    path.to_str()
        .filter(is_plain)
        .ok_or_else(|| ServerError::Path(path.to_owned()))
}
