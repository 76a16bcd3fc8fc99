//! Goes through a file and what it includes, line by line.

use std::sync::Arc;

use super::conditions::Conditions;
use super::filter::{Filters, Verdict};
use super::line::Statement;
use super::mistake::{Mistake, MistakeKind};
use super::position::Position;
use super::{ConfigTxt, LENGTH_MAX};

/// Files within files. The firmware's own limit is not documented.
const DEPTH_MAX: usize = 8;

/// Files altogether.
const FILES_MAX: usize = 32;

/// Bytes of all included files together.
const BYTES_MAX: usize = 2 * LENGTH_MAX;

/// Problems that are told, over all files.
const MISTAKES_MAX: usize = 500;

/// Gives the bytes of a file by its name, if it is there.
///
/// More than [`LENGTH_MAX`](super::LENGTH_MAX) bytes are of no use.
pub type Provider<'a> = dyn FnMut(&str) -> Option<Vec<u8>> + 'a;

/// A file that was asked for by `include`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Included {
    /// Its name.
    pub name: String,
    /// The line that asks for it.
    pub at: Position,
    /// Whether it is there.
    pub found: bool,
}

/// One run through the files.
pub(super) struct Walk<'a, 'b> {
    conditions: Conditions,
    filters: Filters,
    /// None for who does not follow `include`.
    provider: Option<&'a mut Provider<'b>>,
    /// The files that the current line is in.
    stack: Vec<Arc<str>>,
    /// Bytes that were included.
    bytes: usize,
    pub(super) included: Vec<Included>,
    pub(super) mistakes: Vec<Mistake>,
}

impl<'a, 'b> Walk<'a, 'b> {
    pub(super) fn new(conditions: Conditions, provider: Option<&'a mut Provider<'b>>) -> Self {
        Self {
            conditions,
            filters: Filters::default(),
            provider,
            stack: Vec::new(),
            bytes: 0,
            included: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    /// Calls `take` for each line that counts, or that may count.
    pub(super) fn file(
        &mut self,
        file: &ConfigTxt,
        take: &mut dyn FnMut(Verdict, &Statement, Position),
    ) {
        self.stack.push(Arc::clone(&file.name));
        for mistake in file.mistakes() {
            self.report(mistake.clone());
        }
        let mut beyond = Vec::new();
        for (number, statement) in file.statements() {
            let at = Position {
                file: Arc::clone(&file.name),
                line: number,
            };
            if let Statement::Filter(filter) = statement {
                self.filters.apply(filter, &self.conditions);
                continue;
            }
            let verdict = self.filters.verdict();
            if number > file.reached && verdict != Verdict::No && statement.is_setting() {
                beyond.push((at.clone(), statement.to_string()));
            }
            match (verdict, statement) {
                (Verdict::No, _) => {}
                (Verdict::Yes, Statement::Include(name)) => self.include(name, at, take),
                (verdict, statement) => take(verdict, statement, at),
            }
        }
        let reads_all = self.conditions.board.has_all_firmware_in_eeprom();
        if let Some((at, _)) = beyond.first().filter(|_| !reads_all) {
            let at = at.clone();
            let settings = beyond.into_iter().map(|(_, setting)| setting).collect();
            let kind = MistakeKind::OutOfReach(settings);
            self.report(Mistake { at, kind });
        }
        self.stack.pop();
    }

    fn include(
        &mut self,
        name: &str,
        at: Position,
        take: &mut dyn FnMut(Verdict, &Statement, Position),
    ) {
        let Some(provider) = &mut self.provider else {
            return;
        };
        let is_open = self.stack.iter().any(|open| **open == *name);
        let is_full = self.included.len() >= FILES_MAX || self.bytes >= BYTES_MAX;
        if is_open || is_full || self.stack.len() >= DEPTH_MAX {
            let kind = if is_open {
                MistakeKind::IncludeLoop(name.to_owned())
            } else {
                MistakeKind::IncludeTooMany(name.to_owned())
            };
            return self.report(Mistake { at, kind });
        }
        let bytes = provider(name);
        self.bytes += bytes.as_ref().map_or(0, Vec::len);
        self.included.push(Included {
            name: name.to_owned(),
            at: at.clone(),
            found: bytes.is_some(),
        });
        match bytes {
            Some(bytes) => self.file(&ConfigTxt::parse(name, &bytes), take),
            None => self.report(Mistake {
                at,
                kind: MistakeKind::IncludeMissing(name.to_owned()),
            }),
        }
    }

    fn report(&mut self, mistake: Mistake) {
        match self.mistakes.len() {
            MISTAKES_MAX => self.mistakes.push(Mistake {
                at: mistake.at,
                kind: MistakeKind::TooMany,
            }),
            length if length < MISTAKES_MAX => self.mistakes.push(mistake),
            _ => {}
        }
    }
}
