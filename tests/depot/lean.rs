//! Lean images on their way to machines: what they do not hold is taken from the store.
//!
//! Needs root, as only root may make a depot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "the rest is for the other tests")]
#[path = "../fixture/mod.rs"]
mod fixture;
#[allow(dead_code, reason = "the rest is for the other tests")]
mod fleet;

use std::fs;
use std::path::Path;

use fixture::{BIG, LIB, TOPLEVEL};
use fleet::Fleet;
use serde_json::{Value, json};

/// A spec whose kernel is a file of the store.
fn spec(fleet: &Fleet) -> Value {
    let mut spec = Fleet::spec();
    let files = spec["boot"]["files"].as_array_mut().unwrap();
    files.retain(|file| file["target"] != "kernel8.img");
    let source = fleet.path("store").join(LIB).join("data");
    files.push(json!({"target": "kernel8.img", "source": source}));
    spec
}

/// The image `lean`, beside a full one that is called `full`.
fn build(fleet: &Fleet, spec: &Value) {
    fleet.build("full", TOPLEVEL, spec);
    let from = "--spec spec.json --registration registration --real-store-dir store";
    fleet.good(&format!("build {from} --lean --out lean"));
}

fn is_file(path: &Path) -> bool {
    path.symlink_metadata().unwrap().is_file()
}

#[test]
fn what_the_depot_lacks_is_taken_from_the_store() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    build(&fleet, &spec(&fleet));
    fleet.add_database("lean");
    let deploy = "deploy lean depot --all --real-store-dir store";
    let planned = fleet.good(&format!("{deploy} --dry-run"));
    assert!(planned.contains("would be copied: 4, "), "{planned}");
    fleet.good(deploy);
    let store = fleet.store();
    let database = "2aszqniiwj4bicfw5dpldbphq3akyqqj-netimage-database";
    assert!(store.iter().eq([LIB, BIG, TOPLEVEL, database]), "{store:?}");
    let boot = fleet.path("depot/tftp/00000001/g1");
    let line = fs::read_to_string(boot.join("cmdline.txt")).unwrap();
    let named = format!("netimage.database=/nix/store/{database}");
    assert!(line.contains(&named), "{line}");
    assert!(is_file(&boot.join("kernel8.img")));
    let kernel = fs::read(boot.join("kernel8.img")).unwrap();
    let data = fleet.path("store").join(LIB).join("data");
    assert_eq!(kernel, fs::read(data).unwrap());
    fleet.good("verify depot");

    let again = fleet.good(deploy);
    assert_eq!(
        again.matches("gets this image already").count(),
        2,
        "{again}"
    );
    // What is in the depot needs the store no more.
    fs::remove_dir_all(fleet.path("store")).unwrap();
    fleet.good("verify depot");
    fleet.assert_whole("without the store");
}

#[test]
fn a_root_of_its_own_is_filled_from_the_store() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    let mut spec = spec(&fleet);
    spec["rootKind"] = json!("own");
    spec["nfs"] = json!("192.0.2.1:/depot/own-roots/pi1,vers=4.1");
    build(&fleet, &spec);
    fleet.good("deploy lean depot --machine pi1 --real-store-dir store");
    let root = fleet.path("depot/own-roots/pi1");
    for path in [LIB, BIG, TOPLEVEL] {
        assert!(root.join("nix/store").join(path).is_dir(), "{path}");
    }
    assert!(is_file(&root.join("boot/firmware/kernel8.img")));
    fleet.good("verify depot");
}

#[test]
fn what_was_changed_in_the_store_is_refused() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    build(&fleet, &spec(&fleet));
    let deploy = "deploy lean depot --all --real-store-dir store";
    let store = fleet.path("store");
    let tool = store.join(LIB).join("tool");
    let good = fs::read(&tool).unwrap();
    fs::write(&tool, "#!/bin/no\n").unwrap();
    fleet.fails(deploy, 1, &format!("{LIB} is corrupted"));
    assert!(!fleet.store().contains(LIB));
    assert_eq!(fleet.named(1), None);
    fs::write(&tool, good).unwrap();

    // A boot file whose store path is in the depot already is proved by itself.
    fleet.good("deploy full depot --machine pi2");
    fs::remove_dir_all(fleet.path("depot/boot-files")).unwrap();
    fs::create_dir(fleet.path("depot/boot-files")).unwrap();
    let data = store.join(LIB).join("data");
    let changed = fs::read(&data).unwrap().to_ascii_uppercase();
    fs::write(&data, changed).unwrap();
    fleet.fails(deploy, 1, "kernel8.img is not what");
    assert_eq!(fleet.named(1), None);
}

#[test]
fn a_store_that_is_elsewhere_or_was_collected_is_told() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    build(&fleet, &spec(&fleet));
    let elsewhere = format!("of its closure /nix/store/{LIB} is not there, nor are 2 other");
    fleet.fails("deploy lean depot --all", 1, &elsewhere);
    fleet.fails("deploy lean depot --all", 1, "nix copy");
    let none = "deploy lean depot --all --real-store-dir none";
    fleet.fails(none, 1, "nor are 2 other");
    fs::remove_dir_all(fleet.path("store").join(BIG)).unwrap();
    let collected = "deploy lean depot --all --real-store-dir store";
    fleet.fails(collected, 1, &format!("store/{BIG} is not there; "));
    assert!(fleet.store().is_empty());
    assert_eq!(fleet.named(1), None);
}
