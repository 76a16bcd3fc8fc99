//! A machine as a depot writes it down.

use serde::{Deserialize, Serialize};

use super::{Machine, MachineId, Timestamp};

/// What is in `machine.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MachineRecord {
    /// The machine.
    #[serde(flatten)]
    pub machine: Machine,
    /// By what its programs know it.
    pub machine_id: MachineId,
    /// A directory of the TFTP server that it had or was to have, and that is to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spare_tftp_directory: Option<String>,
    /// That it was taken out of service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<Removal>,
}

/// How a machine was taken out of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Removal {
    /// When.
    pub at: Timestamp,
    /// Whether all that it kept goes as well.
    pub purge: bool,
}

impl MachineRecord {
    pub(super) const fn new(machine: Machine, machine_id: MachineId) -> Self {
        Self {
            machine,
            machine_id,
            spare_tftp_directory: None,
            removed: None,
        }
    }

    /// Whether the machine is served; one that was removed is not.
    #[must_use]
    pub const fn is_in_service(&self) -> bool {
        self.removed.is_none()
    }

    /// Takes it out of service; what it kept, which may have stayed before, goes now
    /// if `purge` says so.
    pub(super) fn remove(&mut self, purge: bool, now: Timestamp) {
        let before = self.removed;
        self.removed = Some(Removal {
            at: before.map_or(now, |removal| removal.at),
            purge,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        let mut machine = Machine::new(
            "pi1".parse().unwrap(),
            "100000001234abcd".parse().unwrap(),
            "192.0.2.21".parse().unwrap(),
        );
        let id = MachineId::from_random([7; 16]);
        let least = MachineRecord::new(machine.clone(), id);
        let json = serde_json::to_value(&least).unwrap();
        let expected = serde_json::json!({
            "name": "pi1",
            "serial": "100000001234abcd",
            "address": "192.0.2.21",
            "tftpPrefix": "serial",
            "machineId": id.to_string(),
        });
        assert_eq!(json, expected);
        machine.mac = Some("dc:a6:32:01:36:c2".parse().unwrap());
        machine.board = Some(crate::boot::Board::Rpi4);
        machine.tags = vec!["lab".into()];
        machine.root = Some(super::super::RootKind::Own);
        let mut all = MachineRecord::new(machine, id);
        all.removed = Some(Removal {
            at: Timestamp(7),
            purge: true,
        });
        for record in [least, all] {
            let json = serde_json::to_string(&record).unwrap();
            let read: MachineRecord = serde_json::from_str(&json).unwrap();
            assert_eq!(read, record);
        }
    }
}
