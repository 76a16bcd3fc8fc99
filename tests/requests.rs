//! The command `requests`: on an image, and on directories made by hand.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "the rest is for the other tests")]
mod fixture;

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Output;

use fixture::Fixture;
use rustix::fs::{FileType, Mode};
use serde_json::{Value, json};

const PI4: [&str; 5] = [
    "start4.elf",
    "fixup4.dat",
    "bcm2711-rpi-4-b.dtb",
    "kernel8.img",
    "cmdline.txt",
];

/// A TFTP root with a Pi 4's files in this directory of it.
fn serve(fixture: &Fixture, directory: &str) {
    let directory = fixture.path("tftp").join(directory);
    fs::create_dir_all(&directory).unwrap();
    for name in PI4 {
        fs::write(directory.join(name), "0123456789").unwrap();
    }
    fs::write(directory.join("config.txt"), "arm_64bit=1\n").unwrap();
}

fn requests(fixture: &Fixture, arguments: &[&str]) -> Output {
    let mut command = fixture.run(["requests"]);
    command.args(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(fixture: &Fixture, arguments: &[&str]) -> (Value, Option<i32>) {
    let output = requests(fixture, &[arguments, &["--format", "json"]].concat());
    (
        serde_json::from_slice(&output.stdout).unwrap(),
        output.status.code(),
    )
}

#[test]
fn an_image_is_served_below_the_serial_number() {
    let fixture = Fixture::new();
    let mut spec = Fixture::spec();
    let files = spec["boot"]["files"].as_array_mut().unwrap();
    for name in PI4.iter().filter(|name| **name != "cmdline.txt") {
        files.push(json!({"target": name, "text": "0123456789"}));
    }
    spec["allow"] = json!([
        "device-tree-invalid",
        "firmware-damaged",
        "kernel-unrecognised",
        "toplevel-no-kernel"
    ]);
    fixture.write_spec(&spec);
    fixture.build().assert().success();
    let arguments = ["--board", "rpi4", "--serial", "100000001234ABCD"];
    for image in ["image", "image/net-image"] {
        let (value, code) = json(&fixture, &[&[image], &arguments[..]].concat());
        assert_eq!(code, Some(0), "{value:#}");
        assert_eq!(value["outcome"], "complete");
        assert_eq!(value["resolved"]["kernel"], "1234abcd/kernel8.img");
        assert_eq!(value["requests"][0]["name"], "1234abcd/start4.elf");
        assert_eq!(value["problems"], json!([]));
    }
    let (value, code) = json(&fixture, &["image", "--board", "cm4"]);
    assert_eq!((code, &value["outcome"]), (Some(0), &json!("complete")));
    assert_eq!(value["resolved"]["kernel"], "kernel8.img");
    let (value, code) = json(&fixture, &["image", "--board", "rpi5"]);
    assert_eq!(code, Some(1));
    assert_eq!(value["outcome"], json!({"stops": "no-device-tree"}));
}

#[test]
fn a_linked_directory_is_the_boards_own() {
    let fixture = Fixture::new();
    serve(&fixture, "../elsewhere/boot");
    let tftp = fixture.path("tftp");
    std::os::unix::fs::symlink("../elsewhere/boot", tftp.join("1234abcd")).unwrap();
    let arguments = ["tftp", "--board", "rpi4", "--serial", "1234abcd"];
    let (value, code) = json(&fixture, &arguments);
    assert_eq!(code, Some(0), "{value:#}");
    assert_eq!(value["resolved"]["kernel"], "1234abcd/kernel8.img");
    // A Pi 3 asks for its first file outside of it.
    fs::write(tftp.join("1234abcd/bootcode.bin"), "0123456789").unwrap();
    let arguments = ["tftp", "--board", "rpi3", "--serial", "1234abcd"];
    let (value, _) = json(&fixture, &arguments);
    assert_eq!(value["outcome"], json!({"stops": "no-bootcode"}));
}

#[test]
fn a_server_is_taken_as_it_is() {
    let fixture = Fixture::new();
    serve(&fixture, "1234abcd");
    let output = requests(
        &fixture,
        &["tftp", "--board", "rpi4", "--serial", "1234abcd"],
    );
    assert_eq!(output.status.code(), Some(0));
    let expected = "\
Raspberry Pi 4 Model B
  1  1234abcd/start4.elf                prefix probe         10 B        0 B    0.0 s  optional  found
  2  1234abcd/config.txt                configuration        12 B       12 B    0.0 s  optional  found
  3  1234abcd/vl805.sig                 update                  -       12 B    0.0 s  optional  missing
  4  1234abcd/pieeprom.sig              update                  -       12 B    0.0 s  optional  missing
  5  1234abcd/recover4.elf              recovery                -       12 B    0.0 s  optional  missing
  6  1234abcd/recovery.elf              recovery                -       12 B    0.0 s  optional  missing
  7  1234abcd/start4.elf                firmware             10 B       22 B    0.0 s  needed    found
  8  1234abcd/fixup4.dat                firmware fix-up      10 B       32 B    0.0 s  needed    found
  9  1234abcd/recovery.elf              recovery                -       32 B    0.0 s  optional  missing
 10  1234abcd/config.txt                configuration        12 B       44 B    0.0 s  optional  found
 11  1234abcd/dt-blob.bin               extra                   -       44 B    0.0 s  optional  missing
 12  1234abcd/recovery.elf              recovery                -       44 B    0.0 s  optional  missing
 13  1234abcd/config.txt                configuration        12 B       56 B    0.0 s  optional  found
 14  1234abcd/bootcfg.txt               extra                   -       56 B    0.0 s  optional  missing
 15  1234abcd/bcm2711-rpi-4-b.dtb       device tree          10 B       66 B    0.0 s  needed    found
 16  1234abcd/overlays/overlay_map.dtb  overlay map             -       66 B    0.0 s  optional  missing
 17  1234abcd/config.txt                configuration        12 B       78 B    0.0 s  optional  found
 18  1234abcd/cmdline.txt               command line         10 B       88 B    0.0 s  needed    found
 19  1234abcd/recovery8.img             recovery                -       88 B    0.0 s  optional  missing
 20  1234abcd/kernel8.img               kernel probe         10 B       88 B    0.0 s  needed    found
 21  1234abcd/armstub8-gic.bin          ARM stub                -       88 B    0.0 s  optional  missing
 22  1234abcd/kernel8.img               kernel               10 B       98 B    0.0 s  needed    found
the board starts 1234abcd/kernel8.img (64 bit) with 1234abcd/bcm2711-rpi-4-b.dtb, 1234abcd/cmdline.txt
98 B in about 0.0 s at 4.90 MB/s
";
    assert_eq!(stdout(&output), expected);
    // Another board's directory is not there, and nothing is at the root.
    let other = requests(&fixture, &["tftp", "--board", "rpi4", "--serial", "1"]);
    assert_eq!(other.status.code(), Some(1));
    for part in [
        "00000001/start.elf   prefix probe            -        0 B    0.0 s  optional  missing: drops the prefix",
        "the board gives up on the network: there is no firmware",
    ] {
        assert!(stdout(&other).contains(part), "{}", stdout(&other));
    }
    // With the files at the root, it makes do with them.
    serve(&fixture, "");
    let (value, code) = json(&fixture, &["tftp", "--board", "rpi4", "--serial", "1"]);
    assert_eq!(code, Some(0));
    assert_eq!(value["resolved"]["prefix"], "");
}

#[test]
fn other_prefixes_are_those_of_the_eeprom() {
    let fixture = Fixture::new();
    serve(&fixture, "dc-a6-32-01-36-c2");
    serve(&fixture, "pi/one");
    for prefix in [["--mac", "DC:A6:32:01:36:C2"], ["--prefix", "pi/one/"]] {
        let arguments = [&["tftp", "--board", "rpi4"], &prefix[..]].concat();
        assert_eq!(json(&fixture, &arguments).1, Some(0), "{prefix:?}");
    }
    // Without its slash it is no directory.
    let arguments = ["tftp", "--board", "rpi4", "--prefix", "pi/one"];
    let (value, code) = json(&fixture, &arguments);
    assert_eq!(code, Some(1));
    assert_eq!(value["requests"][0]["name"], "pi/onestart4.elf");
}

#[test]
fn what_is_missing_or_odd_is_said() {
    let fixture = Fixture::new();
    serve(&fixture, "");
    let tftp = fixture.path("tftp");
    fs::remove_file(tftp.join("cmdline.txt")).unwrap();
    fs::write(
        tftp.join("config.txt"),
        "kernal=x\ndtoverlay=gone\ninclude more.txt\n",
    )
    .unwrap();
    let output = requests(&fixture, &["tftp", "--board", "rpi4"]);
    assert_eq!(output.status.code(), Some(1));
    for part in [
        "config.txt:1: the setting \"kernal\" is not known; did you mean kernel?",
        "config.txt:3: more.txt is included but does not exist",
        "it does not get: cmdline.txt",
        "config.txt names, but it goes on without: more.txt, overlays/gone.dtbo",
    ] {
        assert!(
            stdout(&output).contains(part),
            "{part}: {}",
            stdout(&output)
        );
    }
    let zero = requests(&fixture, &["tftp", "--board", "rpi-zero2w"]);
    assert_eq!(zero.status.code(), Some(1));
    assert!(stdout(&zero).contains("it has no Ethernet"));
}

/// A Pi 4 heeds 4096 bytes, a Pi 5 more.
#[test]
fn what_comes_of_a_long_configuration_is_said_with_a_proviso() {
    let fixture = Fixture::new();
    serve(&fixture, "");
    let tree = fixture.path("tftp");
    fs::write(tree.join("bcm2712-rpi-5-b.dtb"), "0123456789").unwrap();
    let proviso = "; that is, if it heeded all of config.txt\n";
    for (comment, board, has_proviso) in [
        (4096, "rpi4", true),
        (4096, "rpi5", false),
        (100, "rpi4", false),
    ] {
        let config = format!(
            "{}kernel=kernel8.img\n",
            "# 345678\n".repeat(comment / 9 + 1)
        );
        fs::write(tree.join("config.txt"), config).unwrap();
        let text = stdout(&requests(&fixture, &["--board", board, "tftp"]));
        assert!(text.contains("the board starts kernel8.img"), "{text}");
        assert_eq!(text.contains(proviso), has_proviso, "{text}");
    }
}

#[test]
fn an_empty_server_lacks_the_firmware_of_the_board() {
    let fixture = Fixture::new();
    fs::create_dir(fixture.path("tftp")).unwrap();
    let output = requests(&fixture, &["tftp", "--board", "rpi4"]);
    let text = stdout(&output);
    assert!(text.contains("it does not get: start4.elf\n"), "{text}");
}

#[test]
fn nothing_outside_is_read_and_nothing_special_opened() {
    let fixture = Fixture::new();
    serve(&fixture, "");
    let tftp = fixture.path("tftp");
    fs::write(fixture.path("outside"), "secret=1\n").unwrap();
    for name in ["config.txt", "kernel8.img"] {
        fs::remove_file(tftp.join(name)).unwrap();
    }
    symlink("../outside", tftp.join("config.txt")).unwrap();
    let fifo = tftp.join("kernel8.img");
    let mode = Mode::from_raw_mode(0o644);
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, FileType::Fifo, mode, 0).unwrap();
    let (value, code) = json(&fixture, &["tftp", "--board", "rpi4"]);
    assert_eq!(code, Some(1));
    assert_eq!(value["outcome"], json!({"stops": "no-kernel"}));
    assert_eq!(value["problems"], json!([]));
    let leads_out = "a symbolic link that is absolute or leads out of the directory";
    assert_eq!(
        value["refused"],
        json!([
            {"name": "config.txt", "why": leads_out},
            {"name": "kernel8.img", "why": "a FIFO"},
        ])
    );
    let output = requests(&fixture, &["tftp", "--board", "rpi4"]);
    assert!(stdout(&output).contains("kernel8.img is a FIFO; no server should give it out"));
}

#[test]
fn names_do_nothing_to_a_terminal() {
    let fixture = Fixture::new();
    serve(&fixture, "");
    let config = "kernel=\u{1b}[2J\u{202e}.img\ninclude \u{9b}2J.txt\n";
    fs::write(fixture.path("tftp/config.txt"), config).unwrap();
    let arguments = ["tftp", "--board", "rpi4", "--prefix", "\u{7}\n/"];
    let text = stdout(&requests(&fixture, &arguments[..3]));
    assert!(text.contains("\\u{1b}[2J\\u{202e}.img"), "{text}");
    assert!(text.contains("\\u{9b}2J.txt"), "{text}");
    let text = [text, stdout(&requests(&fixture, &arguments))].concat();
    for hidden in ['\u{1b}', '\u{9b}', '\u{202e}', '\u{7}'] {
        assert!(!text.contains(hidden), "{hidden:?}: {text}");
    }
    let (value, _) = json(&fixture, &arguments[..3]);
    let names = value["requests"].as_array().unwrap().iter();
    let mut names = names.map(|request| &request["name"]);
    assert!(
        names.any(|name| name == "\u{1b}[2J\u{202e}.img"),
        "{value:#}"
    );
}

#[test]
fn a_file_that_takes_too_long_is_not_got() {
    let fixture = Fixture::new();
    serve(&fixture, "");
    let kernel = fs::File::create(fixture.path("tftp/kernel8.img")).unwrap();
    kernel.set_len(200_000_000).unwrap();
    let output = requests(&fixture, &["tftp", "--board", "rpi4"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    let slow = "kernel8.img takes 41 s, longer than the 30 s that the board waits";
    assert!(text.contains(slow), "{text}");
    let (value, code) = json(&fixture, &["tftp", "--board", "rpi4", "--rate", "50"]);
    assert_eq!(code, Some(0));
    assert_eq!(value["timeouts"], json!([]));
    assert_eq!(value["seconds"], json!(4.0));
}

#[test]
fn bad_usage_is_2() {
    let fixture = Fixture::new();
    serve(&fixture, "");
    for (arguments, part) in [
        (&["gone", "--board", "rpi4"][..], "cannot open gone"),
        (&["tftp"], "--board"),
        (
            &["tftp", "--board", "pi4"],
            "[possible values: rpi3, rpi3-plus, ",
        ),
        (
            &["tftp", "--board", "rpi4", "--serial", "x"],
            "8 or 16 hexadecimal digits",
        ),
        (
            &[
                "tftp",
                "--board",
                "rpi4",
                "--serial",
                "1",
                "--mac",
                "dc:a6:32:01:36:c2",
            ],
            "cannot be used with",
        ),
        (
            &["tftp", "--board", "rpi3-plus", "--prefix", "x/"],
            "give --serial instead",
        ),
        (
            &["tftp", "--board", "rpi4", "--rate", "0"],
            "megabytes a second",
        ),
        (
            &["tftp", "--board", "rpi4", "--rate=nan"],
            "megabytes a second",
        ),
    ] {
        let output = requests(&fixture, arguments);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(part), "{part:?} is not in: {error}");
    }
}
