//! What can be said of a boot tree.

use super::rule::Rule;

const BOOT_FLOW: &str =
    "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#raspberry-pi-boot-modes";
const BOOT_FOLDER: &str =
    "https://www.raspberrypi.com/documentation/computers/configuration.html#boot-folder-contents";
const PREFIX: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/376";
const INITRAMFS: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#initramfs";
const AUTO: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#auto_initramfs";
const ARMSTUB: &str = "https://www.raspberrypi.com/documentation/computers/config_txt.html#armstub";
const OS_PREFIX: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#os_prefix";
const ARM64_BOOTING: &str = "https://docs.kernel.org/arch/arm64/booting.html";
const TFTP: &str = "https://www.rfc-editor.org/rfc/rfc1350";
const ZERO: &str =
    "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#network-booting";

pub(in crate::check) static MISSING_FIRMWARE: Rule = Rule::error(
    "boot-missing-firmware",
    "The board starts with its firmware, which it has to fetch unless all of it is in its EEPROM.",
    BOOT_FOLDER,
);
pub(in crate::check) static MISSING_KERNEL: Rule = Rule::error(
    "boot-missing-kernel",
    "Without a kernel of the name that it asks for the board gives up on the network.",
    BOOT_FOLDER,
);
pub(in crate::check) static MISSING_DEVICE_TREE: Rule = Rule::error(
    "boot-missing-device-tree",
    "A kernel without the board's device tree does not find its hardware, and a Pi 5 does not start one.",
    BOOT_FOLDER,
);
pub(in crate::check) static NO_DEVICE_TREE: Rule = Rule::error(
    "boot-no-device-tree",
    "The firmware loads no device tree where device_tree= is empty, and Linux for arm64 does not start without one.",
    ARM64_BOOTING,
);
pub(in crate::check) static MISSING_VARIANT: Rule = Rule::warning(
    "boot-missing-variant",
    "Boards of one name differ in what is on them, and ask for different device trees.",
    BOOT_FOLDER,
);
pub(in crate::check) static MISSING_INITRD: Rule = Rule::error(
    "boot-missing-initrd",
    "The firmware starts the kernel without an initrd that it does not find.",
    INITRAMFS,
);
pub(in crate::check) static MISSING_COMMAND_LINE: Rule = Rule::error(
    "boot-missing-command-line",
    "Without it the kernel knows neither its root nor its init.",
    BOOT_FOLDER,
);
pub(in crate::check) static MISSING_FILE: Rule = Rule::error(
    "boot-missing-file",
    "The board has been told to boot from the file, and gives up without it.",
    BOOT_FOLDER,
);
pub(in crate::check) static MISSING_ARMSTUB: Rule = Rule::warning(
    "boot-missing-armstub",
    "The board goes on with the stub of its firmware, which may not be what the kernel was made for.",
    ARMSTUB,
);
pub(in crate::check) static NO_INITRD: Rule = Rule::error(
    "boot-no-initrd",
    "The toplevel has an initrd, in which the drivers and the means to mount the root are; config.txt loads none.",
    INITRAMFS,
);
pub(in crate::check) static AUTO_INITRAMFS: Rule = Rule::note(
    "boot-auto-initramfs",
    "Under auto_initramfs the firmware asks for an initrd by the name of the kernel, and starts the kernel without when there is none.",
    AUTO,
);
pub(in crate::check) static NO_CONFIG: Rule = Rule::warning(
    "boot-no-config",
    "Without config.txt boards take their defaults, which differ, and load no initrd.",
    BOOT_FOLDER,
)
.cause();
pub(in crate::check) static PREFIX_DROPPED: Rule = Rule::warning(
    "boot-prefix-dropped",
    "A board takes the directory of its serial number for served only if start4.elf or start.elf is in it, a Pi 5 only if config.txt is.",
    PREFIX,
);
pub(in crate::check) static OS_PREFIX_IGNORED: Rule = Rule::warning(
    "boot-os-prefix-ignored",
    "os_prefix is in force only if a kernel and a device tree are there with it.",
    OS_PREFIX,
);
pub(in crate::check) static NO_TREE: Rule = Rule::error(
    "boot-no-tree",
    "Each board looks into the directory of its own serial number, which is called exactly so; there is none, or which of them is meant is not known.",
    PREFIX,
);
pub(in crate::check) static SERIAL_DIRECTORY: Rule = Rule::note(
    "boot-serial-directory",
    "A board that finds its files in the directory of its serial number takes them from there.",
    PREFIX,
);
pub(in crate::check) static NO_BOARD: Rule = Rule::warning(
    "boot-no-board",
    "Which files have to be there differs between boards.",
    BOOT_FOLDER,
);
pub(in crate::check) static CANNOT_NETBOOT: Rule = Rule::note(
    "boot-cannot-netboot",
    "The board has no Ethernet, and its boot ROM knows none; something else has to load its files.",
    ZERO,
);
pub(in crate::check) static RECOVERY: Rule = Rule::error(
    "boot-recovery",
    "A board that finds a recovery system starts it in place of its own.",
    BOOT_FLOW,
);
pub(in crate::check) static STRAY_LINK: Rule = Rule::error(
    "boot-stray-link",
    "A TFTP server that is locked into its directory follows no link out of it, and a copy of the tree leads elsewhere.",
    TFTP,
);
pub(in crate::check) static SPECIAL_FILE: Rule = Rule::error(
    "boot-special-file",
    "A TFTP server has regular files only.",
    TFTP,
);
pub(in crate::check) static NOT_SERVED: Rule = Rule::warning(
    "boot-not-served",
    "A TFTP server gives out neither what is no regular file nor what lies outside; boards start without this one, and what it is for is not there.",
    TFTP,
);
pub(in crate::check) static UNREACHABLE: Rule = Rule::warning(
    "boot-unreachable-name",
    "A request is one packet of ASCII; boards ask for no other name.",
    TFTP,
);
pub(in crate::check) static CASE_CLASH: Rule = Rule::note(
    "boot-case-clash",
    "Where a file system or a TFTP server does not tell upper from lower case, one of them is lost.",
    TFTP,
);

pub(in crate::check) static RULES: &[&Rule] = &[
    &MISSING_FIRMWARE,
    &MISSING_KERNEL,
    &MISSING_DEVICE_TREE,
    &NO_DEVICE_TREE,
    &MISSING_VARIANT,
    &MISSING_INITRD,
    &MISSING_COMMAND_LINE,
    &MISSING_FILE,
    &MISSING_ARMSTUB,
    &NO_INITRD,
    &AUTO_INITRAMFS,
    &NO_CONFIG,
    &PREFIX_DROPPED,
    &OS_PREFIX_IGNORED,
    &NO_TREE,
    &SERIAL_DIRECTORY,
    &NO_BOARD,
    &CANNOT_NETBOOT,
    &RECOVERY,
    &STRAY_LINK,
    &SPECIAL_FILE,
    &NOT_SERVED,
    &UNREACHABLE,
    &CASE_CLASH,
];
