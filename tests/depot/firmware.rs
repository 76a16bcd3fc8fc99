//! Firmware, which all generations of a machine have in common, by the real program.
//!
//! Needs root, as only root may make a depot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "the rest is for the other tests")]
#[path = "../fixture/mod.rs"]
mod fixture;
#[allow(dead_code, reason = "the rest is for the other tests")]
mod fleet;

use std::fs;
use std::process::Command;

use fixture::TOPLEVEL;
use fleet::Fleet;
use serde_json::{Value, json};

/// An image that has these files with a text that says which release they are of.
fn build(fleet: &Fleet, image: &str, board: &str, names: &[&str]) {
    let mut spec = Fleet::spec();
    spec["boards"] = json!([board]);
    let files = spec["boot"]["files"].as_array_mut().unwrap();
    files.retain(|file| !names.contains(&file["target"].as_str().unwrap()));
    for name in names {
        files.push(json!({"target": name, "text": format!("{name} of {image}")}));
    }
    fleet.build(image, TOPLEVEL, &spec);
}

fn read(fleet: &Fleet, name: &str) -> String {
    fs::read_to_string(fleet.path("depot/tftp").join(name)).unwrap()
}

#[test]
fn firmware_is_changed_by_itself() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    let names = ["start4.elf", "fixup4.dat"];
    build(&fleet, "new", "rpi4", &names);
    fleet.good("deploy one depot --all");
    fleet.boot(1, true);
    let told = fleet.good("deploy new depot --machine pi1");
    assert!(
        told.contains("other (fixup4.dat, start4.elf), which netimage-builder firmware"),
        "{told}"
    );
    assert_eq!(read(&fleet, "00000001/start4.elf"), "for start4.elf");

    let planned = fleet.good("firmware depot new --machine pi1 --dry-run");
    assert!(
        planned.contains("pi1         would get start4.elf, fixup4.dat"),
        "{planned}"
    );
    assert_eq!(read(&fleet, "00000001/start4.elf"), "for start4.elf");
    // Not while it boots.
    let depot = fs::canonicalize(fleet.path("depot")).unwrap();
    let mut hook = Command::new(depot.join("hook"));
    hook.args(["tftp", "7", "192.0.2.21"]);
    hook.arg(depot.join("tftp/00000001/config.txt"));
    assert!(hook.status().unwrap().success());
    fleet.fails(
        "firmware depot new --machine pi1",
        1,
        "fetching its boot files",
    );
    fleet.boot(1, true);
    fleet.good("firmware depot new --machine pi1");
    for name in names {
        assert_eq!(
            read(&fleet, &format!("00000001/{name}")),
            format!("{name} of new")
        );
        assert_eq!(
            read(&fleet, &format!("00000002/{name}")),
            format!("for {name}")
        );
    }
    let told = fleet.good("firmware depot new --all --format json");
    let told: Value = serde_json::from_str(&told).unwrap();
    let changed = |at: usize| told["machines"][at]["changed"].as_array().unwrap().len();
    assert_eq!((changed(0), changed(1)), (0, 2));
    let again = fleet.good("firmware depot new --all");
    assert_eq!(again.matches("nothing to change").count(), 2, "{again}");
    fleet.good("verify depot");
    let left = fs::read_dir(fleet.path("depot/tftp")).unwrap().count();
    assert_eq!(left, 2);
}

#[test]
fn what_no_board_would_boot_with_is_refused() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    build(&fleet, "new", "rpi4", &["start4.elf", "fixup4.dat"]);
    build(&fleet, "half", "rpi4", &["start4x.elf"]);
    fleet.good("deploy one depot --all");
    fleet.fails(
        "firmware depot half --all",
        2,
        "start4x.elf without fixup4x.dat",
    );
    fleet.fails("firmware depot new --machine pi3", 2, "no machine pi3");
    // A generation that was deployed with firmware that is good.
    let manifest = fleet.path("depot/machines/pi2/generations/1/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::remove_file(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"firmware-damaged\",", "")).unwrap();
    fleet.fails(
        "firmware depot new --all",
        1,
        "pi2 would not boot its generation 1 with this firmware",
    );
    for digit in 1..=2 {
        let name = format!("0000000{digit}/start4.elf");
        assert_eq!(read(&fleet, &name), "for start4.elf");
    }
}

#[test]
fn boards_without_an_eeprom_share_their_first_code() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    let names = [
        "bootcode.bin",
        "start.elf",
        "fixup.dat",
        "bcm2710-rpi-3-b.dtb",
    ];
    build(&fleet, "old", "rpi3", &names);
    build(&fleet, "new", "rpi3", &names);
    fleet.good("deploy old depot --machine pi1");
    assert_eq!(read(&fleet, "bootcode.bin"), "bootcode.bin of old");
    let told = fleet.good("deploy new depot --machine pi2");
    assert!(
        told.contains("pi2         keeps its firmware; the image has other (bootcode.bin)"),
        "{told}"
    );
    fleet.fails(
        "firmware depot new --machine pi2",
        2,
        "and pi1 is one of them, too",
    );
    fleet.good("firmware depot new --all");
    for name in ["bootcode.bin", "00000001/start.elf", "00000002/fixup.dat"] {
        assert!(read(&fleet, name).ends_with("of new"), "{name}");
    }
    fleet.good("verify depot");
    fs::remove_file(fleet.path("depot/tftp/bootcode.bin")).unwrap();
    let (status, out, _) = fleet.run("verify depot");
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains("tftp/bootcode.bin"), "{out}");
}
