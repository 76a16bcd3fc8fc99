//! What the boot loader asks for: `bootcode.bin`, or the code in the EEPROM.

use super::request::{IfMissing, Purpose, StopReason};
use super::simulation::{Ask, End, Simulation};
use crate::boot::config_txt::BootConfig;
use crate::boot::{Board, Soc};

impl Simulation<'_> {
    /// Everything up to the start of the firmware.
    pub(super) fn load(&mut self) -> Result<(), End> {
        match self.board().soc() {
            Soc::Bcm2837 => self.load_2837(),
            Soc::Bcm2711 => self.load_2711(),
            Soc::Bcm2712 => self.load_2712(),
        }
    }

    /// The ROM asks at the root, `bootcode.bin` below the prefix.
    fn load_2837(&mut self) -> Result<(), End> {
        let bootcode = Ask::needed(Purpose::Bootcode, IfMissing::Stops);
        let is_there = self.ask_at_root("bootcode.bin".to_owned(), bootcode);
        self.ask_at_root("bootsig.bin".to_owned(), Ask::optional(Purpose::Extra));
        if !is_there {
            return Err(End::Stops(StopReason::NoBootcode));
        }
        self.probe_prefix(&["start.elf"]);
        self.ask("autoboot.txt", Ask::optional(Purpose::Extra));
        let config = self.loader_config(Ask::optional(Purpose::Config));
        self.recovery(&["recovery.elf"])?;
        self.firmware(config.as_ref())
    }

    fn load_2711(&mut self) -> Result<(), End> {
        self.probe_prefix(&["start4.elf", "start.elf"]);
        let config = self.loader_config(Ask::optional(Purpose::Config));
        if let Some(config) = &config {
            self.ramdisk(config)?;
        }
        // Later models have no EEPROM for their USB controller.
        let vl805 = Ask::optional(Purpose::Update);
        if self.board() == Board::Rpi4 && self.ask("vl805.sig", vl805) {
            self.ask("vl805.bin", vl805);
        }
        self.eeprom_update(config.as_ref());
        self.recovery(&["recover4.elf", "recovery.elf"])?;
        self.firmware(config.as_ref())
    }

    fn load_2712(&mut self) -> Result<(), End> {
        let has_prefix = !self.resolved.prefix.is_empty();
        let if_missing = if has_prefix {
            IfMissing::DropsPrefix
        } else {
            IfMissing::Stops
        };
        let mut config = self.loader_config(Ask::needed(Purpose::Config, if_missing));
        if config.is_none() && has_prefix {
            self.resolved.prefix.clear();
            config = self.loader_config(Ask::needed(Purpose::Config, IfMissing::Stops));
        }
        let config = config.ok_or(End::Stops(StopReason::NoConfig))?;
        self.ramdisk(&config)?;
        self.eeprom_update(Some(&config));
        if !BootConfig::is_on(config.os_check.as_ref(), true) {
            return Ok(());
        }
        self.check_device_tree(&config)
    }

    /// A Pi 5 does not start what has no device tree for it (`os_check`). That
    /// one of `os_prefix` will do is concluded from systems that have no other.
    fn check_device_tree(&mut self, config: &BootConfig) -> Result<(), End> {
        let os_prefix = config.os_prefix.as_ref().map_or("", |prefix| &prefix.value);
        let mut found = None;
        if !os_prefix.is_empty() {
            found = self.ask_device_tree(config, os_prefix, IfMissing::DropsOsPrefix);
        }
        if found.is_none() {
            found = self.ask_device_tree(config, "", IfMissing::Stops);
        }
        let stops = End::Stops(StopReason::NoDeviceTree);
        found.map(|_| ()).ok_or(stops)
    }

    /// Keeps the prefix only if one of these is below it.
    fn probe_prefix(&mut self, names: &[&str]) {
        if self.resolved.prefix.is_empty() {
            return;
        }
        for (at, name) in names.iter().enumerate() {
            let if_missing = if at + 1 < names.len() {
                IfMissing::TriesNext
            } else {
                IfMissing::DropsPrefix
            };
            if self.ask(name, Ask::probe(Purpose::PrefixProbe, if_missing)) {
                return;
            }
        }
        self.resolved.prefix.clear();
    }

    fn ramdisk(&mut self, config: &BootConfig) -> Result<(), End> {
        if !BootConfig::is_on(config.boot_ramdisk.as_ref(), false) {
            return Ok(());
        }
        let ask = Ask::needed(Purpose::Ramdisk, IfMissing::Stops);
        Err(if self.ask("boot.img", ask) {
            End::Ramdisk
        } else {
            End::Stops(StopReason::NoRamdisk)
        })
    }

    fn eeprom_update(&mut self, config: Option<&BootConfig>) {
        let switch = config.and_then(|config| config.bootloader_update.as_ref());
        let update = Ask::optional(Purpose::Update);
        if BootConfig::is_on(switch, true) && self.ask("pieeprom.sig", update) {
            self.ask("pieeprom.upd", update);
        }
    }

    fn recovery(&mut self, names: &[&str]) -> Result<(), End> {
        for name in names {
            if self.ask(name, Ask::optional(Purpose::Recovery)) {
                return Err(End::Recovery);
            }
        }
        Ok(())
    }

    fn firmware(&mut self, config: Option<&BootConfig>) -> Result<(), End> {
        let default = self.board().soc().firmware(None);
        let default = default.map(|(start, fixup)| (start.to_owned(), fixup.to_owned()));
        let Some((start, fixup)) = config.and_then(BootConfig::firmware).or(default) else {
            return Ok(());
        };
        // The one name that has another after it.
        let has_other = start == "start4.elf";
        let if_missing = if has_other {
            IfMissing::TriesNext
        } else {
            IfMissing::Stops
        };
        if !self.ask(&start, Ask::needed(Purpose::Firmware, if_missing)) {
            let last = Ask::needed(Purpose::Firmware, IfMissing::Stops);
            let is_old = has_other && self.ask("start.elf", last);
            return Err(End::Stops(if is_old {
                StopReason::OldFirmware
            } else {
                StopReason::NoFirmware
            }));
        }
        self.resolved.firmware.push(self.full_name(&start));
        if self.ask(&fixup, Ask::needed(Purpose::Fixup, IfMissing::GoesOn)) {
            self.resolved.firmware.push(self.full_name(&fixup));
        }
        Ok(())
    }
}
