//! Which boards there are, and which models.

use super::super::BootStage;
use super::{board, codes, diagnose, dnsmasq};
use crate::boot::Board;

#[test]
fn boards_are_told_apart() {
    let diagnosis = diagnose(&dnsmasq(
        "0 d DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:11:22:33
         0 d DHCPDISCOVER(eth0) 02:00:00:00:00:99
         0 d DHCPOFFER(eth0) 192.0.2.99 02:00:00:00:00:99
         0 d DHCPOFFER(eth0) 192.0.2.42 dc:a6:32:44:55:66
         1 t sent /t/1234abcd/start4.elf to 192.0.2.41
         1 t sent /t/5678abcd/start4.elf to 192.0.2.42
         1 t file /t/1234abcd/fixup4.dat not found
         1 t sent /t/5678abcd/fixup4.dat to 192.0.2.42",
    ));
    // A telephone is no board.
    let boards: Vec<_> = diagnosis
        .boards
        .iter()
        .map(|board| {
            (
                board.identity.serial.as_deref(),
                board.identity.mac.as_deref(),
                board.findings()[0].cause.code,
            )
        })
        .collect();
    assert_eq!(
        boards,
        [
            (Some("1234abcd"), Some("dc-a6-32-11-22-33"), "log-no-fixup"),
            (
                Some("5678abcd"),
                Some("dc-a6-32-44-55-66"),
                "log-firmware-stuck"
            ),
        ]
    );
}

/// What else is in the log of a DHCP server: raspberrypi/rpi-eeprom#60 and #182 have PCs
/// beside the boards, netbootxyz/netboot.xyz#381 a board that boots by UEFI.
#[test]
fn other_devices_are_no_boards_that_fail() {
    for (device, is_pi, log) in [
        (
            "a PC that boots by UEFI",
            false,
            "0 d 77 vendor class: PXEClient:Arch:00007:UNDI:003016
             0 d 77 DHCPDISCOVER(eth0) 52:54:00:11:22:33
             0 d 77 DHCPOFFER(eth0) 192.0.2.60 52:54:00:11:22:33
             0 d 77 sent size: 4 option: 1 netmask 255.255.255.0
             1 t sent /srv/tftp/ipxe.efi to 192.0.2.60
             9 t sent /srv/tftp/20241120/vmlinuz to 192.0.2.60
             9 t file /srv/tftp/20241120/initrd.img not found for 192.0.2.60",
        ),
        (
            "a PC with a BIOS, which calls itself as a Pi does",
            false,
            "0 d 77 vendor class: PXEClient:Arch:00000:UNDI:002001
             0 d 77 DHCPDISCOVER(eth0) 52:54:00:11:22:33
             0 d 77 DHCPOFFER(eth0) 192.0.2.60 52:54:00:11:22:33
             0 d 77 sent size: 4 option: 1 netmask 255.255.255.0
             1 t file /srv/tftp/pxelinux.0 not found for 192.0.2.60",
        ),
        (
            "a telephone",
            false,
            "0 d DHCPDISCOVER(wlan0) 02:00:00:00:00:99
             0 d DHCPOFFER(wlan0) 192.0.2.99 02:00:00:00:00:99
             0 d DHCPREQUEST(wlan0) 192.0.2.99 02:00:00:00:00:99
             0 d DHCPACK(wlan0) 192.0.2.99 02:00:00:00:00:99 phone",
        ),
        (
            "a Pi that starts from its card",
            true,
            "0 d DHCPDISCOVER(eth0) dc:a6:32:11:22:33
             0 d DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:11:22:33
             0 d DHCPREQUEST(eth0) 192.0.2.41 dc:a6:32:11:22:33
             0 d DHCPACK(eth0) 192.0.2.41 dc:a6:32:11:22:33 pi",
        ),
        (
            "a Pi that is up, and keeps its address",
            true,
            "0 d DHCPREQUEST(eth0) 192.0.2.41 dc:a6:32:11:22:33
             0 d DHCPACK(eth0) 192.0.2.41 dc:a6:32:11:22:33 pi",
        ),
        (
            "a Pi with a UEFI, which is not its boot loader",
            true,
            "0 d 77 vendor class: PXEClient:Arch:00011:UNDI:003000
             0 d 77 DHCPDISCOVER(eth0) dc:a6:32:11:22:33
             0 d 77 DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:11:22:33",
        ),
    ] {
        let diagnosis = diagnose(&dnsmasq(log));
        assert_eq!(diagnosis.boards, [], "{device}");
        assert_eq!(diagnosis.others.len(), 1, "{device}: {diagnosis:#?}");
        assert_eq!(diagnosis.others[0].raspberry_pi, is_pi, "{device}");
    }
}

/// Anybody mounts; who alone is in the logs is asked about.
#[test]
fn a_client_of_nfs_is_a_board_where_no_other_is() {
    let refused = "Nov 20 10:00:00 srv rpc.mountd[7]: refused mount request from 192.0.2.77 for /srv/pi (/): not exported\n";
    assert_eq!(codes(&board(refused)), ["log-nfs-denied"]);
    let pi = dnsmasq("0 t file /t/1234abcd/start4.elf not found for 192.0.2.41");
    let diagnosis = diagnose(&format!("{refused}{pi}"));
    assert_eq!(diagnosis.boards.len(), 1, "{diagnosis:#?}");
    assert_eq!(
        diagnosis.others[0].identity.address.as_deref(),
        Some("192.0.2.77")
    );
}

/// What a server says of nobody is not of the device before.
#[test]
fn files_are_not_taken_for_those_of_another_device() {
    let diagnosis = diagnose(&dnsmasq(
        "0 d DHCPDISCOVER(eth0) dc:a6:32:11:22:33
         1 t sent /srv/tftp/grubx64.efi to 192.0.2.60
         2 d DHCPOFFER(wlan0) 192.0.2.99 02:00:00:00:00:99
         2 t file /srv/tftp/1234abcd/start4.elf not found",
    ));
    let boards = diagnosis.boards.iter();
    let boards: Vec<_> = boards
        .map(|board| (&board.identity.mac, &board.identity.address))
        .collect();
    assert_eq!(boards, [(&None, &None)], "{diagnosis:#?}");
    assert_eq!(diagnosis.others.len(), 3);
}

/// A network has more of them than boards are kept.
#[test]
fn other_devices_leave_room_for_boards() {
    let others = (0..200).map(|at| format!("0 d DHCPDISCOVER(eth0) 02:00:00:00:00:{at:02x}\n"));
    let board = "1 t file /t/1234abcd/start4.elf not found for 192.0.2.41";
    let diagnosis = diagnose(&dnsmasq(&format!("{}{board}", others.collect::<String>())));
    assert_eq!(diagnosis.boards.len(), 1);
    assert_eq!((diagnosis.others.len(), diagnosis.left_out), (127, 0));
}

#[test]
fn models_are_known_by_what_they_ask_for() {
    for (log, expected) in [
        (
            "t sent /t/1234abcd/start4.elf",
            &[Board::Rpi4, Board::Rpi400, Board::Cm4][..],
        ),
        ("t sent bootcode.bin", &[Board::Rpi3, Board::Rpi3Plus]),
        (
            "t sent /t/1234abcd/config.txt",
            &[Board::Rpi5, Board::Rpi500, Board::Cm5],
        ),
        ("t sent /t/1234abcd/bcm2711-rpi-400.dtb", &[Board::Rpi400]),
        ("t sent /t/1234abcd/bcm2712-rpi-5-b.dtb", &[Board::Rpi5]),
    ] {
        let board = board(&dnsmasq(&format!("0 {log} to 192.0.2.41")));
        assert_eq!(board.model.unwrap().boards, expected, "{log}");
    }
}

#[test]
fn a_console_says_its_model() {
    for (line, expected) in [
        (
            "  2.17 BOOTMODE: 0x06 partition 0 build-ts BUILD_TIMESTAMP=1722344555 serial f0560721 boardrev c03141 stc 2417058",
            Board::Cm4,
        ),
        (
            "[    0.000000] Machine model: Raspberry Pi 3 Model B Plus Rev 1.3\n[    0.1] Linux version 6.12",
            Board::Rpi3Plus,
        ),
        (
            "[    0.000000] Machine model: Raspberry Pi 5 Model B Rev 1.0\n[    0.1] Linux version 6.12",
            Board::Rpi5,
        ),
    ] {
        let log = format!("Boot mode: NETWORK (02) order f1\n{line}\n");
        let board = board(&log);
        assert!(board.console);
        assert_eq!(board.model.unwrap().boards, [expected], "{line}");
    }
}

/// A server has a kernel and systemd as well, and they speak before its dnsmasq does.
#[test]
fn a_server_is_no_board() {
    let own = "Nov 20 09:00:00 srv kernel: Linux version 6.12
Nov 20 09:00:01 srv kernel: hwmon hwmon1: Undervoltage detected!
Nov 20 09:00:09 srv systemd[1]: Reached target Multi-User System.
";
    let served = dnsmasq("0 t sent /t/1234abcd/start4.elf to 192.0.2.41");
    for log in [
        format!("{own}{served}"),
        format!("{served}{own}"),
        format!("{own}{served}{own}"),
    ] {
        let board = board(&log);
        assert!(!board.console, "{log}");
    }
    // Its servers are there, and nobody asks.
    let idle = "Nov 20 09:00:05 srv dnsmasq-tftp[9]: TFTP root is /srv/tftp\n";
    assert!(diagnose(&format!("{own}{idle}")).boards.is_empty());
    // The journal of a board, which has a dnsmasq for names.
    let names = "Nov 20 09:00:05 srv dnsmasq[9]: started, version 2.90 cachesize 150\n";
    assert!(board(&format!("{own}{names}")).console);
}

/// As rsyslog keeps what several machines send it, and ser2net the console of one more.
#[test]
fn machines_of_one_log_are_told_apart() {
    let diagnosis = diagnose(
        "Nov 20 10:00:00 srv kernel: Linux version 6.12
Nov 20 10:00:00 srv in.tftpd[7]: RRQ from 192.0.2.41 filename start4.elf
Nov 20 10:00:01 pi1 kernel: Linux version 6.12
Nov 20 10:00:01 pi2 kernel: Linux version 6.12
Nov 20 10:00:02 pi1 kernel: Kernel panic - not syncing: x
Nov 20 10:00:02 pi2 systemd[1]: Reached target Multi-User System.
Nov 20 10:00:03 srv ser2net[8]: [    0.1] Linux version 6.12
",
    );
    let stages: Vec<_> = diagnosis
        .boards
        .iter()
        .map(|board| (board.console, board.boots[0].stage))
        .collect();
    assert_eq!(
        stages,
        [
            (false, BootStage::Files),
            (true, BootStage::Running),
            (true, BootStage::Up),
            (true, BootStage::Running),
        ]
    );
}

/// raspberrypi/rpi-eeprom#563.
#[test]
fn two_boards_of_one_serial_number_are_told() {
    let diagnosis = diagnose(&dnsmasq(
        "0 d DHCPOFFER(eth0) 192.0.2.50 2c:cf:67:11:22:33
         1 t sent /t/bd989ae1/config.txt to 192.0.2.50
         2 d DHCPOFFER(eth0) 192.0.2.51 2c:cf:67:44:55:66
         3 t sent /t/bd989ae1/config.txt to 192.0.2.51",
    ));
    assert_eq!(diagnosis.boards.len(), 2, "{diagnosis:#?}");
    for board in &diagnosis.boards {
        let mut codes = board.findings().iter().map(|cause| cause.cause.code);
        assert!(codes.any(|code| code == "log-one-directory"), "{board:#?}");
    }
}

/// As `journalctl -u dnsmasq -o cat` has it, with what other programs say there.
#[test]
fn messages_need_no_program() {
    let log = "3465 vendor class: PXEClient:Arch:00000:UNDI:002001\n\
        DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:01:36:c2\n\
        sent /srv/tftp/1234abcd/config.txt to 192.0.2.41\n\
        error 0 Early terminate received from 192.0.2.41\n\
        failed sending /srv/tftp/1234abcd/start4.elf to 192.0.2.41\n\
        file /srv/tftp/1234abcd/start4.elf not found for 192.0.2.41\n\
        file /etc/hosts not found\n12 packets\n";
    let board = board(log);
    assert_eq!(board.identity.address.as_deref(), Some("192.0.2.41"));
    assert_eq!(board.identity.serial.as_deref(), Some("1234abcd"));
    let boot = &board.boots[0];
    assert_eq!(boot.files.len(), 2, "{boot:#?}");
    assert!(
        diagnose("file /etc/hosts not found\n12 packets\n")
            .boards
            .is_empty()
    );
}

/// The servers of a board may be of different makers (raspberrypi/firmware#859, #941).
#[test]
fn a_board_is_one_to_all_servers() {
    let log = "\
Aug  2 10:00:00 srv dhcpd[7]: DHCPDISCOVER from dc:a6:32:11:22:33 via eth0
Aug  2 10:00:00 srv dhcpd[7]: DHCPOFFER on 192.0.2.41 to dc:a6:32:11:22:33 via eth0
Aug  2 10:00:01 srv in.tftpd[9]: RRQ from 192.0.2.41 filename 1234abcd/start4.elf
Aug  2 10:00:02 srv in.tftpd[9]: Client 192.0.2.41 finished 1234abcd/start4.elf
";
    let board = board(log);
    assert_eq!(board.identity.mac.as_deref(), Some("dc-a6-32-11-22-33"));
    assert_eq!(board.identity.address.as_deref(), Some("192.0.2.41"));
    assert_eq!(board.identity.serial.as_deref(), Some("1234abcd"));
    let boot = &board.boots[0];
    assert_eq!((boot.dhcp.asked, boot.dhcp.offered), (1, 1));
    assert_eq!((boot.files[0].asked, boot.files[0].sent), (1, 1));
    assert_eq!(codes(&board), ["log-firmware-stuck"]);
}

/// A telephone asks for an address after a board whose own requests the log does not have.
#[test]
fn an_ethernet_address_is_of_who_asks() {
    let boot = "
        0 t sent /srv/tftp/1234abcd/start4.elf to 192.0.2.41
        1 t sent /srv/tftp/1234abcd/config.txt to 192.0.2.41
        2 t sent /srv/tftp/1234abcd/cmdline.txt to 192.0.2.41
        3 t sent /srv/tftp/1234abcd/kernel8.img to 192.0.2.41";
    for mac in ["00:11:22:33:44:55", "dc:a6:32:11:22:33"] {
        let log = dnsmasq(&format!(
            "{boot}
            9 d DHCPDISCOVER(eth0) {mac}
            9 d DHCPOFFER(eth0) 192.0.2.99 {mac}
            9 d DHCPACK(eth0) 192.0.2.99 {mac}"
        ));
        let board = board(&log);
        assert_eq!(board.identity.serial.as_deref(), Some("1234abcd"));
        assert_eq!(board.identity.address.as_deref(), Some("192.0.2.41"));
        assert_eq!((board.identity.mac, board.boots.len()), (None, 1), "{mac}");
    }
    // Its own kernel, by the address.
    let log = dnsmasq(&format!(
        "{boot}
        9 d DHCPDISCOVER(eth0) dc:a6:32:11:22:33
        9 d DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:11:22:33
        9 d DHCPACK(eth0) 192.0.2.41 dc:a6:32:11:22:33"
    ));
    let board = board(&log);
    assert_eq!(board.identity.mac.as_deref(), Some("dc-a6-32-11-22-33"));
    assert_eq!(board.boots[0].stage, BootStage::Running);
}
