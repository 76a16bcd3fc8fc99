//! Public threads about what a board starts, and what comes then.

use super::super::BootStage;
use super::{board, codes, dnsmasq, hold};

/// raspberrypi/rpi-eeprom#417: after a reboot of Linux 5.16 a Pi 4 had no link.
#[test]
fn a_link_that_a_reboot_takes_may_be_asleep() {
    let loader = "RPi: BOOTLOADER release VERSION:c68f0c06 DATE: 2022/04/13
Boot mode: NETWORK (02) order 2
NET_BOOT: dc:a6:32:11:22:33 wait for link TFTP: 0.0.0.0
";
    let first = format!(
        "{loader}Link ready
TFTP_GET: 02:00:00:00:00:01 192.0.2.1 1234abcd/start4.elf
TFTP: complete 2200000
[    0.000000] Booting Linux on physical CPU 0x0
[    9.000000] reboot: Restarting system
"
    );
    let board = board(&format!("{first}{loader}"));
    assert_eq!(codes(&board), ["log-no-link"]);
    let other = &board.findings()[0].or[0];
    assert!(other.problem.contains("asleep"), "{other:?}");
}

/// Files in the server's own directory are as good: raspberrypi/firmware#754 at its end,
/// and #863 and raspberrypi/linux#3850, whose kernels then panic.
#[test]
fn a_board_may_boot_without_a_directory_of_its_own() {
    let log = dnsmasq(
        "0 t file /tftpboot/12112233/start.elf not found
         0 t file /tftpboot/autoboot.txt not found
         0 t sent /tftpboot/config.txt to 192.0.2.31
         1 t sent /tftpboot/start.elf to 192.0.2.31
         1 t sent /tftpboot/fixup.dat to 192.0.2.31
         2 t sent /tftpboot/cmdline.txt to 192.0.2.31
         5 t sent /tftpboot/kernel7.img to 192.0.2.31",
    );
    assert!(board(&log).is_well());
    let console = "[    0.000000] Booting Linux on physical CPU 0x0
[    8.185448] IP-Config: Complete:
[  104.151553] VFS: Unable to mount root fs via NFS, trying floppy.
[  104.161141] VFS: Cannot open root device \"nfs\" or unknown-block(2,0): error -6
";
    hold(&[
        ("raspberrypi/linux#3850", console, &["log-nfs-root"]),
        (
            "raspberrypi/linux#3067",
            "[    0.0] Booting Linux on physical CPU 0x0\n[   10.1] Kernel panic - not syncing: Fatal exception in interrupt\n",
            &["log-panic"],
        ),
    ]);
}

/// raspberrypi/cmprovision#61 takes a file for the cause that is never there.
#[test]
fn a_missing_armstub_is_normal() {
    let board = board(&dnsmasq(
        "0 t sent /t/1234abcd/config.txt to 192.0.2.50
         0 t sent /t/1234abcd/bcm2712-rpi-cm5-cm5io.dtb to 192.0.2.50
         1 t sent /t/1234abcd/cmdline.txt to 192.0.2.50
         1 t file /t/1234abcd/armstub8-2712.bin not found for 192.0.2.50
         4 t sent /t/1234abcd/kernel_2712.img to 192.0.2.50",
    ));
    assert!(board.is_well(), "{board:#?}");
}

/// mendersoftware/meta-mender-community#413, siderolabs/talos#12748,
/// agherzan/meta-raspberrypi#1394: a kernel that crashes without this overlay.
#[test]
fn a_d0_without_its_overlay_is_told() {
    let boot = "
        0 t sent /t/1234abcd/config.txt to 192.0.2.50
        0 t file /t/1234abcd/bcm2712d0-rpi-5-b.dtb not found for 192.0.2.50
        0 t sent /t/1234abcd/bcm2712-rpi-5-b.dtb to 192.0.2.50
        0 t file /t/1234abcd/overlays/bcm2712d0.dtbo not found for 192.0.2.50
        1 t sent /t/1234abcd/cmdline.txt to 192.0.2.50
        4 t sent /t/1234abcd/kernel_2712.img to 192.0.2.50
    ";
    let once = &["log-no-d0-overlay"][..];
    let again = &["log-no-d0-overlay", "log-boots-again"][..];
    hold(&[
        ("once", &dnsmasq(boot), once),
        ("again and again", &dnsmasq(&boot.repeat(3)), again),
    ]);
}

/// A Pi 3 with firmware of 2018 loads its device tree after its kernel, and reads config.txt
/// once more (raspberrypi/firmware#859, #1012): that is no other boot.
#[test]
fn a_kernel_need_not_be_the_last_file() {
    let boot = dnsmasq(
        "0 t sent /t/bootcode.bin to 192.0.2.63
         0 t sent /t/config.txt to 192.0.2.63
         2 t sent /t/start.elf to 192.0.2.63
         2 t sent /t/fixup.dat to 192.0.2.63
         3 t sent /t/config.txt to 192.0.2.63
         3 t sent /t/cmdline.txt to 192.0.2.63
         7 t sent /t/kernel8.img to 192.0.2.63
         7 t sent /t/bcm2710-rpi-3-b.dtb to 192.0.2.63
         7 t sent /t/config.txt to 192.0.2.63
         7 t sent /t/overlays/w1-gpio.dtbo to 192.0.2.63",
    );
    for (log, times) in [(boot.clone(), 1), (boot.repeat(3), 3)] {
        let board = board(&log);
        assert_eq!(board.boots.len(), 1, "{board:#?}");
        assert_eq!((board.boots[0].times, board.is_well()), (times, times == 1));
    }
}

/// What the firmware starts has many names: U-Boot (agherzan/meta-raspberrypi#1210), a UEFI
/// that then boots from the network as a PC does (siderolabs/sidero#623, pftf/RPi4#184), and
/// whatever `kernel=` says.
#[test]
fn whatever_is_started_is_the_kernel() {
    let no_line = &["log-no-command-line"][..];
    for (kernel, expected) in [
        ("u-boot-rpi4.bin", &[][..]),
        ("RPI_EFI.fd", &[]),
        ("rpi.bin", no_line),
    ] {
        let boot = dnsmasq(&format!(
            "0 t sent /t/1234abcd/config.txt to 192.0.2.41
             1 t sent /t/1234abcd/start4.elf to 192.0.2.41
             1 t sent /t/1234abcd/fixup4.dat to 192.0.2.41
             1 t sent /t/1234abcd/config.txt to 192.0.2.41
             2 t sent /t/1234abcd/bcm2711-rpi-4-b.dtb to 192.0.2.41
             2 t file /t/1234abcd/cmdline.txt not found for 192.0.2.41
             4 t sent /t/1234abcd/{kernel} to 192.0.2.41"
        ));
        let later = dnsmasq(
            "20 d 77 vendor class: PXEClient:Arch:00011:UNDI:003000
             20 d 77 DHCPDISCOVER(eth0) dc:a6:32:11:22:33
             20 d 77 DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:11:22:33
             21 t sent /t/ipxe-arm64.efi to 192.0.2.41",
        );
        let board = board(&format!("{boot}{later}"));
        assert_eq!(board.boots.len(), 1, "{kernel}: {board:#?}");
        assert!(board.boots[0].stage >= BootStage::Kernel, "{kernel}");
        assert_eq!(codes(&board), expected, "{kernel}");
    }
}
