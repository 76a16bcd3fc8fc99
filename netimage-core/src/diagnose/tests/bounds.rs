//! Logs are what anybody may have written.

use proptest::prelude::*;

use super::super::{BootStage, Logs};
use super::{diagnose, dnsmasq};

#[test]
fn memory_is_bounded() {
    let mut logs = Logs::default();
    for board in 0..130_u32 {
        for boot in 0..10 {
            for file in 0..70 {
                let address = format!("192.0.{}.{}", board / 250, board % 250 + 1);
                let line = format!(
                    "Nov 20 10:{:02}:00 dnsmasq-tftp[1]: sent /t/b{board:07x}/{boot}{file}{} to {address}\n",
                    boot * 2,
                    "x".repeat(300),
                );
                logs.read(line.as_bytes());
            }
        }
    }
    logs.end();
    let diagnosis = logs.diagnose(None);
    assert_eq!(diagnosis.boards.len(), 128);
    assert!(diagnosis.left_out > 0);
    for board in &diagnosis.boards {
        assert!(board.boots.len() <= 8 && board.earlier == 2);
        for boot in &board.boots {
            assert_eq!((boot.files.len(), boot.more_files), (64, 6));
            assert!(boot.files.iter().all(|file| file.name.len() <= 200));
        }
    }
}

/// Parts of lines, so that not only nonsense is read.
const PARTS: [&str; 18] = [
    "dnsmasq-tftp[1]: ",
    "dnsmasq-dhcp: ",
    "in.tftpd[2]: ",
    "sent /t/1234abcd/",
    " to 192.0.2.41",
    "config.txt",
    "file ",
    " not found",
    "failed sending ",
    "error 0 Early terminate received from ",
    "\n",
    "\u{1b}[31m",
    "[    1.5] ",
    "TFTP_GET: a b ",
    "Kernel panic - not syncing",
    "{\"MESSAGE\":\"",
    "\\u001b",
    "\"}",
];

/// What servers say in boots, of which any may come after any other.
const LINES: [&str; 16] = [
    "d DHCPDISCOVER(eth0) dc:a6:32:11:22:33",
    "d DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:11:22:33",
    "d DHCPACK(eth0) 192.0.2.41 dc:a6:32:11:22:33",
    "d DHCPOFFER(eth0) 192.0.2.99 02:00:00:00:00:99",
    "d 77 vendor class: PXEClient:Arch:00000:UNDI:002001",
    "d 77 PXE(eth0) dc:a6:32:11:22:33 proxy",
    "t sent /t/bootcode.bin to 192.0.2.41",
    "t file /t/1234abcd/start4.elf not found",
    "t sent /t/1234abcd/start4.elf to 192.0.2.41",
    "t error 0 Early terminate received from 192.0.2.41",
    "t failed sending /t/1234abcd/start4.elf to 192.0.2.41",
    "t sent /t/1234abcd/config.txt to 192.0.2.41",
    "t file /t/1234abcd/boot.sig not found for 192.0.2.41",
    "t timeout sending /t/1234abcd/initrd to 192.0.2.41",
    "t sent /t/1234abcd/kernel8.img to 192.0.2.41",
    "t sent /t/pxelinux.0 to 192.0.2.99",
];

proptest! {
    /// A board that asked for files and got no kernel is never told to be well.
    #[test]
    fn no_stop_is_an_all_clear(
        lines in proptest::collection::vec((0..200_u32, proptest::sample::select(&LINES[..])), 0..40)
    ) {
        let mut second = 0;
        let lines = lines.iter().map(|(pause, line)| {
            second += pause / 10 * (pause / 190 * 10 + 1);
            format!("{second} {line}\n")
        });
        let diagnosis = diagnose(&dnsmasq(&lines.collect::<String>()));
        for board in &diagnosis.boards {
            let boot = board.deciding().unwrap();
            let stopped = !boot.files.is_empty() && boot.stage < BootStage::Kernel;
            prop_assert!(!(stopped && board.is_well()), "{board:#?}");
        }
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        let mut logs = Logs::default();
        logs.read(&bytes);
        logs.end();
        prop_assert!(logs.diagnose(None).lines <= 2000);
    }

    #[test]
    fn what_is_kept_has_no_control_characters(
        parts in proptest::collection::vec(proptest::sample::select(&PARTS[..]), 0..60)
    ) {
        let diagnosis = diagnose(&parts.concat());
        let json = serde_json::to_string(&diagnosis).unwrap();
        let json = json.replace(r"\\", "");
        prop_assert!(!json.contains(r"\u00"), "{json}");
    }
}
