//! The builder inside a derivation.

use std::fs;

use serde_json::json;

use crate::compare::{assert_holds, assert_same_contents};
use crate::place::{Image, Scratch, build};
use crate::process::{lines, run, text};
use crate::store::{Closure, Nix, static_builder};

/// As a derivation in the sandbox: no arguments, no references, the same image
/// as outside, and the same again when Nix rebuilds it.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn derivation_in_the_sandbox() {
    derivation(false);
}

/// The same with the database loaded by the sandbox's `nix-store`.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn derivation_with_database() {
    derivation(true);
}

fn derivation(database: bool) {
    let (nix, closure, scratch) = (Nix::get(), Closure::awkward(), Scratch::new());
    let build = |more: &[&str]| {
        let mut command = nix.build(&closure.root, "image.nix");
        command
            .args(["--arg", "depth", nix.depth(), "--arg", "netimage"])
            .arg(static_builder())
            .args(["--arg", "database", if database { "true" } else { "false" }])
            .args(["--argstr", "path"])
            .arg(format!("{}:/usr/bin", nix.program_dir.display()))
            .args(more);
        lines(&run(&mut command)).pop().unwrap()
    };
    let out = build(&[]);
    let references =
        run(nix
            .on(&closure.root, "nix-store")
            .args(["--query", "--references", &out]));
    assert_eq!(text(&references), "", "the image refers to store paths");

    let image = Image(closure.real(&out));
    assert_holds(&image, closure);
    image.verify(static_builder());
    let root = scratch.join("root");
    image.copy_root(&root);
    if database {
        assert_eq!(nix.dump_db(&root), image.registration());
    } else {
        let mut load = nix.on(&root, "nix-store");
        load.arg("--load-db");
        load.stdin(fs::File::open(root.join("nix-path-registration")).unwrap());
        run(&mut load);
    }
    nix.verify(&root);

    // Nix fails if the second result has another hash.
    assert_eq!(build(&["--check"]), out);

    // The same attributes, built outside: the same image. Nix itself sets modes
    // and times of what a derivation made, so only contents are compared.
    let attrs = scratch.write("attrs.json", closure.attrs());
    let kernel = closure.real(&closure.toplevel).join("kernel");
    let spec = scratch.spec(|spec| {
        spec["nixDatabase"] = json!(database);
        spec["boot"]["files"].as_array_mut().unwrap().push(json!(
            { "target": "kernel8.img", "source": kernel }
        ));
    });
    let outside = Image(scratch.join("outside"));
    let mut command = self::build(&spec, "--attrs", &attrs, closure, &outside.0);
    run(command.arg("--nix-store").arg(nix.program("nix-store")));
    assert_same_contents(&image.0, &outside.0);

    // The next run may have another builder: the store keeps the closure only.
    run(nix.on(&closure.root, "nix-store").args(["--delete", &out]));
}
