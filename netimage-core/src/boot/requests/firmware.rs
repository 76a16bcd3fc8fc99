//! What the firmware asks for: all that the kernel needs, and the kernel.

use super::overlay_map::{self, Mapped, OverlayMap};
use super::request::{IfMissing, Purpose, StopReason};
use super::simulation::{Ask, End, Simulation};
use crate::boot::config_txt::BootConfig;
use crate::boot::{Board, Soc};

/// Overlays that are followed. Nobody has so many.
const OVERLAYS_MAX: usize = 256;

/// A kernel that was found.
struct Kernel {
    name: String,
    is_64bit: bool,
}

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
        let probe = Ask::probe(Purpose::KernelProbe, IfMissing::DropsOsPrefix);
        let kernels = self.kernel_names(config);
        let trees = self.device_tree_names(config);
        let has_kernel = kernels
            .iter()
            .any(|(name, _)| self.ask(&os_name(wanted, name), probe));
        let has_tree = trees
            .iter()
            .any(|name| self.ask(&os_name(wanted, name), probe));
        if has_kernel && has_tree {
            wanted.to_owned()
        } else {
            String::new()
        }
    }

    /// The kernels in the order in which they are taken, and whether they are
    /// started as 64-bit ones. The names and their order are in `start4.elf`.
    fn kernel_names(&self, config: &BootConfig) -> Vec<(String, bool)> {
        let is_64bit = config.is_64bit();
        if let Some(kernel) = &config.kernel {
            return vec![(kernel.value.clone(), is_64bit)];
        }
        let names = self.board().default_kernels(is_64bit).iter();
        let mut names: Vec<_> = names.map(|name| ((*name).to_owned(), is_64bit)).collect();
        // A Pi 3 that is not told the mode takes a 64-bit kernel if there is no
        // other.
        if !is_64bit && config.arm_64bit.is_none() {
            names.push(("kernel8.img".to_owned(), true));
        }
        names
    }

    /// The kernel that is there; none if there is none but a stub was named, which
    /// may be all that is started (`armstub=RPI_EFI.fd`).
    fn choose_kernel(
        &mut self,
        config: &BootConfig,
        os_prefix: &str,
    ) -> Result<Option<Kernel>, End> {
        let names = self.kernel_names(config);
        if config.kernel.is_none() && self.board().runs_32_bit_kernels() {
            self.probe_recovery_kernels(config);
        }
        // It asks about the 64-bit one first, even where it is the last choice.
        let (asked, last) = match names.split_last() {
            Some((last, others)) if last.1 && others.iter().any(|(_, is_64bit)| !is_64bit) => {
                (others, Some(last))
            }
            _ => (&names[..], None),
        };
        let probe = Ask::probe(Purpose::KernelProbe, IfMissing::TriesNext);
        let has_last = last.is_some_and(|(name, _)| self.ask(&os_name(os_prefix, name), probe));
        for (at, (name, is_64bit)) in asked.iter().enumerate() {
            let name = os_name(os_prefix, name);
            let is_last = at + 1 == asked.len() && !has_last;
            let ask = if is_last {
                Ask::needed(Purpose::KernelProbe, IfMissing::Stops)
            } else {
                probe
            };
            if self.ask(&name, ask) {
                let is_64bit = *is_64bit;
                return Ok(Some(Kernel { name, is_64bit }));
            }
        }
        match last.filter(|_| has_last) {
            Some((name, is_64bit)) => Ok(Some(Kernel {
                name: os_name(os_prefix, name),
                is_64bit: *is_64bit,
            })),
            None if config.armstub.is_some() => Ok(None),
            None => Err(End::Stops(StopReason::NoKernel)),
        }
    }

    fn probe_recovery_kernels(&mut self, config: &BootConfig) {
        let names: &[&str] = match (config.is_64bit(), self.board().soc()) {
            (true, _) => &["recovery8.img"],
            (false, Soc::Bcm2711) => &[
                "recovery8.img",
                "recovery8-32.img",
                "recovery7l.img",
                "recovery7.img",
                "recovery.img",
            ],
            (false, _) => &[
                "recovery8.img",
                "recovery8-32.img",
                "recovery7.img",
                "recovery.img",
            ],
        };
        for name in names {
            self.ask(name, Ask::optional(Purpose::Recovery));
        }
    }

    fn initramfs(&mut self, config: &BootConfig, os_prefix: &str, kernel: Option<&Kernel>) {
        let (names, ask) = match &config.initramfs {
            Some(initramfs) => (
                initramfs.value.files.clone(),
                Ask::needed(Purpose::Initramfs, IfMissing::GoesOn),
            ),
            None if BootConfig::is_on(config.auto_initramfs.as_ref(), false) => {
                let kernel = kernel.map_or("", |kernel| kernel.name.as_str());
                let name = kernel.rsplit('/').next().and_then(initramfs_of);
                let names = name.map(str::to_owned).into_iter().collect();
                (names, Ask::optional(Purpose::Initramfs))
            }
            None => return,
        };
        for name in names {
            let name = os_name(os_prefix, &name);
            if self.ask(&name, ask) {
                let name = self.full_name(&name);
                self.resolved.initramfs.push(name);
            }
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

    fn overlays(&mut self, config: &BootConfig, os_prefix: &str, device_tree: &str) {
        let own = config.overlay_prefix.as_ref();
        let own = own.map_or("overlays/", |prefix| &prefix.value);
        let mut directory = os_name(os_prefix, own);
        if !os_prefix.is_empty() {
            let probe = Ask::probe(Purpose::OverlayProbe, IfMissing::DropsOsPrefix);
            if !self.ask(&format!("{directory}README"), probe) {
                own.clone_into(&mut directory);
            }
        }
        let map = format!("{directory}overlay_map.dtb");
        self.ask(&map, Ask::optional(Purpose::OverlayMap));
        let map = self.read(&map, overlay_map::LENGTH_MAX);
        let map = map.as_deref().and_then(OverlayMap::parse);
        self.ask_config(config);
        if let Some(name) = self.own_overlay(config, device_tree) {
            self.overlay(&format!("{directory}{name}.dtbo"));
        }
        for overlay in config.overlays.iter().take(OVERLAYS_MAX) {
            let soc = self.board().soc();
            let mapped = match &map {
                Some(map) => map.map(&overlay.name, soc),
                None => Mapped::To(overlay.name.clone()),
            };
            match mapped {
                Mapped::To(name) => self.overlay(&overlay_name(&directory, &name)),
                Mapped::Unsupported => {
                    let name = overlay.name.clone();
                    self.resolved.unsupported_overlays.push(name);
                }
            }
        }
    }

    /// The overlay that makes up for a device tree of another kind.
    fn own_overlay(&self, config: &BootConfig, device_tree: &str) -> Option<&'static str> {
        let name = device_tree.rsplit('/').next()?;
        let is_d0 = self.variant.device_trees.first() == Some(&"bcm2712d0-rpi-5-b.dtb");
        if is_d0 && name == "bcm2712-rpi-5-b.dtb" {
            return Some("bcm2712d0");
        }
        let is_upstream = self.variant.upstream_device_trees.contains(&name);
        let upstream = BootConfig::is_on(config.upstream_kernel.as_ref(), false);
        match self.board().soc() {
            _ if !upstream || is_upstream => None,
            Soc::Bcm2837 => Some("upstream"),
            Soc::Bcm2711 if self.board() == Board::Rpi4 => Some("upstream-pi4"),
            Soc::Bcm2711 | Soc::Bcm2712 => None,
        }
    }

    fn overlay(&mut self, name: &str) {
        if self.ask(name, Ask::wanted(Purpose::Overlay)) {
            let name = self.full_name(name);
            self.resolved.overlays.push(name);
        }
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
fn os_name(os_prefix: &str, name: &str) -> String {
    match name.strip_prefix('/') {
        Some(name) => name.to_owned(),
        None => format!("{os_prefix}{name}"),
    }
}

fn overlay_name(directory: &str, name: &str) -> String {
    match name.strip_prefix('/') {
        Some(name) => format!("{name}.dtbo"),
        None => format!("{directory}{name}.dtbo"),
    }
}

/// The initramfs that goes with a kernel under `auto_initramfs`.
fn initramfs_of(kernel: &str) -> Option<&'static str> {
    Some(match kernel {
        "kernel8.img" => "initramfs8",
        "kernel8-32.img" => "initramfs8-32",
        "kernel7l.img" => "initramfs7l",
        "kernel7.img" => "initramfs7",
        "kernel.img" => "initramfs",
        "kernel_2712.img" => "initramfs_2712",
        _ => return None,
    })
}
