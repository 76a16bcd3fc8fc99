//! What an image is, against the closure that it was built from.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::BUILDER;
use crate::compare::{
    assert_holds, assert_identical, assert_same_contents, assert_same_listing, listing,
    without_derivers,
};
use crate::place::{Image, Scratch, build};
use crate::process::{lines, run};
use crate::store::{Closure, Nix};

/// The image holds the closure bit for bit, and Nix takes it for a store.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn image_is_the_closure() {
    let (nix, closure, scratch) = (Nix::get(), Closure::awkward(), Scratch::new());
    let before = closure.listings();
    let spec = scratch.spec(|_| ());
    let image = Image(scratch.join("image"));
    run(&mut build(
        &spec,
        "--path-info",
        &scratch.path_info(closure),
        closure,
        &image.0,
    ));
    assert_holds(&image, closure);
    image.verify(BUILDER);

    // What Nix itself prints for a store that holds just this closure.
    let copy = scratch.join("copy");
    let export = scratch.write(
        "export",
        run(nix
            .on(&closure.root, "nix-store")
            .arg("--export")
            .args(&closure.paths))
        .stdout,
    );
    // Not `nix copy`: Nix 2.26 overflows its stack on directories 200 deep.
    run(nix
        .on(&copy, "nix-store")
        .arg("--import")
        .stdin(fs::File::open(export).unwrap()));
    let expected = nix.dump_db(&copy);
    assert_eq!(
        String::from_utf8(image.registration()).unwrap(),
        String::from_utf8(expected.clone()).unwrap()
    );

    // Nix loads it, and finds every hash, size and reference as registered.
    let root = scratch.join("root");
    image.copy_root(&root);
    let mut load = nix.on(&root, "nix-store");
    load.arg("--load-db");
    load.stdin(fs::File::open(root.join("nix-path-registration")).unwrap());
    run(&mut load);
    nix.verify(&root);
    assert_eq!(
        String::from_utf8(nix.dump_db(&root)).unwrap(),
        String::from_utf8(expected).unwrap()
    );

    // Building only read the store.
    assert!(before == closure.listings(), "the build changed its source");
}

/// Whatever describes the closure, the image is the same, but for the derivers,
/// which only some sources know.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn sources_agree() {
    let (closure, scratch) = (Closure::awkward(), Scratch::new());
    let spec = scratch.spec(|_| ());
    let map = closure.path_info();
    // Before 2.19, Nix printed a list whose entries name their path.
    let list: Vec<Value> = map
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, info)| {
            let mut info = info.clone();
            info["path"] = json!(path);
            info
        })
        .collect();
    closure.closure_info(&scratch.join("closure-info"));
    let sources = [
        ("--path-info", scratch.path_info(closure), true),
        (
            "--path-info",
            scratch.write("list.json", json!(list).to_string()),
            true,
        ),
        (
            "--registration",
            scratch.write("registration", closure.registration()),
            true,
        ),
        (
            "--attrs",
            scratch.write("attrs.json", closure.attrs()),
            false,
        ),
        ("--closure-info", scratch.join("closure-info"), false),
    ];
    let mut first: Option<Image> = None;
    for (index, (flag, from, derivers)) in sources.into_iter().enumerate() {
        let image = Image(scratch.join(&format!("image-{index}")));
        run(&mut build(&spec, flag, &from, closure, &image.0));
        let Some(first) = &first else {
            assert_holds(&image, closure);
            first = Some(image);
            continue;
        };
        if derivers {
            assert_identical(&first.0, &image.0);
        } else {
            assert_same_listing(&first.store(), &image.store());
            assert_same_contents(&first.store(), &image.store());
            assert_eq!(
                without_derivers(&first.registration()),
                String::from_utf8(image.registration()).unwrap()
            );
            assert_eq!(
                first.manifest()["paths"],
                image.manifest()["paths"],
                "{flag}"
            );
        }
    }
}

/// With `nixDatabase`, there is nothing to load: Nix opens the root as it is.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn database_needs_no_loading() {
    let (nix, closure, scratch) = (Nix::get(), Closure::awkward(), Scratch::new());
    let spec = scratch.spec(|spec| spec["nixDatabase"] = json!(true));
    let from = scratch.path_info(closure);
    let (image, second) = (Image(scratch.join("image")), Image(scratch.join("second")));
    for (image, jobs) in [(&image, "1"), (&second, "7")] {
        run(build(&spec, "--path-info", &from, closure, &image.0)
            .args(["--jobs", jobs, "--nix-store"])
            .arg(nix.program("nix-store")));
    }
    assert_holds(&image, closure);
    assert_identical(&image.0, &second.0);
    image.verify(BUILDER);

    // Nothing that a running Nix left behind, nothing that points out of the image.
    let var = image.root().join("nix/var/nix");
    let left: Vec<_> = listing(&var)
        .into_iter()
        .filter(|(_, entry)| entry.kind != 'd')
        .map(|(path, entry)| (path.to_str().unwrap().to_owned(), entry.target))
        .collect();
    let link = |target: &str| Some(PathBuf::from(target));
    assert_eq!(
        left,
        [
            ("db/db.sqlite".to_owned(), None),
            ("db/schema".to_owned(), None),
            ("gcroots/profiles".to_owned(), link("/nix/var/nix/profiles")),
            ("profiles/system".to_owned(), link("system-1-link")),
            ("profiles/system-1-link".to_owned(), link(&closure.toplevel)),
        ]
    );
    // Bytes 18 and 19 are 1 without a write-ahead log, which NFS cannot have.
    let database = fs::read(var.join("db/db.sqlite")).unwrap();
    assert_eq!(database[18..20], [1, 1], "the journal mode");

    let root = scratch.join("root");
    image.copy_root(&root);
    assert_eq!(
        String::from_utf8(nix.dump_db(&root)).unwrap(),
        String::from_utf8(image.registration()).unwrap()
    );
    nix.verify(&root);
    for path in &closure.paths {
        for question in [
            "--references",
            "--referrers",
            "--hash",
            "--size",
            "--deriver",
        ] {
            let ask = |root: &Path| {
                let mut command = nix.on(root, "nix-store");
                let answer = lines(&run(command.args(["--query", question, path])));
                answer.into_iter().collect::<BTreeSet<_>>()
            };
            let (mut expected, mut found) = (ask(&closure.root), ask(&root));
            if question == "--referrers" {
                // The store has paths besides the closure: derivations, images.
                expected.retain(|path| closure.paths.contains(path));
                found.retain(|path| !path.is_empty());
            }
            assert_eq!(expected, found, "{question} {path}");
        }
    }

    // Seen at its own place, as on the machine that runs it, everything in it is
    // alive: collecting garbage would delete nothing.
    let live = lines(&run(nix
        .command("unshare")
        .args(["--mount", "sh", "-euc"])
        .arg("mount --bind \"$0/nix\" /nix; exec \"$@\"")
        .arg(&root)
        .arg(nix.program("nix-store"))
        .args(["--gc", "--print-live"])));
    assert_eq!(
        live.iter().collect::<BTreeSet<_>>(),
        closure.paths.iter().collect::<BTreeSet<_>>()
    );
}

/// The same input gives the same bytes, whatever the machine is set to.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn builds_are_identical() {
    let (closure, scratch) = (Closure::awkward(), Scratch::new());
    let boot = scratch.join("boot");
    fs::create_dir_all(boot.join("overlays")).unwrap();
    fs::create_dir_all(boot.join(".hidden directory")).unwrap();
    fs::write(boot.join("kernel8.img"), b"kernel").unwrap();
    fs::write(boot.join("overlays/README"), b"overlays").unwrap();
    fs::write(boot.join(".hidden directory/.file"), b"hidden").unwrap();
    let spec = scratch.spec(|spec| {
        spec["boot"]["directories"] = json!([boot]);
        spec["root"] = json!({ "files": [
            { "target": "etc/NIXOS", "text": "" },
            { "target": "a name/.hidden", "text": "root\n" },
        ] });
    });
    let from = scratch.path_info(closure);
    let variants = [
        ("022", "UTC", "C", "1", "full"),
        ("077", "Pacific/Kiritimati", "tr_TR.UTF-8", "8", "full"),
        ("000", "America/St_Johns", "C.UTF-8", "2", "none"),
    ];
    let mut images: Vec<Image> = Vec::new();
    for (umask, zone, locale, jobs, verify) in variants {
        let image = Image(scratch.join(&format!("image-{umask}")));
        let build = build(&spec, "--path-info", &from, closure, &image.0);
        run(Command::new("sh")
            .args(["-c", "umask $0; exec \"$@\"", umask])
            .arg(build.get_program())
            .args(build.get_args())
            .args(["--jobs", jobs, "--verify", verify])
            .current_dir(scratch.0.path())
            .env("TZ", zone)
            .env("LC_ALL", locale)
            .env("HOME", "/nonexistent"));
        images.push(image);
    }
    assert_holds(&images[0], closure);
    for image in &images[1..] {
        assert_identical(&images[0].0, &image.0);
    }
    // Nothing in it tells when it was built.
    for (path, entry) in listing(&images[0].0) {
        assert_eq!(entry.mtime, (1, 0), "{path:?}");
    }
    for image in &images {
        image.verify(BUILDER);
    }
}
