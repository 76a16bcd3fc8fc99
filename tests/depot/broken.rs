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
    fleet.good("deploy two depot --machine pi1");
    assert_eq!(fleet.named(1), Some(2));
    // The first has no boot files any more.
    fleet.boot(1, true);
    fleet.fails("rollback depot pi1 --to 1", 1, "g1/config.txt");
    assert_eq!(fleet.named(1), Some(2));
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
