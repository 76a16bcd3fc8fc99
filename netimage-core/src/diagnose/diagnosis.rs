//! What logs come to.

use serde::Serialize;

use super::board::{BoardLog, is_of_raspberry_pi};
use super::boot::{Boot, Seen};
use super::dhcp::Dhcp;
use super::file::FileStory;
use super::finding::Cause;
use super::log::{Moment, Sign};
use super::model::Model;
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
    /// Boards that are not the machine that alone is asked for.
    pub other_boards: Vec<OtherDevice>,
    /// Devices that do not show themselves as boards that boot from the network, as far as
    /// they are kept.
    pub others: Vec<OtherDevice>,
}

/// Who a device is, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Identity {
    /// The low half of its serial number, by the directory in which it asks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Its Ethernet address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mac: Option<String>,
    /// Its IP address, the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

impl Identity {
    pub(super) fn of(log: &BoardLog) -> Self {
        Self {
            serial: log.serial.map(|serial| serial.to_string()),
            mac: log.mac.map(|mac| mac.to_string()),
            address: log.address.map(|address| address.to_string()),
        }
    }
}

/// A device of which no more is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OtherDevice {
    /// Who it is.
    #[serde(flatten)]
    pub identity: Identity,
    /// Whether its Ethernet address is a Raspberry Pi's.
    pub raspberry_pi: bool,
}

impl OtherDevice {
    pub(super) fn of(log: &BoardLog) -> Self {
        Self {
            identity: Identity::of(log),
            raspberry_pi: log.mac.is_some_and(is_of_raspberry_pi),
        }
    }
}

/// What is known of one board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BoardDiagnosis {
    /// Who it is.
    #[serde(flatten)]
    pub identity: Identity,
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
    /// The boot that tells most of how it is now: the last one, or one before where that
    /// has only begun, or goes the same way so far.
    #[must_use]
    pub fn deciding(&self) -> Option<&BootDiagnosis> {
        self.boots.get(deciding(&self.boots)?)
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

/// The place of the boot that decides.
pub(super) fn deciding(boots: &[BootDiagnosis]) -> Option<usize> {
    let decides = |boot: &BootDiagnosis| {
        let has_begun = boot.stage == BootStage::Seen && boot.findings.is_empty();
        !has_begun && !boot.goes_as_before
    };
    let first = (!boots.is_empty()).then_some(0);
    boots.iter().rposition(decides).or(first)
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
    /// Whether it goes the way of the one before, which ended badly, as far as it goes.
    #[serde(skip)]
    pub(super) goes_as_before: bool,
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

/// Bytes of a file of which it is worth saying how fast it went.
const RATED_MIN: u64 = 64 << 10;

impl FileDiagnosis {
    pub(super) fn of(file: &FileStory) -> Self {
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
        self.bytes
            .filter(|bytes| *bytes >= RATED_MIN)?
            .checked_mul(1000)?
            .checked_div(milliseconds)
    }
}

impl BootDiagnosis {
    /// Whether something is known by which it did not end well.
    pub(super) fn has_error(&self) -> bool {
        let mut findings = self.findings.iter();
        findings.any(|cause| cause.severity == Severity::Error)
    }

    pub(super) fn of(boot: &Boot, findings: Vec<Cause>) -> Self {
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
            goes_as_before: false,
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
        } else if has(Sign::KernelStarted) || boot.kernel_dhcp().is_some() && boot.has_kernel() {
            Self::Running
        } else if boot.has_kernel() {
            Self::Kernel
        } else if has_firmware(Purpose::Firmware) {
            Self::Firmware
        } else if !boot.files.is_empty() {
            Self::Files
        } else if dhcp.is_answered() {
            Self::Address
        } else {
            Self::Seen
        }
    }
}
