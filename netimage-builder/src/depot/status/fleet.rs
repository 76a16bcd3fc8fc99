//! What is known of all machines of a depot at one moment.

use std::path::PathBuf;

use netimage_core::depot::{
    Boots, Condition, Depot, DepotError, Generations, Machine, MachineStatus, Machines, Timestamp,
};
use serde_json::{Value, json};

use super::account::Accounts;
use crate::depot::error::DepotCommandError;
use crate::depot::server_config;

/// All machines, by name.
pub(super) struct Fleet {
    pub(super) depot: PathBuf,
    pub(super) now: Timestamp,
    pub(super) machines: Vec<Observed>,
    pub(super) warnings: Vec<String>,
    /// Events that wait for whoever watches the depot.
    pub(super) waiting: usize,
    /// Bytes that are free where the store is.
    pub(super) free: u64,
}

/// One machine.
pub(super) struct Observed {
    pub(super) machine: Machine,
    pub(super) status: MachineStatus,
    pub(super) boots: Boots,
    pub(super) condition: Condition,
    /// How far it came, where the fleet is observed with that.
    pub(super) accounts: Accounts,
    /// How many generations there are in each state, by its name.
    pub(super) generations: Vec<(&'static str, usize)>,
}

impl Fleet {
    pub(super) fn observe(depot: &Depot, now: Timestamp) -> Result<Self, DepotCommandError> {
        let machines = depot.machines()?;
        let (mut observed, mut lost) = (Vec::new(), Vec::new());
        for machine in machines.iter() {
            if let Some(generations) = known_generations(depot, machine, &mut lost)? {
                let boots = match depot.boots(&machine.name) {
                    Err(error @ DepotError::Json { .. }) => {
                        lost.push(error);
                        Boots::default()
                    }
                    boots => boots?,
                };
                observed.push(Observed::of(depot, machine, &generations, boots, now)?);
            }
        }
        Ok(Self {
            depot: depot.path().to_owned(),
            now,
            machines: observed,
            warnings: warnings(depot, &machines, lost, now)?,
            waiting: depot.waiting_events(now)?,
            free: depot.free()?,
        })
    }

    /// The same with how far boots came that did not end well, which reads what is served.
    pub(super) fn with_accounts(mut self, depot: &Depot) -> Self {
        for one in &mut self.machines {
            one.accounts = Accounts::of(depot, one, self.now);
        }
        self
    }

    /// The machines, those that need somebody first.
    pub(super) fn by_need(&self) -> Vec<&Observed> {
        let mut machines: Vec<_> = self.machines.iter().collect();
        machines.sort_by_key(|one| one.condition);
        machines
    }

    /// How many machines are so.
    pub(super) fn count(&self, condition: Condition) -> usize {
        let machines = self.machines.iter();
        machines.filter(|one| one.condition == condition).count()
    }
}

impl Observed {
    fn of(
        depot: &Depot,
        machine: &Machine,
        generations: &Generations,
        boots: Boots,
        now: Timestamp,
    ) -> Result<Self, DepotCommandError> {
        let config = depot.served(machine)?;
        let mut status = MachineStatus::of(machine, generations, config);
        // Files that say nothing of generations are a sign of life, too.
        status.seen = status
            .seen
            .max(boots.latest.last().and_then(|boot| boot.sent));
        let condition = Condition::of(&status, &boots, now);
        let counts = ["new", "trying", "good", "bad", "former"].map(|state| {
            let all = generations.all.values();
            (state, all.filter(|one| one.state.name() == state).count())
        });
        Ok(Self {
            machine: machine.clone(),
            status,
            boots,
            condition,
            accounts: Accounts::default(),
            generations: counts.to_vec(),
        })
    }

    /// The status as programs get it, with what it hangs on.
    pub(super) fn json(&self) -> Value {
        let mut value = json!(self.status);
        if let Value::Object(fields) = &mut value {
            fields.insert("condition".into(), json!(self.condition));
            fields.insert("address".into(), json!(self.machine.address));
            fields.insert("board".into(), json!(self.machine.board));
            fields.insert("lastBoot".into(), json!(self.boots.latest.last()));
            if let Some(account) = &self.accounts.last {
                fields.insert("account".into(), json!(account));
            }
            let bad = fields.get_mut("bad").and_then(Value::as_array_mut);
            for one in bad.into_iter().flatten() {
                let mut accounts = self.accounts.bad.iter();
                let account = accounts.find(|(number, _)| one["generation"] == number.get());
                if let Some((_, account)) = account {
                    one["account"] = json!(account);
                }
            }
        }
        value
    }
}

/// What is known of a machine's generations; where that is lost, it is one more that is.
fn known_generations(
    depot: &Depot,
    machine: &Machine,
    lost: &mut Vec<DepotError>,
) -> Result<Option<Generations>, DepotCommandError> {
    let known = depot.known_generations(&machine.name)?;
    if known.is_none() {
        lost.push(depot.lost_generations(&machine.name));
    }
    Ok(known)
}

/// What is wrong with the depot as a whole.
fn warnings(
    depot: &Depot,
    machines: &Machines,
    mut lost: Vec<DepotError>,
    now: Timestamp,
) -> Result<Vec<String>, DepotCommandError> {
    let mut warnings = server_config::outdated(depot, machines)?;
    lost.extend(depot.lost_machines()?);
    warnings.extend(lost.iter().map(ToString::to_string));
    let waiting = depot.waiting_events(now)?;
    if waiting > 0 {
        warnings.push(format!(
            "files that were sent wait to be taken notice of ({waiting}); run netimage-builder watch as a service"
        ));
    }
    Ok(warnings)
}
