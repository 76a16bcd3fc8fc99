//! A board and its boots, as logs tell them.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::boot::Boot;
use super::log::{Entry, Host, Observation, Transfer};
use crate::boot::Serial;
use crate::boot::requests::MacAddress;
use crate::depot::Machine;

/// Lines about a request for an address that are kept, until it is known of whom.
const FIRST_MAX: usize = 32;

/// Boots of a board that are kept, the last ones.
const BOOTS_MAX: usize = 8;

/// Offers that a board leaves unused, by which it is one that boots from the network, and
/// the milliseconds in which they are: any system takes the first, or that of another
/// server.
const UNUSED_OFFERS: u32 = 3;
const UNUSED_FOR: u64 = 3 * 60 * 1000;

/// The first halves of Raspberry Pi's Ethernet addresses (IEEE's registry).
const VENDORS: [&str; 7] = [
    "b8-27-eb", "dc-a6-32", "e4-5f-01", "28-cd-c1", "d8-3a-dd", "2c-cf-67", "88-a2-9e",
];

/// Whether an address is one of Raspberry Pi's.
pub(super) fn is_of_raspberry_pi(mac: MacAddress) -> bool {
    let mac = mac.to_string();
    VENDORS.iter().any(|vendor| mac.starts_with(vendor))
}

fn same<T: PartialEq>(one: Option<T>, other: Option<T>) -> Option<bool> {
    one.zip(other).map(|(one, other)| one == other)
}

/// A board, and what is known of it.
#[derive(Debug, Clone, Default)]
pub(super) struct BoardLog {
    pub(super) address: Option<IpAddr>,
    pub(super) mac: Option<MacAddress>,
    pub(super) serial: Option<Serial>,
    pub(super) revision: Option<u32>,
    pub(super) model: Option<String>,
    /// Whether it is told by its own console.
    pub(super) is_own: bool,
    /// Whether it shows itself as a board that boots from the network. Anybody asks for an
    /// address: computers, telephones, boards that are up.
    pub(super) boots_from_network: bool,
    /// The machine as which it is named there.
    pub(super) host: Option<Host>,
    /// The boots, the last of them at the end.
    pub(super) boots: VecDeque<Boot>,
    /// How many there were before these.
    pub(super) earlier: u64,
    /// All that is known of it, where these are a few lines about its request for an address.
    pub(super) first: Vec<Entry>,
}

impl BoardLog {
    /// Whether it has the address of a line, and nothing else speaks against it. Two boards
    /// may ask below one serial number (raspberrypi/rpi-eeprom#563).
    pub(super) fn is_at(&self, other: &Self) -> bool {
        self.is_own == other.is_own
            && same(self.address, other.address) == Some(true)
            && same(self.mac, other.mac) != Some(false)
            && same(self.serial, other.serial) != Some(false)
    }

    /// Whether a line is about it, by what both say of the board.
    pub(super) fn is(&self, other: &Self) -> bool {
        if self.is_own != other.is_own {
            return false;
        }
        // An address is lent; the other two are the board's own.
        same(self.mac, other.mac)
            .or_else(|| same(self.serial, other.serial))
            .or_else(|| same(self.address, other.address))
            .unwrap_or(false)
    }

    /// Whether a line may be about it, as neither contradicts the other.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        let is_free = |one: bool, other: bool| !(one && other);
        self.is_own == other.is_own
            && is_free(self.mac.is_some(), other.mac.is_some())
            && is_free(self.serial.is_some(), other.serial.is_some())
            && is_free(self.address.is_some(), other.address.is_some())
    }

    /// Whether a line after one about it may be about it, too. An Ethernet address comes
    /// before all else that is known of a board, so that one that comes later is another's:
    /// any device asks for an address.
    pub(super) fn may_go_on_as(&self, other: &Self) -> bool {
        self.may_be(other) && (other.mac.is_none() || self.is_anybody())
    }

    /// Whether another one, of which only its request for an address is known, may be the
    /// beginning of its next boot.
    pub(super) fn may_go_on_from(&self, other: &Self) -> bool {
        let is_pi = other.mac.is_some_and(is_of_raspberry_pi);
        let is_same = self.mac == other.mac || self.mac.is_none() && self.may_be(other);
        !self.is_own && is_pi && is_same && !other.first.is_empty()
    }

    /// Takes over what is known of that.
    pub(super) fn go_on_from(&mut self, other: &Self) {
        self.learn(other);
        self.boots_from_network |= other.boots_from_network;
        for entry in &other.first {
            self.take(entry, "");
        }
    }

    /// Whether it may be a machine of a depot, as far as it says who it is.
    pub(super) fn may_be_machine(&self, machine: &Machine) -> bool {
        let serial = same(self.serial.map(Serial::low), Some(machine.serial.low()));
        let own = [same(self.mac, machine.mac), serial];
        if own.contains(&Some(true)) {
            return true;
        }
        let address = same(self.address, Some(machine.address));
        !own.contains(&Some(false)) && address != Some(false)
    }

    /// Takes over what a line says of who the board is.
    pub(super) fn learn(&mut self, other: &Self) {
        self.address = other.address.or(self.address);
        self.mac = self.mac.or(other.mac);
        self.serial = self.serial.or(other.serial);
    }

    /// What a line says of who its board is.
    pub(super) fn of(entry: &Entry) -> Self {
        let name = match &entry.what {
            Observation::File(name, _) => Some(name),
            _ => None,
        };
        Self {
            address: entry.who.address,
            mac: entry.who.mac.or_else(|| name?.mac()),
            serial: entry.who.serial.or_else(|| name?.serial()),
            is_own: entry.who.is_own,
            host: entry.who.host,
            ..Self::default()
        }
    }

    pub(super) fn is_anybody(&self) -> bool {
        self.address.is_none() && self.mac.is_none() && self.serial.is_none()
    }

    /// Whether a line without a name may be about it: it is none of other machines.
    pub(super) fn may_boot(&self) -> bool {
        self.boots_from_network || self.mac.is_none_or(is_of_raspberry_pi)
    }

    /// Whether it asks for an address again and again, and takes none that it is offered
    /// (raspberrypi/rpi-eeprom#58).
    pub(super) fn leaves_offers(&self) -> bool {
        let leaves = |boot: &Boot| {
            let span = boot.began.zip(boot.ended);
            let span = span.and_then(|(began, ended)| ended.since(began));
            boot.dhcp.offered >= UNUSED_OFFERS
                && boot.dhcp.leased == 0
                && span.is_some_and(|span| span <= UNUSED_FOR)
        };
        self.mac.is_some_and(is_of_raspberry_pi) && self.boots.iter().any(leaves)
    }

    /// Whether it may be a board where no other is: a server of mounts tells addresses alone.
    pub(super) fn mounts(&self) -> bool {
        self.mac.is_none() && self.boots.iter().any(|boot| !boot.signs.is_empty())
    }

    /// Whether a line shows that it boots from the network.
    fn is_shown_by(&self, entry: &Entry) -> bool {
        match &entry.what {
            _ if entry.who.is_own => true,
            Observation::File(name, _) => name.is_of_raspberry_pi(),
            // PCs say the same of themselves (raspberrypi/rpi-eeprom#182).
            Observation::BootsFromNetwork | Observation::Proxy | Observation::Option43 => {
                self.mac.is_some_and(is_of_raspberry_pi)
            }
            // What a server says of itself.
            Observation::Sign(_) => self.mac.is_none() && self.address.is_none(),
            _ => false,
        }
    }

    /// Takes what a line says.
    pub(super) fn take(&mut self, entry: &Entry, text: &str) {
        self.boots_from_network |= self.is_shown_by(entry);
        self.keep(entry);
        match &entry.what {
            Observation::Revision(revision) => self.revision = Some(*revision),
            Observation::Model(model) => self.model = Some(model.chars().take(80).collect()),
            _ => {}
        }
        if self.take_late(entry) {
            return;
        }
        if self.boots.back().is_none_or(|boot| boot.ends_before(entry)) {
            self.begin(entry);
        }
        if let Some(boot) = self.boots.back_mut() {
            boot.take(entry, text);
        }
    }

    /// Begins a boot with a line.
    fn begin(&mut self, first: &Entry) {
        let before = self.boots.back_mut();
        let boot = before.map_or_else(Boot::new, |before| before.next(first));
        self.fold();
        if self.boots.len() == BOOTS_MAX {
            let dropped = self.boots.pop_front().map_or(0, |boot| boot.times);
            self.earlier += u64::from(dropped);
        }
        self.boots.push_back(boot);
    }

    /// Keeps the first lines about it.
    fn keep(&mut self, entry: &Entry) {
        let is_file = matches!(entry.what, Observation::File(..) | Observation::Sign(_));
        if is_file || self.first.len() == FIRST_MAX {
            self.first = Vec::new();
        } else if self.boots.is_empty() || !self.first.is_empty() {
            self.first.push(entry.clone());
        }
    }

    /// Takes a failure that a server tells long after the request: it is of the first boot
    /// that waits for the file, whether others have begun since or not.
    fn take_late(&mut self, entry: &Entry) -> bool {
        let Observation::File(name, Transfer::Failed) = &entry.what else {
            return false;
        };
        let mut boots = self.boots.iter();
        let last = self.boots.len().saturating_sub(1);
        let waiting = boots.position(|boot| boot.waits_for(name, entry.at));
        let is_at_once = self.boots.back().is_some_and(Boot::ends_transfer);
        let Some(at) = waiting.filter(|at| *at < last && !is_at_once) else {
            return false;
        };
        self.boots[at].take_failure(name, entry);
        self.fold_at(at);
        true
    }

    /// Tells the last two boots as one where they went the same way.
    pub(super) fn fold(&mut self) {
        self.fold_at(self.boots.len().saturating_sub(1));
    }

    /// Tells a boot and the one before it as one where they went the same way.
    fn fold_at(&mut self, at: usize) {
        let Some(before) = at.checked_sub(1) else {
            return;
        };
        if self.boots[before].is_like(&self.boots[at])
            && let Some(again) = self.boots.remove(at)
        {
            self.boots[before].repeat(again);
        }
    }
}
