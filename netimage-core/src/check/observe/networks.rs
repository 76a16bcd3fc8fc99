//! Whether networkd gives the wired port of a board an address, by the files that it
//! reads in an initrd (systemd.network(5)).

use crate::boot::KernelCommandLine;
use crate::check::facts::Networks;
use crate::check::observe::contents::Contents;
use crate::initrd::{EntryKind, Initrd};

/// How names of wired interfaces begin (systemd.net-naming-scheme(7)), and what the
/// kernel calls the port of a board, whichever has the driver.
const WIRED: [&str; 3] = ["en", "eth", "usb"];
const PORT: &str = "eth0";

/// The first version that ignores a file that matches by nothing.
const STRICT: u32 = 251;

/// Settings of the command line that make or rename interfaces.
const MAKING: [&str; 5] = ["bond", "bridge", "ifname", "team", "vlan"];

/// Files that are named in one sentence.
const NAMED_MAX: usize = 3;

/// Whether something holds, the less sure the less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    No,
    Maybe,
    Surely,
}

pub(super) fn read(
    initrd: &Initrd,
    contents: &Contents,
    line: Option<&KernelCommandLine>,
) -> Networks {
    let is_given = |key: &str| line.is_some_and(|line| line.get(key).is_some());
    let is_generated = contents.has("systemd-network-generator");
    let asks = is_given("ip") || is_given("nfsaddrs");
    let keeps_name = line.is_some_and(|line| line.get("net.ifnames").is_some_and(is_no));
    let mut is_unsure =
        contents.may_be_told_more || asks && is_generated || MAKING.into_iter().any(is_given);
    let mut networks = Networks {
        keeps_name,
        ..Networks::default()
    };
    let names = if keeps_name { &[PORT][..] } else { &WIRED };
    // Those that no file before is for: the first that is for one is its only one.
    let mut open = names.to_vec();
    for (name, (_, path)) in &contents.networks {
        let Some(text) = initrd.text(path) else {
            let kind = initrd.resolve(path).map(|entry| entry.kind);
            // A link to nowhere masks those of its name.
            is_unsure |= kind.is_some_and(|kind| kind != EntryKind::Regular { size: 0 });
            continue;
        };
        let file = NetworkFile::parse(&String::from_utf8_lossy(text));
        let name = String::from_utf8_lossy(name).into_owned();
        let mut is_for_any = false;
        open.retain(|port| {
            let holds = file.is_for(port, keeps_name, contents.version);
            is_for_any |= holds != Holds::No;
            holds != Holds::Surely
        });
        if networks.files.len() < NAMED_MAX {
            networks
                .files
                .push(format!("{name} is for {}", file.matched()));
        }
        if is_for_any {
            networks.may_give_address |= file.may_give_address();
            networks.matching.get_or_insert(name);
        }
    }
    networks.may_give_address |= is_unsure;
    networks
}

/// The settings of a file, in its order: section, key, value.
struct NetworkFile(Vec<(String, String, String)>);

impl NetworkFile {
    fn parse(text: &str) -> Self {
        let (mut settings, mut section) = (Vec::new(), "");
        for line in text.lines().map(str::trim) {
            let name = line.strip_prefix('[');
            if let Some(name) = name.and_then(|name| name.strip_suffix(']')) {
                section = name;
            } else if let Some((key, value)) = line.split_once('=')
                && !line.starts_with(['#', ';'])
            {
                let [key, value] = [key, value].map(|part| part.trim().to_owned());
                settings.push((section.to_owned(), key, value));
            }
        }
        Self(settings)
    }

    fn all(&self, section: &str, key: &str) -> impl DoubleEndedIterator<Item = &str> {
        let own = self.0.iter();
        let own = own.filter(move |(of, known, _)| of == section && known == key);
        own.map(|(_, _, value)| value.as_str())
    }

    fn matches(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = self.0.iter();
        let own = own.filter(|(section, _, value)| section == "Match" && !value.is_empty());
        own.map(|(_, key, value)| (key.as_str(), value.as_str()))
    }

    /// Whether it is for a wired interface of this name, or of one that begins so.
    fn is_for(&self, name: &str, is_whole: bool, version: Option<u32>) -> Holds {
        let all = self.matches().map(|(key, value)| match key {
            "Name" => {
                let words = value.split_ascii_whitespace();
                let fits = words.map(|pattern| fits(pattern, name, is_whole));
                fits.max().unwrap_or(Holds::No)
            }
            "Type" if value == "ether" => Holds::Surely,
            "Kind" if value == "!*" => Holds::Surely,
            "Type" | "Kind" | "SSID" | "WLANInterfaceType" if !value.contains(is_special) => {
                Holds::No
            }
            _ => Holds::Maybe,
        });
        let is_strict = version.is_some_and(|version| version >= STRICT);
        let of_nothing = if is_strict { Holds::No } else { Holds::Maybe };
        all.min().unwrap_or(of_nothing)
    }

    /// Whether it may give an IPv4 address.
    fn may_give_address(&self) -> bool {
        let is_ipv4 = |value: &str| !is_no(value) && !matches!(value, "ipv6" | "v6");
        let is_managed = self.all("Link", "Unmanaged").next_back().is_none_or(is_no);
        let asks = ["DHCP", "LinkLocalAddressing", "IPv4LL"].into_iter();
        let mut asks = asks.filter_map(|key| self.all("Network", key).next_back());
        let addresses = self.all("Network", "Address");
        let mut addresses = addresses.chain(self.all("Address", "Address"));
        is_managed
            && (asks.any(is_ipv4)
                || addresses.any(|address| !address.is_empty() && !address.contains(':')))
    }

    /// What it is for, for people.
    fn matched(&self) -> String {
        let given = self.matches().map(|(key, value)| format!("{key}={value}"));
        let given: Vec<_> = given.collect();
        if given.is_empty() {
            "an empty [Match]".to_owned()
        } else {
            given.join(", ")
        }
    }
}

/// Whether a pattern of a shell takes in a name, or all that begin so.
fn fits(pattern: &str, name: &str, is_whole: bool) -> Holds {
    let plain = pattern.split(is_special).next().unwrap_or_default();
    let is_plain = plain.len() == pattern.len();
    if pattern.strip_suffix('*') == Some(plain) && name.starts_with(plain) {
        return Holds::Surely;
    }
    match (is_whole, is_plain) {
        (true, true) if pattern == name => Holds::Surely,
        (false, _) if plain.starts_with(name) => Holds::Maybe,
        (_, false) if name.starts_with(plain) => Holds::Maybe,
        _ => Holds::No,
    }
}

/// Whether a character of a value stands for something else.
const fn is_special(character: char) -> bool {
    matches!(character, '*' | '?' | '[' | '\\' | '"' | '\'' | '%' | '!')
}

/// Whether a setting is empty or says no.
fn is_no(value: &str) -> bool {
    let no = ["", "0", "f", "false", "n", "no", "none", "off"];
    no.iter().any(|word| value.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
