//! What the firmware asks for: all that the kernel needs, and the kernel.

use super::request::{IfMissing, Purpose, StopReason};
use super::simulation::{Ask, End, Simulation};
use crate::boot::Soc;
use crate::boot::config_txt::BootConfig;

impl Simulation<'_> {
    /// Everything from the start of the firmware to that of the kernel.
    pub(super) fn start(&mut self, config: &BootConfig) -> Result<(), End> {
        self.prepare(config);
        let os_prefix = self.os_prefix(config);
        self.resolved.os_prefix.clone_from(&os_prefix);
        let auto = BootConfig::is_on(config.auto_initramfs.as_ref(), false);
        // Whose initramfs is asked for hangs on which kernel is there.
        let early = auto || !os_prefix.is_empty() || self.board().soc() == Soc::Bcm2712;
        let mut kernel = None;
        if early {
            kernel = Some(self.choose_kernel(config, &os_prefix)?);
        }
        self.initramfs(config, &os_prefix, kernel.iter().flatten().next());
        let device_tree = self.ask_device_tree(config, &os_prefix, IfMissing::GoesOn);
        if let Some(device_tree) = &device_tree {
            self.resolved.device_tree = Some(self.full_name(device_tree));
            self.overlays(config, &os_prefix, device_tree);
        }
        let name = config
            .cmdline
            .as_ref()
            .map_or("cmdline.txt", |name| &name.value);
        let name = os_name(&os_prefix, name);
        if self.ask(&name, Ask::needed(Purpose::CommandLine, IfMissing::GoesOn)) {
            self.resolved.command_line = Some(self.full_name(&name));
        }
        let kernel = match kernel {
            Some(kernel) => kernel,
            None => self.choose_kernel(config, &os_prefix)?,
        };
        let Some(kernel) = kernel else {
            let started = self.armstub(config, config.is_64bit());
            return if started {
                Ok(())
            } else {
                Err(End::Stops(StopReason::NoKernel))
            };
        };
        self.armstub(config, kernel.is_64bit);
        self.ask(&kernel.name, Ask::needed(Purpose::Kernel, IfMissing::Stops));
        self.resolved.kernel = Some(self.full_name(&kernel.name));
        self.resolved.is_64bit = kernel.is_64bit;
        Ok(())
    }

    /// The firmware looks around before it loads anything.
    fn prepare(&mut self, config: &BootConfig) {
        if self.board().has_all_firmware_in_eeprom() {
            self.ask_config(config);
            self.ask_config(config);
            return;
        }
        let (recovery, extra) = (
            Ask::optional(Purpose::Recovery),
            Ask::optional(Purpose::Extra),
        );
        self.ask("recovery.elf", recovery);
        self.ask_config(config);
        self.ask("dt-blob.bin", extra);
        self.ask("recovery.elf", recovery);
        self.ask_config(config);
        self.ask("bootcfg.txt", extra);
    }

    /// `os_prefix`, if a kernel and a device tree are there with it.
    fn os_prefix(&mut self, config: &BootConfig) -> String {
        let wanted = config.os_prefix.as_ref().map_or("", |prefix| &prefix.value);
        if wanted.is_empty() {
            return String::new();
        }
        let probe = Ask::probe(Purpose::OsPrefixProbe, IfMissing::DropsOsPrefix);
        let kernels = self.kernel_names(config);
        let trees = self.device_tree_names(config);
        let has_kernel = kernels
            .iter()
            .any(|(name, _)| self.ask(&os_name(wanted, name), probe));
        let has_tree = trees.is_empty()
            || trees
                .iter()
                .any(|name| self.ask(&os_name(wanted, name), probe));
        if has_kernel && has_tree {
            wanted.to_owned()
        } else {
            String::new()
        }
    }

    fn device_tree_names(&self, config: &BootConfig) -> Vec<String> {
        if let Some(device_tree) = &config.device_tree {
            let named = (!device_tree.value.is_empty()).then(|| device_tree.value.clone());
            return named.into_iter().collect();
        }
        let upstream = BootConfig::is_on(config.upstream_kernel.as_ref(), false);
        let first = if upstream {
            self.variant.upstream_device_trees
        } else {
            &[]
        };
        let names = first.iter().chain(self.variant.device_trees);
        names.map(|name| (*name).to_owned()).collect()
    }

    /// Asks for the device tree and gives its name, if there is one or none is
    /// wanted (then an empty one).
    pub(super) fn ask_device_tree(
        &mut self,
        config: &BootConfig,
        os_prefix: &str,
        if_missing: IfMissing,
    ) -> Option<String> {
        let names = self.device_tree_names(config);
        if names.is_empty() {
            return match if_missing {
                // Nothing to check.
                IfMissing::Stops => Some(String::new()),
                _ => None,
            };
        }
        for (at, name) in names.iter().enumerate() {
            let if_missing = if at + 1 < names.len() {
                IfMissing::TriesNext
            } else {
                if_missing
            };
            let name = os_name(os_prefix, name);
            if self.ask(&name, Ask::needed(Purpose::DeviceTree, if_missing)) {
                return Some(name);
            }
        }
        None
    }

    /// Asks for the code that runs before the kernel, and says whether it is
    /// there.
    fn armstub(&mut self, config: &BootConfig, is_64bit: bool) -> bool {
        let default = match (self.board().soc(), is_64bit) {
            (Soc::Bcm2837, true) => "armstub8.bin",
            (Soc::Bcm2837, false) => "armstub8-32.bin",
            (Soc::Bcm2711, true) => "armstub8-gic.bin",
            (Soc::Bcm2711, false) => "armstub8-32-gic.bin",
            (Soc::Bcm2712, _) => "armstub8-2712.bin",
        };
        let (name, ask) = match &config.armstub {
            Some(name) => (name.value.as_str(), Ask::wanted(Purpose::Armstub)),
            None => (default, Ask::optional(Purpose::Armstub)),
        };
        let is_there = self.ask(name, ask);
        if is_there {
            self.resolved.armstub = Some(self.full_name(name));
        }
        is_there
    }
}

/// A file of the operating system: `os_prefix` is put before its name, unless
/// that starts with a slash.
pub(super) fn os_name(os_prefix: &str, name: &str) -> String {
    match name.strip_prefix('/') {
        Some(name) => name.to_owned(),
        None => format!("{os_prefix}{name}"),
    }
}
