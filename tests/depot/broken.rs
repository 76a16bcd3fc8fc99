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
fn what_a_machine_needs_is_not_collected_where_nobody_knows_it_any_more() {
    for file in ["machine.json", "generations.json"] {
        let Some(fleet) = Fleet::new() else {
            return;
        };
        for (digit, image) in [(1, "one"), (2, "two")] {
            fleet.good(&format!("deploy {image} depot --machine pi{digit}"));
            fleet.boot(digit, true);
        }
        let store = fleet.store();
        let lost = fleet.path("depot/machines/pi1").join(file);
        let kept = fs::read(&lost).unwrap();
        fs::remove_file(&lost).unwrap();
        let collect = "gc depot --keep 0 --older-than 0";
        fleet.fails(collect, 1, file);
        let (status, found, _) = fleet.run("verify depot");
        assert_eq!(status, Some(1), "{found}");
        assert!(found.contains(&format!("machines/pi1/{file}")), "{found}");
        assert!(fleet.good("status depot").contains(file));
        // The other machine goes on.
        fleet.good("deploy one depot --machine pi2");
        fleet.boot(2, true);
        assert_eq!(fleet.states(2), ["good", "good"]);
        assert!(fleet.path("depot/tftp/00000001/g1").exists());
        assert!(fleet.path("depot/machines/pi1/generations/1").exists());
        assert!(fleet.store().is_superset(&store));
        // As it was, once that is back.
        fs::write(&lost, kept).unwrap();
        fleet.good(collect);
        fleet.good("verify depot");
        assert_eq!(fleet.states(1), ["good"]);
        fs::remove_dir(fleet.path("depot/spool")).unwrap();
        assert!(fleet.run("verify depot").1.contains("spool"));
    }
}

#[test]
fn a_machine_of_which_something_is_lost_can_be_made_anew() {
    for file in ["machine.json", "generations.json"] {
        let Some(fleet) = Fleet::new() else {
            return;
        };
        fleet.good("deploy one depot --machine pi1");
        fleet.boot(1, true);
        let machine = fleet.path("depot/machines/pi1");
        fs::remove_file(machine.join(file)).unwrap();
        if file == "generations.json" {
            fleet.fails("deploy two depot --machine pi1", 1, file);
            fleet.good("machine remove depot pi1");
        } else {
            fs::rename(
                fleet.path("depot/tftp/00000001"),
                fleet.path("served-before"),
            )
            .unwrap();
        }
        fs::rename(&machine, fleet.path("moved-away")).unwrap();
        fleet.good("machine add depot pi1 --serial 00000001 --address 192.0.2.21");
        fleet.good("deploy two depot --machine pi1");
        fleet.boot(1, true);
        assert_eq!(fleet.states(1), ["good"]);
        fleet.good("verify depot");
    }
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
