//! The bookkeeping of a simulation.

use super::files::{BootFiles, served_name};
use super::request::{IfMissing, Need, Outcome, Purpose, Request, Requests, Resolved, StopReason};
use crate::boot::config_txt::{self, BootConfig, Conditions, ConfigTxt, Reader};
use crate::boot::{Board, Variant};

/// How a file is asked for.
#[derive(Clone, Copy)]
pub(super) struct Ask {
    purpose: Purpose,
    need: Need,
    if_missing: IfMissing,
}

impl Ask {
    const fn new(purpose: Purpose, need: Need, if_missing: IfMissing) -> Self {
        Self {
            purpose,
            need,
            if_missing,
        }
    }

    pub(super) const fn needed(purpose: Purpose, if_missing: IfMissing) -> Self {
        Self::new(purpose, Need::Needed, if_missing)
    }

    pub(super) const fn wanted(purpose: Purpose) -> Self {
        Self::new(purpose, Need::Wanted, IfMissing::GoesOn)
    }

    pub(super) const fn optional(purpose: Purpose) -> Self {
        Self::new(purpose, Need::Optional, IfMissing::GoesOn)
    }

    /// Only asked about.
    pub(super) const fn probe(purpose: Purpose, if_missing: IfMissing) -> Self {
        Self::new(purpose, Need::Optional, if_missing)
    }
}

/// Why a simulation ends before the kernel.
pub(super) enum End {
    Stops(StopReason),
    Ramdisk,
    Recovery,
}

pub(super) struct Simulation<'a> {
    pub(super) conditions: Conditions,
    pub(super) variant: &'static Variant,
    pub(super) files: &'a dyn BootFiles,
    pub(super) resolved: Resolved,
    asked: Vec<Request>,
}

impl<'a> Simulation<'a> {
    pub(super) fn new(
        conditions: Conditions,
        variant: &'static Variant,
        prefix: String,
        files: &'a dyn BootFiles,
    ) -> Self {
        Self {
            conditions,
            variant,
            files,
            resolved: Resolved {
                prefix,
                ..Resolved::default()
            },
            asked: Vec::new(),
        }
    }

    pub(super) const fn board(&self) -> Board {
        self.conditions.board
    }

    /// The name with the prefix that is in force.
    pub(super) fn full_name(&self, name: &str) -> String {
        format!("{}{}", self.resolved.prefix, name.trim_start_matches('/'))
    }

    /// Asks for a file below the prefix, and says whether it is there.
    pub(super) fn ask(&mut self, name: &str, ask: Ask) -> bool {
        let name = self.full_name(name);
        self.ask_at_root(name, ask)
    }

    pub(super) fn ask_at_root(&mut self, name: String, ask: Ask) -> bool {
        let size = served_name(&name).and_then(|name| self.files.size(&name));
        self.asked.push(Request {
            name,
            purpose: ask.purpose,
            need: ask.need,
            if_missing: ask.if_missing,
            size,
            loads: !matches!(
                ask.purpose,
                Purpose::PrefixProbe | Purpose::KernelProbe | Purpose::OsPrefixProbe
            ),
        });
        size.is_some()
    }

    /// The bytes of a file below the prefix, without a request of its own.
    pub(super) fn read(&self, name: &str, limit: usize) -> Option<Vec<u8>> {
        self.files.read(&served_name(&self.full_name(name))?, limit)
    }

    /// Asks for `config.txt` and says what the boot loader makes of it.
    pub(super) fn loader_config(&mut self, ask: Ask) -> Option<BootConfig> {
        let is_there = self.ask("config.txt", ask);
        let file = self.config_file();
        is_there.then(|| file.evaluate(self.conditions, Reader::Loader))
    }

    /// What the firmware makes of `config.txt`, without a request.
    pub(super) fn firmware_config(&self) -> BootConfig {
        let mut provider = |name: &str| self.read(name, config_txt::LENGTH_MAX + 1);
        self.config_file()
            .evaluate(self.conditions, Reader::Firmware(&mut provider))
    }

    fn config_file(&self) -> ConfigTxt {
        let bytes = self.read("config.txt", config_txt::LENGTH_MAX + 1);
        ConfigTxt::parse("config.txt", &bytes.unwrap_or_default())
    }

    /// Asks for `config.txt` again, and for what it includes.
    pub(super) fn ask_config(&mut self, config: &BootConfig) {
        let need = if self.board().has_all_firmware_in_eeprom() {
            Ask::needed(Purpose::Config, IfMissing::GoesOn)
        } else {
            Ask::optional(Purpose::Config)
        };
        if self.ask("config.txt", need) {
            for included in &config.included {
                self.ask(&included.name, Ask::wanted(Purpose::Config));
            }
        }
    }

    pub(super) fn finish(self, end: &Result<(), End>, config: Option<BootConfig>) -> Requests {
        let lacks = |request: &Request| {
            let goes_on = request.if_missing == IfMissing::GoesOn;
            request.need == Need::Needed && request.size.is_none() && goes_on
        };
        let outcome = match end {
            Err(End::Stops(reason)) => Outcome::Stops(*reason),
            Err(End::Ramdisk) => Outcome::Ramdisk,
            Err(End::Recovery) => Outcome::Recovery,
            Ok(()) if self.asked.iter().any(lacks) => Outcome::Incomplete,
            Ok(()) => Outcome::Complete,
        };
        Requests {
            board: self.conditions.board,
            asked: self.asked,
            outcome,
            resolved: self.resolved,
            config,
        }
    }
}
