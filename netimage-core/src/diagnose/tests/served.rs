//! Logs held against what is served.

use std::collections::BTreeMap;

use super::super::{Diagnosis, Logs, Served};
use super::dnsmasq;
use crate::boot::requests::BootFiles;
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
    }))
}

const FIRMWARE: &str = "
    0 t sent /t/1234abcd/start4.elf to 192.0.2.41
    0 t sent /t/1234abcd/config.txt to 192.0.2.41
    2 t sent /t/1234abcd/fixup4.dat to 192.0.2.41
    2 t file /t/1234abcd/bcm2711-rpi-4-b.dtb not found for 192.0.2.41
";

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
        let codes: Vec<_> = board
            .findings()
            .iter()
            .map(|cause| cause.cause.code)
            .collect();
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
