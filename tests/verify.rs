//! What `verify` finds, and that it neither leaves an image nor waits for anything
//! in it, each beside its nearest neighbour that is right.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod fixture;

use std::fs::{self, File};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use fixture::{BIG, Fixture, LIB, TOPLEVEL};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use serde_json::{Value, json};

const ROOT: &str = "net-image/os/image-1";

/// An image with a file in its root beside its store.
fn image() -> Fixture {
    let fixture = Fixture::new();
    let mut spec = Fixture::spec();
    spec["root"] = json!({"files": [{"target": "etc/ssh/host_key", "text": "key\n"}]});
    fixture.write_spec(&spec);
    fixture.build().assert().success();
    fixture.run(["verify", "image"]).assert().success();
    fixture
}

fn verify(fixture: &Fixture) -> Output {
    let started = Instant::now();
    let output = fixture.run(["verify", "image"]).output().unwrap();
    assert!(started.elapsed() < Duration::from_secs(20), "took too long");
    output
}

/// What `verify` says of an image that is not good.
fn faults(fixture: &Fixture) -> String {
    let output = verify(fixture);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    String::from_utf8(output.stdout).unwrap() + &error
}

/// Puts something else in the place of `name` while `during` runs.
fn replaced<T>(
    fixture: &Fixture,
    name: &str,
    put: impl FnOnce(&Path),
    during: impl FnOnce() -> T,
) -> T {
    let (place, aside) = (fixture.path("image").join(name), fixture.path("aside"));
    fs::rename(&place, &aside).unwrap();
    put(&place);
    let result = during();
    if place.is_dir() && !place.is_symlink() {
        fs::remove_dir_all(&place).unwrap();
    } else {
        fs::remove_file(&place).unwrap();
    }
    fs::rename(&aside, &place).unwrap();
    result
}

fn in_store(path: &str) -> String {
    format!("{ROOT}/nix/store/{path}")
}

#[test]
fn no_link_is_followed_out_of_an_image_or_within() {
    let fixture = image();
    let outside = fixture.path("outside");
    fs::create_dir(&outside).unwrap();
    for name in ["host_key", "canary", "system", "config.txt", "data"] {
        fs::write(outside.join(name), "canary\n").unwrap();
    }
    // SHA-256 of "canary\n".
    let hash = "3862f5361ca1a8c053364af5b6b2df9b900325487f4f7b3e6cd13d98345848ef";
    for (name, file) in [
        ("nix-support", ""),
        ("nix-support/system", "system"),
        ("net-image/boot/config.txt", "config.txt"),
        (&format!("{ROOT}/home"), ""),
        (&format!("{ROOT}/etc"), ""),
        (&format!("{ROOT}/etc/ssh"), ""),
        (&format!("{ROOT}/etc/ssh/host_key"), "host_key"),
        (&format!("{ROOT}/boot"), ""),
        (&format!("{ROOT}/boot/firmware"), ""),
        (&in_store(LIB), ""),
        (&in_store(&format!("{LIB}/data")), "data"),
        (&in_store(&format!("{LIB}/deep")), ""),
    ] {
        let link = |place: &Path| symlink(outside.join(file), place).unwrap();
        let text = replaced(&fixture, name, link, || faults(&fixture));
        assert!(!text.contains("canary") && !text.contains(hash), "{text}");
        assert_eq!(text.matches("corrupted: ").count(), 1, "{text}");
        if !name.starts_with(&in_store("")) {
            assert!(text.contains("is a link to "), "{name}: {text}");
        }
    }
    let home = format!("{ROOT}/home");
    let within = |place: &Path| symlink("etc", place).unwrap();
    let text = replaced(&fixture, &home, within, || faults(&fixture));
    let line = "corrupted: os/image-1/home is a link to etc instead of a directory";
    assert!(text.lines().any(|found| found == line), "{text}");
    fixture.run(["verify", "image"]).assert().success();
}

#[test]
fn requests_of_an_image_stay_in_it() {
    let fixture = image();
    let arguments = ["requests", "image", "--board", "rpi4"];
    let ask = || fixture.run(arguments).output().unwrap();
    let asked = String::from_utf8(ask().stdout).unwrap();
    assert!(asked.contains("config.txt"), "{asked}");
    let outside = fixture.path("outside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("config.txt"), "canary=1\n").unwrap();
    for name in ["net-image/boot", "net-image"] {
        let link = |place: &Path| symlink(&outside, place).unwrap();
        fs::create_dir_all(outside.join("boot")).unwrap();
        let output = replaced(&fixture, name, link, ask);
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(error.contains("leads out of the image"), "{name}: {error}");
        assert_eq!(output.stdout, b"", "{name}");
    }
}

#[test]
fn a_huge_file_is_not_read() {
    let fixture = image();
    let huge = |place: &Path| {
        let file = File::create(place).unwrap();
        file.set_len(1 << 40).unwrap();
    };
    for name in [
        "net-image/boot/config.txt",
        "nix-support/system",
        &format!("{ROOT}/etc/ssh/host_key"),
        &format!("{ROOT}/nix-path-registration"),
        &format!("{ROOT}/home"),
        &in_store(LIB),
        &in_store(&format!("{LIB}/data")),
        &in_store(&format!("{LIB}/deep")),
    ] {
        let text = replaced(&fixture, name, huge, || faults(&fixture));
        let is_object = name.starts_with(&in_store(""));
        let told = if is_object {
            "more than"
        } else {
            "a file of 1099511627776 bytes instead of"
        };
        assert!(text.contains(told), "{name}: {text}");
    }
    huge(&fixture.path("image").join(in_store(BIG)).join("more"));
    assert!(faults(&fixture).contains("more than"));
    fs::remove_file(fixture.path("image").join(in_store(BIG)).join("more")).unwrap();
    // A manifest without end is none.
    let text = replaced(&fixture, "net-image/manifest.json", huge, || {
        faults(&fixture)
    });
    assert!(text.contains("is not a manifest"), "{text}");
    // Of the size that it should have it is read.
    let other = |place: &Path| fs::write(place, "arm_64bit=0\n").unwrap();
    let text = replaced(&fixture, "net-image/boot/config.txt", other, || {
        faults(&fixture)
    });
    assert_eq!(
        text.matches("a file of 12 bytes, SHA-256 ").count(),
        2,
        "{text}"
    );
}

#[test]
fn nothing_special_is_opened() {
    let fixture = image();
    let make = |kind: FileType| {
        move |place: &Path| {
            let mode = Mode::RUSR | Mode::WUSR;
            match kind {
                FileType::Socket => drop(UnixListener::bind(place).unwrap()),
                // The null device; only root can make it.
                FileType::CharacterDevice => {
                    let device = rustix::fs::makedev(1, 3);
                    if mknodat(CWD, place, kind, mode, device).is_err() {
                        mknodat(CWD, place, FileType::Fifo, mode, 0).unwrap();
                    }
                }
                _ => mknodat(CWD, place, kind, mode, 0).unwrap(),
            }
        }
    };
    for kind in [FileType::Fifo, FileType::Socket, FileType::CharacterDevice] {
        for name in [
            "net-image/boot/config.txt",
            "nix-support/system",
            &format!("{ROOT}/etc/ssh"),
            &format!("{ROOT}/nix-path-registration"),
            &in_store(LIB),
            &in_store(&format!("{LIB}/data")),
        ] {
            let text = replaced(&fixture, name, make(kind), || faults(&fixture));
            assert_eq!(text.matches("corrupted: ").count(), 1, "{name}: {text}");
        }
    }
    fixture.run(["verify", "image"]).assert().success();
}

#[test]
fn of_very_many_names_some_are_told_and_the_others_counted() {
    let fixture = image();
    let var = fixture.path("image").join(ROOT).join("var");
    for number in 0..100 {
        fs::write(var.join(format!("{number:04}")), "").unwrap();
    }
    assert_eq!(
        faults(&fixture).matches("extra: os/image-1/var/0").count(),
        100
    );
    for number in (100..3000).rev() {
        fs::write(var.join(format!("{number:04}")), "").unwrap();
    }
    let text = faults(&fixture);
    assert_eq!(
        text.matches("extra: os/image-1/var/00").count(),
        100,
        "{text}"
    );
    assert!(text.contains("extra: and 2900 more in os/image-1/var\n"));
    assert!(text.contains("\n3000 findings: "), "{text}");
    // What is in a directory that should not be there is not looked at.
    fs::rename(&var, var.with_file_name("more")).unwrap();
    fs::create_dir(&var).unwrap();
    let text = faults(&fixture);
    assert!(
        text.starts_with("extra: os/image-1/more\n1 finding: "),
        "{text}"
    );
}

#[test]
fn what_lies_below_a_missing_directory_is_not_told_again() {
    let fixture = image();
    fs::remove_dir_all(fixture.path("image").join(ROOT).join("etc")).unwrap();
    let text = faults(&fixture);
    assert!(
        text.starts_with("missing: os/image-1/etc\n1 finding: "),
        "{text}"
    );
    let store = fixture.path("image").join(in_store(""));
    let status = Command::new("rm").arg("-rf").arg(store).status();
    assert!(status.unwrap().success());
    let text = faults(&fixture);
    let lines = "missing: os/image-1/etc\nmissing: os/image-1/nix/store\n2 findings: ";
    assert!(text.starts_with(lines), "{text}");
}

#[test]
fn a_manifest_agrees_with_itself_and_with_what_is_there() {
    let fixture = image();
    let path = fixture.path("image/net-image/manifest.json");
    let good: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let store_path = |name: &str| json!(format!("/nix/store/{name}"));
    for (pointer, value, told) in [
        ("/totals/storePaths", json!(4), "totals"),
        ("/totals/storeFiles", json!(0), "totals"),
        ("/totals/narSize", json!(u64::MAX), "totals"),
        ("/totals/bootFiles", json!(1), "totals"),
        ("/totals/bootSize", json!(1), "totals"),
        ("/name", json!(""), "name must not be empty"),
        ("/name", json!("a\nb"), "control characters"),
        ("/system", json!("s".repeat(5000)), "at most 255 bytes"),
        ("/system", json!("armv6l-linux"), "nix-support/system"),
        (
            "/toplevel",
            store_path(LIB),
            "not the one that its root starts",
        ),
        (
            "/toplevel",
            store_path(&TOPLEVEL.replace('3', "4")),
            "is not in its store",
        ),
        ("/rootDirectoryName", json!("other"), "extra: os/image-1"),
        ("/rootDirectoryName", json!("a/b"), "not a single name"),
        ("/rootDirectoryName", json!("r".repeat(256)), "not a single"),
        ("/storeDir", json!("/a".repeat(50_000)), "not a store path"),
        ("/store/0/files", json!(7), "files, not 7"),
        ("/store/0/narSize", json!(u64::MAX), "manifest lists for"),
        ("/store/0/path", store_path(BIG), "store has"),
        ("/boot/0/size", json!(u64::MAX), "of its boot tree is not"),
        ("/boot/0/name", json!("other"), "of its boot tree is not"),
        (
            "/boot/0/name",
            json!("a/".repeat(50_000) + "a"),
            "at most; write a shorter one",
        ),
        ("/root/0/name", json!("other"), "missing: os/image-1/other"),
        ("/root/0/name", good["root"][1]["name"].clone(), "root has"),
    ] {
        let mut manifest = good.clone();
        *manifest.pointer_mut(pointer).unwrap() = value.clone();
        fs::write(&path, manifest.to_string()).unwrap();
        let text = faults(&fixture);
        assert!(text.contains(told), "{pointer} {value}: {text}");
    }
    // However it is written.
    fs::write(&path, good.to_string()).unwrap();
    fixture.run(["verify", "image"]).assert().success();
}

#[test]
fn the_profile_is_the_toplevel() {
    let store_path = |name: &str| json!(format!("/nix/store/{name}"));
    for (profile, toplevel, told) in [
        (TOPLEVEL, store_path(TOPLEVEL), None),
        (TOPLEVEL, Value::Null, Some("it has no toplevel, but")),
        (LIB, store_path(TOPLEVEL), Some("not the one that its root")),
        // By choice its root starts this one.
        (TOPLEVEL, store_path(LIB), Some("not the one that its root")),
    ] {
        let fixture = Fixture::new();
        let (root, profiles) = (fixture.path("root"), "nix/var/nix/profiles");
        for directory in ["sbin", profiles] {
            fs::create_dir_all(root.join(directory)).unwrap();
        }
        let system = root.join(profiles).join("system-1-link");
        symlink(format!("/nix/store/{profile}"), system).unwrap();
        symlink(format!("/nix/store/{LIB}/init"), root.join("sbin/init")).unwrap();
        let mut spec = Fixture::spec();
        spec["root"] = json!({"directories": ["root"]});
        fixture.write_spec(&spec);
        fixture.build().assert().success();
        let path = fixture.path("image/net-image/manifest.json");
        let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        manifest["toplevel"] = toplevel;
        fs::write(&path, manifest.to_string()).unwrap();
        match told {
            Some(told) => assert!(faults(&fixture).contains(told), "{profile}"),
            None => drop(fixture.run(["verify", "image"]).assert().success()),
        }
    }
}

#[test]
fn boot_files_that_are_copies_are_noted_and_no_fault() {
    let fixture = image();
    let text = |output: Output| String::from_utf8(output.stdout).unwrap();
    let note = "boot/firmware, not links to them: 2\n";
    assert!(!text(verify(&fixture)).contains("note"));
    let copy = |flags: &str, to: &str| {
        let mut copy = Command::new("cp");
        copy.args([flags, "image", to])
            .current_dir(fixture.path(""));
        assert!(copy.status().unwrap().success());
        fixture.run(["verify", to]).assert().success();
        text(fixture.run(["verify", to]).output().unwrap())
    };
    assert!(!copy("-a", "linked").contains("note"));
    assert!(copy("-r", "copied").contains(note));
    // A board that writes another file in place of its own changes the root.
    let config = fixture
        .path("image")
        .join(ROOT)
        .join("boot/firmware/config.txt");
    fs::write(config.with_file_name("new"), "arm_64bit=0\n").unwrap();
    fs::rename(config.with_file_name("new"), &config).unwrap();
    let told = faults(&fixture);
    assert!(told.starts_with("corrupted: os/image-1/boot/firmware/config.txt is"));
    assert!(!told.contains("note"), "{told}");
    // One that writes the same has only broken the link.
    fs::write(config.with_file_name("new"), "arm_64bit=1\n").unwrap();
    fs::rename(config.with_file_name("new"), &config).unwrap();
    let output = verify(&fixture);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(output).contains("not links to them: 1\n"));
}

#[test]
fn what_builds_verifies() {
    let fixture = Fixture::new();
    for (field, letter) in [("system", "s"), ("name", "n")] {
        for (length, code) in [(255, 0), (256, 2), (5000, 2)] {
            let mut spec = Fixture::spec();
            spec[field] = json!(letter.repeat(length));
            fixture.write_spec(&spec);
            let output = fixture.build().arg("--force").output().unwrap();
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(
                output.status.code(),
                Some(code),
                "{field} {length}: {error}"
            );
            if code != 0 {
                assert!(error.contains("at most 255 bytes"), "{error}");
            }
        }
        fixture.run(["verify", "image"]).assert().success();
    }
}

#[test]
fn base_names_of_another_store_are_refused() {
    let fixture = Fixture::new();
    let path = fixture.path("closure.json");
    let write = |store_dir: &str| {
        let registration = fs::read_to_string(fixture.path("registration")).unwrap();
        let lines: Vec<&str> = registration.lines().collect();
        let entry = json!({"narHash": format!("sha256:{}", lines[1]),
            "narSize": lines[2].parse::<u64>().unwrap(), "references": []});
        let closure = json!({"info": {LIB: entry}, "storeDir": store_dir, "version": 2});
        fs::write(&path, closure.to_string()).unwrap();
        let mut spec = Fixture::spec();
        spec.as_object_mut().unwrap().remove("toplevel");
        spec["allow"] = json!(["command-line-no-init"]);
        fixture.write_spec(&spec);
        let arguments = [
            "build",
            "--spec",
            "spec.json",
            "--path-info",
            "closure.json",
        ];
        let mut build = fixture.run(arguments);
        build.args(["--real-store-dir", "store", "--out", "image"]);
        build
    };
    fixture.fails(write("/gnu/store"), 2, &["/gnu/store, not /nix/store"]);
    write("/nix/store").assert().success();
}

#[test]
fn an_unknown_field_without_end_is_named_in_short() {
    let fixture = Fixture::new();
    let mut spec = Fixture::spec();
    spec["x".repeat(4 << 20)] = json!(1);
    fixture.write_spec(&spec);
    let started = Instant::now();
    let output = fixture.build().output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stderr.len() < 1000, "{} bytes", output.stderr.len());
    assert!(started.elapsed() < Duration::from_secs(20));
    let mut spec = Fixture::spec();
    spec["nmae"] = json!(1);
    fixture.write_spec(&spec);
    fixture.fails(fixture.build(), 2, &["unknown field `nmae`", "`name`"]);
}
