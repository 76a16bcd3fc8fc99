//! Whether networkd gives a wired interface of a board an address, by the files
//! that it reads in an initrd.

use std::collections::BTreeMap;

use crate::boot::KernelCommandLine;
use crate::check::facts::Networks;
use crate::check::observe::network_file::{Holds, Interfaces, NetworkFile, is_no};
use crate::check::observe::units::{Units, is_masked};
use crate::initrd::{EntryKind, Initrd, split};

/// Where networkd looks, the first before the others (systemd.network(5)).
const DIRECTORIES: [&[u8]; 5] = [
    b"etc/systemd/network",
    b"run/systemd/network",
    b"usr/local/lib/systemd/network",
    b"usr/lib/systemd/network",
    b"lib/systemd/network",
];

/// What wired interfaces are called by the kernel and by udev
/// (systemd.net-naming-scheme(7)).
const WIRED: [&str; 3] = ["en", "eth", "usb"];

/// What the wired port of a board is called by the kernel, whichever has the driver
/// (`alloc_etherdev`; `usbnet_probe`, `FLAG_ETHER`).
const PORT: &str = "eth0";

/// Settings of the command line that make or rename interfaces.
const MAKING: [&str; 5] = ["bond", "bridge", "ifname", "team", "vlan"];

/// Files that are named in one sentence.
const NAMED_MAX: usize = 3;

/// Whether networkd is told of any network.
pub(in crate::check) fn has_network(initrd: &Initrd) -> bool {
    let found = Found::read(initrd);
    let mut paths = found.networks.values();
    found.is_unsure || paths.any(|(_, path)| !matches!(contents(initrd, path), Contents::Masked))
}

/// The files in those directories.
#[derive(Default)]
struct Found {
    /// By name, the place of the directory and the path.
    networks: BTreeMap<Vec<u8>, (usize, Vec<u8>)>,
    links: Vec<Vec<u8>>,
    /// Whether there may be more, or other interfaces than those of the board.
    is_unsure: bool,
}

/// A file as networkd takes it.
enum Contents {
    Text(Vec<u8>),
    /// It is empty, or a link to nowhere on purpose.
    Masked,
    Unknown,
}

impl Networks {
    pub(in crate::check) fn read(
        initrd: &Initrd,
        line: Option<&KernelCommandLine>,
        units: &Units,
        version: Option<u32>,
    ) -> Self {
        let found = Found::read(initrd);
        let keeps_name = line.is_some_and(|line| line.get("net.ifnames").is_some_and(is_no));
        let mut networks = Self {
            keeps_name,
            ..Self::default()
        };
        let mut is_unsure = found.is_unsure
            || line.is_some_and(makes_interfaces)
            || line.is_some_and(asks) && initrd.has_file(b"systemd-network-generator")
            || initrd.has_file(b"wpa_supplicant")
            || units.lines().any(changes_networks);
        let mut open = if keeps_name {
            vec![Interfaces::Named(PORT.to_owned())]
        } else {
            WIRED.map(Interfaces::Beginning).to_vec()
        };
        for path in &found.links {
            let Contents::Text(text) = contents(initrd, path) else {
                is_unsure = true;
                continue;
            };
            let renaming = NetworkFile::read(&text);
            for key in ["Name", "AlternativeName"] {
                let names = renaming.all("Link", key).into_iter();
                let names = names.flat_map(str::split_ascii_whitespace);
                open.extend(names.map(|name| Interfaces::Named(name.to_owned())));
            }
        }
        for (name, (place, path)) in &found.networks {
            match contents(initrd, path) {
                Contents::Text(text) => {
                    let is_read = *place < DIRECTORIES.len();
                    networks.see(name, &NetworkFile::read(&text), is_read, &mut open, version);
                }
                Contents::Masked => {}
                Contents::Unknown => is_unsure = true,
            }
        }
        networks.may_give_ipv4 |= is_unsure;
        networks.may_give_any |= is_unsure;
        networks
    }

    /// Takes a file for those interfaces that none before it is for.
    fn see(
        &mut self,
        name: &[u8],
        file: &NetworkFile,
        is_read: bool,
        open: &mut Vec<Interfaces>,
        version: Option<u32>,
    ) {
        let name = String::from_utf8_lossy(name).into_owned();
        let mut is_for_any = false;
        open.retain(|interfaces| {
            let holds = file.is_for(interfaces, version);
            is_for_any |= holds != Holds::No;
            holds != Holds::Surely || !is_read
        });
        if self.files.len() < NAMED_MAX {
            self.files.push(format!("{name} is for {}", file.matched()));
        }
        if is_for_any {
            self.may_give_ipv4 |= file.may_give_ipv4();
            self.may_give_any |= file.is_managed();
            self.matching.get_or_insert(name);
        }
    }
}

impl Found {
    fn read(initrd: &Initrd) -> Self {
        let mut found = Self::default();
        initrd.walk(|path, entry| {
            let (directory, name) = split(path);
            let is_link = matches!(entry.kind, EntryKind::Symlink { .. });
            found.is_unsure |= is_link && is_part(directory, name)
                || is_credential(directory, name)
                // What is beside a file changes it.
                || directory.ends_with(b".network.d")
                || directory.ends_with(b".link.d");
            let Some(place) = place(directory).filter(|_| entry.kind != EntryKind::Directory)
            else {
                return;
            };
            // What is below /run is hidden by the file system that systemd mounts.
            found.is_unsure |= directory.starts_with(b"run/") || name.ends_with(b".netdev");
            if name.ends_with(b".network") {
                let known = found
                    .networks
                    .entry(name.to_vec())
                    .or_insert((place, path.to_vec()));
                if place < known.0 {
                    *known = (place, path.to_vec());
                }
            } else if name.ends_with(b".link") {
                found.links.push(path.to_vec());
            }
        });
        found
    }
}

fn contents(initrd: &Initrd, path: &[u8]) -> Contents {
    if is_masked(initrd, path) {
        return Contents::Masked;
    }
    match initrd.resolve(path).map(|entry| entry.kind) {
        Some(EntryKind::Regular { size: 0 }) => Contents::Masked,
        Some(_) => match initrd.text(path) {
            Some(text) => Contents::Text(text.to_vec()),
            None => Contents::Unknown,
        },
        None => Contents::Unknown,
    }
}

/// The place of a directory of networkd's among those that it reads; the last are
/// those of which it is not known.
fn place(directory: &[u8]) -> Option<usize> {
    let known = DIRECTORIES.iter().position(|known| *known == directory);
    let is_one = directory.ends_with(b"/systemd/network");
    known.or(is_one.then_some(DIRECTORIES.len()))
}

/// Whether a link leads to where files for networkd may be.
fn is_part(directory: &[u8], name: &[u8]) -> bool {
    let (_, last) = split(directory);
    match name {
        b"network" => last == b"systemd",
        b"systemd" => matches!(last, b"etc" | b"lib"),
        _ => name.ends_with(b".network.d"),
    }
}

/// Whether it is a credential that networkd takes for a file
/// (systemd.system-credentials(7)).
fn is_credential(directory: &[u8], name: &[u8]) -> bool {
    name.starts_with(b"network.") && directory.windows(9).any(|part| part == b"credstore")
}

/// Whether `ip=` asks for an address, which systemd-network-generator makes a file of.
fn asks(line: &KernelCommandLine) -> bool {
    line.get("ip").is_some() || line.get("nfsaddrs").is_some()
}

fn makes_interfaces(line: &KernelCommandLine) -> bool {
    let mut parameters = line.parameters();
    MAKING.iter().any(|key| line.get(key).is_some())
        // A credential may have a file for networkd (systemd.system-credentials(7)).
        || parameters.any(|parameter| parameter.starts_with("systemd.set_credential"))
}

/// Whether a command or a rule of udev may write files for networkd, or rename an
/// interface otherwise than by the names that udev has for it.
fn changes_networks(line: &str) -> bool {
    if line.contains("systemd/network") {
        return true;
    }
    line.match_indices("NAME").any(|(at, word)| {
        let is_alone = !line[..at].ends_with(|letter: char| {
            letter.is_alphanumeric() || matches!(letter, '_' | '{' | '$')
        });
        let rest = line[at + word.len()..].trim_start();
        let value = rest.strip_prefix(":=").or(rest.strip_prefix('='));
        let value = value.filter(|value| !value.starts_with('='));
        is_alone && value.is_some_and(|value| !value.starts_with("\"$env{ID_NET_NAME}\""))
    })
}

#[cfg(test)]
mod tests {
    use super::changes_networks;

    #[test]
    fn rules_that_rename_are_told_from_others() {
        for (line, changes) in [
            (r#"SUBSYSTEM=="net", NAME="lan0""#, true),
            (r#"SUBSYSTEM=="net", NAME:="lan0""#, true),
            (
                r#"NAME=="", ENV{ID_NET_NAME}!="", NAME="$env{ID_NET_NAME}""#,
                false,
            ),
            (r#"ENV{DM_NAME}="x", SYMLINK+="y""#, false),
            ("cp /lan /etc/systemd/network/", true),
            ("/usr/lib/systemd/systemd-networkd", false),
        ] {
            assert_eq!(changes_networks(line), changes, "{line}");
        }
    }
}
