//! Which settings decide what is loaded.

use super::line::{Statement, number};

/// The settings by which other files are loaded, but for the memory of the GPU.
const DECIDING_KEYS: [&str; 21] = [
    "arm_64bit",
    "arm_control",
    "armstub",
    "auto_initramfs",
    "boot_ramdisk",
    "cmdline",
    "device_tree",
    "device_tree_overlay",
    "dtoverlay",
    "fixup_file",
    "kernel",
    "os_check",
    "os_prefix",
    "overlay_prefix",
    "ramfsaddr",
    "ramfsfile",
    "start_debug",
    "start_file",
    "start_x",
    "startx",
    "upstream_kernel",
];

/// Whether the firmware loads other files by this line, or starts the kernel in
/// another mode.
pub(super) fn decides_files(statement: &Statement) -> bool {
    match statement {
        Statement::Initramfs(_) | Statement::Include(_) => true,
        Statement::Setting(setting) => match setting.key.as_str() {
            key if key.starts_with("gpu_mem") => number(&setting.value) == Some(16),
            key => DECIDING_KEYS.contains(&key),
        },
        _ => false,
    }
}
