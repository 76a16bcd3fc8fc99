//! A bit that is wrong among many, and sizes beyond 32 bits.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::BUILDER;
use crate::compare::{assert_holds, listing, names};
use crate::place::{Image, Scratch, build};
use crate::process::{builder, lines, output, report, run};
use crate::store::{Closure, Nix, base_name, static_builder};

/// One bit among 4 000 files: the build fails, says what and why, leaves nothing.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn one_flipped_bit() {
    let (closure, scratch) = (Closure::awkward(), Scratch::new());
    let copy = scratch.join("store");
    fs::create_dir(&copy).unwrap();
    run(Command::new("cp")
        .args(["-a", "-t"])
        .arg(&copy)
        .args(closure.paths.iter().map(|path| closure.real(path))));
    let many = closure.named("many");
    let victim = copy.join(base_name(many)).join("42/18");
    fs::set_permissions(&victim, fs::Permissions::from_mode(0o644)).unwrap();
    let mut file = fs::File::options()
        .read(true)
        .write(true)
        .open(&victim)
        .unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(20)).unwrap();
    file.read_exact(&mut byte).unwrap();
    byte[0] ^= 0x10;
    file.seek(SeekFrom::Start(20)).unwrap();
    file.write_all(&byte).unwrap();
    drop(file);
    fs::set_permissions(&victim, fs::Permissions::from_mode(0o444)).unwrap();

    let hash = |path: &Path| {
        let mut command = Nix::get().command("nix-hash");
        lines(&run(command.args(["--type", "sha256", "--sri"]).arg(path)))
            .pop()
            .unwrap()
    };
    let expected = hash(&closure.real(many));
    let actual = hash(&copy.join(base_name(many)));
    assert_ne!(expected, actual);

    let spec = scratch.spec(|_| ());
    let from = scratch.path_info(closure);
    let destinations = scratch.join("destinations");
    fs::create_dir(&destinations).unwrap();
    let out = destinations.join("image");
    let attempt = |more: &[&str]| {
        let mut command = builder(BUILDER);
        command
            .arg("build")
            .arg("--spec")
            .arg(&spec)
            .arg("--path-info")
            .arg(&from);
        command
            .arg("--real-store-dir")
            .arg(&copy)
            .arg("--out")
            .arg(&out)
            .args(more);
        let output = output(&mut command);
        assert_eq!(output.status.code(), Some(1), "{}", report(&output));
        let said = String::from_utf8(output.stderr).unwrap();
        let profile = closure.named("profile");
        for part in [
            base_name(many),
            &expected,
            &actual,
            base_name(profile),
            base_name(&closure.toplevel),
        ] {
            assert!(said.contains(part), "the message lacks {part}:\n{said}");
        }
    };
    attempt(&[]);
    attempt(&["--jobs", "1"]);
    assert_eq!(names(&destinations), [""; 0]);

    // An image that was there stays as it was, even where it was to be replaced.
    run(&mut build(&spec, "--path-info", &from, closure, &out));
    let before = listing(&out);
    attempt(&["--force"]);
    assert!(
        listing(&out) == before,
        "the failed build touched the image that was there"
    );
    assert_eq!(names(&destinations), ["image"]);

    // `verify` finds the same bit in an image that was made without verification.
    let unverified = Image(scratch.join("unverified"));
    let mut command = builder(BUILDER);
    command
        .arg("build")
        .arg("--spec")
        .arg(&spec)
        .arg("--path-info")
        .arg(&from);
    command
        .arg("--real-store-dir")
        .arg(&copy)
        .arg("--out")
        .arg(&unverified.0);
    run(command.args(["--verify", "none"]));
    let output = output(builder(BUILDER).arg("verify").arg(&unverified.0));
    assert_eq!(output.status.code(), Some(1), "{}", report(&output));
    assert!(
        report(&output).contains(base_name(many)),
        "{}",
        report(&output)
    );
}

/// A file of more than 4 GiB: sizes, offsets and hashes beyond 32 bits.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn more_than_four_gibibytes() {
    let (nix, closure, scratch) = (Nix::get(), Closure::build("large"), Scratch::new());
    let spec = scratch.spec(|spec| {
        spec.as_object_mut().unwrap().remove("toplevel");
        spec["allow"] = json!(["command-line-no-init"]);
    });
    let image = Image(scratch.join("image"));
    let build = build(
        &spec,
        "--path-info",
        &scratch.path_info(&closure),
        &closure,
        &image.0,
    );
    run(builder(static_builder()).args(build.get_args()));
    assert_holds(&image, &closure);
    image.verify(static_builder());
    let root = scratch.join("root");
    fs::rename(image.root(), &root).unwrap();
    let mut load = nix.on(&root, "nix-store");
    load.arg("--load-db");
    load.stdin(fs::File::open(root.join("nix-path-registration")).unwrap());
    run(&mut load);
    nix.verify(&root);
}
