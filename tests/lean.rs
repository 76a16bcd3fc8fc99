//! Lean images: what they hold, and that all commands read them.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod fixture;

use std::fs;
use std::path::Path;

use fixture::{BIG, Fixture, LIB};
use serde_json::{Value, json};

/// A fixture with a lean image, one of whose boot files is the store's.
fn lean() -> Fixture {
    lean_of(Fixture::spec())
}

/// The same from this spec.
fn lean_of(mut spec: Value) -> Fixture {
    let fixture = Fixture::new();
    let source = fixture.path("store").join(LIB).join("data");
    let files = spec["boot"]["files"].as_array_mut().unwrap();
    files.push(json!({"target": "data.bin", "source": source}));
    spec["nixDatabase"] = json!(true);
    fixture.write_spec(&spec);
    let mut build = fixture.build();
    build.args(["--lean", "--no-database"]).assert().success();
    fixture
}

fn on_image(fixture: &Fixture, command: &str) -> (Value, Option<i32>) {
    let words = [
        command,
        "image",
        "--real-store-dir",
        "store",
        "--format",
        "json",
    ];
    let output = fixture.run(words).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout);
    (
        report.unwrap_or_else(|_| panic!("{error}")),
        output.status.code(),
    )
}

#[test]
fn a_lean_image_copies_nothing_of_the_store() {
    let fixture = lean();
    let image = fixture.path("image/net-image");
    let target = format!("/nix/store/{LIB}/data");
    for place in ["boot", "os/image-1/boot/firmware"] {
        let link = fs::read_link(image.join(place).join("data.bin")).unwrap();
        assert_eq!(link, Path::new(&target), "{place}");
    }
    let root = image.join("os/image-1");
    assert_eq!(fs::read_dir(root.join("nix/store")).unwrap().count(), 0);
    assert!(root.join("nix-path-registration").is_file());
    assert!(!root.join("nix/var").exists());
    let (report, status) = on_image(&fixture, "verify");
    assert_eq!((&report["findings"], status), (&json!([]), Some(0)));
    assert_eq!(report["storePaths"], 3);
    let (report, _) = on_image(&fixture, "check");
    let codes: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["code"])
        .collect();
    let full = Fixture::new();
    full.build().assert().success();
    let output = full
        .run(["check", "image", "--format", "json"])
        .output()
        .unwrap();
    let of_full: Value = serde_json::from_slice(&output.stdout).unwrap();
    let of_full = of_full["findings"].as_array().unwrap().iter();
    assert_eq!(codes, of_full.map(|one| &one["code"]).collect::<Vec<_>>());
    let shown = fixture.run(["show", "image"]).output().unwrap();
    let shown = String::from_utf8(shown.stdout).unwrap();
    for part in ["data.bin", "3 paths, ", ", in /nix/store\n"] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
}

#[test]
fn the_store_is_verified_in_place() {
    let fixture = lean();
    fs::write(
        fixture.path("store").join(LIB).join("data"),
        "tampered with",
    )
    .unwrap();
    fs::remove_dir_all(fixture.path("store").join(BIG)).unwrap();
    fs::write(
        fixture.path("image/net-image/os/image-1/nix/store/more"),
        "",
    )
    .unwrap();
    let (report, status) = on_image(&fixture, "verify");
    assert_eq!(status, Some(1));
    let told: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            (
                one["path"].as_str().unwrap(),
                one["problem"].as_str().unwrap(),
            )
        })
        .collect();
    let [lib, big] = [LIB, BIG].map(|name| format!("/nix/store/{name}"));
    let expected = [
        (lib.as_str(), "corrupted"),
        (&big, "missing"),
        ("boot/data.bin", "corrupted"),
        ("os/image-1/boot/firmware/data.bin", "corrupted"),
        ("os/image-1/nix/store/more", "extra"),
    ];
    assert_eq!(told, expected, "{report}");
}

#[test]
fn what_the_store_lacks_is_told() {
    let fixture = Fixture::new();
    fs::remove_dir_all(fixture.path("store").join(BIG)).unwrap();
    let mut build = fixture.build();
    build.arg("--lean");
    fixture.fails(build, 1, &[BIG]);
}

#[test]
fn a_board_is_answered_from_the_store() {
    let mut spec = Fixture::spec();
    spec["boot"]["files"] = json!([{"target": "config.txt", "text": "kernel=data.bin\n"}]);
    let files = spec["boot"]["files"].as_array_mut().unwrap();
    for name in ["start4.elf", "fixup4.dat", "bcm2711-rpi-4-b.dtb"] {
        files.push(json!({"target": name, "text": "0123456789"}));
    }
    spec["allow"] = json!([
        "device-tree-invalid",
        "firmware-damaged",
        "kernel-unrecognised",
        "toplevel-no-kernel",
    ]);
    let fixture = lean_of(spec);
    let requests = |arguments: &[&str]| {
        let words = ["requests", "image", "--board", "rpi4"];
        let mut command = fixture.run([&words, arguments].concat());
        let output = command.output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        (told, output.status.code())
    };
    let (told, status) = requests(&["--real-store-dir", "store", "--serial", "1234abcd"]);
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("starts 1234abcd/data.bin"), "{told}");
    fs::remove_dir_all(fixture.path("store").join(LIB)).unwrap();
    let (told, status) = requests(&["--real-store-dir", "store"]);
    assert_eq!(status, Some(1), "{told}");
    assert!(told.contains("it does not get: data.bin"), "{told}");
}
