//! The program as a user runs it, on a small closure, without Nix: what it
//! makes, and what it says when it cannot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod fixture;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::process::{CommandExt, ExitStatusExt};
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
fn bad_usage_and_bad_input_are_named_and_leave_nothing() {
    let fixture = Fixture::new();
    // No attributes at all, attributes that are not there.
    fixture.fails(
        fixture.run(["build"]),
        2,
        &["outside a derivation give --spec"],
    );
    let mut build = fixture.run(["build"]);
    build.env("NIX_ATTRS_JSON_FILE", "/nonexistent/.attrs.json");
    fixture.fails(build, 2, &["/nonexistent/.attrs.json"]);
    // Broken JSON: file, line and column.
    fs::write(fixture.path("broken.json"), "{\n \"closure\": [,").unwrap();
    let mut build = fixture.run(["build", "--attrs", "broken.json", "--out", "image"]);
    build.env_remove("NIX_BUILD_TOP");
    fixture.fails(build, 2, &["broken.json", "line 2 column 14"]);
    fs::write(fixture.path("empty.json"), "{}").unwrap();
    let build = fixture.run(["build", "--attrs", "empty.json", "--out", "image"]);
    fixture.fails(build, 2, &["empty.json", "missing field `closure`"]);
    // Wrong specs.
    for (pointer, value, parts) in [
        (
            "/name",
            Value::Null,
            &["spec.json", "`name`", "line 1 column"][..],
        ),
        ("/nfs", json!("no-path"), &["`nfs`"]),
        (
            "/boot/files/0/target",
            json!("../x"),
            &["`boot.files[0].target`", "../x"],
        ),
        ("/boot/files/0/target", json!("/x"), &["/x", "absolute"]),
        (
            "/boot/files/1",
            json!({"target": "config.txt", "text": "other"}),
            &["config.txt", "make them equal"],
        ),
        (
            "/toplevel",
            json!("/nix/store/11111111111111111111111111111111-x"),
            &["toplevel", "11111111111111111111111111111111-x"],
        ),
        (
            "/commandLine",
            json!(["x".repeat(1100)]),
            &["cmdline.txt", "1024"],
        ),
    ] {
        let mut spec = Fixture::spec();
        *spec.pointer_mut(pointer).unwrap() = value;
        fixture.write_spec(&spec);
        fixture.fails(fixture.build(), 2, parts);
    }
    let mut spec = Fixture::spec();
    spec["bot"] = json!({});
    fixture.write_spec(&spec);
    fixture.fails(
        fixture.build(),
        2,
        &["unknown field `bot`", "did you mean `boot`"],
    );
    spec.as_object_mut()
        .unwrap()
        .retain(|name, _| name == "version");
    fixture.write_spec(&spec);
    fixture.fails(fixture.build(), 2, &["missing field `name`"]);
}

#[test]
fn bad_closures_and_stores_are_named_and_leave_nothing() {
    let fixture = Fixture::new();
    let registration = fs::read_to_string(fixture.path("registration")).unwrap();
    // Not closed.
    let cut = registration
        .split_once(&format!("/nix/store/{TOPLEVEL}"))
        .unwrap()
        .0;
    let toplevel = registration.strip_prefix(cut).unwrap();
    let alone = toplevel.split_inclusive('\n').take(7).collect::<String>();
    fs::write(fixture.path("registration"), alone).unwrap();
    fixture.fails(fixture.build(), 1, &["not complete", TOPLEVEL, LIB]);
    // Cut short.
    fs::write(fixture.path("registration"), registration.trim_end()).unwrap();
    fixture.fails(fixture.build(), 2, &["line", "cut short"]);
    fs::write(fixture.path("registration"), &registration).unwrap();
    // A bit flipped in one file.
    let data = fixture.path("store").join(LIB).join("data");
    let good = fs::read(&data).unwrap();
    let mut bad = good.clone();
    bad[100] ^= 1;
    fs::write(&data, bad).unwrap();
    let parts = [
        LIB,
        "sha256-",
        "the closure says sha256-",
        &format!("{TOPLEVEL} -> {LIB}"),
    ];
    fixture.fails(fixture.build(), 1, &parts);
    fs::write(&data, good).unwrap();
    // A FIFO in a store path, then no store path.
    let fifo = fixture.path("store").join(LIB).join("fifo");
    make_fifo(&fifo);
    fixture.fails(fixture.build(), 1, &["a FIFO", "fifo"]);
    fs::remove_file(fifo).unwrap();
    fs::rename(fixture.path("store").join(BIG), fixture.path("elsewhere")).unwrap();
    fixture.fails(fixture.build(), 1, &[BIG, "does not exist", TOPLEVEL]);
}

#[test]
fn bad_boot_files_are_named_and_leave_nothing() {
    let fixture = Fixture::new();
    let boot = fixture.path("boot");
    let mut spec = Fixture::spec();
    spec["boot"]["directories"] = json!([boot]);
    fixture.write_spec(&spec);
    fixture.fails(fixture.build(), 2, &["boot", "make sure that it exists"]);
    symlink("/", &boot).unwrap();
    fixture.fails(fixture.build(), 2, &["symbolic link to a directory"]);
    fs::remove_file(&boot).unwrap();
    fs::create_dir(&boot).unwrap();
    make_fifo(&boot.join("fifo"));
    fixture.fails(fixture.build(), 2, &["fifo is a FIFO"]);
    fs::remove_file(boot.join("fifo")).unwrap();
    fs::write(boot.join("config.txt"), "another").unwrap();
    fixture.fails(fixture.build(), 2, &["config.txt", "make them equal"]);
    // A file that is not what its size says.
    fs::remove_file(boot.join("config.txt")).unwrap();
    symlink("/proc/version", boot.join("version")).unwrap();
    fixture.fails(fixture.build(), 1, &["changed while it was read"]);
    fs::remove_file(boot.join("version")).unwrap();
    // Equal bytes are no contradiction, also where the builder writes the same;
    // dotfiles are taken.
    let line = format!(
        "root=/dev/nfs nfsroot=192.0.2.1:/srv/nfs,vers=4.1 ip=dhcp rw \
         init=/nix/store/{TOPLEVEL}/init console=tty1\n"
    );
    fs::write(boot.join("cmdline.txt"), &line).unwrap();
    spec["root"] = json!({"files": [{"target": "boot/firmware/cmdline.txt", "text": line}]});
    fixture.write_spec(&spec);
    fs::write(boot.join("config.txt"), "arm_64bit=1\n").unwrap();
    fs::write(boot.join(".hidden"), "").unwrap();
    fixture.build().assert().success();
    assert!(
        fixture
            .path("image/net-image/os/image-1/boot/firmware/.hidden")
            .exists()
    );
}

#[test]
fn unreadable_files_and_unwritable_destinations_are_named() {
    let fixture = Fixture::new();
    let nobody = rustix::process::geteuid().is_root().then_some(65534);
    let as_nobody = |mut command: assert_cmd::Command| {
        // assert_cmd has no way to set the user.
        let mut plain = Command::new(command.get_program());
        plain.args(command.get_args()).current_dir(fixture.path(""));
        if let Some(nobody) = nobody {
            plain.uid(nobody).gid(nobody);
        }
        command = assert_cmd::Command::from_std(plain);
        command
    };
    fs::set_permissions(fixture.path(""), fs::Permissions::from_mode(0o555)).unwrap();
    fixture.fails(
        as_nobody(fixture.build()),
        1,
        &["cannot create a directory", "permissions"],
    );
    fs::set_permissions(fixture.path(""), fs::Permissions::from_mode(0o777)).unwrap();
    let secret = fixture.path("store").join(LIB).join("data");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o0)).unwrap();
    fixture.fails(
        as_nobody(fixture.build()),
        1,
        &["cannot open", "data", "permissions"],
    );
    fixture.fails(
        fixture.run([
            "build",
            "--spec",
            "none.json",
            "--registration",
            "registration",
            "--out",
            "image",
        ]),
        2,
        &["none.json"],
    );
}

#[test]
fn a_destination_is_never_touched_without_force() {
    let fixture = Fixture::new();
    let image = fixture.path("image");
    fs::create_dir(&image).unwrap();
    fixture.fails_keeping(fixture.build(), 2, &["image exists", "--force"], &["image"]);
    fs::write(image.join("mine"), "").unwrap();
    let mut forced = fixture.build();
    forced.arg("--force");
    fixture.fails_keeping(forced, 2, &["not an image"], &["image"]);
    fs::remove_file(image.join("mine")).unwrap();
    fs::create_dir_all(image.join("net-image")).unwrap();
    let mut forced = fixture.build();
    forced.arg("--force");
    fixture.fails_keeping(forced, 2, &["not an image"], &["image"]);
    fs::remove_dir(image.join("net-image")).unwrap();
    fixture.build().arg("--force").assert().success();
    fixture.build().arg("--force").assert().success();
    // A build that fails leaves the old image whole.
    let mut spec = Fixture::spec();
    spec["nixDatabase"] = json!(true);
    fixture.write_spec(&spec);
    let mut forced = fixture.build();
    forced.args(["--force", "--nix-store", "/nonexistent/nix-store"]);
    fixture.fails_keeping(
        forced,
        1,
        &["cannot run /nonexistent/nix-store"],
        &["image"],
    );
    fixture.run(["verify", "image"]).assert().success();
}

#[test]
fn a_destination_lies_beside_its_sources() {
    let fixture = Fixture::new();
    fixture.fails(
        fixture.build_to(format!("store/{LIB}/image")),
        2,
        &["one in the other"],
    );
    fs::create_dir(fixture.path("boot")).unwrap();
    let mut spec = Fixture::spec();
    spec["boot"]["directories"] = json!([fixture.path("boot")]);
    fixture.write_spec(&spec);
    fixture.fails(
        fixture.build_to("boot/image"),
        2,
        &["one in the other", "boot"],
    );
    fixture.fails(
        fixture.build_to("missing/image"),
        1,
        &["missing", "make sure that it exists"],
    );
    fixture.fails(fixture.build_to("/"), 2, &["cannot be a destination"]);
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
    fixture.run(["build", "--jobs", "0"]).assert().code(2);
    fixture.run(["build", "--force"]).assert().code(2);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn inode(path: &Path) -> u64 {
    fs::metadata(path).unwrap().ino()
}

fn make_fifo(path: &Path) {
    rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RWXU).unwrap();
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
