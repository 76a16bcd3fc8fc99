//! Machines as somebody declares them in a file, and what a depot lacks of it.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::Network;
use super::machine::{Machine, MachineName, TftpPrefix, ethernet_address, serial_digits};
use super::machines::{MachineConflict, Machines};
use crate::boot::requests::MacAddress;
use crate::boot::{Board, Serial};

/// All machines that a depot is to have, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declaration(BTreeMap<MachineName, Declared>);

/// What is declared of a machine. Where it has its store is not: a deploy says that.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Declared {
    #[serde(with = "serial_digits")]
    serial: Serial,
    address: IpAddr,
    #[serde(default, with = "ethernet_address")]
    mac: Option<MacAddress>,
    #[serde(default)]
    network: Option<Network>,
    #[serde(default)]
    board: Option<Board>,
    #[serde(default)]
    tftp_prefix: TftpPrefix,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    ssh_host_key: bool,
}

/// What has to be done for a depot to have the machines that are declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MachineChange {
    /// A machine is taken out of service. What it kept stays.
    Remove(MachineName),
    /// A machine becomes this.
    Set(Machine),
    /// A machine is added.
    Add {
        /// The machine.
        machine: Machine,
        /// Whether an SSH host key is made for it.
        ssh_host_key: bool,
    },
}

/// Why a declaration cannot be followed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeclarationError {
    /// It is not what it has to be.
    #[error(
        "the declaration cannot be read; write an object of machines by name in JSON, each with its serial and address"
    )]
    Json(#[source] serde_json::Error),
    /// Two of its machines are in each other's way.
    #[error(transparent)]
    Conflict(#[from] MachineConflict),
    /// Machines that exchange what tells them apart.
    #[error(
        "{0} is to have the address, Ethernet address or TFTP prefix of a machine that is to have its; give one of them another for the time between"
    )]
    Exchange(MachineName),
}

impl Declaration {
    /// Reads what is declared, in JSON.
    ///
    /// # Errors
    ///
    /// [`DeclarationError::Json`] for what is no declaration.
    pub fn parse(bytes: &[u8]) -> Result<Self, DeclarationError> {
        serde_json::from_slice(bytes).map_err(DeclarationError::Json)
    }

    /// What a depot with these machines lacks, in an order in which no machine is in
    /// another's way. Nothing of a depot that has it all.
    ///
    /// # Errors
    ///
    /// [`DeclarationError`] when there is no such order, or two of the declared machines
    /// cannot be in one depot.
    pub fn changes(&self, present: &Machines) -> Result<Vec<MachineChange>, DeclarationError> {
        let (mut known, mut new, mut all) = (Vec::new(), Vec::new(), Machines::default());
        for (name, declared) in &self.0 {
            let before = present.get(name);
            let mut machine = declared.machine(name.clone());
            machine.root = before.and_then(|before| before.root);
            all.add(machine.clone())?;
            match before {
                None => new.push(MachineChange::Add {
                    machine,
                    ssh_host_key: declared.ssh_host_key,
                }),
                Some(before) if *before != machine => known.push(machine),
                Some(_) => {}
            }
        }
        let mut working = present.clone();
        let names = present.iter().map(|machine| &machine.name);
        let undeclared: Vec<_> = names.filter(|name| !self.0.contains_key(name)).collect();
        for name in &undeclared {
            working.remove(name);
        }
        let removed = undeclared.into_iter().cloned().map(MachineChange::Remove);
        let set = in_order(working, known)?
            .into_iter()
            .map(MachineChange::Set);
        Ok(removed.chain(set).chain(new).collect())
    }
}

impl<'de> Deserialize<'de> for Declaration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Once).map(Self)
    }
}

/// Reads machines by name, each of which may be there once.
struct Once;

impl<'de> Visitor<'de> for Once {
    type Value = BTreeMap<MachineName, Declared>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("machines by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut machines = BTreeMap::new();
        while let Some((name, declared)) = map.next_entry::<MachineName, _>()? {
            if machines.insert(name.clone(), declared).is_some() {
                return Err(A::Error::custom(format_args!("{name} is declared twice")));
            }
        }
        Ok(machines)
    }
}

impl Declared {
    fn machine(&self, name: MachineName) -> Machine {
        let mut machine = Machine::new(name, self.serial, self.address);
        machine.mac = self.mac;
        machine.network = self.network;
        machine.board = self.board;
        machine.tftp_prefix = self.tftp_prefix.clone();
        machine.tags.clone_from(&self.tags);
        machine
    }
}

/// The machines in an order in which each can take the place of the one of its name.
fn in_order(
    mut working: Machines,
    mut waiting: Vec<Machine>,
) -> Result<Vec<Machine>, DeclarationError> {
    let mut ordered = Vec::with_capacity(waiting.len());
    while let Some(first) = waiting.first() {
        let free = waiting
            .iter()
            .position(|machine| working.set(machine.clone()).is_ok());
        let Some(free) = free else {
            return Err(DeclarationError::Exchange(first.name.clone()));
        };
        ordered.push(waiting.remove(free));
    }
    Ok(ordered)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::depot::RootKind;

    fn declaration(machines: &[(&str, &str, u8)]) -> Declaration {
        let machines: serde_json::Map<_, _> = machines
            .iter()
            .map(|(name, serial, address)| {
                let address = format!("192.0.2.{address}");
                let machine = json!({"serial": serial, "address": address, "sshHostKey": true});
                ((*name).to_owned(), machine)
            })
            .collect();
        Declaration::parse(&serde_json::to_vec(&machines).unwrap()).unwrap()
    }

    fn machines(machines: &[(&str, &str, u8)]) -> Machines {
        follow(
            &Machines::default(),
            &declaration(machines).changes(&Machines::default()).unwrap(),
        )
    }

    /// As a depot does it, which refuses what is in another's way.
    fn follow(present: &Machines, changes: &[MachineChange]) -> Machines {
        let mut machines = present.clone();
        for change in changes {
            match change {
                MachineChange::Remove(name) => assert!(machines.remove(name).is_some()),
                MachineChange::Set(machine) => machines.set(machine.clone()).unwrap(),
                MachineChange::Add { machine, .. } => machines.add(machine.clone()).unwrap(),
            }
        }
        machines
    }

    fn said(changes: &[MachineChange]) -> Vec<String> {
        let said = changes.iter().map(|change| match change {
            MachineChange::Remove(name) => format!("-{name}"),
            MachineChange::Set(machine) => format!("={}", machine.name),
            MachineChange::Add { machine, .. } => format!("+{}", machine.name),
        });
        said.collect()
    }

    #[test]
    fn a_depot_gets_what_it_lacks() {
        const A: (&str, &str, u8) = ("a", "1", 1);
        const B: (&str, &str, u8) = ("b", "2", 2);
        for (present, declared, expected) in [
            (&[][..], &[A, B][..], &["+a", "+b"][..]),
            (&[A, B], &[A, B], &[]),
            (&[A, B], &[B], &["-a"]),
            (&[A], &[("a", "1", 3)], &["=a"]),
            // Another name for the same board.
            (&[A], &[("c", "1", 1)], &["-a", "+c"]),
            // One moves up, and the next takes its place.
            (&[A, B], &[("a", "1", 2), ("b", "2", 3)], &["=b", "=a"]),
            (
                &[A, B],
                &[("a", "1", 2), ("c", "2", 3)],
                &["-b", "=a", "+c"],
            ),
            (&[A], &[("a", "9", 1), ("b", "1", 2)], &["=a", "+b"]),
        ] {
            let present = machines(present);
            let declared = declaration(declared);
            let changes = declared.changes(&present).unwrap();
            assert_eq!(said(&changes), expected);
            let after = follow(&present, &changes);
            assert_eq!(declared.changes(&after).unwrap(), []);
        }
    }

    #[test]
    fn what_a_deploy_says_stays() {
        let mut present = machines(&[("a", "1", 1)]);
        let mut machine = present.iter().next().unwrap().clone();
        machine.root = Some(RootKind::Shared);
        present.set(machine.clone()).unwrap();
        assert_eq!(declaration(&[("a", "1", 1)]).changes(&present).unwrap(), []);
        machine.address = "192.0.2.7".parse().unwrap();
        let changes = declaration(&[("a", "1", 7)]).changes(&present).unwrap();
        assert_eq!(changes, [MachineChange::Set(machine)]);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let present = machines(&[("a", "1", 1), ("b", "2", 2)]);
        let same = declaration(&[("a", "1", 1), ("b", "ff00000001", 2)]);
        let told = same.changes(&present).unwrap_err().to_string();
        assert!(
            told.contains("b and a would both fetch 00000001/"),
            "{told}"
        );
        let exchanged = declaration(&[("a", "1", 2), ("b", "2", 1)]);
        let told = exchanged.changes(&present).unwrap_err().to_string();
        assert!(told.starts_with("a is to have the address"), "{told}");
    }

    #[test]
    fn only_what_is_known_is_read() {
        let all = json!({"a": {
            "serial": "1", "address": "192.0.2.1", "mac": "dc:a6:32:01:36:c2", "board": "rpi4",
            "tftpPrefix": "mac", "tags": ["lab"], "sshHostKey": true,
        }});
        Declaration::parse(all.to_string().as_bytes()).unwrap();
        for wrong in [
            "",
            "[]",
            r#"{"a": {"serial": "1"}}"#,
            r#"{"A": {"serial": "1", "address": "192.0.2.1"}}"#,
            r#"{"a": {"serial": "1", "address": "192.0.2.1", "root": "own"}}"#,
            r#"{"a": {"serial": "x", "address": "192.0.2.1"}}"#,
            r#"{"a": {"serial": "1", "serial": "2", "address": "192.0.2.1"}}"#,
            r#"{"a": {"serial": "1", "address": "192.0.2.1"}, "a": {"serial": "2", "address": "192.0.2.2"}}"#,
        ] {
            assert!(Declaration::parse(wrong.as_bytes()).is_err(), "{wrong}");
        }
    }
}
