//! The machines of a depot, none of which is in another's way.

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::machine::{Machine, MachineName};
use super::network::NetworkError;
use super::record::MachineRecord;
use crate::boot::requests::MacAddress;
use crate::image::RootKind;

/// Machines by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machines(BTreeMap<MachineName, Machine>);

/// Why a machine cannot be one of the depot's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MachineConflict {
    /// Another has its name.
    #[error("there is a machine {0} already; give another name, or change that one")]
    Name(MachineName),
    /// Another looks for its files in the same directory. Boards can agree in the
    /// last eight digits of their serial numbers (raspberrypi/rpi-eeprom#563).
    #[error(
        "the machines {name} and {other} would both fetch {directory}/; give one of them another TFTP prefix, and set that in its EEPROM"
    )]
    TftpDirectory {
        /// The machine.
        name: MachineName,
        /// The one that was there.
        other: MachineName,
        /// The directory of the TFTP server.
        directory: String,
    },
    /// Another has its address, by which files and exports are told apart.
    #[error("the machine {other} has the address {address} already; give {name} its own")]
    Address {
        /// The machine.
        name: MachineName,
        /// The one that was there.
        other: MachineName,
        /// The address of both.
        address: IpAddr,
    },
    /// No single machine can have its address.
    #[error("{address} is not the address of a single machine; give that of {name}")]
    NoAddress {
        /// The machine.
        name: MachineName,
        /// What it was given.
        address: IpAddr,
    },
    /// Another has its Ethernet address.
    #[error("the machine {other} has the Ethernet address {mac} already; give that of {name}")]
    Mac {
        /// The machine.
        name: MachineName,
        /// The one that was there.
        other: MachineName,
        /// The Ethernet address of both.
        mac: MacAddress,
    },
    /// No single port can have its Ethernet address.
    #[error("{mac} is not the Ethernet address of a single port; give that of {name}")]
    NoMac {
        /// The machine.
        name: MachineName,
        /// What it was given.
        mac: MacAddress,
    },
    /// A tag that is nothing, or cannot be seen in a list.
    #[error("{tag:?} cannot be a tag of {name}; give a word")]
    Tag {
        /// The machine.
        name: MachineName,
        /// What it was given.
        tag: String,
    },
    /// It cannot be in its network.
    #[error("the machine {name} cannot be in this network")]
    Network {
        /// The machine.
        name: MachineName,
        /// Why.
        source: NetworkError,
    },
    /// The depot does not write its command line.
    #[error(
        "the machine {0} has a root of its own, and with that its command line; set its address there, and leave the netmask out"
    )]
    OwnCommandLine(MachineName),
    /// Its directory is called by an Ethernet address that is not known.
    #[error("the TFTP prefix of {0} is its Ethernet address; say which that is")]
    UnknownMac(MachineName),
}

impl Machines {
    /// All of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Machine> {
        self.0.values()
    }

    /// Those of these records that are in service. They were found to be in nobody's
    /// way when they were added.
    pub(super) fn in_service<'record>(
        records: impl IntoIterator<Item = &'record MachineRecord>,
    ) -> Self {
        let records = records.into_iter();
        let in_service = records.filter(|record| record.is_in_service());
        Self::of_record(in_service.map(|record| record.machine.clone()))
    }

    /// The machine of that name.
    #[must_use]
    pub fn get(&self, name: &MachineName) -> Option<&Machine> {
        self.0.get(name)
    }

    /// Those that were found to be in nobody's way when they were added.
    pub(super) fn of_record(machines: impl IntoIterator<Item = Machine>) -> Self {
        let named = machines.into_iter();
        Self(named.map(|one| (one.name.clone(), one)).collect())
    }

    /// Adds one.
    ///
    /// # Errors
    ///
    /// [`MachineConflict`] when it is in the way of another.
    pub fn add(&mut self, machine: Machine) -> Result<(), MachineConflict> {
        if self.0.contains_key(&machine.name) {
            return Err(MachineConflict::Name(machine.name));
        }
        self.set(machine)
    }

    /// Adds one, or puts it in the place of the one of its name.
    ///
    /// # Errors
    ///
    /// As [`Machines::add`].
    pub fn set(&mut self, machine: Machine) -> Result<(), MachineConflict> {
        let Some(directory) = machine.tftp_directory() else {
            return Err(MachineConflict::UnknownMac(machine.name));
        };
        if !is_single(machine.address) {
            let (name, address) = (machine.name, machine.address);
            return Err(MachineConflict::NoAddress { name, address });
        }
        if let Some(mac) = machine.mac.filter(|mac| !mac.is_single()) {
            let name = machine.name;
            return Err(MachineConflict::NoMac { name, mac });
        }
        if let Some(tag) = machine.tags.iter().find(|tag| !is_tag(tag)) {
            let (name, tag) = (machine.name.clone(), tag.clone());
            return Err(MachineConflict::Tag { name, tag });
        }
        if let Some(network) = &machine.network {
            let name = || machine.name.clone();
            if machine.root == Some(RootKind::Own) {
                return Err(MachineConflict::OwnCommandLine(name()));
            }
            let checked = network.check(machine.address);
            checked.map_err(|source| MachineConflict::Network {
                name: name(),
                source,
            })?;
        }
        let others = self.iter().filter(|other| other.name != machine.name);
        for other in others {
            let (name, other_name) = (machine.name.clone(), other.name.clone());
            // Also where a file system or a server does not tell upper from lower case.
            let own = other.tftp_directory().unwrap_or_default();
            if own.eq_ignore_ascii_case(&directory) {
                return Err(MachineConflict::TftpDirectory {
                    name,
                    other: other_name,
                    directory,
                });
            }
            if other.address == machine.address {
                return Err(MachineConflict::Address {
                    name,
                    other: other_name,
                    address: machine.address,
                });
            }
            if let Some(mac) = machine.mac.filter(|mac| other.mac == Some(*mac)) {
                return Err(MachineConflict::Mac {
                    name,
                    other: other_name,
                    mac,
                });
            }
        }
        self.0.insert(machine.name.clone(), machine);
        Ok(())
    }

    /// Takes one out.
    pub fn remove(&mut self, name: &MachineName) -> Option<Machine> {
        self.0.remove(name)
    }
}

fn is_tag(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains(char::is_control)
}

/// Whether one machine alone can have an address, in all of a network and by no other
/// writing.
const fn is_single(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(one) => {
            !(one.is_unspecified() || one.is_loopback() || one.is_multicast() || one.is_broadcast())
        }
        IpAddr::V6(one) => {
            !(one.is_unspecified()
                || one.is_loopback()
                || one.is_multicast()
                || one.is_unicast_link_local()
                || one.to_ipv4_mapped().is_some())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(name: &str, serial: &str, address: &str, mac: Option<&str>) -> Machine {
        let mut machine = Machine::new(
            name.parse().unwrap(),
            serial.parse().unwrap(),
            address.parse().unwrap(),
        );
        machine.mac = mac.map(|mac| mac.parse().unwrap());
        machine
    }

    #[test]
    fn nothing_is_two_machines() {
        let mut machines = Machines::default();
        let first = machine("pi1", "1234abcd", "192.0.2.21", Some("dc:a6:32:01:36:c2"));
        machines.add(first.clone()).unwrap();
        assert_eq!(
            machines.add(first.clone()),
            Err(MachineConflict::Name(first.name.clone()))
        );
        let conflict = |machines: &Machines, other: Machine| {
            let error = machines.clone().add(other).unwrap_err();
            error.to_string()
        };
        // Two boards of a kind, by rpi-eeprom#563.
        let alike = machine("pi2", "000000ff1234abcd", "192.0.2.22", None);
        let told = conflict(&machines, alike.clone());
        assert!(
            told.contains("fetch 1234abcd/; give one of them another TFTP prefix"),
            "{told}"
        );
        let mut own = alike;
        own.tftp_prefix = "pi2".parse().unwrap();
        machines.add(own.clone()).unwrap();
        own.name = "pi3".parse().unwrap();
        own.tftp_prefix = "PI2".parse().unwrap();
        assert!(conflict(&machines, own).contains("pi3 and pi2 would both fetch PI2/"));

        for none in [
            "0.0.0.0",
            "127.0.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "ff02::1",
            "fe80::1",
            "::ffff:192.0.2.31",
        ] {
            let told = conflict(&machines, machine("pi3", "1", none, None));
            assert!(
                told.contains("not the address of a single machine"),
                "{told}"
            );
        }
        for none in [
            "ff:ff:ff:ff:ff:ff",
            "01:00:5e:00:00:01",
            "00:00:00:00:00:00",
        ] {
            let told = conflict(&machines, machine("pi3", "1", "192.0.2.31", Some(none)));
            assert!(
                told.contains("not the Ethernet address of a single port"),
                "{told}"
            );
        }
        for none in ["", " ", "a\nb"] {
            let mut tagged = machine("pi3", "1", "192.0.2.31", None);
            tagged.tags = vec!["lab".to_owned(), none.to_owned()];
            let told = conflict(&machines, tagged);
            assert!(told.contains("cannot be a tag of pi3"), "{told}");
        }
        let address = machine("pi3", "1", "192.0.2.21", None);
        assert!(conflict(&machines, address).contains("pi1 has the address 192.0.2.21"));
        let mac = machine("pi3", "1", "192.0.2.23", Some("DC-A6-32-01-36-C2"));
        assert!(conflict(&machines, mac).contains("Ethernet address dc-a6-32-01-36-c2"));
        let mut unknown = machine("pi3", "1", "192.0.2.23", None);
        unknown.tftp_prefix = "mac".parse().unwrap();
        assert!(conflict(&machines, unknown).contains("say which that is"));
    }

    #[test]
    fn a_machine_is_not_in_its_own_way() {
        let mut machines = Machines::default();
        let mut own = machine("pi1", "1", "192.0.2.21", None);
        machines.add(own.clone()).unwrap();
        own.board = Some(crate::boot::Board::Rpi4);
        machines.set(own.clone()).unwrap();
        assert_eq!(machines.get(&own.name), Some(&own));
        assert_eq!(machines.remove(&own.name), Some(own));
        assert_eq!(machines.iter().count(), 0);
    }
}
