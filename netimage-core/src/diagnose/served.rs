//! What is served, held against what a log says.

use super::boot::Boot;
use super::causes::files as causes;
use super::file::FileStory;
use super::finding::Cause;
use super::model::Model;
use super::name::Name;
use crate::boot::Board;
use crate::boot::requests::{Below, BootFiles, Need, Prefix, Purpose, Requests};
use crate::depot::{Machine, TftpPrefix};

/// The files that are, or should be, on the server.
#[derive(Clone, Copy)]
pub struct Served<'a> {
    /// The files.
    pub files: &'a dyn BootFiles,
    /// Whether they are those of one board, without the directory that it asks in.
    pub is_of_one_board: bool,
    /// The machine of a depot that alone is asked for.
    pub machine: Option<&'a Machine>,
}

/// What the simulation says of a board with these files.
pub(super) struct Expected {
    /// What it needs and they lack.
    pub(super) lacking: Vec<String>,
    /// What it would load after all that the log has, and what that is.
    pub(super) next: Option<(String, Purpose)>,
}

impl Served<'_> {
    fn in_directory<T>(self, prefix: &str, look: impl FnOnce(&dyn BootFiles) -> T) -> T {
        if self.is_of_one_board && !prefix.is_empty() {
            look(&Below::new(prefix, self.files))
        } else {
            look(self.files)
        }
    }

    /// The directory in which the board asks; none where nothing tells.
    fn prefix(self, boot: &Boot) -> Option<Prefix> {
        if let Some(machine) = self.machine {
            return Some(match machine.tftp_prefix {
                TftpPrefix::Serial => Prefix::Serial(machine.serial),
                _ => Prefix::Text(format!("{}/", machine.tftp_directory()?)),
            });
        }
        let names = || boot.files.iter().map(|file| &file.name);
        let serial = names().find_map(Name::serial).map(Prefix::Serial);
        let own = serial.or_else(|| names().find_map(Name::mac).map(Prefix::Mac));
        // The first code is in no directory, whatever the board's own is.
        let is_loaders =
            |name: &Name| matches!(name.purpose, Some(Purpose::Bootcode | Purpose::Extra));
        own.or_else(|| (!names().all(is_loaders)).then_some(Prefix::None))
    }

    /// A machine that asks in another directory than its own.
    fn asks_elsewhere(self, boot: &Boot) -> Option<Cause> {
        let machine = self.machine?;
        let own = machine.tftp_directory()?;
        let is_own = |file: &FileStory| file.name.directory().split('/').any(|part| part == own);
        let is_named =
            |file: &&FileStory| file.name.serial().is_some() || file.name.mac().is_some();
        let asked = boot.files.iter().find(is_named)?;
        if boot.has_kernel() || boot.files.iter().any(is_own) {
            return None;
        }
        let (name, asked_for) = (&machine.name, &asked.name.full);
        let problem = format!("the board asks for {asked_for}, and {name} is served in {own}");
        Some(Cause::new(&causes::ELSEWHERE, problem).at(asked.line))
    }

    /// Takes over the sizes of files, and adds what only the files can tell.
    pub(super) fn compare(self, boot: &mut Boot, found: &mut Vec<Cause>) {
        let prefix = self
            .prefix(boot)
            .map_or(String::new(), |prefix| prefix.to_string());
        if let Some(cause) = self.asks_elsewhere(boot) {
            found.retain(|cause| cause.cause.code != causes::PREFIX_DROPPED.code);
            found.insert(0, cause);
        }
        let mut other = Vec::new();
        for file in &mut boot.files {
            let name = crate::boot::requests::served_name(file.name.below_root(&prefix));
            let Some(size) =
                name.and_then(|name| self.in_directory(&prefix, |files| files.size(&name)))
            else {
                continue;
            };
            if file.is_missing() {
                other.push((file.name.full.clone(), file.line));
            }
            let is_broken = file.failed > 0 && file.sent == 0;
            // Older boot loaders take blocks of 1024 bytes, others of 1468.
            if is_broken && size > 65_535 * 1024 {
                let problem = format!(
                    "{} has {size} bytes, more than 65 535 blocks",
                    file.name.full
                );
                found.retain(|cause| cause.line != Some(file.line));
                found.insert(0, Cause::new(&causes::ROLLED_OVER, problem).at(file.line).or(
                    "the board has a newer boot loader, and gave the file up after its time-out",
                    "the time between asking for it and this line is 30 s then",
                ));
            }
            file.bytes = file.bytes.or(Some(size));
        }
        if let Some((name, line)) = other.first() {
            let more = match other.len() - 1 {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let problem = format!("{name}{more} was missing for the board, and is there now");
            found.push(Cause::new(&causes::OTHER_TREE, problem).at(*line));
        }
    }

    /// What a board does with these files, as far as all that it may be do the same.
    pub(super) fn expect(self, boot: &Boot, model: &Model) -> Option<Expected> {
        let prefix = self.prefix(boot)?;
        if let Some(board) = self.machine.and_then(|machine| machine.board) {
            return Some(self.expect_of(board, &prefix, boot));
        }
        let boards = model.boards.iter();
        let each = boards.map(|board| self.expect_of(*board, &prefix, boot));
        each.reduce(|one, other| one.shared(&other))
    }

    fn expect_of(self, board: Board, prefix: &Prefix, boot: &Boot) -> Expected {
        let own = prefix.to_string();
        let requests = self.in_directory(&own, |files| {
            Requests::of(board).prefix(prefix).simulate(files)
        });
        let was_asked = |name: &str| {
            let mut files = boot.files.iter();
            files.any(|file| file.name.below_root(&own) == name)
        };
        let next = requests
            .asked
            .iter()
            .find(|request| request.loads && request.size.is_some() && !was_asked(&request.name));
        let lacking = requests.missing(Need::Needed);
        Expected {
            lacking: lacking.into_iter().map(str::to_owned).collect(),
            next: next.map(|request| (request.name.clone(), request.purpose)),
        }
    }
}

impl Expected {
    /// What is the same for two boards.
    fn shared(mut self, other: &Self) -> Self {
        self.lacking.retain(|name| other.lacking.contains(name));
        self.next = self.next.filter(|next| other.next.as_ref() == Some(next));
        self
    }
}
