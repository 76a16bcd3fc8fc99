//! A depot is collected and verified, by the program itself.
//!
//! Needs root, as only root may make a depot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod bare;
mod place;

use std::fs;
use std::os::unix::fs::symlink;

use place::{Place, base_name};
use serde_json::Value;

/// Two machines with two generations each. Paths 1 and 2 are those of the older ones
/// alone, 3 and 4 of the newer ones, 5 of all.
fn two_machines() -> Option<Place> {
    let place = Place::new(2)?;
    for (machine, old, new) in [(1, 1, 3), (2, 2, 4)] {
        place.deploy(machine, &[old, 5], "old kernel");
        place.confirm(machine, 1);
        place.deploy(machine, &[new, 5], "new kernel");
        place.confirm(machine, 2);
    }
    Some(place)
}

const ALL: [&str; 6] = ["gc", "@", "--keep", "0", "--older-than", "0"];

fn verified(place: &Place) -> (Value, Option<i32>) {
    let ended = place.run(["verify", "@", "--format", "json"]);
    let report = serde_json::from_str(&ended.out);
    (
        report.unwrap_or_else(|_| panic!("{}", ended.aside)),
        ended.status,
    )
}

fn assert_good(place: &Place) {
    let (report, status) = verified(place);
    assert_eq!(status, Some(0), "{report}");
}

#[test]
fn only_what_nobody_needs_goes() {
    let Some(place) = two_machines() else { return };
    assert_good(&place);
    let before = place.names();
    let told = place.good([&ALL[..], &["--dry-run"]].concat());
    assert!(
        told.contains("pi2 1") && told.contains("would free"),
        "{told}"
    );
    place.good(["gc", "@", "--keep", "2", "--older-than", "0"]);
    assert_eq!(place.names(), before);

    let told = place.good([&ALL[..], &["--format", "json"]].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["generations"]["pi1"], serde_json::json!([1]));
    assert_eq!(told["storePaths"].as_array().unwrap().len(), 2);
    // The kernel, and the manifests of both; the registration is that of all.
    assert_eq!(told["bootFiles"].as_array().unwrap().len(), 3);
    let there = [1, 2, 3, 4, 5].map(|path| place.has_path(path));
    assert_eq!(there, [false, false, true, true, true]);
    assert!(!place.path("tftp/00000001/g1").exists());
    assert!(!place.path("machines/pi1/generations/1").exists());
    assert_good(&place);
    assert!(place.good(ALL).contains("freed       0 B"));
}

#[test]
fn what_is_young_stays_and_goes_later() {
    let Some(place) = two_machines() else { return };
    // The generations are old, and what they name has only just come.
    let told = place.good(["gc", "@", "--keep", "0"]);
    assert!(
        told.contains("pi1 1") && !told.contains("store paths"),
        "{told}"
    );
    assert!(place.has_path(1));
    assert_good(&place);
    assert_eq!(verified(&place).0["unnamedPaths"], 2);
    // No manifest tells any more how large they are.
    let told = place.good([&ALL[..], &["--format", "json"]].concat());
    let told: Value = serde_json::from_str(&told).unwrap();
    let size = base_name(1).len() * 100;
    assert_eq!(told["storePaths"][0]["size"], size);
    assert!(!place.has_path(1) && place.has_path(3));
}

#[test]
fn what_a_machine_may_need_stays() {
    let Some(place) = Place::new(2) else { return };
    // One was never heard of, the other is up in its first and has a trial.
    place.deploy(1, &[1], "one");
    place.deploy(1, &[2], "two");
    place.deploy(2, &[3], "three");
    place.confirm(2, 1);
    place.deploy(2, &[4], "four");
    // And the Nix database of a kept generation is named by its command line alone.
    let database = place.path("store").join(base_name(9));
    fs::write(&database, "db").unwrap();
    let line = format!("db=/nix/store/{} quiet", base_name(9));
    fs::write(place.path("tftp/00000002/g2/cmdline.txt"), line).unwrap();
    let before = place.names();
    assert!(place.good(ALL).contains("freed       0 B"));
    assert_eq!(place.names(), before);
    place.good(["machine", "remove", "@", "pi2"]);
    place.good(["gc", "@", "--keep", "0"]);
    assert!(place.path("machines/pi2/generations/1").exists());
    place.good(ALL);
    assert!(!place.path("machines/pi2/generations/1").exists());
    assert!(!place.has_path(3) && !place.has_path(4) && !database.exists());
    assert!(place.path("persist/pi2/booted.json").exists());
    assert!(place.has_path(1) && place.has_path(2));
    assert_good(&place);
}

#[test]
fn nothing_goes_where_a_manifest_is_missing() {
    let Some(place) = two_machines() else { return };
    let manifest = place.path("machines/pi2/generations/2/manifest.json");
    for is_broken in [false, true] {
        fs::remove_file(&manifest).unwrap();
        if is_broken {
            fs::write(&manifest, "{}").unwrap();
        }
        let before = place.names();
        let ended = place.run(ALL);
        assert_eq!(ended.status, Some(1), "{}", ended.out);
        assert!(
            ended.aside.contains("pi2/generations/2/manifest.json"),
            "{}",
            ended.aside
        );
        assert_eq!(place.names(), before);
        let (report, status) = verified(&place);
        assert_eq!(status, Some(1));
        let findings = report["findings"].as_array().unwrap();
        assert_eq!(findings.len(), 1, "{report}");
        assert_eq!(
            findings[0]["problem"],
            if is_broken {
                "contradictory"
            } else {
                "missing"
            }
        );
        fs::write(&manifest, "").unwrap();
    }
}

#[test]
fn leftovers_are_named_and_collected() {
    let Some(place) = two_machines() else { return };
    let left = [
        "store/.tmp-0123ab00000000000000000000000000000007-path",
        "store/.netimage.abc123",
        "boot-files/.0123.new",
        "tftp/00000001/g3",
        "tftp/00000001/.netimage.abc123",
        "machines/pi1/generations/3",
    ];
    for name in left {
        fs::create_dir_all(place.path(name).join("below")).unwrap();
    }
    let kernel = fs::read_dir(place.path("boot-files"))
        .unwrap()
        .next()
        .unwrap()
        .unwrap();
    fs::hard_link(kernel.path(), place.path("tftp/00000001/g3/kernel8.img")).unwrap();
    let (report, status) = verified(&place);
    assert_eq!(status, Some(0), "{report}");
    let told: Vec<_> = report["leftovers"].as_array().unwrap().iter().collect();
    let mut expected = left.to_vec();
    expected.sort_unstable();
    assert_eq!(told, expected);
    // While somebody copies into the store, what has a temporary name there is in use.
    let store = fs::File::open(place.path("store")).unwrap();
    rustix::fs::flock(&store, rustix::fs::FlockOperation::LockShared).unwrap();
    let told = place.good(["gc", "@"]);
    assert!(
        told.contains(".0123.new") && !told.contains(".tmp-"),
        "{told}"
    );
    drop(store);
    assert!(place.good(["gc", "@"]).contains(".tmp-"));
    assert!(left.iter().all(|name| !place.path(name).exists()));
    assert!(place.has_path(1));
    assert_good(&place);
}

#[test]
fn what_is_not_as_it_should_be_is_found() {
    let Some(place) = two_machines() else { return };
    let tool = place.path("store").join(base_name(5)).join("bin/tool");
    let kernel = place.path("tftp/00000001/g2/kernel8.img");
    let (good, config) = (
        place.path("tftp/00000002/good"),
        place.path("tftp/00000002/config.txt"),
    );
    fs::write(&tool, "tampered with").unwrap();
    fs::remove_dir_all(place.path("store").join(base_name(3))).unwrap();
    fs::remove_file(&kernel).unwrap();
    fs::write(&kernel, "NEW KERNEL").unwrap();
    fs::remove_file(place.path("tftp/00000001/g1/cmdline.txt")).unwrap();
    fs::write(&config, "[all]\nos_prefix=g7/\n").unwrap();
    fs::remove_file(&good).unwrap();
    symlink("g7", &good).unwrap();
    let (report, status) = verified(&place);
    assert_eq!(status, Some(1));
    let findings = report["findings"].as_array().unwrap();
    let paths: Vec<_> = findings
        .iter()
        .map(|finding| finding["path"].as_str().unwrap())
        .collect();
    let [three, five] = [3, 5].map(|path| format!("store/{}", base_name(path)));
    let expected = [
        three.as_str(),
        &five,
        "tftp/00000001/g1/cmdline.txt",
        "tftp/00000001/g2/kernel8.img",
        "tftp/00000002/config.txt",
        "tftp/00000002/good",
    ];
    assert_eq!(paths, expected, "{report}");
    let told = place.run(["verify", "@"]);
    assert!(
        told.out.contains("6 findings: 5 store paths"),
        "{}",
        told.out
    );
    // The next command has the machine served what it should be.
    place.good(["gc", "@"]);
    let (report, _) = verified(&place);
    assert_eq!(report["findings"].as_array().unwrap().len(), 4, "{report}");
}
