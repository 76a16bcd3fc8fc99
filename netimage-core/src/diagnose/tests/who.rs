//! Which boards there are, and which models.

use super::{board, diagnose, dnsmasq};
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
                board.serial.as_deref(),
                board.mac.as_deref(),
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
