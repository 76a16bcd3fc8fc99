//! `.network` files of networkd: which interfaces each is for, and whether it gives
//! them an address (systemd.network(5)).

use std::collections::BTreeSet;

/// The first version that ignores a file that matches by nothing.
const STRICT: u32 = 251;

/// Names that an interface may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum Interfaces {
    /// All names that begin so.
    Beginning(&'static str),
    Named(String),
}

/// Whether something holds for interfaces, the less sure the less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::check) enum Holds {
    No,
    Maybe,
    Surely,
}

impl Interfaces {
    /// Whether a pattern of a shell takes them in.
    fn fit(&self, pattern: &str) -> Holds {
        let is_plain = |text: &str| !text.contains(is_special);
        let stem = pattern.strip_suffix('*').filter(|stem| is_plain(stem));
        let start = match self {
            Self::Beginning(start) => start,
            Self::Named(name) => name.as_str(),
        };
        match self {
            _ if stem.is_some_and(|stem| start.starts_with(stem)) => Holds::Surely,
            Self::Named(name) if name == pattern => Holds::Surely,
            Self::Named(_) if is_plain(pattern) => Holds::No,
            _ if may_begin(pattern, start) => Holds::Maybe,
            _ => Holds::No,
        }
    }
}

/// Whether a character of a pattern or of a value stands for others.
const fn is_special(character: char) -> bool {
    matches!(character, '*' | '?' | '[' | '\\' | '"' | '\'' | '%')
}

/// Whether a pattern may fit something that begins so.
fn may_begin(pattern: &str, start: &str) -> bool {
    let mut pattern = pattern.chars();
    for letter in start.chars() {
        match pattern.next() {
            Some(other) if is_special(other) => return true,
            Some(other) if other == letter => {}
            _ => return false,
        }
    }
    true
}

/// The settings of a file, in its order.
#[derive(Debug, Default)]
pub(in crate::check) struct NetworkFile {
    settings: Vec<Setting>,
}

#[derive(Debug)]
struct Setting {
    section: String,
    key: String,
    value: String,
}

impl NetworkFile {
    /// Reads a file, whatever it holds. Takes about as much memory as that.
    pub(in crate::check) fn read(text: &[u8]) -> Self {
        let text = String::from_utf8_lossy(text);
        let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
        let (mut settings, mut section) = (Vec::new(), String::new());
        for line in text.lines().map(str::trim) {
            if line.starts_with(['#', ';']) {
                continue;
            }
            let name = line.strip_prefix('[');
            if let Some(name) = name.and_then(|name| name.strip_suffix(']')) {
                name.clone_into(&mut section);
            } else if let Some((key, value)) = line.split_once('=') {
                settings.push(Setting {
                    section: section.clone(),
                    key: key.trim().to_owned(),
                    value: value.trim().to_owned(),
                });
            }
        }
        Self { settings }
    }

    /// What is given for a key, in the order of the file.
    pub(in crate::check) fn all(&self, section: &str, key: &str) -> Vec<&str> {
        let settings = self.settings.iter();
        let own = settings.filter(|known| known.section == section && known.key == key);
        own.map(|known| known.value.as_str()).collect()
    }

    fn last(&self, section: &str, key: &str) -> Option<&str> {
        self.all(section, key).pop()
    }

    /// Whether it is for wired interfaces of these names, for this version of
    /// systemd, if that is known.
    pub(in crate::check) fn is_for(&self, interfaces: &Interfaces, version: Option<u32>) -> Holds {
        let own = self.settings.iter();
        let own = own.filter(|known| known.section == "Match");
        let keys: BTreeSet<&str> = own.map(|known| known.key.as_str()).collect();
        let matches = keys.into_iter().filter_map(|key| {
            let words = self.words(key);
            (!words.is_empty()).then(|| one_match(key, &words, interfaces))
        });
        let is_strict = version.is_some_and(|version| version >= STRICT);
        let of_nothing = if is_strict { Holds::No } else { Holds::Maybe };
        matches.min().unwrap_or(of_nothing)
    }

    /// The words of a match, and whether each is one that must not fit.
    fn words(&self, key: &str) -> Vec<(bool, &str)> {
        let mut words = Vec::new();
        for value in self.all("Match", key) {
            if value.is_empty() {
                words.clear();
            }
            // A sign before the first is one before each.
            let rest = value.strip_prefix('!');
            let own = rest.unwrap_or(value).split_ascii_whitespace();
            words.extend(own.map(|word| (rest.is_some(), word)));
        }
        words
    }

    /// Whether networkd sets the interfaces up at all. Unless it is told otherwise,
    /// it gives them an address of IPv6.
    pub(in crate::check) fn is_managed(&self) -> bool {
        self.last("Link", "Unmanaged").is_none_or(is_no)
    }

    /// Whether it may give an IPv4 address.
    pub(in crate::check) fn may_give_ipv4(&self) -> bool {
        let is_ipv4 = |value: &str| !is_no(value) && !matches!(value, "ipv6" | "v6");
        let asks = ["DHCP", "LinkLocalAddressing", "IPv4LL"];
        let mut asks = asks.iter().filter_map(|key| self.last("Network", key));
        let addresses = self.all("Network", "Address").into_iter();
        let mut addresses = addresses.chain(self.all("Address", "Address"));
        self.is_managed()
            && (asks.any(is_ipv4)
                || addresses.any(|address| !address.is_empty() && !address.contains(':')))
    }

    /// What it is for, for people.
    pub(in crate::check) fn matched(&self) -> String {
        let own = self.settings.iter();
        let own = own.filter(|known| known.section == "Match" && !known.value.is_empty());
        let given: Vec<_> = own
            .map(|known| format!("{}={}", known.key, known.value))
            .collect();
        if given.is_empty() {
            "an empty [Match]".to_owned()
        } else {
            given.join(", ")
        }
    }
}

/// Whether one key of `[Match]` holds for wired interfaces.
fn one_match(key: &str, words: &[(bool, &str)], interfaces: &Interfaces) -> Holds {
    match key {
        "Name" => fit_all(words, interfaces),
        "Type" => fit_all(words, &Interfaces::Named("ether".to_owned())),
        // What a wired interface of a board has none of.
        "BSSID" | "Kind" | "SSID" | "WLANInterfaceType"
            if words.iter().all(|(is_not, _)| *is_not) =>
        {
            Holds::Surely
        }
        "BSSID" | "Kind" | "SSID" | "WLANInterfaceType" => Holds::No,
        "Virtualization" if words == [(false, "container")] => Holds::No,
        _ => Holds::Maybe,
    }
}

/// Whether words of a match hold (`net_condition_test_strv`): none of those that
/// must not, and one of the others, if there are any.
fn fit_all(words: &[(bool, &str)], interfaces: &Interfaces) -> Holds {
    let of = |wanted: bool| {
        let own = words.iter().filter(move |(is_not, _)| *is_not == wanted);
        own.map(|(_, word)| interfaces.fit(word)).max()
    };
    let against = match of(true) {
        Some(Holds::Surely) => Holds::No,
        Some(Holds::Maybe) => Holds::Maybe,
        Some(Holds::No) | None => Holds::Surely,
    };
    against.min(of(false).unwrap_or(Holds::Surely))
}

/// Whether a setting is empty or says no.
pub(in crate::check) fn is_no(value: &str) -> bool {
    let no = ["", "0", "f", "false", "n", "no", "none", "off"];
    no.iter().any(|word| value.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
