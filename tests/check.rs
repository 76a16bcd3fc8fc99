//! The command `check`, and the check that is part of a build.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod fixture;

use std::fs;

use fixture::Fixture;
use serde_json::{Value, json};

/// What a check has against boot files that are not what they are called.
const OF_PLACEHOLDERS: [&str; 4] = [
    "device-tree-invalid",
    "firmware-damaged",
    "kernel-unrecognised",
    "toplevel-no-kernel",
];

/// What a Raspberry Pi 4 asks for, all of it broken but `config.txt`.
fn broken_spec() -> Value {
    let mut spec = Fixture::spec();
    spec["boards"] = json!(["rpi4"]);
    let files = spec["boot"]["files"].as_array_mut().unwrap();
    for target in [
        "start4.elf",
        "fixup4.dat",
        "bcm2711-rpi-4-b.dtb",
        "kernel8.img",
    ] {
        files.push(json!({"target": target, "text": "0123456789"}));
    }
    spec
}

#[test]
fn an_image_that_cannot_boot_is_not_built() {
    let fixture = Fixture::new();
    fixture.write_spec(&broken_spec());
    fixture.fails(
        fixture.build(),
        1,
        &[
            "Raspberry Pi 4 Model B (rpi4)",
            "device-tree-invalid: bcm2711-rpi-4-b.dtb: ",
            "kernel-unrecognised: kernel8.img: it is something unknown, not a kernel",
            "cannot boot rpi4",
            "spec's allow",
        ],
    );
}

#[test]
fn what_is_allowed_is_built_and_shown() {
    let fixture = Fixture::new();
    let mut spec = broken_spec();
    spec["allow"] = json!(OF_PLACEHOLDERS);
    fixture.write_spec(&spec);
    let output = fixture.build().output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(
        text.contains("allowed error kernel-unrecognised: kernel8.img: "),
        "{text}"
    );
    assert!(text.contains("4 allowed; checked for rpi4"), "{text}");
    assert!(!text.contains('\u{1b}'), "styled where nobody sees it");

    // The image knows what was allowed, and for which boards it is.
    fixture.run(["check", "image"]).assert().success();
    fixture
        .run(["check", "image", "--board", "rpi5"])
        .assert()
        .code(1);
}

#[test]
fn codes_that_do_not_exist_are_named() {
    let fixture = Fixture::new();
    let mut spec = Fixture::spec();
    spec["allow"] = json!(["kernel-unrecognized"]);
    fixture.write_spec(&spec);
    let meant = "did you mean kernel-unrecognised";
    fixture.fails(fixture.build(), 2, &["kernel-unrecognized", meant]);
    let mut command = fixture.run(["check", "--boot", ".", "--allow", "nfs-sotf"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("did you mean nfs-soft"), "{error}");
}

#[test]
fn any_tree_can_be_checked() {
    let fixture = Fixture::new();
    let (boot, root) = (fixture.path("tftp"), fixture.path("root"));
    fs::create_dir(&boot).unwrap();
    fs::create_dir(&root).unwrap();
    fs::write(boot.join("cmdline.txt"), "root=/dev/nfs ip=dhcp debug\n").unwrap();
    let codes = |arguments: &[&str]| -> (Vec<String>, Option<i32>) {
        let arguments = [&["check", "--format", "json"], arguments].concat();
        let output = fixture.run(arguments).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let codes = findings
            .iter()
            .map(|finding| finding["code"].as_str().unwrap().to_owned());
        (codes.collect(), output.status.code())
    };
    let (found, code) = codes(&["--boot", "tftp"]);
    assert_eq!(found, ["boot-no-board", "command-line-debugging"]);
    assert_eq!(code, Some(0));
    let (found, code) = codes(&["--boot", "tftp", "--root", "root", "--board", "rpi4"]);
    for expected in ["boot-missing-firmware", "boot-no-config", "root-no-store"] {
        assert!(
            found.iter().any(|code| code == expected),
            "{expected}: {found:?}"
        );
    }
    assert_eq!(code, Some(1));
    fs::write(boot.join("config.txt"), "nonsense\n".repeat(30)).unwrap();
    let output = fixture
        .run(["check", "--boot", "tftp", "--board", "rpi4"])
        .output();
    let text = String::from_utf8(output.unwrap().stdout).unwrap();
    assert_eq!(
        text.matches("config-not-a-setting: config").count(),
        10,
        "{text}"
    );
    assert!(
        text.contains("and 20 more like it: config-not-a-setting"),
        "{text}"
    );
    fs::remove_file(boot.join("config.txt")).unwrap();
    let (found, code) = codes(&["--boot", "tftp", "--nfs", "192.0.2.1"]);
    assert!(found.iter().any(|code| code == "nfs-invalid"), "{found:?}");
    assert_eq!(code, Some(1));
    fs::write(
        boot.join("cmdline.txt"),
        "root=/dev/nfs nfsroot=192.0.2.1:/srv,vers=3 ip=dhcp rw\n",
    )
    .unwrap();
    for (options, is_other) in [("", false), (",vers=3", false), (",vers=4.1", true)] {
        let nfs = format!("192.0.2.1:/srv{options}");
        let (found, _) = codes(&["--boot", "tftp", "--nfs", &nfs]);
        let other = found
            .iter()
            .any(|code| code == "command-line-other-nfs-root");
        assert_eq!(other, is_other, "{nfs}: {found:?}");
    }
    fs::write(boot.join("cmdline.txt"), "root=/dev/nfs ip=dhcp debug\n").unwrap();
    let (found, _) = codes(&["--boot", "tftp", "--nfs", "192.0.2.1:/srv,soft"]);
    assert!(found.iter().any(|code| code == "nfs-soft"), "{found:?}");
}

#[test]
fn a_check_can_hash_everything_again() {
    let fixture = Fixture::new();
    let mut spec = broken_spec();
    spec["allow"] = json!(OF_PLACEHOLDERS);
    fixture.write_spec(&spec);
    fixture.build().assert().success();
    let check = |more: &[&str]| {
        let arguments = [&["check", "image", "--format", "json"], more].concat();
        let output = fixture.run(arguments).output().unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        (report, output.status.code())
    };
    let (report, code) = check(&[]);
    assert_eq!((&report["verification"], code), (&Value::Null, Some(0)));
    let (report, code) = check(&["--verify", "--jobs", "1"]);
    assert_eq!(report["verification"]["findings"], json!([]));
    assert_eq!(code, Some(0));

    // What verify finds fails the check, too.
    fs::remove_file(fixture.path("image/net-image/boot/fixup4.dat")).unwrap();
    fs::write(fixture.path("image/net-image/boot/fixup4.dat"), "1").unwrap();
    assert_eq!(check(&[]).1, Some(0));
    let (report, code) = check(&["--verify"]);
    let findings = report["verification"]["findings"].as_array().unwrap();
    assert_eq!((findings.len(), code), (1, Some(1)));
    let output = fixture
        .run(["check", "image", "--verify"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("1 finding: 3 store paths"), "{text}");
    assert!(text.contains("checked for rpi4"), "{text}");
}

#[test]
fn a_serial_number_decides_its_filter() {
    let fixture = Fixture::new();
    let boot = fixture.path("tftp");
    fs::create_dir(&boot).unwrap();
    fs::write(
        boot.join("config.txt"),
        "[0x1234abcd]\nstart_file=own.elf\n",
    )
    .unwrap();
    let said = |more: &[&str]| {
        let arguments = [&["check", "--boot", "tftp", "--board", "rpi4"], more].concat();
        let output = fixture.run(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let unknown = said(&[]);
    assert!(unknown.contains("config-undecided"), "{unknown}");
    assert!(unknown.contains("there is no start4.elf"), "{unknown}");
    let hint = "--serial HEX decides";
    assert!(unknown.contains(hint), "{unknown}");
    let known = said(&["--serial", "100000001234abcd"]);
    assert!(!known.contains("config-undecided"), "{known}");
    assert!(known.contains("there is no own.elf"), "{known}");
    fs::write(boot.join("config.txt"), "[gpio4=1]\nstart_file=own.elf\n").unwrap();
    let known = said(&["--serial", "100000001234abcd"]);
    assert!(known.contains("config-undecided"), "{known}");
    assert!(!known.contains(hint), "{known}");
    // For programs, the arguments of this one are no remedy.
    let json = said(&["--format", "json"]);
    assert!(
        json.contains("config-undecided") && !json.contains("--"),
        "{json}"
    );
}

#[test]
fn no_text_of_the_image_is_cut_or_reaches_the_terminal() {
    let fixture = Fixture::new();
    let boot = fixture.path("tftp");
    fs::create_dir(&boot).unwrap();
    let odd = "a; b\u{1b}[2J\n  error forged\u{202e}";
    fs::write(boot.join(odd), "").unwrap();
    fs::write(boot.join("config.txt"), "kern\u{1b}]0;x\u{7}=1\n").unwrap();
    fs::write(boot.join("cmdline.txt"), "init=/\u{9b}2J\u{2066} debug\n").unwrap();
    let check = |more: &[&str]| {
        let arguments = ["check", "--boot", "tftp", "--board", "rpi4"];
        let output = fixture.run([&arguments[..], more].concat()).output();
        String::from_utf8(output.unwrap().stdout).unwrap()
    };
    let text = check(&["--nfs", "192.0.2.1:/srv/a; b"]);
    let problem =
        "the exported path \"/srv/a; b\" has ' ', at which the kernel or fstab splits it\n";
    assert!(text.contains(problem), "{text}");
    for hidden in ['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}', '\u{2066}'] {
        assert!(!text.contains(hidden), "{hidden:?}: {text}");
    }
    assert!(
        !text.lines().any(|line| line.starts_with("  error forged")),
        "{text}"
    );

    // JSON has escapes of its own, and the name as it is.
    let report: Value = serde_json::from_str(&check(&["--format", "json"])).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let mut places = findings.iter().map(|finding| &finding["place"]["file"]);
    assert!(places.any(|place| place == odd), "{report:#}");
}

#[test]
fn what_stops_a_command_is_said_in_json_too() {
    let fixture = Fixture::new();
    fixture.build().assert().success();
    let manifest = fixture.path("image/net-image/manifest.json");
    fs::remove_file(&manifest).unwrap();
    fs::write(&manifest, "{").unwrap();
    for command in ["check", "verify", "show"] {
        let run = |more: &[&str]| {
            let output = fixture.run([&[command, "image"], more].concat()).output();
            output.unwrap()
        };
        let output = run(&["--format", "json"]);
        assert_eq!(output.status.code(), Some(1));
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        let error = value["error"].as_str().unwrap();
        assert!(error.contains("manifest.json is not a manifest"), "{error}");
        assert_eq!(value["because"].as_array().unwrap().len(), 1, "{value}");
        assert!(!output.stderr.is_empty());
        let output = run(&[]);
        assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]));
    }
}

#[test]
fn a_serial_number_names_its_directory() {
    let fixture = Fixture::new();
    for serial in ["1234abcd", "1234abce"] {
        let own = fixture.path("tftp").join(serial);
        fs::create_dir_all(&own).unwrap();
        fs::write(own.join("config.txt"), "").unwrap();
        fs::write(own.join("cmdline.txt"), "debug\n").unwrap();
    }
    let said = |more: &[&str]| {
        let arguments = [&["check", "--boot", "tftp"], more].concat();
        let output = fixture.run(arguments).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        (text, output.status.code())
    };
    let (text, code) = said(&[]);
    assert_eq!(code, Some(1), "{text}");
    assert!(
        text.contains("serial numbers: 1234abcd, 1234abce"),
        "{text}"
    );
    assert!(text.contains("; here by --boot DIR"), "{text}");
    let (text, code) = said(&["--serial", "1234abce"]);
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("command-line-debugging"), "{text}");
    let at = |name: &str| fixture.path("tftp").join(name);
    fs::rename(at("1234abce"), at("1234ABCE")).unwrap();
    let (text, _) = said(&["--serial", "1234abce"]);
    assert!(text.contains("move 1234ABCE to 1234abce\n"), "{text}");
}

#[test]
fn a_root_alone_wants_its_boot_files() {
    let fixture = Fixture::new();
    let run = fixture.run(["check", "--root", "."]);
    fixture.fails(run, 2, &["give their directory as --boot DIR"]);
}

#[test]
fn a_wrong_option_names_where_nixos_has_it_from() {
    let fixture = Fixture::new();
    let mut spec = Fixture::spec();
    spec["nfs"] = json!("192.0.2.1:/srv/nfs,rsize=many");
    fixture.write_spec(&spec);
    let expected = ["docs/formats.md", "nfsOptions", "rsize=many"];
    fixture.fails(fixture.build(), 2, &expected);
}

#[test]
fn bad_usage_is_2() {
    let fixture = Fixture::new();
    for arguments in [
        &["check"][..],
        &["check", "image", "--boot", "."],
        &["check", "--root", "."],
        &["check", "--boot", ".", "--verify"],
        &["check", "image", "--jobs", "1"],
        &["check", "image", "--board", "pi4"],
        &["check", "nothing"],
        &["check", "--boot", "nothing"],
    ] {
        fixture.run(arguments).assert().code(2);
    }
}

#[test]
fn rules_are_explained() {
    let fixture = Fixture::new();
    let output = |arguments: &[&str]| {
        let output = fixture.run(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let text = output(&["explain", "nfs-soft", "nfs-server-address"]);
    for part in [
        "nfs-soft (warning)\n",
        "  Give hard.\n",
        "nfs-server-address (error or warning)\n",
        "  Only a warning if ",
        "  https://",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let list = output(&["explain"]);
    let json: Value = serde_json::from_str(&output(&["explain", "--format", "json"])).unwrap();
    let codes = json.as_array().unwrap().iter().map(|rule| &rule["code"]);
    let listed = list.lines().map(|line| line.split(' ').next().unwrap());
    assert!(codes.eq(listed), "{list}");
    fixture.fails(
        fixture.run(["explain", "nfs-sotf"]),
        2,
        &["did you mean nfs-soft"],
    );
}
