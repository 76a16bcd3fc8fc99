//! The command `diagnose`: on logs from files and the standard input, and held against
//! what is served.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "the rest is for the other tests")]
mod fixture;

use std::fs;

use fixture::Fixture;
use serde_json::Value;

const GOOD: &str = include_str!("diagnose/pi4-good.log");
const PREFIX_DROPPED: &str = include_str!("diagnose/pi4-prefix-dropped.log");

fn log(fixture: &Fixture, text: &str) -> String {
    let path = fixture.path("board.log");
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

fn diagnose(fixture: &Fixture, arguments: &[&str]) -> (String, Option<i32>) {
    let mut command = fixture.run(["diagnose"]);
    let output = command.args(arguments).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (text, output.status.code())
}

#[test]
fn a_good_boot_has_nothing_wrong() {
    let fixture = Fixture::new();
    let (text, code) = diagnose(&fixture, &[&log(&fixture, GOOD)]);
    assert_eq!(code, Some(0), "{text}");
    for words in [
        "Raspberry Pi 4 Model B, serial 1234abcd",
        "nothing wrong found",
        "its kernel runs",
        "optional files, which is normal",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("error"), "{text}");
}

#[test]
fn a_cause_is_told_with_code_remedy_and_source() {
    let fixture = Fixture::new();
    let (text, code) = diagnose(&fixture, &[&log(&fixture, PREFIX_DROPPED)]);
    assert_eq!(code, Some(0), "{text}");
    for words in [
        "error log-prefix-dropped: there is no start4.elf in /srv/tftp/1234abcd",
        "(line 3)",
        "https://github.com/raspberrypi/rpi-eeprom/issues/376",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let explained = fixture
        .run(["explain", "log-prefix-dropped"])
        .output()
        .unwrap();
    assert!(explained.status.success());
}

#[test]
fn a_log_comes_in_and_goes_out_as_json() {
    let fixture = Fixture::new();
    let mut command = fixture.run(["diagnose", "-", "--format", "json"]);
    let output = command.write_stdin(PREFIX_DROPPED).output().unwrap();
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    let board = &json["boards"][0];
    assert_eq!(board["serial"], "1234abcd");
    assert_eq!(
        board["boots"][0]["findings"][0]["code"],
        "log-prefix-dropped"
    );
    assert_eq!(board["boots"][0]["stage"], "files");
}

#[test]
fn a_log_is_held_against_what_is_served() {
    let fixture = Fixture::new();
    let served = fixture.path("tftp/1234abcd");
    fs::create_dir_all(&served).unwrap();
    fs::write(served.join("start4.elf"), "").unwrap();
    let (log, root) = (log(&fixture, PREFIX_DROPPED), fixture.path("tftp"));
    let root = root.to_str().unwrap();
    for arguments in [&[&*log, "--boot", root][..], &[&log, root]] {
        let (text, code) = diagnose(&fixture, arguments);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("log-other-files"), "{text}");
        assert!(text.contains("lack 1234abcd/cmdline.txt"), "{text}");
    }
}

#[test]
fn other_devices_are_one_line() {
    let fixture = Fixture::new();
    let log = log(
        &fixture,
        "dnsmasq-dhcp: DHCPDISCOVER(eth0) 02:00:00:00:00:99\ndnsmasq-dhcp: DHCPDISCOVER(eth0) dc:a6:32:11:22:33\n",
    );
    let (text, code) = diagnose(&fixture, &[&log]);
    assert_eq!(code, Some(0), "{text}");
    for words in ["2 other devices ask", "whether dc-a6-32-11-22-33 tried"] {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert!(!text.contains("error"), "{text}");
}

#[test]
fn nothing_of_a_log_moves_the_cursor() {
    let fixture = Fixture::new();
    let log = log(
        &fixture,
        "dnsmasq-tftp: file /t/1234abcd/\u{1b}[2J\u{9b}31m\u{202e}x.dtb not found for 192.0.2.7\n",
    );
    let (text, code) = diagnose(&fixture, &[&log]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("x.dtb"), "{text}");
    assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{text:?}");
}

#[test]
fn what_is_no_log_is_told() {
    let fixture = Fixture::new();
    let (text, code) = diagnose(&fixture, &[&log(&fixture, "hello\n")]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("no board is in these logs"), "{text}");
    let (text, code) = diagnose(&fixture, &["board.log", "--machine", "pi1"]);
    assert_eq!(code, Some(2), "{text}");
    let (text, code) = diagnose(&fixture, &["/does/not/exist"]);
    assert_eq!(code, Some(2), "{text}");
    let (text, code) = diagnose(&fixture, &[&log(&fixture, "BZh91AY")]);
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("is compressed"), "{text}");
}

#[test]
fn every_cause_is_documented() {
    // What a package is built of lacks the documentation.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/diagnose.md");
    let Ok(page) = std::fs::read_to_string(path) else {
        return;
    };
    for cause in netimage_core::diagnose::causes() {
        let row = format!(
            "| `{}` | {} [Source]({}) |",
            cause.code, cause.reason, cause.source
        );
        assert!(page.contains(&row), "docs/diagnose.md lacks {row}");
    }
}
