//! What logs come to.

use serde::Serialize;

use super::board::BoardLog;
use super::boot::{Boot, Dhcp, FileStory, Seen};
use super::causes::{files as file_causes, network as network_causes};
use super::finding::Cause;
use super::judge::judge;
use super::log::{Moment, Sign};
use super::logs::Logs;
use super::model::Model;
use super::served::Served;
use crate::boot::requests::Purpose;
use crate::check::Severity;

/// What logs come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Diagnosis {
    /// The boards, in the order in which they come up in the logs.
    pub boards: Vec<BoardDiagnosis>,
    /// How many lines were read.
    pub lines: u64,
    /// How many of them say something that is known.
    pub understood: u64,
    /// Lines about boards for which there was no place.
    pub left_out: u64,
}

/// What is known of one board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BoardDiagnosis {
    /// The low half of its serial number, by the directory in which it asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Its Ethernet address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// Its IP address, the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Whether the log is of its own console.
    pub console: bool,
    /// Which model it must be; none if nothing tells.
    pub model: Option<Model>,
    /// How many boots came before the ones that are kept.
    pub earlier: u64,
    /// Its boots, the last of them at the end.
    pub boots: Vec<BootDiagnosis>,
}

impl BoardDiagnosis {
    /// The boot that tells most of how it is now: the last one, or the one before where
    /// that has only begun.
    #[must_use]
    pub fn deciding(&self) -> Option<&BootDiagnosis> {
        let mut boots = self.boots.iter().rev();
        let last = boots.next()?;
        let has_begun = last.stage == BootStage::Seen && last.findings.is_empty();
        boots.next().filter(|_| has_begun).or(Some(last))
    }

    /// Why that boot did not end well; none if nothing is wrong.
    #[must_use]
    pub fn findings(&self) -> &[Cause] {
        self.deciding().map_or(&[], |boot| &boot.findings)
    }

    /// Whether nothing is wrong with that boot, as far as the log tells.
    #[must_use]
    pub fn is_well(&self) -> bool {
        let mut findings = self.findings().iter();
        findings.all(|cause| cause.severity == Severity::Note)
    }
}

/// One boot, or several in a row that went the same way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BootDiagnosis {
    /// When the first of them began.
    pub began: Option<Moment>,
    /// When the last line of the last one was written.
    pub ended: Option<Moment>,
    /// How many there were.
    pub times: u32,
    /// Its requests for an address.
    pub dhcp: Dhcp,
    /// Its requests for files, in order.
    pub files: Vec<FileDiagnosis>,
    /// Files for which there was no place.
    pub more_files: u64,
    /// What is known of it beside, in order.
    pub signs: Vec<Seen>,
    /// Where it stopped.
    pub stage: BootStage,
    /// What it would have asked for next, by the files that are served.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// What it needs and is not among the files that are served.
    pub lacking: Vec<String>,
    /// Why it did not end well, causes first.
    pub findings: Vec<Cause>,
}

/// How far a boot came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum BootStage {
    /// It was seen.
    Seen,
    /// It has an address.
    Address,
    /// It asked for files.
    Files,
    /// It got its firmware.
    Firmware,
    /// It got its kernel.
    Kernel,
    /// The kernel runs.
    Running,
    /// The root is mounted.
    Root,
    /// The system is up.
    Up,
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FileDiagnosis {
    /// Its name, as the log has it.
    pub name: String,
    /// What for, as far as its name tells.
    pub purpose: Option<Purpose>,
    /// How often it was asked for, where the log tells that.
    pub asked: u32,
    /// How often it was sent whole.
    pub sent: u32,
    /// How often it was missing.
    pub missing: u32,
    /// How often the board only asked about it.
    pub probed: u32,
    /// How often it was not sent whole.
    pub failed: u32,
    /// Its bytes, where they are known.
    pub bytes: Option<u64>,
    /// The milliseconds between the line before and the one that it was sent, at most.
    pub milliseconds: Option<u64>,
}

impl FileDiagnosis {
    fn of(file: &FileStory) -> Self {
        Self {
            name: file.name.full.clone(),
            purpose: file.name.purpose,
            asked: file.asked,
            sent: file.sent,
            missing: file.missing,
            probed: file.probed,
            failed: file.failed + file.unreadable,
            bytes: file.bytes,
            milliseconds: file.took.or(file.failed_after),
        }
    }

    /// Bytes a second, where a log is exact enough to tell.
    #[must_use]
    pub fn rate(&self) -> Option<u64> {
        let milliseconds = self.milliseconds.filter(|time| *time >= 500)?;
        self.bytes?.checked_mul(1000)?.checked_div(milliseconds)
    }
}

impl Logs {
    /// What the logs come to, held against the files that are served where these are
    /// given.
    #[must_use]
    pub fn diagnose(&self, served: Option<Served<'_>>) -> Diagnosis {
        let collected = &self.collected;
        let boards = collected.boards.iter().filter(|board| is_board(board));
        let mut boards: Vec<_> = boards.map(|board| diagnose(board, served)).collect();
        tell_shared_directories(&mut boards);
        Diagnosis {
            boards,
            lines: collected.lines,
            understood: collected.understood,
            left_out: collected.left_out,
        }
    }
}

fn is_board(board: &BoardLog) -> bool {
    board.boots.iter().any(Boot::has_anything)
}

fn diagnose(board: &BoardLog, served: Option<Served<'_>>) -> BoardDiagnosis {
    let mut board = board.clone();
    board.fold();
    let model = Model::of(&board);
    let mut boots = board.boots;
    let booted_before = boots.iter().rev().skip(1).any(Boot::has_kernel);
    let last = boots.len();
    let boots = boots.iter_mut().zip(1..).map(|(boot, at)| {
        let mut findings = judge(boot, model.as_ref());
        if at == last && booted_before {
            stops_asking(boot, &mut findings);
        }
        let mut told = BootDiagnosis::of(boot, findings);
        if let Some(served) = served.filter(|_| at == last) {
            served.compare(boot, &mut told.findings);
            told.files = boot.files.iter().map(FileDiagnosis::of).collect();
            let expected = model.as_ref().and_then(|model| served.expect(boot, model));
            if let Some(expected) = expected {
                told.lacking = expected.lacking;
                told.next = expected.next.filter(|_| told.stage < BootStage::Kernel);
            }
        }
        told
    });
    let boots = boots.collect();
    BoardDiagnosis {
        serial: board.serial.map(|serial| serial.to_string()),
        mac: board.mac.map(|mac| mac.to_string()),
        address: board.address.map(|address| address.to_string()),
        console: board.is_own,
        model,
        earlier: board.earlier,
        boots,
    }
}

/// A board that knows how to boot, and suddenly asks for no file.
fn stops_asking(boot: &Boot, findings: &mut [Cause]) {
    let unused = [
        &network_causes::OFFER_UNUSED,
        &network_causes::PROXY_IGNORED,
    ];
    let is_it = |cause: &Cause| unused.iter().any(|unused| cause.cause.code == unused.code);
    let Some(at) = findings.iter().position(is_it) else {
        return;
    };
    let problem = "the board booted before, and now asks for an address and for no file";
    findings[at] = Cause::new(&network_causes::STOPS_ASKING, problem)
        .at(boot.dhcp.line)
        .or(
            "the board boots from a card or a disk now",
            "it is up then, or its console shows another boot mode",
        );
}

/// Two boards that ask in one directory.
fn tell_shared_directories(boards: &mut [BoardDiagnosis]) {
    let macs: Vec<_> = boards
        .iter()
        .filter(|board| !board.console)
        .map(|board| (board.serial.clone(), board.mac.clone()))
        .collect();
    for board in boards.iter_mut().filter(|board| board.serial.is_some()) {
        let other = macs.iter().find(|(serial, mac)| {
            *serial == board.serial && mac.is_some() && board.mac.is_some() && *mac != board.mac
        });
        if let (Some((_, Some(other))), Some(boot)) = (other, board.boots.last_mut()) {
            let problem = format!("the board {other} asks in the same directory");
            boot.findings
                .push(Cause::new(&file_causes::TWO_BOARDS, problem));
        }
    }
}

impl BootDiagnosis {
    fn of(boot: &Boot, findings: Vec<Cause>) -> Self {
        Self {
            began: boot.began,
            ended: boot.ended,
            times: boot.times,
            dhcp: boot.dhcp.clone(),
            files: boot.files.iter().map(FileDiagnosis::of).collect(),
            more_files: boot.more_files,
            signs: boot.signs.clone(),
            stage: BootStage::of(boot),
            next: None,
            lacking: Vec::new(),
            findings,
        }
    }
}

impl BootStage {
    fn of(boot: &Boot) -> Self {
        let has = |sign| boot.seen(sign).is_some();
        let has_firmware = |purpose| boot.of_purpose(purpose).any(|file| file.sent > 0);
        let dhcp = &boot.dhcp;
        if has(Sign::Up) {
            Self::Up
        } else if has(Sign::RootMounted) || has(Sign::MountGranted) {
            Self::Root
        } else if has(Sign::KernelStarted) || boot.later.asked > 0 && boot.has_kernel() {
            Self::Running
        } else if boot.has_kernel() {
            Self::Kernel
        } else if has_firmware(Purpose::Firmware) {
            Self::Firmware
        } else if !boot.files.is_empty() {
            Self::Files
        } else if dhcp.offered + dhcp.leased + dhcp.proxy > 0 {
            Self::Address
        } else {
            Self::Seen
        }
    }
}
