//! What the program says of bad usage, bad input and bad destinations, and that
//! it leaves nothing behind.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod fixture;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use fixture::{BIG, Fixture, LIB, TOPLEVEL};
use serde_json::{Value, json};

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
    fixture.fails_keeping(
        fixture.build(),
        2,
        &["image exists; choose another destination, or replace it with --force"],
        &["image"],
    );
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
        &["one contains the other"],
    );
    fs::create_dir(fixture.path("boot")).unwrap();
    let mut spec = Fixture::spec();
    spec["boot"]["directories"] = json!([fixture.path("boot")]);
    fixture.write_spec(&spec);
    fixture.fails(
        fixture.build_to("boot/image"),
        2,
        &["one contains the other", "boot"],
    );
    fixture.fails(
        fixture.build_to("missing/image"),
        1,
        &["missing", "make sure that it exists"],
    );
    fixture.fails(fixture.build_to("/"), 2, &["cannot be a destination"]);
}

fn make_fifo(path: &Path) {
    rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RWXU).unwrap();
}

/// What is inside an image may not be elsewhere, though the image itself may.
#[test]
fn an_image_does_not_lead_out_of_itself() {
    let fixture = Fixture::new();
    fixture.build().assert().success();
    symlink("image", fixture.path("result")).unwrap();
    for image in ["result", "result/net-image", "image"] {
        fixture.run(["verify", image]).assert().success();
        let code = fixture.run(["check", image]).output().unwrap().status;
        assert!(matches!(code.code(), Some(0 | 1)), "{code}");
    }
    for part in [
        "net-image/manifest.json",
        "net-image/boot",
        "net-image/os/image-1",
        "net-image/os/image-1/nix",
        "net-image/os/image-1/nix-path-registration",
        "net-image/os",
        "net-image",
    ] {
        let (place, elsewhere) = (fixture.path("image").join(part), fixture.path("elsewhere"));
        fs::rename(&place, &elsewhere).unwrap();
        symlink(&elsewhere, &place).unwrap();
        for command in ["verify", "check", "show"] {
            let output = fixture.run([command, "result"]).output().unwrap();
            let error = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{command} {part}: {error}");
            let told = error.contains(part) && error.contains("leads out of the image");
            assert!(told, "{command} {part}: {error}");
        }
        fs::remove_file(&place).unwrap();
        fs::rename(&elsewhere, &place).unwrap();
    }
    fixture.run(["verify", "result"]).assert().success();
}

/// Nobody writes to the other end.
#[test]
fn fifos_in_an_image_are_not_waited_for() {
    let fixture = Fixture::new();
    fixture.build().assert().success();
    for part in [
        "nix-support/system",
        "net-image/os/image-1/nix-path-registration",
        "net-image/boot/cmdline.txt",
    ] {
        let place = fixture.path("image").join(part);
        let bytes = fs::read(&place).unwrap();
        fs::remove_file(&place).unwrap();
        make_fifo(&place);
        fixture.run(["verify", "image"]).assert().code(1);
        let report = fixture.run(["check", "image"]).output().unwrap();
        assert!(matches!(report.status.code(), Some(0 | 1)), "{report:?}");
        fs::remove_file(&place).unwrap();
        fs::write(&place, bytes).unwrap();
    }
    fixture.run(["verify", "image"]).assert().success();
}
