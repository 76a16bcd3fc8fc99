//! Arguments of `server-config`.

use std::net::Ipv4Addr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use netimage_core::depot::serve::{Dhcp, Program};

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
    /// Who gives the machines their addresses [default: proxy]
    #[arg(long, value_enum)]
    pub(crate) dhcp: Option<DhcpMode>,
    /// The router that machines are told of, with --dhcp server [default: this server]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) gateway: Option<Ipv4Addr>,
    /// A DNS server that machines are told of, with --dhcp server; once for each
    #[arg(long = "nameserver", value_name = "ADDRESS")]
    pub(crate) nameservers: Vec<Ipv4Addr>,
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

/// A network: an address of it and, where that is known, its mask.
fn range(text: &str) -> Result<(Ipv4Addr, Option<Ipv4Addr>), &'static str> {
    const WRONG: &str =
        "give an address of the network, with its mask where needed: 192.0.2.0,255.255.255.0";
    let (address, mask) = match text.split_once(',') {
        None => (text, None),
        Some((address, mask)) => (address, Some(mask)),
    };
    let mask: Option<Ipv4Addr> = mask.map(str::parse).transpose().map_err(|_| WRONG)?;
    // The end of a range of addresses is no mask.
    let is_mask = |mask: Ipv4Addr| (!mask.to_bits()).wrapping_add(1).count_ones() <= 1;
    if mask.is_none_or(is_mask) {
        Ok((address.parse().map_err(|_| WRONG)?, mask))
    } else {
        Err(WRONG)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_range_is_no_mask() {
        let network = "192.0.2.0".parse().unwrap();
        assert_eq!(range("192.0.2.0"), Ok((network, None)));
        for mask in [
            "255.255.255.0",
            "255.255.254.0",
            "0.0.0.0",
            "255.255.255.255",
        ] {
            let text = format!("192.0.2.0,{mask}");
            assert_eq!(range(&text), Ok((network, Some(mask.parse().unwrap()))));
        }
        for text in ["", "192.0.2.0/24", "192.0.2.0,", "192.0.2.100,192.0.2.150"] {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
