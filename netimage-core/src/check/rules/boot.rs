//! What can be said of a boot tree.

use super::rule::{error, note, rules, warning};

const BOOT_FLOW: &str =
    "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#raspberry-pi-boot-modes";
const BOOT_FOLDER: &str =
    "https://www.raspberrypi.com/documentation/computers/configuration.html#boot-folder-contents";
const PREFIX: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/376";
const INITRAMFS: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#initramfs";
const ARMSTUB: &str = "https://www.raspberrypi.com/documentation/computers/config_txt.html#armstub";
const OS_PREFIX: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#os_prefix";
const ARM64_BOOTING: &str = "https://docs.kernel.org/arch/arm64/booting.html";
const TFTP: &str = "https://www.rfc-editor.org/rfc/rfc1350";
const ZERO: &str =
    "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#network-booting";

rules! {
    "Boot tree";

    MISSING_FIRMWARE = error("boot-missing-firmware")
        .reason("A board starts with its firmware and has to fetch every part of it that is not in its EEPROM.")
        .remedy("Add the file from the firmware release that the other files are from.")
        .source(BOOT_FOLDER);
    MISSING_KERNEL = error("boot-missing-kernel")
        .reason("A board that finds no kernel under the names it asks for gives up on the network.")
        .remedy("Add the kernel under one of these names, or name it with kernel= in config.txt.")
        .source(BOOT_FOLDER);
    MISSING_DEVICE_TREE = error("boot-missing-device-tree")
        .reason("Without the board's device tree a kernel does not find its hardware, and a Pi 5 does not even start one.")
        .remedy("Add the device tree from the kernel or the firmware.")
        .source(BOOT_FOLDER);
    NO_DEVICE_TREE = error("boot-no-device-tree")
        .reason("If device_tree= is empty the firmware loads no device tree, and 64-bit Linux does not start without one.")
        .remedy("Remove the line.")
        .source(ARM64_BOOTING);
    MISSING_VARIANT = warning("boot-missing-variant")
        .reason("Boards with the same name come in variants that ask for different device trees.")
        .remedy("Add the device tree of each variant that you have.")
        .source(BOOT_FOLDER);
    MISSING_INITRD = error("boot-missing-initrd")
        .reason("If the firmware does not find the initrd it starts the kernel without it.")
        .remedy("Add the file, or correct its name in config.txt.")
        .source(INITRAMFS);
    MISSING_COMMAND_LINE = error("boot-missing-command-line")
        .reason("Without a command line the kernel knows neither its root nor its init.")
        .remedy("Add cmdline.txt, or correct the name that cmdline= gives.")
        .source(BOOT_FOLDER);
    MISSING_FILE = error("boot-missing-file")
        .reason("The board was told to load the file, and gives up without it.")
        .remedy("Add the file.")
        .source(BOOT_FOLDER);
    MISSING_ARMSTUB = warning("boot-missing-armstub")
        .reason("The board continues with the stub in its firmware, which may not suit the kernel.")
        .remedy("Add the file, or remove armstub= from config.txt.")
        .source(ARMSTUB);
    NO_INITRD = error("boot-no-initrd")
        .or_note("the system is not known to have an initrd")
        .reason("The drivers and programs that mount the root are in the initrd; without it only a kernel that mounts NFS itself can boot.")
        .remedy("Write initramfs FILE followkernel in config.txt.")
        .source(INITRAMFS);
    NO_CONFIG = warning("boot-no-config")
        .reason("Without config.txt a board uses its defaults, which differ between boards and load no initrd.")
        .remedy("Add a config.txt that names the kernel and the initrd.")
        .source(BOOT_FOLDER)
        .cause();
    PREFIX_DROPPED = warning("boot-prefix-dropped")
        .reason("A board uses the directory of its serial number only if it finds start4.elf or start.elf in it; a Pi 5 looks for config.txt.")
        .remedy("Add that file to the directory, or serve the tree without a prefix.")
        .source(PREFIX);
    OS_PREFIX_IGNORED = warning("boot-os-prefix-ignored")
        .reason("os_prefix takes effect only if it leads to a kernel and a device tree.")
        .remedy("Put a kernel and a device tree there, or remove the line.")
        .source(OS_PREFIX);
    NO_TREE = error("boot-no-tree")
        .reason("Each board looks in a directory named exactly after its serial number; here there is none, or more than one could be meant.")
        .remedy("Give the directory of the board that is meant, or its serial number.")
        .source(PREFIX);
    SERIAL_DIRECTORY = note("boot-serial-directory")
        .reason("A board that finds its files in the directory of its serial number loads them from there.")
        .remedy("Give another directory if this is not the one you mean.")
        .source(PREFIX);
    NO_BOARD = warning("boot-no-board")
        .reason("Which files have to be there differs from board to board.")
        .remedy("Name the boards that have to boot.")
        .source(BOOT_FOLDER);
    CANNOT_NETBOOT = note("boot-cannot-netboot")
        .reason("The board has no Ethernet, and its boot ROM cannot use any; something else has to load its files.")
        .remedy("Load the boot files from a card or over USB.")
        .source(ZERO);
    RECOVERY = error("boot-recovery")
        .reason("A board that finds a recovery system starts it instead of its own.")
        .remedy("Remove the files of the recovery system.")
        .source(BOOT_FLOW);
    STRAY_LINK = error("boot-stray-link")
        .or_warning("boards start without the file")
        .reason("A TFTP server that is confined to its directory follows no link out of it, and in a copy of the tree the link leads elsewhere.")
        .remedy("Put the file itself in place of the link.")
        .source(TFTP);
    SPECIAL_FILE = error("boot-special-file")
        .or_warning("boards start without the file")
        .reason("A TFTP server serves regular files only.")
        .remedy("Put a regular file there, or remove it.")
        .source(TFTP);
    UNREACHABLE = warning("boot-unreachable-name")
        .reason("Boards ask for short ASCII names only.")
        .remedy("Rename or remove the file.")
        .source(TFTP);
}
