//! Reboots machines into what they are served, some at a time.

use std::collections::VecDeque;
use std::num::NonZeroUsize;
use std::time::Duration;

use clap::Args;
use netimage_core::depot::{
    Changes, Depot, GenerationNumber, LockedDepot, MachineName, Reboot, RebootOutcome, RebootReport,
};

use super::arguments::seconds;
use super::error::DepotCommandError;
use super::ssh::Ssh;
use super::{lock, now};
use crate::error::CommandError;
use crate::format::Format;
use crate::text::{OutputError, Text, print_line};

/// How often is looked whether a program has ended, which nobody tells.
const LOOK: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(crate) struct RebootArguments {
    /// Then reboot the machines that are up in something else, over ssh as root, and wait for each to say that it is up; stop at the first that does not
    #[arg(long)]
    pub(crate) reboot: bool,
    /// Machines to reboot at a time
    #[arg(long, value_name = "N", default_value = "1", requires = "reboot")]
    pub(crate) at_a_time: NonZeroUsize,
    /// How long a machine may take for that: seconds, or with a unit like 20min
    #[arg(
        long,
        value_name = "TIME",
        default_value = "15min",
        value_parser = seconds,
        requires = "reboot"
    )]
    pub(crate) reboot_timeout: u64,
}

/// What would be rebooted once the machines with `has_new` have their new generations.
pub(super) fn plan<'deploy>(
    depot: &Depot,
    machines: impl IntoIterator<Item = (&'deploy MachineName, bool)>,
) -> Result<Vec<RebootReport>, DepotCommandError> {
    let machines = machines.into_iter();
    let planned = machines.map(|(machine, has_new)| {
        let generations = depot.generations(machine)?;
        let is_due = has_new || generations.needs_reboot();
        Ok(RebootReport::new(
            machine.clone(),
            has_new
                .then(|| generations.next_number())
                .or(generations.config()),
            match generations.booted {
                None => RebootOutcome::NeverUp,
                Some(_) if is_due => RebootOutcome::Due,
                Some(_) => RebootOutcome::UpAlready,
            },
        ))
    });
    planned.collect()
}

/// Reboots those of the machines that are up in something else than they get, until one
/// does not come up in it. Those that were told by then are waited for. For people, what
/// comes of each is printed when it does.
pub(super) fn reboot(
    depot: &Depot,
    machines: impl IntoIterator<Item = MachineName>,
    arguments: &RebootArguments,
    format: Format,
) -> Result<Vec<RebootReport>, CommandError> {
    let mut round = Round {
        arguments,
        format,
        waiting: machines.into_iter().collect(),
        under_way: Vec::new(),
        reports: Vec::new(),
    };
    let mut changes = Changes::in_depot(depot);
    loop {
        let mut locked = lock(depot)?;
        changes.follow_machines(&locked);
        // What happened between the two would not be told.
        locked.catch_up(now()).map_err(DepotCommandError::from)?;
        round.look(&locked)?;
        round.tell(&locked)?;
        drop(locked);
        if round.is_over() {
            return round.end();
        }
        changes.wait(LOOK);
    }
}

struct Round<'arguments> {
    arguments: &'arguments RebootArguments,
    format: Format,
    waiting: VecDeque<MachineName>,
    under_way: Vec<UnderWay>,
    reports: Vec<RebootReport>,
}

/// A machine that was told to reboot.
struct UnderWay {
    machine: MachineName,
    reboot: Reboot,
    ssh: Ssh,
}

impl Round<'_> {
    fn has_failed(&self) -> bool {
        self.reports.iter().any(|report| !report.outcome.is_good())
    }

    fn is_over(&self) -> bool {
        self.under_way.is_empty() && (self.waiting.is_empty() || self.has_failed())
    }

    /// Takes those out that are done, by their word or the time.
    fn look(&mut self, locked: &LockedDepot<'_>) -> Result<(), CommandError> {
        for mut under_way in std::mem::take(&mut self.under_way) {
            let generations = locked.generations(&under_way.machine);
            let generations = generations.map_err(DepotCommandError::from)?;
            let timeout = self.arguments.reboot_timeout;
            let outcome = under_way.reboot.outcome(generations, timeout, now());
            let unreachable = || {
                let reason = under_way.ssh.failure()?;
                Some(RebootOutcome::Unreachable { reason })
            };
            match outcome.or_else(unreachable) {
                None => self.under_way.push(under_way),
                Some(outcome) => {
                    let generation = Some(under_way.reboot.generation());
                    self.report(under_way.machine, generation, outcome)?;
                }
            }
        }
        Ok(())
    }

    /// Tells as many as may be told.
    fn tell(&mut self, locked: &LockedDepot<'_>) -> Result<(), CommandError> {
        for _ in 0..self.waiting.len() {
            if self.has_failed() || self.under_way.len() >= self.arguments.at_a_time.get() {
                return Ok(());
            }
            let Some(machine) = self.waiting.pop_front() else {
                return Ok(());
            };
            let generations = locked.generations(&machine);
            let generations = generations.map_err(DepotCommandError::from)?;
            if locked.is_pending(&machine) {
                // It is booting, and would get what it got before.
                self.waiting.push_back(machine);
            } else if let Some(reboot) = Reboot::of(generations, now()) {
                self.tell_one(locked, machine, reboot)?;
            } else {
                let outcome = match generations.booted {
                    Some(_) => RebootOutcome::UpAlready,
                    None => RebootOutcome::NeverUp,
                };
                self.report(machine, generations.config(), outcome)?;
            }
        }
        Ok(())
    }

    fn tell_one(
        &mut self,
        locked: &LockedDepot<'_>,
        machine: MachineName,
        reboot: Reboot,
    ) -> Result<(), CommandError> {
        let failed = DepotCommandError::from;
        let address = locked.record(&machine).map_err(failed)?.machine.address;
        let known_hosts = locked.known_hosts(&machine).map_err(failed)?;
        let generation = reboot.generation();
        match Ssh::reboot(&machine, address, known_hosts.as_deref()) {
            Ok(ssh) => {
                print_line(format_args!(
                    "{machine}: reboots into generation {generation}"
                ));
                self.under_way.push(UnderWay {
                    machine,
                    reboot,
                    ssh,
                });
            }
            Err(error) => {
                let reason = format!("ssh cannot be started: {error}");
                let outcome = RebootOutcome::Unreachable { reason };
                self.report(machine, Some(generation), outcome)?;
            }
        }
        Ok(())
    }

    fn report(
        &mut self,
        machine: MachineName,
        generation: Option<GenerationNumber>,
        outcome: RebootOutcome,
    ) -> Result<(), OutputError> {
        let report = RebootReport::new(machine, generation, outcome);
        if self.format == Format::Human {
            text(std::slice::from_ref(&report)).print()?;
        }
        self.reports.push(report);
        Ok(())
    }

    /// What came of each machine, by name.
    fn end(mut self) -> Result<Vec<RebootReport>, CommandError> {
        for machine in std::mem::take(&mut self.waiting) {
            self.report(machine, None, RebootOutcome::Left)?;
        }
        self.reports
            .sort_unstable_by(|one, other| one.machine.cmp(&other.machine));
        Ok(self.reports)
    }
}

/// What comes or came of machines.
pub(super) fn text(reports: &[RebootReport]) -> Text {
    let mut text = Text::default();
    for report in reports {
        text.line(format_args!("{:<12}{report}", report.machine));
    }
    text
}
