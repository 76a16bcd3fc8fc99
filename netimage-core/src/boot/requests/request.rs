//! One request and what comes of all of them.

use std::time::Duration;

use serde::Serialize;

use crate::boot::Board;
use crate::boot::config_txt::BootConfig;

/// Bytes a second that a Pi 4 was seen to take over TFTP, without a window
/// (raspberrypi/rpi-eeprom#87).
pub const DEFAULT_RATE: u64 = 4_900_000;

/// The time that the boot loader gives one file (`TFTP_FILE_TIMEOUT`).
pub const FILE_TIMEOUT: Duration = Duration::from_secs(30);

/// What a file is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Purpose {
    /// The first code of a board without EEPROM.
    Bootcode,
    /// Whether the directory of the prefix is there.
    PrefixProbe,
    /// `config.txt` or a file that it includes.
    Config,
    /// An update of the EEPROM or of the USB controller.
    Update,
    /// The recovery system, which nobody serves.
    Recovery,
    /// `start*.elf`
    Firmware,
    /// `fixup*.dat`
    Fixup,
    /// The description of the board's pins, and options of the boot.
    Extra,
    /// A RAM disk that holds all the other files.
    Ramdisk,
    /// Whether the kernel is there. Nothing is loaded yet.
    KernelProbe,
    /// An initial RAM disk of the kernel.
    Initramfs,
    /// The device tree.
    DeviceTree,
    /// Which overlay is for which board.
    OverlayMap,
    /// Whether the files of `os_prefix` are there.
    OsPrefixProbe,
    /// A device tree overlay.
    Overlay,
    /// The kernel command line.
    CommandLine,
    /// The code that runs before the kernel.
    Armstub,
    /// The kernel.
    Kernel,
}

impl Purpose {
    /// Whether it is for a file that a board starts with, before any kernel.
    #[must_use]
    pub const fn is_firmware(self) -> bool {
        matches!(self, Self::Bootcode | Self::Firmware | Self::Fixup)
    }

    /// For people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bootcode => "boot code",
            Self::PrefixProbe => "prefix probe",
            Self::Config => "configuration",
            Self::Update => "update",
            Self::Recovery => "recovery",
            Self::Firmware => "firmware",
            Self::Fixup => "firmware fix-up",
            Self::Extra => "extra",
            Self::Ramdisk => "boot RAM disk",
            Self::KernelProbe => "kernel probe",
            Self::Initramfs => "initramfs",
            Self::DeviceTree => "device tree",
            Self::OverlayMap => "overlay map",
            Self::OsPrefixProbe => "os_prefix probe",
            Self::Overlay => "overlay",
            Self::CommandLine => "command line",
            Self::Armstub => "ARM stub",
            Self::Kernel => "kernel",
        }
    }
}

/// How much a boot hangs on a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// There is no working boot without it.
    Needed,
    /// `config.txt` names it, but the board starts without.
    Wanted,
    /// Boards ask for it whether anyone serves it or not.
    Optional,
}

impl Need {
    /// For people.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Needed => "needed",
            Self::Wanted => "wanted",
            Self::Optional => "optional",
        }
    }
}

/// What the board does when a file is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum IfMissing {
    /// It gives up on the network.
    Stops,
    /// It asks for another file instead.
    TriesNext,
    /// It asks for everything without the prefix.
    DropsPrefix,
    /// It leaves out `os_prefix`.
    DropsOsPrefix,
    /// It goes on without.
    GoesOn,
}

/// A file that the board asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// The whole name, with the prefix.
    pub name: String,
    /// What for.
    pub purpose: Purpose,
    /// Whether the boot hangs on it.
    pub need: Need,
    /// What the board does without it.
    pub if_missing: IfMissing,
    /// The size of what is there; none if it is missing.
    pub size: Option<u64>,
    /// Whether it is loaded, and not only asked about.
    pub loads: bool,
}

impl Request {
    /// Bytes that go over the network.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.size.filter(|_| self.loads).unwrap_or(0)
    }

    /// Whether it takes longer than a board waits, at so many bytes a second.
    #[must_use]
    pub fn times_out(&self, rate: u64) -> bool {
        time(self.bytes(), rate) > FILE_TIMEOUT
    }
}

/// Why a board gives up on the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum StopReason {
    /// It cannot boot from a network by itself.
    CannotNetboot,
    /// There is no `bootcode.bin`.
    NoBootcode,
    /// There is no `config.txt`, by which a Pi 5 knows what it can boot.
    NoConfig,
    /// There is no firmware.
    NoFirmware,
    /// There is no `start4.elf`, and it loads `start.elf`, which is that of older
    /// boards.
    OldFirmware,
    /// There is no RAM disk, which `boot_ramdisk` asks for.
    NoRamdisk,
    /// There is no device tree for it, without which a Pi 5 takes the files for
    /// those of an older model (`os_check`).
    NoDeviceTree,
    /// There is no kernel.
    NoKernel,
}

/// What comes of the requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Outcome {
    /// It starts the kernel with all that it needs.
    Complete,
    /// It starts the kernel, but lacks something that is needed.
    Incomplete,
    /// It goes on with what is in the RAM disk, which is not looked into.
    Ramdisk,
    /// It starts the recovery system instead.
    Recovery,
    /// It gives up.
    Stops(StopReason),
}

/// The files that are used in the end, as the board would name them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resolved {
    /// The prefix that is left.
    pub prefix: String,
    /// `os_prefix`, where it is used.
    pub os_prefix: String,
    /// The firmware and its fix-up.
    pub firmware: Vec<String>,
    /// The kernel.
    pub kernel: Option<String>,
    /// Whether it is started as a 64-bit one.
    pub is_64bit: bool,
    /// The initial RAM disks, in order.
    pub initramfs: Vec<String>,
    /// The device tree.
    pub device_tree: Option<String>,
    /// The overlays, in order.
    pub overlays: Vec<String>,
    /// The overlays that are left out, since the overlay map has none for this
    /// family of boards.
    pub unsupported_overlays: Vec<String>,
    /// The kernel command line.
    pub command_line: Option<String>,
    /// The code that runs before the kernel, if it is not the built-in one.
    pub armstub: Option<String>,
}

/// What a board asks for, and what it then does.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Requests {
    /// The board.
    pub board: Board,
    /// The files that it asks for, in order.
    pub asked: Vec<Request>,
    /// What comes of them.
    pub outcome: Outcome,
    /// What is used.
    pub resolved: Resolved,
    /// The configuration as the firmware sees it, as far as it gets.
    pub config: Option<BootConfig>,
}

impl Requests {
    /// Whether the board gets all that it needs.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        matches!(self.outcome, Outcome::Complete | Outcome::Ramdisk)
    }

    /// What is missing in the end, by name: not what something else was taken for.
    ///
    /// A Pi 4 asks for `start.elf` after `start4.elf`, and does not start it: of
    /// firmware only the first counts.
    #[must_use]
    pub fn missing(&self, need: Need) -> Vec<&str> {
        let mut firmware = self.asked.iter();
        let firmware = firmware.find(|request| request.purpose == Purpose::Firmware);
        let is_missing = |request: &&Request| {
            let is_absent = request.need == need && request.size.is_none();
            if request.purpose == Purpose::Firmware {
                return is_absent && firmware.is_some_and(|first| first.name == request.name);
            }
            let has_other = matches!(
                request.if_missing,
                IfMissing::TriesNext | IfMissing::DropsPrefix | IfMissing::DropsOsPrefix
            );
            is_absent && !has_other
        };
        let requests = self.asked.iter().filter(is_missing);
        let mut names: Vec<_> = requests.map(|request| request.name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Whether the board starts a kernel, with all that it needs or not.
    #[must_use]
    pub fn starts_kernel(&self) -> bool {
        matches!(self.outcome, Outcome::Complete | Outcome::Incomplete)
    }

    /// Bytes that go over the network.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.asked.iter().map(Request::bytes).sum()
    }

    /// How long that takes at so many bytes a second.
    #[must_use]
    pub fn time(&self, rate: u64) -> Duration {
        time(self.bytes(), rate)
    }
}

fn time(bytes: u64, rate: u64) -> Duration {
    let milliseconds = u128::from(bytes) * 1000 / u128::from(rate.max(1));
    Duration::from_millis(u64::try_from(milliseconds).unwrap_or(u64::MAX))
}
