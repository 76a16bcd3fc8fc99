//! Logs held against what is served.

use std::collections::BTreeMap;

use super::super::{BoardDiagnosis, Diagnosis, Logs, OtherDevice, Served};
use super::dnsmasq;
use crate::boot::Board;
use crate::boot::requests::BootFiles;
use crate::depot::Machine;
use crate::tree::TargetName;

/// A file of a size, without its bytes.
struct Sizes(BTreeMap<TargetName, u64>);

impl BootFiles for Sizes {
    fn size(&self, name: &TargetName) -> Option<u64> {
        self.0.get(name).copied()
    }

    fn read(&self, name: &TargetName, _limit: usize) -> Option<Vec<u8>> {
        self.0.get(name).map(|_| Vec::new())
    }
}

fn diagnose(log: &str, files: &[(&str, u64)], is_of_one_board: bool) -> Diagnosis {
    diagnose_for(log, files, is_of_one_board, None)
}

fn diagnose_for(
    log: &str,
    files: &[(&str, u64)],
    is_of_one_board: bool,
    machine: Option<&Machine>,
) -> Diagnosis {
    let files = files
        .iter()
        .map(|(name, size)| (name.parse().unwrap(), *size));
    let files = Sizes(files.collect());
    let mut logs = Logs::default();
    logs.read(dnsmasq(log).as_bytes());
    logs.end();
    let files: &dyn BootFiles = &files;
    logs.diagnose(Some(Served {
        files,
        is_of_one_board,
        machine,
    }))
}

const FIRMWARE: &str = "
    0 t sent /t/1234abcd/start4.elf to 192.0.2.41
    0 t sent /t/1234abcd/config.txt to 192.0.2.41
    2 t sent /t/1234abcd/fixup4.dat to 192.0.2.41
    2 t file /t/1234abcd/bcm2711-rpi-4-b.dtb not found for 192.0.2.41
";

/// The codes of all that is found, notes too.
fn all_codes(board: &BoardDiagnosis) -> Vec<&'static str> {
    let findings = board.findings().iter();
    findings.map(|cause| cause.cause.code).collect()
}

#[test]
fn another_directory_is_served() {
    for (files, is_of_one_board) in [
        (["bcm2711-rpi-4-b.dtb", "start4.elf"], true),
        (
            ["1234abcd/bcm2711-rpi-4-b.dtb", "1234abcd/start4.elf"],
            false,
        ),
    ] {
        let files = files.map(|name| (name, 9_000_000));
        let diagnosis = diagnose(FIRMWARE, &files, is_of_one_board);
        let board = &diagnosis.boards[0];
        let codes = all_codes(board);
        assert_eq!(
            codes,
            ["log-no-device-tree", "log-other-files"],
            "{board:#?}"
        );
        let boot = board.boots.last().unwrap();
        assert_eq!(boot.files[0].bytes, Some(9_000_000));
        assert_eq!(
            boot.lacking,
            [
                "1234abcd/cmdline.txt",
                "1234abcd/fixup4.dat",
                "1234abcd/kernel8.img"
            ]
        );
    }
}

#[test]
fn what_comes_next_is_told() {
    let log = FIRMWARE.replace(
        "file /t/1234abcd/bcm2711-rpi-4-b.dtb not found for",
        "sent /t/1234abcd/bcm2711-rpi-4-b.dtb to",
    );
    let files = [
        ("start4.elf", 1),
        ("fixup4.dat", 1),
        ("config.txt", 1),
        ("bcm2711-rpi-4-b.dtb", 1),
        ("kernel8.img", 1),
    ];
    let diagnosis = diagnose(&log, &files, true);
    let boot = diagnosis.boards[0].boots.last().unwrap();
    assert_eq!(boot.next.as_deref(), Some("1234abcd/kernel8.img"));
}

/// raspberrypi/rpi-eeprom#720.
#[test]
fn a_file_with_too_many_blocks_is_told() {
    let log = format!("{FIRMWARE}40 t failed sending /t/1234abcd/initrd to 192.0.2.41");
    let log = log.replace(
        "file /t/1234abcd/bcm2711-rpi-4-b.dtb not found for",
        "sent /t/1234abcd/bcm2711-rpi-4-b.dtb to",
    );
    let diagnosis = diagnose(&log, &[("initrd", 120_000_000)], true);
    let board = &diagnosis.boards[0];
    assert_eq!(
        board.findings()[0].cause.code,
        "log-file-too-large",
        "{board:#?}"
    );
}

fn machine(prefix: &str) -> Machine {
    let mut machine = Machine::new(
        "pi1".parse().unwrap(),
        "100000001234abcd".parse().unwrap(),
        "192.0.2.41".parse().unwrap(),
    );
    machine.mac = Some("dc:a6:32:11:22:33".parse().unwrap());
    machine.tftp_prefix = prefix.parse().unwrap();
    machine
}

/// A depot serves each machine in the directory that its EEPROM has to name.
#[test]
fn a_machine_is_looked_for_in_its_own_directory() {
    for (prefix, own) in [
        ("serial", "1234abcd"),
        ("mac", "dc-a6-32-11-22-33"),
        ("Rack_1-3", "Rack_1-3"),
    ] {
        let names = ["start4.elf", "config.txt", "bcm2711-rpi-4-b.dtb"];
        let names = names.map(|name| format!("{own}/{name}"));
        let files = names.each_ref().map(|name| (name.as_str(), 1_000));
        let log = FIRMWARE.replace("1234abcd", own);
        let diagnosis = diagnose_for(&log, &files, false, Some(&machine(prefix)));
        let board = &diagnosis.boards[0];
        let codes = all_codes(board);
        assert_eq!(codes, ["log-no-device-tree", "log-other-files"], "{prefix}");
        let boot = board.deciding().unwrap();
        assert_eq!(boot.files[0].bytes, Some(1_000), "{prefix}");
        let lacking = ["cmdline.txt", "fixup4.dat", "kernel8.img"];
        assert_eq!(
            boot.lacking,
            lacking.map(|name| format!("{own}/{name}")),
            "{prefix}"
        );
    }
}

/// An EEPROM that was not set, or a serial number that was mistyped.
#[test]
fn a_machine_that_asks_in_another_directory_is_told() {
    let log = "
        0 d DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:11:22:33
        0 t file /t/5678abcd/start4.elf not found for 192.0.2.41
        0 t file /t/5678abcd/start.elf not found for 192.0.2.41
        0 t file /t/config.txt not found for 192.0.2.41
    ";
    for (prefix, own) in [("serial", "1234abcd"), ("Rack_1-3", "Rack_1-3")] {
        let name = format!("{own}/start4.elf");
        let diagnosis = diagnose_for(log, &[(&name, 1)], false, Some(&machine(prefix)));
        let codes = all_codes(&diagnosis.boards[0]);
        assert_eq!(codes, ["log-other-directory"], "{prefix}");
        let problem = &diagnosis.boards[0].findings()[0].problem;
        assert!(
            problem.ends_with(&format!("pi1 is served in {own}")),
            "{problem}"
        );
    }
}

/// The log of another board says nothing of the machine.
#[test]
fn another_board_is_not_taken_for_the_machine() {
    let own = "0 t file /t/1234abcd/start4.elf not found for 192.0.2.41";
    let others = "
        0 d DHCPOFFER(eth0) 192.0.2.42 dc:a6:32:44:55:66
        0 t file /t/5678abcd/start4.elf not found for 192.0.2.42
        0 t file /t/Rack_1-4/start4.elf not found for 192.0.2.43
    ";
    let machine = machine("serial");
    let told = |log: &str| {
        let diagnosis = diagnose_for(log, &[], false, Some(&machine));
        let serial = |board: &OtherDevice| board.identity.serial.clone();
        let others: Vec<_> = diagnosis.other_boards.iter().map(serial).collect();
        (diagnosis.boards.len(), others)
    };
    assert_eq!(told(own), (1, vec![]));
    let two = vec![Some("5678abcd".to_owned()), None];
    assert_eq!(told(others), (0, two.clone()));
    assert_eq!(told(&format!("{others}{own}")), (1, two));
}

/// Where nothing tells in which directory a board asks, nothing is lacking there.
#[test]
fn a_directory_that_nobody_named_is_not_searched() {
    let log = "0 t file /t/bootcode.bin not found for 192.0.2.31";
    let files = [("12112233/start.elf", 1), ("12112233/kernel8.img", 1)];
    let diagnosis = diagnose(log, &files, false);
    let boot = diagnosis.boards[0].deciding().unwrap();
    assert_eq!((&boot.lacking[..], &boot.next), (&[][..], &None));
}

/// What one of the boards that it may be does without is not lacking.
#[test]
fn only_what_each_board_needs_is_lacking() {
    let log = "
        0 t sent /t/1234abcd/start4.elf to 192.0.2.41
        0 t sent /t/1234abcd/config.txt to 192.0.2.41
        2 t sent /t/1234abcd/fixup4.dat to 192.0.2.41
    ";
    let names = [
        "start4.elf",
        "fixup4.dat",
        "config.txt",
        "bcm2711-rpi-cm4.dtb",
        "cmdline.txt",
    ];
    let files = names.map(|name| (name, 1));
    let lacking = |machine: Option<&Machine>| {
        let diagnosis = diagnose_for(log, &files, true, machine);
        let boot = diagnosis.boards[0].deciding().unwrap();
        (boot.lacking.clone(), boot.next.clone())
    };
    let kernel = "1234abcd/kernel8.img".to_owned();
    assert_eq!(lacking(None), (vec![kernel.clone()], None));
    let mut known = machine("serial");
    known.board = Some(Board::Rpi4);
    let (told, _) = lacking(Some(&known));
    assert_eq!(told, ["1234abcd/bcm2711-rpi-4-b.dtb".to_owned(), kernel]);
}
