//! The settings in force for one board.

use super::ConfigTxt;
use super::conditions::Conditions;
use super::filter::Verdict;
use super::keys;
use super::line::{Initramfs, Placement, Setting, Statement, before_comment, file_list};
use super::mistake::Mistake;
use super::number::number;
use super::overlay::{Overlay, Overlays, Parameter};
use super::position::{Located, Position};
use super::walk::{Included, Provider, Walk};
use crate::boot::{Board, FirmwareVariant};

/// Who reads a file.
pub enum Reader<'a, 'b> {
    /// `bootcode.bin`, or the boot loader in the EEPROM before it starts the
    /// firmware: they do not follow `include`.
    Loader,
    /// The firmware, which asks for included files here.
    Firmware(&'a mut Provider<'b>),
}

/// What the boot of one board hangs on, with the lines that say it.
///
/// Where a setting is there twice, the last one counts. An empty value is as
/// good as none.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct BootConfig {
    /// The board.
    pub board: Board,
    /// `kernel`
    pub kernel: Option<Located<String>>,
    /// `arm_64bit`, if it is set, or `arm_control=0x200`, its older name.
    /// [`is_64bit`](Self::is_64bit) says what it comes to.
    pub arm_64bit: Option<Located<bool>>,
    /// `cmdline`
    pub cmdline: Option<Located<String>>,
    /// `initramfs`, or `ramfsfile` with `ramfsaddr`.
    pub initramfs: Option<Located<Initramfs>>,
    /// `kernel_address`: where in memory the kernel is put. `kernel_old=1` stands
    /// for 0.
    pub kernel_address: Option<Located<u64>>,
    /// `auto_initramfs`
    pub auto_initramfs: Option<Located<bool>>,
    /// `start_file`
    pub start_file: Option<Located<String>>,
    /// `fixup_file`
    pub fixup_file: Option<Located<String>>,
    /// What `start_x`, `start_debug` or `gpu_mem=16` select, if one does.
    pub firmware_variant: Option<Located<FirmwareVariant>>,
    /// `armstub`
    pub armstub: Option<Located<String>>,
    /// `device_tree`. Here an empty value counts: no device tree is loaded.
    pub device_tree: Option<Located<String>>,
    /// `dtoverlay`, in order.
    pub overlays: Vec<Overlay>,
    /// `dtparam` for the base device tree, in order.
    pub parameters: Vec<Parameter>,
    /// `os_prefix`, which `upstream_kernel=1` sets to `upstream/` by default.
    pub os_prefix: Option<Located<String>>,
    /// `overlay_prefix`
    pub overlay_prefix: Option<Located<String>>,
    /// `upstream_kernel`
    pub upstream_kernel: Option<Located<bool>>,
    /// `boot_ramdisk`: everything else comes from `boot.img`.
    pub boot_ramdisk: Option<Located<bool>>,
    /// `os_check`: whether the Pi 5 looks for a device tree first (it does
    /// unless this is 0).
    pub os_check: Option<Located<bool>>,
    /// `bootloader_update`: whether the EEPROM may be updated from the network
    /// (it may unless this is 0).
    pub bootloader_update: Option<Located<bool>>,
    /// The files that were included, in order.
    pub included: Vec<Included>,
    /// Settings that decide which files are loaded, or the mode of the kernel,
    /// and count only if a filter is passed which only the board can decide (a
    /// pin, a monitor, a serial number that is not given).
    pub undecided: Vec<Located<String>>,
    /// What is wrong with the files.
    pub mistakes: Vec<Mistake>,
}

/// The bit of `arm_control` that stands for `arm_64bit=1`.
const ARM_CONTROL_64BIT: i64 = 0x200;

/// Settings that count only together with others.
#[derive(Default)]
struct Pending {
    ramfs_file: Option<Located<String>>,
    ramfs_address: Option<i64>,
    /// `gpu_mem`
    memory: Option<Located<i64>>,
    /// `gpu_mem_512` or `gpu_mem_1024`, whichever is for the board: it comes
    /// first.
    memory_by_size: Option<Located<i64>>,
}

impl ConfigTxt {
    /// The settings in force for a board.
    #[must_use]
    pub fn evaluate(&self, conditions: Conditions, reader: Reader<'_, '_>) -> BootConfig {
        let provider = match reader {
            Reader::Loader => None,
            Reader::Firmware(provider) => Some(provider),
        };
        let mut config = BootConfig::new(conditions.board);
        let mut overlays = Overlays::default();
        let mut pending = Pending::default();
        let mut walk = Walk::new(conditions, provider);
        walk.file(self, &mut |verdict, statement, at| {
            if verdict == Verdict::Undecided {
                return config.hold(statement, at);
            }
            match statement {
                Statement::Setting(setting) => {
                    config.set(setting, at, &mut overlays, &mut pending);
                }
                Statement::Initramfs(initramfs) => {
                    (pending.ramfs_file, pending.ramfs_address) = (None, None);
                    config.initramfs = Some(Located {
                        value: initramfs.clone(),
                        at,
                    });
                }
                _ => {}
            }
        });
        config.included = walk.included;
        config.mistakes = walk.mistakes;
        config.overlays = overlays.loaded;
        config.parameters = overlays.base;
        config.finish(pending);
        config
    }
}

impl BootConfig {
    fn new(board: Board) -> Self {
        Self {
            board,
            kernel: None,
            arm_64bit: None,
            cmdline: None,
            initramfs: None,
            kernel_address: None,
            auto_initramfs: None,
            start_file: None,
            fixup_file: None,
            firmware_variant: None,
            armstub: None,
            device_tree: None,
            overlays: Vec::new(),
            parameters: Vec::new(),
            os_prefix: None,
            overlay_prefix: None,
            upstream_kernel: None,
            boot_ramdisk: None,
            os_check: None,
            bootloader_update: None,
            included: Vec::new(),
            undecided: Vec::new(),
            mistakes: Vec::new(),
        }
    }

    fn hold(&mut self, statement: &Statement, at: Position) {
        if decides(statement) {
            let value = statement.to_string();
            self.undecided.push(Located { value, at });
        }
    }

    fn set(
        &mut self,
        setting: &Setting,
        at: Position,
        overlays: &mut Overlays,
        pending: &mut Pending,
    ) {
        let value = Located {
            value: setting.value.clone(),
            at: at.clone(),
        };
        let text = |value: Located<String>| (!value.value.is_empty()).then_some(value);
        // How much of a number with a comment counts is not known; it is warned of.
        let number = before_comment(&setting.value).unwrap_or(&setting.value);
        let number = self::number(number).unwrap_or(0);
        let switch = Some(Located {
            value: number != 0,
            at,
        });
        let memory = |at| Some(Located { value: number, at });
        let address = |at, number| {
            let value = u64::try_from(number).ok()?;
            Some(Located { value, at })
        };
        match setting.key.as_str() {
            "kernel" => self.kernel = text(value),
            "kernel_address" => self.kernel_address = address(value.at, number),
            "kernel_old" if number == 1 => self.kernel_address = address(value.at, 0),
            "cmdline" => self.cmdline = text(value),
            "start_file" => self.start_file = text(value),
            "fixup_file" => self.fixup_file = text(value),
            "armstub" => self.armstub = text(value),
            "device_tree" => self.device_tree = Some(value),
            "os_prefix" => self.os_prefix = Some(value),
            "overlay_prefix" => self.overlay_prefix = Some(value),
            "ramfsfile" => {
                self.initramfs = None;
                pending.ramfs_file = text(value);
            }
            "ramfsaddr" => pending.ramfs_address = Some(number),
            "dtoverlay" | "device_tree_overlay" => overlays.overlay(&value),
            "dtparam" | "device_tree_param" => overlays.parameter(&value),
            "arm_64bit" => self.arm_64bit = switch,
            "arm_control" if number & ARM_CONTROL_64BIT != 0 && self.arm_64bit.is_none() => {
                self.arm_64bit = switch;
            }
            "auto_initramfs" => self.auto_initramfs = switch,
            "upstream_kernel" => self.upstream_kernel = switch,
            "boot_ramdisk" => self.boot_ramdisk = switch,
            "os_check" => self.os_check = switch,
            "bootloader_update" => self.bootloader_update = switch,
            "start_x" | "startx" => self.select(FirmwareVariant::Extended, number == 1, value.at),
            "start_debug" => self.select(FirmwareVariant::Debug, number == 1, value.at),
            "gpu_mem" => pending.memory = memory(value.at),
            key if key == self.memory_key() => pending.memory_by_size = memory(value.at),
            _ => {}
        }
    }

    fn select(&mut self, variant: FirmwareVariant, on: bool, at: Position) {
        let is_this = self
            .firmware_variant
            .as_ref()
            .is_some_and(|selected| selected.value == variant);
        if on {
            self.firmware_variant = Some(Located { value: variant, at });
        } else if is_this {
            self.firmware_variant = None;
        }
    }

    /// The key that sets the memory of the GPU on boards with as much memory as
    /// this one (some 4Bs and Compute Modules have more, which is the same).
    const fn memory_key(&self) -> &'static str {
        if self.board.memory_max() < 1 << 30 {
            "gpu_mem_512"
        } else {
            "gpu_mem_1024"
        }
    }

    fn finish(&mut self, pending: Pending) {
        let memory = pending.memory_by_size.or(pending.memory);
        if let (None, Some(memory)) = (&self.firmware_variant, memory) {
            self.select(FirmwareVariant::CutDown, memory.value == 16, memory.at);
        }
        if let Some(file) = pending.ramfs_file {
            let placement = match pending.ramfs_address.map(u64::try_from) {
                Some(Ok(address)) if address > 0 => Placement::Address(address),
                _ => Placement::FollowKernel,
            };
            let files = file_list(&file.value);
            self.initramfs = Some(Located {
                value: Initramfs { files, placement },
                at: file.at,
            });
        }
        let upstream = self.upstream_kernel.as_ref().filter(|switch| switch.value);
        if let (None, Some(upstream)) = (&self.os_prefix, upstream) {
            self.os_prefix = Some(Located {
                value: "upstream/".to_owned(),
                at: upstream.at.clone(),
            });
        }
    }

    /// Whether the kernel is started as a 64-bit one: as `arm_64bit` says, else
    /// as the name of the kernel does, if it is one of the known ones, else as
    /// is the board's default.
    ///
    /// A Pi 3 without either takes `kernel8.img` only if no other is there;
    /// that is not known here.
    #[must_use]
    pub fn is_64bit(&self) -> bool {
        if !self.board.runs_32_bit_kernels() {
            return true;
        }
        if let Some(switch) = &self.arm_64bit {
            return switch.value;
        }
        let kernel = self.kernel.as_ref().map(|kernel| kernel.value.as_str());
        match kernel {
            Some("kernel8.img" | "kernel8_rt.img" | "kernel_2712.img") => true,
            Some("kernel.img" | "kernel7.img" | "kernel7l.img" | "kernel8-32.img") => false,
            _ => self.board.arm_64bit_default(),
        }
    }

    /// The firmware and the file that fixes up its addresses, which have to
    /// match; none for a board that has it in its EEPROM.
    #[must_use]
    pub fn firmware(&self) -> Option<(String, String)> {
        let variant = self.firmware_variant.as_ref().map(|variant| variant.value);
        let (start, fixup) = self.board.soc().firmware(variant)?;
        let or = |name: &Option<Located<String>>, default: &str| match name {
            Some(name) => name.value.clone(),
            None => default.to_owned(),
        };
        Some((or(&self.start_file, start), or(&self.fixup_file, fixup)))
    }

    /// Whether its `os_prefix` is none but that of `upstream_kernel=1`, which is also
    /// set for the names of its device trees alone (raspberrypi/firmware#1660).
    pub(crate) fn is_prefix_of_upstream(&self) -> bool {
        matches!((&self.os_prefix, &self.upstream_kernel), (Some(prefix), Some(switch)) if prefix.at == switch.at)
    }

    /// Whether this switch is on, or is so by default.
    pub(crate) fn is_on(switch: Option<&Located<bool>>, default: bool) -> bool {
        switch.map_or(default, |switch| switch.value)
    }
}

/// Whether the firmware loads other files by this line, or starts the kernel in
/// another mode.
fn decides(statement: &Statement) -> bool {
    match statement {
        Statement::Initramfs(_) | Statement::Include(_) => true,
        Statement::Setting(Setting { key, value, .. }) if key.starts_with("gpu_mem") => {
            number(value) == Some(16)
        }
        Statement::Setting(setting) => keys::decides_files(&setting.key),
        _ => false,
    }
}
