//! What dnsmasq and the machines tell.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use netimage_core::depot::{
    Changes, Depot, GenerationNumber, LockedDepot, MachineName, News, Transfer,
};
use netimage_core::diagnose::Account;

use super::error::DepotCommandError;
use super::status::{Renewal, Told};
use super::{now, open};
use crate::error::CommandError;
use crate::text::Text;

/// How long nothing is looked at if nothing happens, in seconds.
const IDLE: u64 = 60;

pub(super) fn note(depot: &Path, told: &[OsString]) -> Result<(), CommandError> {
    let transfer = Transfer::from_arguments(told).map_err(DepotCommandError::from)?;
    if let Some(transfer) = transfer {
        let noted = open(depot)?.note(transfer, SystemTime::now());
        noted.map_err(DepotCommandError::from)?;
    }
    Ok(())
}

pub(super) fn watch(depot: &Path, page: Option<PathBuf>) -> Result<(), CommandError> {
    let depot = open(depot)?;
    let mut page = page.map(Renewal::of);
    let mut changes = Changes::in_depot(&depot);
    loop {
        let mut locked = depot.lock(now).map_err(DepotCommandError::from)?;
        changes.follow_machines(&locked);
        if page.is_some() {
            changes.follow_records(&locked);
        }
        // What happened between the two would not be told.
        locked.catch_up(now()).map_err(DepotCommandError::from)?;
        report(&mut locked, &depot)?;
        let due = locked.due(now()).map_or(IDLE, |due| due.since(now()));
        drop(locked);
        let mut longest = Duration::from_secs(due.clamp(1, IDLE));
        if let Some(page) = &mut page {
            longest = longest.min(page.renew(&depot, now()));
        }
        changes.wait(longest);
    }
}

fn report(locked: &mut LockedDepot<'_>, depot: &Depot) -> Result<(), CommandError> {
    let mut text = Text::default();
    for change in locked.take_changes() {
        for news in News::between(&change.before, &change.after) {
            text.line(format_args!("{}: {news}", change.machine));
            if let News::Bad(generation, _) = news
                && let Some(account) = account(locked, depot, &change.machine, generation)
            {
                text.line(format_args!(
                    "{}: of generation {generation} {}",
                    change.machine,
                    Told(&account)
                ));
            }
        }
    }
    Ok(text.print()?)
}

/// How far a generation came that is bad, where that is known.
fn account(
    locked: &LockedDepot<'_>,
    depot: &Depot,
    name: &MachineName,
    generation: GenerationNumber,
) -> Option<Account> {
    let machine = &locked.record(name).ok()?.machine;
    let boots = depot.boots(name).ok()?;
    depot.account(machine, boots.failed(generation)?).ok()
}
