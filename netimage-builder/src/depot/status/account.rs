//! How far boots came that did not end well, in words.

use std::fmt::{self, Write as _};

use netimage_core::depot::{
    Boot, Condition, Depot, GenerationNumber, Outcome, SentFile, Timestamp,
};
use netimage_core::diagnose::{Account, BootStage};

use super::fleet::Observed;
use crate::size::Size;

/// How many files are named, the last ones.
const SHOWN: usize = 3;

/// The boots of a machine that did not end well, as they are told.
#[derive(Debug, Default)]
pub(super) struct Accounts {
    /// Of the one try of each bad generation that is remembered.
    pub(super) bad: Vec<(GenerationNumber, Account)>,
    /// Of the last boot, where the machine is silent after it.
    pub(super) last: Option<Account>,
}

impl Accounts {
    /// What cannot be read is not told: it is less than the status that it stands beside.
    pub(super) fn of(depot: &Depot, one: &Observed, now: Timestamp) -> Self {
        let account = |boot: &Boot| depot.account(&one.machine, boot).ok();
        let bad = one.status.bad.iter().map(|bad| bad.generation);
        let bad = bad
            .filter_map(|generation| Some((generation, account(one.boots.failed(generation)?)?)));
        let last = one.boots.outcomes(now).next_back();
        // One that fell back is told above.
        let last = last.filter(|(_, outcome)| {
            one.condition == Condition::Silent
                && !matches!(outcome, Outcome::Up | Outcome::FellBack)
        });
        Self {
            bad: bad.collect(),
            last: last.and_then(|(boot, _)| account(boot)),
        }
    }

    /// How far a bad generation came, and why no further, as far as that is known.
    pub(super) fn of_bad(&self, generation: GenerationNumber) -> Vec<String> {
        let mut bad = self.bad.iter();
        let account = bad.find(|(number, _)| *number == generation);
        let told =
            account.map(|(_, account)| sentences(&format!("of generation {generation}"), account));
        told.unwrap_or_default()
    }

    /// The same of the last boot of a machine that is silent.
    pub(super) fn of_last(&self) -> Vec<String> {
        let told = self.last.as_ref();
        let told = told.map(|account| sentences("in its last boot", account));
        told.unwrap_or_default()
    }
}

fn sentences(which: &str, account: &Account) -> Vec<String> {
    let told = format!("{which} {}", Told(account));
    [Some(told), why(account)].into_iter().flatten().collect()
}

/// Why it came no further.
fn why(account: &Account) -> Option<String> {
    let cause = account.cause.as_ref()?;
    let code = cause.cause.code;
    let mut sentence = format!("{code}: {}. {}", cause.problem, cause.remedy);
    for other in &cause.or {
        let _ = write!(sentence, " Or {}: {}.", other.problem, other.tell);
    }
    Some(sentence)
}

/// How far a boot came, in a sentence.
pub(in crate::depot) struct Told<'a>(pub(in crate::depot) &'a Account);

impl fmt::Display for Told<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = self.0;
        if account.files == 0 {
            return formatter.write_str("it asked for nothing, or got nothing whole");
        }
        let files = if account.files == 1 { "file" } else { "files" };
        write!(
            formatter,
            "it got {} {files} ({} in {} s)",
            account.files,
            Size(account.bytes),
            account.seconds
        )?;
        let more = account.sent_files.len().saturating_sub(SHOWN);
        let last: Vec<_> = account.sent_files[more..].iter().map(name).collect();
        if !last.is_empty() {
            write!(formatter, ", at last {}", last.join(", "))?;
        }
        match &account.next {
            Some(next) => write!(formatter, ", and never {next}"),
            None if account.stage >= BootStage::Kernel => formatter
                .write_str(": all that it starts with, and then it did not say that it is up"),
            None => Ok(()),
        }
    }
}

fn name(file: &SentFile) -> &str {
    &file.name
}
