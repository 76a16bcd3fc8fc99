//! Public threads in which somebody's board did not boot, each with a log of this kind in
//! short, and what it comes to. Where a thread has a conclusion, that is it.

use super::{board, codes, dnsmasq, hold};

fn tftpd(lines: &[&str]) -> String {
    let line = |line: &&str| format!("Feb  4 18:44:05 srv in.tftpd[1421]: {line}\n");
    lines.iter().map(line).collect()
}

#[test]
fn a_first_code_that_asks_for_nothing_is_told() {
    hold(&[
        (
            "raspberrypi/firmware#937, tftpd-hpa -vv",
            &tftpd(&[
                "RRQ from 192.0.2.31 filename bootcode.bin",
                "RRQ from 192.0.2.31 filename bootsig.bin",
                "sending NAK (1, File not found) to 192.0.2.31",
            ]),
            &["log-bootcode-stuck"],
        ),
        (
            "raspberrypi/firmware#937, as tftpd-hpa tells it without -vv",
            &tftpd(&[
                "RRQ from 192.0.2.31 filename bootcode.bin",
                "RRQ from 192.0.2.31 filename bootsig.bin",
            ]),
            &["log-bootcode-stuck"],
        ),
        (
            "raspberrypi/firmware#958, a CM3 with a newer bootcode.bin; #983 and #1078, a server behind a router",
            &dnsmasq(
                "0 t file /tftpboot/bootsig.bin not found
                 0 t sent /tftpboot/bootcode.bin to 192.0.2.31",
            ),
            &["log-bootcode-stuck"],
        ),
        (
            "raspberrypi/firmware#1124, whose first code asks for an address in vain",
            &dnsmasq(
                "0 d DHCPDISCOVER(eth1) b8:27:eb:11:22:33
                 5 d DHCPOFFER(eth1) 192.0.2.31 b8:27:eb:11:22:33
                 5 t sent /tftpboot/bootcode.bin to 192.0.2.31
                 10 d DHCPDISCOVER(eth1) b8:27:eb:11:22:33
                 10 d DHCPOFFER(eth1) 192.0.2.31 b8:27:eb:11:22:33
                 25 d DHCPDISCOVER(eth1) b8:27:eb:11:22:33
                 25 d DHCPOFFER(eth1) 192.0.2.31 b8:27:eb:11:22:33",
            ),
            &["log-bootcode-stuck"],
        ),
    ]);
}

#[test]
fn a_firmware_that_asks_for_nothing_is_told() {
    hold(&[
        (
            "raspberrypi/firmware#1097, Hexxeh/rpi-firmware#213: another release boots",
            &dnsmasq(
                "0 t sent /t/1234abcd/config.txt to 192.0.2.41
                 2 t sent /t/1234abcd/start4.elf to 192.0.2.41
                 2 t sent /t/1234abcd/fixup4.dat to 192.0.2.41",
            ),
            &["log-firmware-stuck"],
        ),
        (
            "Hexxeh/rpi-firmware#134, a rainbow",
            &tftpd(&[
                "RRQ from 192.0.2.31 filename bootcode.bin",
                "RRQ from 192.0.2.31 filename config.txt",
                "RRQ from 192.0.2.31 filename start.elf",
                "RRQ from 192.0.2.31 filename fixup.dat",
            ]),
            &["log-firmware-stuck"],
        ),
    ]);
}

#[test]
fn files_in_the_wrong_place_are_told() {
    hold(&[
        (
            "raspberrypi/firmware#1102: all is in the board's directory",
            &dnsmasq(
                "0 d 77 vendor class: PXEClient:Arch:00000:UNDI:002001
                 0 d 77 PXE(eth0) b8:27:eb:11:22:33 proxy
                 0 d 77 sent size: 32 option: 43 vendor-encap  06:01:03
                 0 t file /tftpboot/bootsig.bin not found for 192.0.2.31
                 0 t file /tftpboot/bootcode.bin not found for 192.0.2.31",
            ),
            &["log-no-bootcode"],
        ),
        (
            "raspberrypi/firmware#794, a bootcode.bin that asks in no directory of the board",
            &dnsmasq(
                "0 t file /tftpboot/autoboot.txt not found
                 0 t file /tftpboot/config.txt not found
                 0 t file /tftpboot/start.elf not found for 192.0.2.31",
            ),
            &["log-no-firmware"],
        ),
        (
            "raspberrypi/firmware#1078, with a newer bootcode.bin and no firmware",
            &tftpd(&[
                "RRQ from 192.0.2.31 filename bootcode.bin",
                "RRQ from 192.0.2.31 filename bootsig.bin",
                "sending NAK (1, File not found) to 192.0.2.31",
                "RRQ from 192.0.2.31 filename start.elf",
                "sending NAK (1, File not found) to 192.0.2.31",
            ]),
            &["log-no-firmware"],
        ),
        (
            "raspberrypi/rpi-eeprom#74, requests alone: time-outs or permissions",
            &tftpd(&[
                "RRQ from 192.0.2.32 filename d9780558/start4.elf",
                "RRQ from 192.0.2.32 filename d9780558/start.elf",
                "RRQ from 192.0.2.32 filename config.txt",
                "RRQ from 192.0.2.32 filename recover4.elf",
                "RRQ from 192.0.2.32 filename recovery.elf",
                "RRQ from 192.0.2.32 filename start4.elf",
                "RRQ from 192.0.2.32 filename start.elf",
            ]),
            &["log-no-firmware"],
        ),
        (
            "raspberrypi/rpi-eeprom#68",
            &dnsmasq(
                "0 t file /srv/tftp/rpi1start4.elf not found for 192.0.2.41
                 0 t file /srv/tftp/rpi1start.elf not found for 192.0.2.41",
            ),
            &["log-prefix-slash"],
        ),
        (
            "raspberrypi/firmware#1850 and raspberrypi/rpi-eeprom#69: a file name by option 67",
            "Boot mode: NETWORK (02) order f1\nTFTP 1: File not found\nTFTP 1: File not found\nFirmware not found\n",
            &["log-no-firmware"],
        ),
        (
            "raspberrypi/rpi-eeprom#621, over IPv6",
            "Boot mode: NETWORK (02) order f241
LINK STATUS: speed: 1000 full duplex
TFTP_GET: 02:00:00:00:00:01 2001:db8::1 1234abcd/config.txt
TFTP: complete 40
TFTP_GET: 02:00:00:00:00:01 2001:db8::1 1234abcd/start4x.elf
Firmware not found
",
            &["log-no-firmware"],
        ),
    ]);
}

#[test]
fn offers_that_are_not_taken_are_told() {
    hold(&[
        (
            "raspberrypi/cmprovision#61: a dhcp-match by option 97 of older models",
            &dnsmasq(
                "0 d 77 vendor class: PXEClient:Arch:00000:UNDI:002001
                 0 d 77 DHCPDISCOVER(eth0) 2c:cf:67:11:22:33
                 0 d 77 tags: eth0
                 0 d 77 DHCPOFFER(eth0) 192.0.2.50 2c:cf:67:11:22:33
                 0 d 77 sent size:  4 option:  1 netmask  255.255.255.0",
            ),
            &["log-dhcp-no-option-43"],
        ),
        (
            "raspberrypi/rpi-eeprom#60 and #182: a pxe-service for PCs comes first",
            &dnsmasq(
                "0 d 77 vendor class: PXEClient:Arch:00000:UNDI:002001
                 0 d 77 PXE(eth0) dc:a6:32:11:22:33 proxy
                 0 d 77 sent size: 80 option: 43 vendor-encap  06:01:03
                 4 d 77 vendor class: PXEClient:Arch:00000:UNDI:002001
                 4 d 77 PXE(eth0) dc:a6:32:11:22:33 proxy
                 4 d 77 sent size: 80 option: 43 vendor-encap  06:01:03",
            ),
            &["log-proxy-ignored"],
        ),
        (
            "raspberrypi/rpi-eeprom#559, by its screen",
            "Boot mode: NETWORK (02) order f145
NETWORK e4:5f:01:11:22:33 wait for link TFTP: 0.0.0.0
Link ready
DHCP src: e4:5f:01:44:55:66 192.0.2.1
DHCP src: e4:5f:01:44:55:66 192.0.2.1
NETBOOT init failed
Boot mode: BCM-USB-MSD (05) order f14
",
            &["log-offer-unused"],
        ),
    ]);
}

/// raspberrypi/firmware#1012, #1913: netkit's in.tftpd, with which config.txt is ignored
/// and files are taken for missing.
#[test]
fn a_server_without_options_is_told() {
    let names = "bootcode.bin 2caf9c61/start.elf 2caf9c61/config.txt 2caf9c61/fixup.dat";
    let lines = names.split(' ').map(|name| {
        let line = "Jun 27 23:16:58 srv tftpd[30828]: tftpd:";
        format!("{line} trying to get file: {name}\n{line} serving file from /srv/tftp\n")
    });
    let log: String = lines.collect();
    hold(&[("in.tftpd", &log, &["log-firmware-stuck", "log-plain-tftp"])]);
}

/// raspberrypi/cmprovision#42: the server's own interface had no address; in #61 it had
/// one a moment later.
#[test]
fn a_server_without_an_address_is_told() {
    let log = "8 d DHCP packet received on eth0 which has no address";
    let board = board(&dnsmasq(log));
    assert_eq!(codes(&board), ["log-dhcp-no-range"]);
    let later = "
        16 d 77 vendor class: PXEClient:Arch:00000:UNDI:002001
        16 d 77 DHCPDISCOVER(eth0) 2c:cf:67:11:22:33
        16 d 77 DHCPOFFER(eth0) 192.0.2.50 2c:cf:67:11:22:33
        17 t file /t/config.txt not found for 192.0.2.50
    ";
    hold(&[(
        "#61",
        &dnsmasq(&format!("{log}{later}")),
        &["log-no-config"],
    )]);
}

/// raspberrypi/rpi-eeprom#480, raspberrypi/piserver#103.
#[test]
fn a_switch_that_waits_is_thought_of() {
    let board = board("Boot mode: NETWORK (02) order f1\nLink ready\n");
    assert_eq!(codes(&board), ["log-dhcp-silent"]);
    let others = &board.findings()[0].or;
    let is_it = |problem: &str| problem.contains("spanning tree");
    assert!(
        others.iter().any(|other| is_it(&other.problem)),
        "{others:?}"
    );
}
