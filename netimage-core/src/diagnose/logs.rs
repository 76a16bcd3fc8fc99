//! All logs of one diagnosis, read one after the other.

use std::mem;
use std::net::IpAddr;

use super::board::BoardLog;
use super::log::{Entry, Observation, Reader, Transfer, Who};
use super::name::Name;
use crate::boot::requests::Purpose;

/// Boards that are kept.
const BOARDS_MAX: usize = 128;

/// What logs say, by boards. However long they are, what is kept of them is bounded: the
/// first 128 boards, the last 8 boots of each, the first 64 files of a boot.
///
/// ```
/// use netimage_core::diagnose::Logs;
///
/// let mut logs = Logs::default();
/// logs.read(b"dnsmasq-tftp: file /srv/tftp/bootcode.bin not found for 192.0.2.7\n");
/// logs.end();
/// let diagnosis = logs.diagnose(None);
/// let diagnosis = logs.diagnose(None);
/// assert_eq!(diagnosis.boards[0].findings()[0].cause.code, "log-no-bootcode");
/// ```
#[derive(Debug, Default)]
pub struct Logs {
    pub(super) reader: Reader,
    pub(super) collected: Collected,
}

/// What is kept.
#[derive(Debug, Default)]
pub(super) struct Collected {
    pub(super) boards: Vec<BoardLog>,
    pub(super) lines: u64,
    pub(super) understood: u64,
    /// Lines about boards for which there was no place.
    pub(super) left_out: u64,
    /// The board that the last line of a server was about.
    active: Option<usize>,
    /// How many there were before this log.
    before: usize,
    /// Whether somebody, who is named in the next line, boots from the network.
    boots: bool,
}

impl Logs {
    /// Takes the next bytes of a log. They may end anywhere.
    pub fn read(&mut self, chunk: &[u8]) {
        let collected = &mut self.collected;
        self.reader
            .feed(chunk, |text, entry| collected.take(text, entry));
    }

    /// Takes what a server tells otherwise than by its log: that it sent a file of one boot
    /// whole to somebody. `purpose` says what the file is where that is known
    /// beyond its name.
    pub(super) fn take_sent(
        &mut self,
        address: IpAddr,
        name: &str,
        size: u64,
        purpose: Option<Purpose>,
    ) {
        let mut name = Name::new(name);
        name.purpose = purpose.or(name.purpose);
        let entry = Entry {
            // Where the boot ends is known already.
            at: None,
            line: 0,
            who: Who::address(address),
            what: Observation::File(name, Transfer::Sent(Some(size))),
        };
        self.collected.take("", Some(entry));
    }

    /// Ends a log; what is read then is another one.
    pub fn end(&mut self) {
        let collected = &mut self.collected;
        self.reader
            .finish(|text, entry| collected.take(text, entry));
        collected.active = None;
        collected.before = collected.boards.len();
        collected.boots = false;
    }
}

impl Collected {
    fn take(&mut self, text: &str, entry: Option<Entry>) {
        self.lines += 1;
        let Some(entry) = entry else { return };
        self.understood += 1;
        if entry.what == Observation::BootsFromNetwork {
            self.boots = true;
            return;
        }
        let who = BoardLog::of(&entry);
        let boots = who.mac.is_some() && mem::take(&mut self.boots);
        let Some(at) = self.place(&who, &entry.what) else {
            return;
        };
        self.boards[at].learn(&who);
        let at = if is_others(&entry.what) {
            at
        } else {
            self.join_active(at)
        };
        let board = &mut self.boards[at];
        if boots {
            let what = Observation::BootsFromNetwork;
            board.take(
                &Entry {
                    what,
                    ..entry.clone()
                },
                text,
            );
        }
        board.take(&entry, text);
        if !who.is_own {
            self.active = board.may_boot().then_some(at);
        }
    }

    /// The board that a line is about: one that it names, or else the one of the line
    /// before it, or else one that is not known yet.
    fn place(&mut self, who: &BoardLog, what: &Observation) -> Option<usize> {
        if who.is_own {
            // Nobody else is on this line.
            let is_it = |board: &BoardLog| board.is_own && board.host == who.host;
            let known = self.boards.iter().skip(self.before).position(is_it);
            return known.map(|at| self.before + at).or_else(|| self.add(who));
        }
        let boards = || self.boards.iter();
        let named = boards()
            .position(|board| board.is_at(who))
            .or_else(|| boards().position(|board| board.is(who)));
        let active = self.active.filter(|at| {
            let board = &self.boards[*at];
            who.is_anybody() || !is_others(what) && board.may_go_on_as(who)
        });
        // Details of an answer to nobody who is known.
        let is_of_nobody =
            who.is_anybody() && !matches!(what, Observation::File(..) | Observation::Sign(_));
        let found = named.or(active);
        found.or_else(|| (!is_of_nobody).then(|| self.add(who))?)
    }

    /// The device before, of which only its request for an address is known, is the board
    /// that this line is about, where only the one's Ethernet address is known and only the
    /// other's IP address.
    fn join_active(&mut self, at: usize) -> usize {
        let before = self.active.filter(|before| *before != at);
        let Some(before) =
            before.filter(|before| self.boards[at].may_go_on_from(&self.boards[*before]))
        else {
            return at;
        };
        let begun = self.boards.remove(before);
        let at = if before < at { at - 1 } else { at };
        self.boards[at].go_on_from(&begun);
        at
    }

    fn add(&mut self, who: &BoardLog) -> Option<usize> {
        let board = BoardLog {
            is_own: who.is_own,
            host: who.host,
            ..BoardLog::default()
        };
        if self.boards.len() < BOARDS_MAX {
            self.boards.push(board);
            return Some(self.boards.len() - 1);
        }
        // The place of a device that is no board so far.
        let mut boards = self.boards.iter();
        let Some(at) = boards.position(|board| !board.boots_from_network) else {
            self.left_out += 1;
            return None;
        };
        self.boards[at] = board;
        Some(at)
    }
}

/// Whether it is about a file that is not for a Raspberry Pi.
fn is_others(what: &Observation) -> bool {
    matches!(what, Observation::File(name, _) if !name.is_of_raspberry_pi())
}
