//! The program as a user runs it, on a small closure, without Nix: what it
//! makes, and what it says when it cannot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod fixture;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use fixture::{BIG, Fixture, LIB, TOPLEVEL};
use serde_json::{Value, json};

#[test]
fn builds_verifies_and_shows() {
    let fixture = Fixture::new();
    let built = fixture
        .build()
        .assert()
        .success()
        .get_output()
        .stdout
        .clone();
    let built = String::from_utf8(built).unwrap();
    for part in ["3 paths", "boot        2 files", "largest", "store 0."] {
        assert!(built.contains(part), "{part}: {built}");
    }
    let image = fixture.path("image");
    let root = image.join("net-image/os/image-1");
    let lib = root.join("nix/store").join(LIB);
    for directory in [
        "proc", "sys", "dev", "run", "etc", "tmp", "var", "root", "home", "mnt",
    ] {
        assert!(root.join(directory).is_dir(), "{directory}");
    }
    assert_eq!(mode(&lib), 0o555);
    assert_eq!(mode(&lib.join("tool")), 0o555);
    assert_eq!(mode(&lib.join("data")), 0o444);
    assert_eq!(
        fs::symlink_metadata(lib.join("dangling")).unwrap().mtime(),
        1
    );
    assert_eq!(
        inode(&lib.join("data")),
        inode(&lib.join("deep/second name of data"))
    );
    assert_eq!(
        inode(&image.join("net-image/boot/config.txt")),
        inode(&root.join("boot/firmware/config.txt"))
    );
    assert_eq!(
        fs::read_link(root.join("sbin/init")).unwrap(),
        Path::new(&format!("/nix/store/{TOPLEVEL}/init"))
    );
    assert_eq!(
        fs::read_to_string(image.join("nix-support/system")).unwrap(),
        "x86_64-linux\n"
    );

    fixture.run(["verify", "image"]).assert().success();
    fixture
        .run(["verify", "image/net-image"])
        .assert()
        .success();
    let shown = fixture
        .run(["show", "image", "--format", "json"])
        .output()
        .unwrap()
        .stdout;
    let shown: Value = serde_json::from_slice(&shown).unwrap();
    assert_eq!(shown["totals"]["storePaths"], 3);
    let mut why = fixture.run(["show", "image", "--why", &format!("/nix/store/{LIB}")]);
    let why = String::from_utf8(why.unwrap().stdout).unwrap();
    assert_eq!(
        why,
        format!("/nix/store/{TOPLEVEL}\n  refers to /nix/store/{LIB}\n")
    );
    fixture.assert_clean(&["image"]);
}

#[test]
fn shows_what_differs_from_another_image() {
    let fixture = Fixture::new();
    fixture.build().assert().success();
    fs::rename(fixture.path("image"), fixture.path("older")).unwrap();
    fs::write(fixture.path("store").join(BIG).join("more"), "more").unwrap();
    fixture.register();
    let mut spec = Fixture::spec();
    spec["boot"]["files"] = json!([{"target": "config.txt", "text": "arm_64bit=1\n\n"}]);
    fixture.write_spec(&spec);
    fixture.build().assert().success();
    let show = |other: &str, format: &str| {
        let mut show = fixture.run(["show", "image", "--against", other, "--format", format]);
        String::from_utf8(show.unwrap().stdout).unwrap()
    };
    let text = show("older", "human");
    for expected in [
        "0 added (0 B), 0 removed (0 B), 1 changed (3.00 MB), 2 the same",
        &format!("changed        3.00 MB  /nix/store/{BIG}"),
        "changed           13 B  config.txt",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let told: Value = serde_json::from_str(&show("older", "json")).unwrap();
    assert_eq!(
        told["boot"],
        json!([{"name": "config.txt", "change": "changed", "size": 13}])
    );
    assert_eq!(
        told["store"]["changed"]["paths"][0]["path"],
        format!("/nix/store/{BIG}")
    );
    let told: Value = serde_json::from_str(&show("image", "json")).unwrap();
    assert_eq!(told["store"]["kept"], 3);
    assert_eq!(told["boot"], json!([]));
}

#[test]
fn the_same_input_makes_the_same_bytes() {
    let fixture = Fixture::new();
    fixture.build().assert().success();
    let first = listing(&fixture.path("image"));
    fs::rename(fixture.path("image"), fixture.path("first")).unwrap();
    fixture
        .build()
        .args(["--jobs", "7", "--verify", "none"])
        .env("TZ", "Asia/Tokyo")
        .env("LC_ALL", "tr_TR.UTF-8")
        .assert()
        .success();
    assert_eq!(listing(&fixture.path("image")), first);
}

#[test]
fn verify_lists_what_is_corrupted_missing_and_extra() {
    let fixture = Fixture::new();
    fixture.build().assert().success();
    let root = fixture.path("image/net-image/os/image-1");
    let store = root.join("nix/store");
    let flip = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
        fs::write(path, bytes).unwrap();
    };
    flip(&store.join(LIB).join("data"));
    fs::remove_dir_all(store.join(BIG)).unwrap();
    fs::write(store.join("extra"), "").unwrap();
    flip(&root.join("nix-path-registration"));
    fs::remove_file(fixture.path("image/net-image/boot/config.txt")).unwrap();
    fs::write(fixture.path("image/net-image/boot/more"), "").unwrap();
    fs::write(root.join("etc/passwd"), "").unwrap();
    fs::remove_dir(root.join("mnt")).unwrap();

    let output = fixture
        .run(["verify", "image", "--format", "json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let found: Vec<_> = findings
        .iter()
        .map(|finding| {
            let path = finding["path"].as_str().unwrap().replace("os/image-1/", "");
            (path, finding["problem"].as_str().unwrap().to_owned())
        })
        .collect();
    for (path, problem) in [
        (format!("nix/store/{LIB}"), "corrupted"),
        (format!("nix/store/{BIG}"), "missing"),
        ("nix/store/extra".to_owned(), "extra"),
        ("nix-path-registration".to_owned(), "corrupted"),
        ("boot/config.txt".to_owned(), "missing"),
        ("boot/more".to_owned(), "extra"),
        ("etc/passwd".to_owned(), "extra"),
        ("mnt".to_owned(), "missing"),
    ] {
        let expected = (path, problem.to_owned());
        assert!(found.contains(&expected), "{expected:?}: {found:?}");
    }
    // The registration is wrong as a file and as a registration.
    assert_eq!(found.len(), 9, "{found:?}");

    fs::write(fixture.path("image/net-image/evil"), "").unwrap();
    fs::write(fixture.path("image/net-image/os/evil\nall good"), "").unwrap();
    fs::write(fixture.path("image/evil"), "").unwrap();
    fs::remove_dir_all(fixture.path("image/nix-support")).unwrap();
    let output = fixture.run(["verify", "image"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    for line in [
        "extra: evil",
        "extra: os/evil\\nall good",
        "extra: image/evil",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}: {text}");
    }
    assert_eq!(text.lines().count(), 13, "{text}");
}

#[test]
fn a_copied_image_is_still_good() {
    let fixture = Fixture::new();
    fixture.build().assert().success();
    let copied = Command::new("cp")
        .args(["-r", "--no-preserve=all", "image", "copy"])
        .current_dir(fixture.path(""))
        .status();
    assert!(copied.unwrap().success());
    // That lost the executable bits, which are part of a NAR.
    fixture.run(["verify", "copy"]).assert().code(1);
    let copied = Command::new("cp")
        .args(["-r", "image/net-image", "moved"])
        .current_dir(fixture.path(""))
        .status();
    assert!(copied.unwrap().success());
    fixture.run(["verify", "moved"]).assert().success();
}

#[test]
fn a_signal_leaves_nothing_behind() {
    let fixture = Fixture::new();
    // Large enough that the build is still at it when the signal comes.
    let data = fixture.path("store").join(BIG).join("zeros");
    fs::File::options()
        .write(true)
        .open(data)
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    for signal in [rustix::process::Signal::INT, rustix::process::Signal::TERM] {
        let mut child = process(&fixture).spawn().unwrap();
        let started = Instant::now();
        let staging = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with(".netimage.");
        while !fixture.names().iter().any(|name| staging(name)) {
            assert!(started.elapsed() < Duration::from_secs(20), "never started");
            std::thread::sleep(Duration::from_millis(5));
        }
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, signal).unwrap();
        let status = child.wait().unwrap();
        assert_eq!(status.signal(), Some(signal.as_raw()));
        fixture.assert_clean(&[]);
    }
}

#[test]
fn a_reader_that_is_gone_changes_nothing() {
    let fixture = Fixture::new();
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let status = process(&fixture).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(0));
    let status = process(&fixture).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(2));
    fixture.run(["verify", "image"]).assert().success();
}

#[test]
fn prints_completions_and_a_man_page() {
    let fixture = Fixture::new();
    for (arguments, part) in [
        (&["completions", "bash"][..], "complete -F"),
        (&["man"], ".TH netimage-builder"),
        (&["--help"], "Exit status"),
    ] {
        let output = fixture.run(arguments.iter().copied()).output().unwrap();
        assert!(
            String::from_utf8(output.stdout).unwrap().contains(part),
            "{part}"
        );
    }
    fixture.fails(fixture.run(["build", "--jobs", "0"]), 2, &["--jobs"]);
    fixture.run(["build", "--force"]).assert().code(2);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

/// A build, for a test that wants the process.
fn process(fixture: &Fixture) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_netimage-builder"));
    command
        .args(Fixture::BUILD)
        .args(["image", "--real-store-dir", "store"])
        .current_dir(fixture.path(""))
        .stderr(Stdio::null());
    command
}

/// Everything about a tree but its inodes.
fn listing(directory: &Path) -> String {
    let output = Command::new("find")
        .args([".", "-printf", "%P %y %m %T@ %l %n\\n"])
        .args(["-type", "f", "-exec", "sha256sum", "{}", ";"])
        .current_dir(directory)
        .output()
        .unwrap();
    let mut lines: Vec<_> = str::from_utf8(&output.stdout).unwrap().lines().collect();
    lines.sort_unstable();
    lines.join("\n")
}
