//! Link, DHCP and the TFTP server as a whole.

use super::{board, codes, dnsmasq, hold};
use crate::check::Severity;

/// A Pi 3 that asked for a file once, and then only for addresses.
const OFFER_UNUSED: &str = "
    0 d DHCPDISCOVER(eth0) b8:27:eb:11:22:33
    0 d DHCPOFFER(eth0) 192.0.2.31 b8:27:eb:11:22:33
    0 t file /srv/tftp/12112233/start.elf not found
    642 d DHCPDISCOVER(eth0) b8:27:eb:11:22:33
    642 d DHCPOFFER(eth0) 192.0.2.31 b8:27:eb:11:22:33
";

#[test]
fn a_board_that_does_not_come_to_files_says_why() {
    hold(&[
        (
            "raspberrypi/rpi-eeprom#282, with the order that boards are sold with",
            "USB MSD timed out after 20 seconds\nBoot mode: RESTART (0f) order 0\nRestart 2 max -1\nBoot mode: SD (01) order f4\n",
            &["log-boot-order"],
        ),
        (
            "the same, with the network in it",
            "Boot mode: RESTART (0f) order 0\nBoot mode: SD (01) order f42\n",
            &[],
        ),
        (
            "raspberrypi/rpi-eeprom#58, through a relay",
            &dnsmasq(
                "0 d DHCPDISCOVER(eth0) dc:a6:32:11:22:33
                 0 d DHCPOFFER(eth0) 192.0.2.31 dc:a6:32:11:22:33
                 8 d DHCPDISCOVER(eth0) dc:a6:32:11:22:33
                 8 d DHCPOFFER(eth0) 192.0.2.31 dc:a6:32:11:22:33
                 24 d DHCPDISCOVER(eth0) dc:a6:32:11:22:33
                 24 d DHCPOFFER(eth0) 192.0.2.31 dc:a6:32:11:22:33",
            ),
            &["log-offer-unused"],
        ),
        (
            "raspberrypi/piserver#125, where the next boot has only begun",
            &dnsmasq(
                "0 d 7 PXE(eth0) b8:27:eb:11:22:33 proxy
                 1 t sent /srv/tftp/b8-27-eb-11-22-33/start.elf to 192.0.2.31
                 1 t sent /srv/tftp/b8-27-eb-11-22-33/fixup.dat to 192.0.2.31
                 1 t sent /srv/tftp/b8-27-eb-11-22-33/config.txt to 192.0.2.31
                 2 t file /srv/tftp/b8-27-eb-11-22-33/dt-blob.bin not found for 192.0.2.31
                 9 d 7 vendor class: PXEClient:Arch:00000:UNDI:002001
                 9 d 7 PXE(eth0) b8:27:eb:11:22:33 proxy",
            ),
            &["log-stopped"],
        ),
    ]);
}

#[test]
fn every_cause_before_the_first_file_is_told() {
    hold(&[
        (
            "raspberrypi/rpi-eeprom#376, its first lines alone",
            "Boot mode: NETWORK (02) order f1\nNET_BOOT: dc:a6:32:11:22:33 wait for link TFTP: 0.0.0.0\n",
            &["log-no-link"],
        ),
        (
            "raspberrypi/firmware#1124",
            &dnsmasq(
                "0 d 77 vendor class: PXEClient:Arch:00000:UNDI:002001
                 0 d 77 DHCPDISCOVER(eth0) b8:27:eb:11:22:33
                 4 d 77 DHCPDISCOVER(eth0) b8:27:eb:11:22:33",
            ),
            &["log-dhcp-silent"],
        ),
        (
            "raspberrypi/rpi-eeprom#376, up to the link",
            "Boot mode: NETWORK (02) order f1\nLink ready\nRX: 0 IP: 0 IPV4: 0\n",
            &["log-dhcp-silent"],
        ),
        (
            "raspberrypi/rpi-eeprom#376, where no line tells the link and the offer does",
            "Boot mode: NETWORK (02) order f1\nNET_BOOT: dc:a6:32:11:22:33 wait for link TFTP: 0.0.0.0\nDHCP recv OFFER (19) from 192.0.2.1\n",
            &["log-offer-unused"],
        ),
        (
            "dnsmasq's src/dhcp.c, of a network without a range",
            &dnsmasq("0 t file /srv/tftp/x not found for 192.0.2.9").replace(
                "dnsmasq-tftp[9]: file /srv/tftp/x not found for 192.0.2.9",
                "dnsmasq-dhcp[9]: no address range available for DHCP request via eth1",
            ),
            &["log-dhcp-no-range"],
        ),
        (
            "dnsmasq's src/rfc2131.c, with every address given away",
            &dnsmasq(
                "0 d 77 vendor class: PXEClient:Arch:00000:UNDI:002001
                 0 d 77 DHCPDISCOVER(eth0) dc:a6:32:11:22:33 no address available",
            ),
            &["log-dhcp-refused"],
        ),
        (
            "raspberrypi/rpi-eeprom#826, with log-dhcp",
            &dnsmasq(
                "0 d 77 vendor class: PXEClient:Arch:00000:UNDI:002001
                 0 d 77 DHCPDISCOVER(eth0) 2c:cf:67:11:22:33
                 0 d 77 DHCPOFFER(eth0) 192.0.2.50 2c:cf:67:11:22:33
                 0 d 77 requested options: 1:netmask, 43:vendor-encap, 60:vendor-class
                 0 d 77 sent size:  4 option:  1 netmask  255.255.255.0",
            ),
            &["log-dhcp-no-option-43"],
        ),
        (
            "raspberrypi/firmware#987, without log-dhcp",
            &dnsmasq(OFFER_UNUSED),
            &["log-offer-unused"],
        ),
        (
            "raspberrypi/firmware#764",
            "dnsmasq-dhcp: 653460281 PXE(eth0) b8:27:eb:11:22:33 proxy\ndnsmasq-dhcp: 653460281 PXE(eth0) b8:27:eb:11:22:33 proxy\n",
            &["log-proxy-ignored"],
        ),
        (
            "raspberrypi/rpi-eeprom#376, with one DHCP server less",
            "Boot mode: NETWORK (02) order f1\nLink ready\nNET 192.0.2.17 255.255.255.0 gw 0.0.0.0 tftp 0.0.0.0\n",
            &["log-no-tftp-server"],
        ),
        (
            "raspberrypi/rpi-eeprom#74, in.tftpd",
            &"Jan  2 18:23:31 srv in.tftpd[31]: RRQ from 192.0.2.32 filename d9780558/start.elf\n"
                .repeat(4),
            &["log-tftp-unanswered"],
        ),
        (
            "dnsmasq's src/dnsmasq.c, tftp-root in a home directory",
            "dnsmasq[9]: TFTP directory /home/pi/tftp inaccessible: Permission denied\n",
            &["log-tftp-directory"],
        ),
    ]);
}

#[test]
fn what_cannot_be_decided_is_told_with_what_would() {
    let board = board(&dnsmasq(OFFER_UNUSED));
    let other = &board.findings()[0].or[0];
    assert_eq!(other.problem, "the offer has no option 43");
    assert!(other.tell.contains("log-dhcp"));
}

/// raspberrypi/firmware#1362.
#[test]
fn a_board_that_booted_before_is_told_apart() {
    let boot = "
        0 d PXE(eth0) b8:27:eb:11:22:33 proxy
        1 t sent /tftp/start.elf to 192.0.2.64
        1 t sent /tftp/fixup.dat to 192.0.2.64
        3 t sent /tftp/kernel8.img to 192.0.2.64
        4 d 77 vendor class: PXEClient:Arch:00000:UNDI:002001
        4 d PXE(eth0) b8:27:eb:11:22:33 proxy
    ";
    let board = board(&dnsmasq(boot));
    assert_eq!(board.boots.len(), 2);
    assert_eq!(codes(&board), ["log-stops-asking"]);
}

/// A board that has just been switched on (raspberrypi/cmprovision#16, #43).
#[test]
fn what_a_log_ends_with_is_no_error() {
    let asks = "0 d DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:11:22:33
        0 t sent /t/1234abcd/start4.elf to 192.0.2.41
        1 t sent /t/1234abcd/kernel8.img to 192.0.2.41";
    let last = "900 d 77 vendor class: PXEClient:Arch:00000:UNDI:002001
        900 d 77 DHCPDISCOVER(eth0) b8:27:eb:44:55:66";
    let worst = |log: &str| {
        let diagnosis = super::diagnose(&dnsmasq(log));
        let findings = diagnosis.boards.last().unwrap().findings();
        findings.iter().map(|cause| cause.severity).max().unwrap()
    };
    let once = format!("{asks}\n{last}");
    assert_eq!(worst(&once), Severity::Warning);
    let again = last.replace("900", "904");
    assert_eq!(worst(&format!("{once}\n{again}")), Severity::Error);
}
