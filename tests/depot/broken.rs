//! What is lost of one machine is lost of that one, and what a machine is up in stays.
//!
//! Needs root, as only root may make a depot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "the rest is for the other tests")]
#[path = "../fixture/mod.rs"]
mod fixture;
#[allow(dead_code, reason = "the rest is for the other tests")]
mod fleet;

use std::fs;

use fleet::Fleet;

#[test]
fn others_go_on_where_one_machine_has_lost_its_boot_files() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    fleet.good("deploy one depot --all");
    for digit in [1, 2] {
        fleet.boot(digit, true);
    }
    fs::remove_dir_all(fleet.path("depot/tftp/00000001")).unwrap();
    fleet.good("machine set depot pi2 --tag lab");
    fleet.good("deploy two depot --machine pi2");
    assert_eq!(fleet.named(2), Some(2));
    fleet.fails("switch-once depot pi1 1", 2, "machine's default");
    let (status, found, _) = fleet.run("verify depot");
    assert_eq!(status, Some(1), "{found}");
    assert!(found.contains("tftp/00000001/g1/config.txt"), "{found}");
    // The same image mends it, as a generation of its own.
    fleet.good("deploy one depot --machine pi1");
    assert_eq!(fleet.named(1), Some(2));
    fleet.boot(1, true);
    fleet.fails("rollback depot pi1 --to 1", 1, "g1/config.txt");
    assert_eq!(fleet.named(1), Some(2));
    fs::remove_file(fleet.path("depot/tftp/00000001/g2/kernel8.img")).unwrap();
    fleet.good("deploy one depot --all");
    assert_eq!((fleet.named(1), fleet.named(2)), (Some(3), Some(3)));
}

#[test]
fn what_a_removed_machine_is_up_in_stays_when_it_comes_back() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    fleet.good("deploy one depot --machine pi1");
    fleet.boot(1, true);
    let needed = fleet.store();
    fleet.good("machine remove depot pi1");
    fleet.good("machine add depot pi1 --serial 00000001 --address 192.0.2.21");
    fleet.good("verify depot");
    assert_eq!(fleet.named(1), None);
    fleet.good("deploy two depot --machine pi1");
    assert_eq!(fleet.states(1), ["former", "trying"]);
    let collect = "gc depot --keep 0 --older-than 0";
    fleet.good(collect);
    assert!(fleet.store().is_superset(&needed));
    for (words, status) in [("rollback depot pi1 --to 1", 2), ("confirm depot pi1 1", 2)] {
        fleet.fails(words, status, "before the machine was removed");
    }
    fleet.good("verify depot");
    fleet.boot(1, true);
    fleet.good(collect);
    assert!(!fleet.store().is_superset(&needed));
    assert_eq!(fleet.states(1), ["good"]);
    fleet.good("verify depot");
}

#[test]
fn a_deploy_lasts_where_the_same_image_was_for_one_boot_only() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    for image in ["one", "two"] {
        fleet.good(&format!("deploy {image} depot --machine pi1"));
        fleet.boot(1, true);
    }
    fleet.good("switch-once depot pi1 1");
    fleet.good("deploy one depot --machine pi1");
    assert_eq!(fleet.named(1), Some(3));
    fleet.boot(1, true);
    assert_eq!(fleet.states(1), ["good", "good", "good"]);
    assert_eq!(fleet.named(1), Some(3));
    // Its one try is taken away, and then the default is gone back from.
    fleet.good("deploy two depot --machine pi1");
    assert_eq!(fleet.named(1), Some(4));
    fleet.good("rollback depot pi1");
    assert_eq!(fleet.named(1), Some(3));
    assert_eq!(fleet.states(1)[3], "new");
    fleet.good("rollback depot pi1");
    assert_eq!(fleet.named(1), Some(2));
}

#[test]
fn a_machine_is_not_up_in_what_it_was_never_sent() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    fleet.good("deploy one depot --machine pi1");
    fleet.boot(1, true);
    for image in ["two", "one"] {
        fleet.good(&format!("deploy {image} depot --machine pi1"));
    }
    let word = r#"{"generation":2,"bootId":"00000000000000000000000000000009"}"#;
    fs::write(fleet.path("depot/persist/pi1/booted.json"), word).unwrap();
    fleet.good("machine set depot pi1 --tag lab");
    assert_eq!(fleet.states(1), ["good", "new", "trying"]);
}
