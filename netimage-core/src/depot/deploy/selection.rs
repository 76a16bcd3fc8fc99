//! To which machines something is deployed.

use std::collections::BTreeMap;

use super::error::DeployRefusal;
use crate::depot::{Machine, MachineName, MachineRecord, Machines, RootKind};

/// Some of a depot's machines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selection {
    /// All that are in service, but for those with a root of their own, which are
    /// deployed to once and by name.
    All,
    /// Those of them that have this tag.
    Tagged(String),
    /// These.
    Named(Vec<MachineName>),
}

impl Selection {
    /// The machines, by name, each once.
    pub(super) fn of<'depot>(
        &self,
        machines: &'depot Machines,
    ) -> Result<Vec<&'depot Machine>, DeployRefusal> {
        let others = machines
            .iter()
            .filter(|machine| machine.root != Some(RootKind::Own));
        let selected: Vec<&Machine> = match self {
            Self::All => others.collect(),
            Self::Tagged(tag) => others
                .filter(|machine| machine.tags.contains(tag))
                .collect(),
            Self::Named(names) => {
                for name in names {
                    let unknown = || DeployRefusal::Unknown(name.clone());
                    machines.get(name).ok_or_else(unknown)?;
                }
                let is_named = |machine: &&Machine| names.contains(&machine.name);
                machines.iter().filter(is_named).collect()
            }
        };
        match (selected.is_empty(), self) {
            (true, Self::Tagged(tag)) => Err(DeployRefusal::NoneTagged(tag.clone())),
            (true, _) => Err(DeployRefusal::NoMachine),
            (false, _) => Ok(selected),
        }
    }

    /// The one machine that this is.
    pub(super) fn one<'records>(
        &self,
        records: &'records BTreeMap<MachineName, MachineRecord>,
    ) -> Result<&'records MachineRecord, DeployRefusal> {
        let machines = Machines::in_service(records.values());
        match self.of(&machines)?[..] {
            [machine] => records.get(&machine.name).ok_or(DeployRefusal::OneMachine),
            _ => Err(DeployRefusal::OneMachine),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_selected_by_name_and_tag() {
        let machines = ["pi1", "pi2", "pi3"].iter().zip(1..).map(|(name, digit)| {
            let serial = format!("{digit:08x}").parse().unwrap();
            let address = format!("192.0.2.{digit}").parse().unwrap();
            let mut machine = Machine::new(name.parse().unwrap(), serial, address);
            machine.tags = vec![format!("rack-{}", digit / 2)];
            machine
        });
        let machines = Machines::of_record(machines);
        let names = |selection: &Selection| -> Vec<String> {
            let selected = selection.of(&machines).unwrap_or_default();
            selected.iter().map(|one| one.name.to_string()).collect()
        };
        let these = |list: &[&str]| {
            let names = list.iter().map(|name| name.parse().unwrap());
            Selection::Named(names.collect())
        };
        assert_eq!(names(&Selection::All), ["pi1", "pi2", "pi3"]);
        assert_eq!(names(&Selection::Tagged("rack-1".into())), ["pi2", "pi3"]);
        assert_eq!(names(&these(&["pi3", "pi1", "pi3"])), ["pi1", "pi3"]);
        for (none, refusal) in [
            (
                Selection::Tagged("lab".into()),
                DeployRefusal::NoneTagged("lab".into()),
            ),
            (
                these(&["pi1", "pi4"]),
                DeployRefusal::Unknown("pi4".parse().unwrap()),
            ),
        ] {
            assert_eq!(none.of(&machines).unwrap_err(), refusal);
        }
        let empty = Machines::default();
        assert_eq!(
            Selection::All.of(&empty).unwrap_err(),
            DeployRefusal::NoMachine
        );
    }
}
