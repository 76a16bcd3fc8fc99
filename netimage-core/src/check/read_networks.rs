//! Whether networkd gives a wired interface of a board an address, by the files
//! that it reads in an initrd.

use std::collections::BTreeMap;

use super::network_file::{Holds, Interfaces, NetworkFile};
use super::read_units::{Units, is_masked};
use crate::boot::KernelCommandLine;
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

/// Settings of the command line that make or rename interfaces.
const MAKING: [&str; 5] = ["bond", "bridge", "ifname", "team", "vlan"];

/// Files that are named in one sentence.
const NAMED_MAX: usize = 3;

/// What networkd is told.
#[derive(Debug, Default)]
pub(super) struct Networks {
    /// Whether a wired interface may get an IPv4 address, and any address.
    pub may_give_ipv4: bool,
    pub may_give_any: bool,
    /// A file that a wired interface gets.
    pub matching: Option<String>,
    /// What files there are, and what they are for.
    pub files: Vec<String>,
}

/// Whether networkd is told of any network.
pub(super) fn has_network(initrd: &Initrd) -> bool {
    let found = Found::read(initrd);
    let mut networks = found.networks.values();
    let first = |places: &Places| places.values().next().cloned();
    found.is_unsure
        || networks.any(|places| {
            first(places).is_some_and(|path| !matches!(contents(initrd, &path), Contents::Masked))
        })
}

/// The paths of one name, by the places of their directories.
type Places = BTreeMap<usize, Vec<u8>>;

/// The files in those directories.
#[derive(Default)]
struct Found {
    /// By name.
    networks: BTreeMap<Vec<u8>, Places>,
    links: Vec<Vec<u8>>,
    /// What is beside a file, by its name and its own name.
    more: BTreeMap<Vec<u8>, BTreeMap<Vec<u8>, Places>>,
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
    pub(super) fn read(
        initrd: &Initrd,
        line: Option<&KernelCommandLine>,
        units: &Units,
        version: Option<u32>,
    ) -> Self {
        let found = Found::read(initrd);
        let mut networks = Self::default();
        let mut is_unsure = found.is_unsure
            || line.is_some_and(makes_interfaces)
            || line.is_some_and(asks) && initrd.has_file(b"systemd-network-generator")
            || initrd.has_file(b"wpa_supplicant")
            || units.lines().any(changes_networks);
        let mut open: Vec<Interfaces> = WIRED.map(Interfaces::Beginning).to_vec();
        for path in &found.links {
            let Contents::Text(text) = contents(initrd, path) else {
                is_unsure = true;
                continue;
            };
            let mut renaming = NetworkFile::default();
            renaming.read(&text);
            for key in ["Name", "AlternativeName"] {
                let names = renaming.all("Link", key);
                let names = names.into_iter().flat_map(str::split_ascii_whitespace);
                open.extend(names.map(|name| Interfaces::Named(name.to_owned())));
            }
        }
        for (name, places) in &found.networks {
            let Some((file, is_known)) = found.file(initrd, name, places) else {
                is_unsure = true;
                continue;
            };
            if let Some(file) = file {
                networks.see(name, &file, is_known, &mut open, version);
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
        is_known: bool,
        open: &mut Vec<Interfaces>,
        version: Option<u32>,
    ) {
        let name = String::from_utf8_lossy(name).into_owned();
        let holds: Vec<Holds> = open
            .iter()
            .map(|interfaces| file.is_for(interfaces, version))
            .collect();
        if holds.iter().any(|holds| *holds != Holds::No) {
            self.may_give_ipv4 |= file.may_give_ipv4();
            self.may_give_any |= file.may_give_any();
            self.matching.get_or_insert_with(|| name.clone());
        }
        if self.files.len() < NAMED_MAX {
            self.files.push(format!("{name} is for {}", file.matched()));
        }
        let mut holds = holds.into_iter();
        open.retain(|_| holds.next() != Some(Holds::Surely) || !is_known);
    }
}

impl Found {
    fn read(initrd: &Initrd) -> Self {
        let mut found = Self::default();
        initrd.walk(|path, entry| {
            let (directory, name) = split(path);
            if matches!(entry.kind, EntryKind::Symlink { .. }) && is_part(directory, name) {
                found.is_unsure = true;
            }
            found.is_unsure |= directory.windows(9).any(|part| part == b"credstore")
                && name.starts_with(b"network.");
            if entry.kind == EntryKind::Directory {
                return;
            }
            if let Some(place) = place(directory) {
                if name.ends_with(b".network") {
                    let places = found.networks.entry(name.to_vec()).or_default();
                    places.insert(place, path.to_vec());
                } else if name.ends_with(b".link") {
                    found.links.push(path.to_vec());
                }
                // What is there is hidden by the file system that systemd mounts.
                found.is_unsure |= directory.starts_with(b"run/");
            }
            let (above, beside) = split(directory);
            if let Some(place) = place(above)
                && let Some(of) = beside.strip_suffix(b".d")
                && name.ends_with(b".conf")
            {
                let more = found.more.entry(of.to_vec()).or_default();
                let places = more.entry(name.to_vec()).or_default();
                places.insert(place, path.to_vec());
            }
        });
        // A link may be changed as well.
        found.is_unsure |= found.more.keys().any(|of| of.ends_with(b".link"));
        found
    }

    /// A file with what is beside it, none if it is masked, and whether it is where
    /// networkd looks; nothing if it cannot be read.
    fn file(
        &self,
        initrd: &Initrd,
        name: &[u8],
        places: &Places,
    ) -> Option<(Option<NetworkFile>, bool)> {
        let (place, path) = places.first_key_value()?;
        let is_known = *place < DIRECTORIES.len();
        let mut file = NetworkFile::default();
        match contents(initrd, path) {
            Contents::Text(text) => file.read(&text),
            Contents::Masked => return Some((None, is_known)),
            Contents::Unknown => return None,
        }
        for places in self.more.get(name).into_iter().flat_map(BTreeMap::values) {
            let (_, path) = places.first_key_value()?;
            match contents(initrd, path) {
                Contents::Text(text) => file.read(&text),
                Contents::Masked => {}
                Contents::Unknown => return None,
            }
        }
        Some((Some(file), is_known))
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
