//! `.network` files of networkd: which interfaces each is for, and whether it gives
//! them an address (systemd.network(5)).

/// The first version that ignores a file that matches by nothing, and knows all
/// kinds of matches below.
const STRICT: u32 = 251;

/// Most bytes of the name of an interface (`IFNAMSIZ`); a longer one is left out.
const INTERFACE_NAME_MAX: usize = 15;

/// Settings that make another interface, which may have the address.
const STACKED: [&str; 17] = [
    "BatmanAdvanced",
    "Bond",
    "Bridge",
    "HSR",
    "IPVLAN",
    "IPVTAP",
    "IPoIB",
    "L2TP",
    "MACVLAN",
    "MACVTAP",
    "MACsec",
    "Tunnel",
    "VLAN",
    "VRF",
    "VXLAN",
    "WireGuard",
    "Xfrm",
];

/// Names that an interface may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Interfaces {
    /// All names that begin so.
    Beginning(&'static str),
    Named(String),
}

/// Whether something holds for interfaces, the less sure the less.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holds {
    No,
    Maybe,
    Surely,
}

impl Interfaces {
    /// Whether a pattern of a shell takes them in.
    fn fit(&self, pattern: &str) -> Holds {
        let is_special = |text: &str| text.contains(['*', '?', '[', '\\']);
        let body = pattern.strip_suffix('*');
        let (name, covered) = match self {
            Self::Beginning(name) => (*name, body),
            Self::Named(name) if !is_special(pattern) => {
                return if name == pattern {
                    Holds::Surely
                } else {
                    Holds::No
                };
            }
            Self::Named(name) => (name.as_str(), body),
        };
        if covered.is_some_and(|body| !is_special(body) && name.starts_with(body)) {
            Holds::Surely
        } else if may_begin(pattern, name) {
            Holds::Maybe
        } else {
            Holds::No
        }
    }
}

/// Whether a pattern of a shell may fit something that begins so.
fn may_begin(pattern: &str, start: &str) -> bool {
    let mut pattern = pattern.chars();
    for letter in start.chars() {
        match pattern.next() {
            Some('*' | '?' | '[' | '\\') => return true,
            Some(other) if other == letter => {}
            _ => return false,
        }
    }
    true
}

/// The settings of a file and of what is beside it, in their order.
#[derive(Debug, Default)]
pub(super) struct NetworkFile {
    settings: Vec<Setting>,
}

#[derive(Debug)]
struct Setting {
    section: String,
    key: String,
    value: String,
}

impl NetworkFile {
    /// Adds a file, whatever it holds. Takes about as much memory as that.
    pub(super) fn read(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        let text = text.replace("\\\r\n", " ").replace("\\\n", " ");
        let mut section = String::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with(['#', ';']) {
                continue;
            }
            let name = line.strip_prefix('[');
            if let Some(name) = name.and_then(|name| name.strip_suffix(']')) {
                name.clone_into(&mut section);
            } else if let Some((key, value)) = line.split_once('=') {
                self.settings.push(Setting {
                    section: section.clone(),
                    key: key.trim().to_owned(),
                    value: value.trim().to_owned(),
                });
            }
        }
    }

    /// What is given for a key, in the order of the file.
    pub(super) fn all(&self, section: &str, key: &str) -> Vec<&str> {
        let settings = self.settings.iter();
        let own = settings.filter(|known| known.section == section && known.key == key);
        own.map(|known| known.value.as_str()).collect()
    }

    fn last(&self, section: &str, key: &str) -> Option<&str> {
        self.all(section, key).pop()
    }

    /// Whether a setting is given and does not say no.
    fn is_on(&self, section: &str, key: &str) -> bool {
        let given = self.last(section, key);
        given.is_some_and(|value| !value.is_empty() && !is_no(value))
    }

    /// Whether it is for wired interfaces of these names, for this version of
    /// systemd, if that is known.
    pub(super) fn is_for(&self, interfaces: &Interfaces, version: Option<u32>) -> Holds {
        let is_strict = version.is_some_and(|version| version >= STRICT);
        let own = self.settings.iter();
        let own = own.filter(|known| known.section == "Match");
        let mut keys: Vec<&str> = own.map(|known| known.key.as_str()).collect();
        keys.sort_unstable();
        keys.dedup();
        let mut holds = Holds::Surely;
        let mut is_empty = true;
        for key in keys {
            let words = self.words(key);
            if words.as_ref().is_some_and(Vec::is_empty) {
                continue;
            }
            is_empty = false;
            holds = holds.min(match words {
                Some(words) => one_match(key, &words, interfaces, is_strict),
                None => Holds::Maybe,
            });
        }
        match (is_empty, is_strict) {
            (true, true) => Holds::No,
            (true, false) => Holds::Maybe,
            (false, _) => holds,
        }
    }

    /// The words of a match, and whether each is one that must not fit; none where
    /// they are written in a way that is not read here.
    fn words(&self, key: &str) -> Option<Vec<(bool, &str)>> {
        let mut words = Vec::new();
        for value in self.all("Match", key) {
            if value.is_empty() {
                words.clear();
            }
            // A sign before the first is one before each.
            let rest = value.strip_prefix('!');
            let is_not = rest.is_some();
            for word in rest.unwrap_or(value).split_ascii_whitespace() {
                if word.contains(['!', '"', '\'', '\\', '%']) && !word.starts_with('[') {
                    return None;
                }
                words.push((is_not, word));
            }
        }
        Some(words)
    }

    /// Whether it may give an IPv4 address.
    pub(super) fn may_give_ipv4(&self) -> bool {
        if self.is_on("Link", "Unmanaged") {
            return false;
        }
        let dhcp = self.last("Network", "DHCP");
        let link_local = self.last("Network", "LinkLocalAddressing");
        let is_ipv6 = |value: &str| matches!(value, "ipv6" | "v6");
        dhcp.is_some_and(|value| !is_no(value) && !is_ipv6(value))
            || self
                .addresses()
                .any(|address| !address.is_empty() && !address.contains(':'))
            || link_local.is_some_and(|value| !is_no(value) && !is_ipv6(value))
            || self.is_on("Network", "IPv4LL")
            || STACKED.iter().any(|key| {
                self.all("Network", key)
                    .iter()
                    .any(|value| !value.is_empty())
            })
    }

    /// Whether it may give an address of any kind. Unless it is told otherwise,
    /// networkd gives an interface one of IPv6.
    pub(super) fn may_give_any(&self) -> bool {
        if self.is_on("Link", "Unmanaged") {
            return false;
        }
        let dhcp = self.last("Network", "DHCP");
        let link_local = self.last("Network", "LinkLocalAddressing");
        let has_no_ipv6 = link_local.is_some_and(|value| is_no(value) || value == "ipv4");
        let asking = [
            "DHCPPrefixDelegation",
            "IPv6AcceptRA",
            "IPv6AcceptRouterAdvertisements",
            "IPv6PrefixDelegation",
        ];
        self.may_give_ipv4()
            || dhcp.is_some_and(|value| !is_no(value))
            || self.addresses().any(|address| !address.is_empty())
            || !has_no_ipv6
            || asking.iter().any(|key| self.is_on("Network", key))
    }

    fn addresses(&self) -> impl Iterator<Item = &str> {
        let of_network = self.all("Network", "Address").into_iter();
        of_network.chain(self.all("Address", "Address"))
    }

    /// What it is for, for people.
    pub(super) fn matched(&self) -> String {
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
fn one_match(key: &str, words: &[(bool, &str)], interfaces: &Interfaces, is_strict: bool) -> Holds {
    let has_positive = words.iter().any(|(is_not, _)| !is_not);
    let is_too_long = |word: &str| word.len() > INTERFACE_NAME_MAX && !word.contains(['*', '[']);
    match key {
        "Name" if words.iter().any(|(_, word)| is_too_long(word)) => Holds::Maybe,
        "Name" => fit_all(words, interfaces),
        "Type" => fit_all(words, &Interfaces::Named("ether".to_owned())),
        // What a wired interface of a board has none of.
        "BSSID" | "Kind" | "SSID" | "WLANInterfaceType" => match (has_positive, is_strict) {
            (false, _) => Holds::Surely,
            (true, true) => Holds::No,
            (true, false) => Holds::Maybe,
        },
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

fn is_no(value: &str) -> bool {
    let no = ["0", "f", "false", "n", "no", "none", "off"];
    no.iter().any(|word| value.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests;
