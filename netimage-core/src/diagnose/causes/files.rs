//! Files that a board asks for.

use crate::check::rules::rule::{error, note, rules, warning};

const EEPROM: &str = "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#raspberry-pi-bootloader-configuration";
const BOOTFLOW: &str =
    "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#raspberry-pi-boot-modes";
const CONFIG_TXT: &str = "https://www.raspberrypi.com/documentation/computers/config_txt.html";
const BOOT_FOLDER: &str =
    "https://www.raspberrypi.com/documentation/computers/configuration.html#boot-folder-contents";
const PREFIX: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/376";
const BOOTCODE: &str = "https://github.com/Tech-Byte-Tips/RPi-PXE/issues/11";
const FIRST_CODE: &str = "https://github.com/raspberrypi/firmware/issues/1124";
const PREFIX_TEXT: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/68";
const OLD_FIRMWARE: &str = "https://github.com/raspberrypi/firmware/issues/935";
const GLITCH: &str = "https://github.com/raspberrypi/firmware/issues/1292";
const TIMEOUT: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/687";
const ROLLOVER: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/720";
const TRUNCATED: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/375";
const STEPPING: &str = "https://github.com/mendersoftware/meta-mender-community/pull/413";
const SIGNED: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/857";
const TFTP: &str = "https://www.rfc-editor.org/rfc/rfc1350";
const SAME_SERIAL: &str = "https://github.com/raspberrypi/rpi-eeprom/issues/563";

rules! {
    "Files";

    NO_BOOTCODE = error("log-no-bootcode")
        .reason("A board without an EEPROM fetches bootcode.bin from the TFTP server's own directory, and gives up without it.")
        .remedy("Put bootcode.bin there, not into the board's own directory.")
        .source(BOOTCODE);
    BOOTCODE_STUCK = error("log-bootcode-stuck")
        .reason("The board got bootcode.bin and asked for no firmware: this code did not start, got no answer to its own request for an address, or does not reach the TFTP server.")
        .remedy("Serve a newer bootcode.bin, let DHCP answer it too, and have the TFTP server in the board's own network.")
        .source(FIRST_CODE);
    PREFIX_SLASH = error("log-prefix-slash")
        .reason("TFTP_PREFIX_STR is put before each name as it is: without a slash at its end it names no directory.")
        .remedy("End TFTP_PREFIX_STR in the EEPROM's configuration with a slash, and update an EEPROM of 2019.")
        .source(PREFIX_TEXT);
    NO_CONFIG = error("log-no-config")
        .reason("A Pi 5 starts nothing without config.txt.")
        .remedy("Serve config.txt in the board's own directory.")
        .source(CONFIG_TXT);
    PREFIX_DROPPED = error("log-prefix-dropped")
        .reason("A board that finds no start4.elf or start.elf in the directory of its serial number asks for everything in the directory above.")
        .remedy("Put start4.elf (start.elf for a Pi 3) into the directory of the serial number, which is written with lower-case digits and leading zeros.")
        .source(PREFIX);
    ELSEWHERE = error("log-other-directory")
        .reason("The board asks in another directory than the depot serves the machine in.")
        .remedy("Set TFTP_PREFIX in its EEPROM, and TFTP_PREFIX_STR with a slash at its end, to the machine's directory; or correct the machine's serial number or prefix in the depot.")
        .source(EEPROM);
    NO_FIRMWARE = error("log-no-firmware")
        .reason("A board other than a Pi 5 gives up without start*.elf.")
        .remedy("Serve the firmware's files next to config.txt, and name them there only if they have other names; the file name that DHCP gives (option 67) is not looked at.")
        .source(BOOT_FOLDER);
    OLD_FIRMWARE_ONLY = error("log-wrong-firmware")
        .reason("start.elf is the firmware of a Pi 3 and older; a Pi 4 asks for it when there is no start4.elf, and cannot start it.")
        .remedy("Serve start4.elf and fixup4.dat.")
        .source(BOOT_FOLDER);
    NO_FIXUP = error("log-no-fixup")
        .reason("Without fixup*.dat of its release the firmware does not know how much memory there is, and starts no kernel or leaves it little memory.")
        .remedy("Serve the fixup*.dat that belongs to start*.elf.")
        .source(BOOT_FOLDER);
    FIRMWARE_STUCK = error("log-firmware-stuck")
        .reason("The board got its firmware whole and then asked for nothing: the firmware did not start, or cannot use the network.")
        .remedy("Serve start*.elf and fixup*.dat of one release, and a release for this model.")
        .source(OLD_FIRMWARE);
    NO_KERNEL = error("log-no-kernel")
        .reason("The firmware found none of the kernels that it knows or that config.txt names.")
        .remedy("Serve the kernel under a name that the board asks for, or name it by kernel= in config.txt.")
        .source(CONFIG_TXT);
    NO_DEVICE_TREE = error("log-no-device-tree")
        .reason("A kernel without the device tree of its board finds no network and no console; a Pi 5 does not start it.")
        .remedy("Serve the device tree of this model under a name that it asks for.")
        .source(CONFIG_TXT);
    OS_CHECK = error("log-os-check")
        .reason("A Pi 5 looks for its own device tree to know that a system is for it.")
        .remedy("Serve bcm2712-rpi-5-b.dtb, or the tree of this model, or write os_check=0 in config.txt.")
        .source(CONFIG_TXT);
    NO_INITRAMFS = error("log-no-initramfs")
        .reason("config.txt names an initial RAM disk that the server does not have; the kernel starts without it and finds no root.")
        .remedy("Serve it under this name, or correct initramfs in config.txt.")
        .source(CONFIG_TXT);
    NO_COMMAND_LINE = warning("log-no-command-line")
        .reason("Without cmdline.txt the kernel does not know where its root is, unless that is built in.")
        .remedy("Serve cmdline.txt, or the file that cmdline= in config.txt names.")
        .source(CONFIG_TXT);
    NO_D0_OVERLAY = error("log-no-d0-overlay")
        .reason("A Pi 5 of stepping D0 lays overlays/bcm2712d0.dtbo over the device tree of older ones; without it its kernel crashes (SError).")
        .remedy("Serve the overlay, of the same release as the device tree, or bcm2712d0-rpi-5-b.dtb.")
        .source(STEPPING);
    NO_OVERLAY = warning("log-no-overlay")
        .reason("The firmware leaves out an overlay that it does not find, and what the overlay is for does not work.")
        .remedy("Serve it in overlays/, or remove its line from config.txt.")
        .source(CONFIG_TXT);
    UNREADABLE = error("log-file-unreadable")
        .reason("The file is there, and the TFTP server may not read it.")
        .remedy("Let its directories be searched and the file be read by everybody (chmod a+rX), and look at tftp-secure and links that lead out.")
        .source(TFTP);
    TIMED_OUT = error("log-file-timeout")
        .reason("The boot loader gives one file 30 seconds (TFTP_FILE_TIMEOUT), and goes on without it or begins again.")
        .remedy("Make the file smaller, the network faster, or TFTP_FILE_TIMEOUT in the EEPROM longer.")
        .source(TIMEOUT);
    CUT_OFF = error("log-transfer-broken")
        .reason("The transfer ended before the file was whole.")
        .remedy("Look for lost packets: cable, switch, a firewall that forgets the transfer, tftp-mtu.")
        .source(GLITCH);
    TRUNCATED_FILE = error("log-file-truncated")
        .reason("Boot loaders of before 2025-09 count 65 535 blocks of a file and no more: 64 MiB in blocks of 1024 bytes, 91.7 MiB in blocks of 1468.")
        .remedy("Make the file smaller, or update the EEPROM.")
        .source(TRUNCATED);
    ROLLED_OVER = error("log-file-too-large")
        .reason("Boot loaders of before 2025-09 never get a file whole that has more than 65 535 blocks.")
        .remedy("Make the file smaller, or update the EEPROM.")
        .source(ROLLOVER);
    BOOT_IMAGE = error("log-boot-image")
        .reason("The boot loader could not load boot.img, which boot_ramdisk or signed boot asks for.")
        .remedy("Serve boot.img and boot.sig of at most 96 MB, with signed boot over HTTP; or boot without boot_ramdisk.")
        .source(SIGNED);
    RECOVERY = warning("log-recovery")
        .reason("A board that finds recovery.elf starts it instead of a system.")
        .remedy("Remove recovery.elf and recover4.elf from what is served.")
        .source(BOOTFLOW);
    OTHER_TREE = warning("log-other-files")
        .reason("The server told the board that a file is missing, and it is among the files that are looked at: the server has other ones, or had.")
        .remedy("See which directory the TFTP server serves (tftp-root), and whether the files were put there after this boot.")
        .source(TFTP);
    TWO_BOARDS = warning("log-one-directory")
        .reason("Boards with different addresses ask in one directory: the boot loader knows the low half of a serial number only, or one board's address has changed.")
        .remedy("Give one of them another directory by TFTP_PREFIX in its EEPROM, if they are two.")
        .source(SAME_SERIAL);
    ASKS_AGAIN = error("log-boots-again")
        .reason("The board gets its kernel whole and begins anew each time: the kernel panics or hangs, and a watchdog or panic= starts the board again.")
        .remedy("Look at its console; check the image with netimage-builder check.")
        .source(BOOTFLOW);
    UNTOLD = note("log-ends-with-kernel")
        .reason("A TFTP server's log ends with the kernel; what comes then only the board's console or the NFS server can tell.")
        .remedy("If the board is not up, read its console: enable_uart=1, console=serial0,115200.")
        .source(CONFIG_TXT);
    STOPPED = error("log-stopped")
        .reason("The board stopped asking before it had a kernel, and the log does not say why.")
        .remedy("Read its console (BOOT_UART=1 in the EEPROM, uart_2ndstage=1 in config.txt), and check what is served with netimage-builder requests.")
        .source(BOOTFLOW);
}
