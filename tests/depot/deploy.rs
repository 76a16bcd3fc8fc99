//! Images on their way to machines: from one generation to the next and back, by the
//! real program.
//!
//! Needs root, as only root may make a depot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "the rest is for the other tests")]
#[path = "../fixture/mod.rs"]
mod fixture;
mod fleet;

use std::fs;
use std::os::unix::fs::MetadataExt;

use fixture::{LIB, TOPLEVEL};
use fleet::Fleet;
use netimage_core::depot::{GenerationNumber, named_generation};
use serde_json::{Value, json};

#[test]
fn machines_go_to_the_next_generation_and_back() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    let planned = fleet.good("deploy one depot --all --dry-run");
    assert!(
        planned.contains("pi2         would be deployed: generation 1"),
        "{planned}"
    );
    assert!(fleet.store().is_empty());
    let told = fleet.good("deploy one depot --all --format json");
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(told["storePaths"], 3);
    // One check is enough for two machines of a kind.
    assert_eq!(told["checks"].as_array().unwrap().len(), 1);
    assert_eq!(fleet.store().len(), 3);
    for digit in 1..=2 {
        assert_eq!(fleet.named(digit), Some(1));
        let tftp = fleet.path(&format!("depot/tftp/0000000{digit}"));
        let line = fs::read_to_string(tftp.join("g1/cmdline.txt")).unwrap();
        for part in [
            "root=fstab",
            &format!("init=/nix/store/{TOPLEVEL}/init"),
            &format!("nfs.nfs4_unique_id=pi{digit}-000000000000000{digit}"),
            &format!("systemd.hostname=pi{digit}"),
            &format!("netimage.persist=192.0.2.1:/depot/persist/pi{digit}"),
            "netimage.generation=1",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
        assert_eq!(
            fs::metadata(tftp.join("g1/kernel8.img")).unwrap().nlink(),
            3
        );
        // For boards that do not go by os_prefix.
        for name in ["kernel8.img", "overlays/README"] {
            let text = fs::read_to_string(tftp.join(name)).unwrap();
            assert_eq!(text, format!("for {name}"));
        }
        fleet.boot(digit, true);
    }
    let again = fleet.good("deploy one depot --all");
    assert_eq!(
        again.matches("gets this image already").count(),
        2,
        "{again}"
    );

    let told = fleet.good("deploy two depot --machine pi1 --machine pi2");
    assert!(told.contains("copied: 1, "), "{told}");
    assert_eq!(fleet.store().len(), 4);
    assert_eq!((fleet.named(1), fleet.named(2)), (Some(2), Some(2)));
    fleet.boot(1, true);
    fleet.boot(2, false);
    // The one try of pi2 is over.
    assert_eq!((fleet.named(1), fleet.named(2)), (Some(2), Some(1)));
    assert_eq!(fleet.states(1), ["good", "good"]);
    let status = fleet.good("status depot");
    assert!(status.contains("generation 2 was tried"), "{status}");
    fleet.good("rollback depot pi1");
    assert_eq!(fleet.named(1), Some(1));
    // A server that deploys whenever it starts changes nothing about either.
    let told = fleet.good("deploy two depot --machine pi1 --machine pi2 --only-new");
    assert_eq!(told.matches("this image already").count(), 2, "{told}");
    assert_eq!((fleet.named(1), fleet.named(2)), (Some(1), Some(1)));
    // What was tried in vain is tried again as a generation of its own.
    fleet.good("deploy two depot --tag rack-2 --no-trial");
    assert_eq!((fleet.named(1), fleet.named(2)), (Some(1), Some(3)));
    fleet.good("verify depot");
}

#[test]
fn what_does_not_fit_is_refused() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    for (image, field, value, part) in [
        ("own", "rootKind", json!("own"), "of one machine only"),
        (
            "server",
            "nfs",
            json!("192.0.2.9:/depot/store"),
            "the store of this depot is 192.0.2.1:/depot/store",
        ),
        ("path", "nfs", json!("192.0.2.1:/store"), "netImage.nfs"),
        (
            "unnamed",
            "boards",
            json!([]),
            "machine set DEPOT NAME --board",
        ),
    ] {
        let mut spec = Fleet::spec();
        spec[field] = value;
        fleet.build(image, TOPLEVEL, &spec);
        fleet.fails(&format!("deploy {image} depot --all"), 2, part);
    }
    for (image, target, part) in [
        ("eeprom", "pieeprom.upd", "changes its EEPROM"),
        (
            "elsewhere",
            "config.txt",
            "os_prefix says where the boot files are",
        ),
    ] {
        let mut spec = Fleet::spec();
        let files = spec["boot"]["files"].as_array_mut().unwrap();
        files.retain(|file| file["target"] != target);
        files.push(json!({"target": target, "text": "os_prefix=x/\n"}));
        fleet.build(image, TOPLEVEL, &spec);
        fleet.fails(&format!("deploy {image} depot --all"), 2, part);
    }
    fleet.fails(
        "deploy one depot --machine pi3",
        2,
        "there is no machine pi3",
    );
    fleet.fails("deploy one depot --tag lab", 2, "no machine has the tag");
    fleet.fails("deploy store depot --all", 2, "net-image/manifest.json");
    // A board that the image is not for.
    fleet.good("machine set depot pi2 --board rpi5");
    fleet.fails(
        "deploy one depot --all",
        1,
        "no kernel of the image as rpi5",
    );
    let manifest = fleet.path("one/net-image/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"firmware-damaged\",", "")).unwrap();
    fleet.fails(
        "deploy one depot --machine pi1",
        1,
        "pi1 cannot boot the image",
    );
    assert_eq!((fleet.named(1), fleet.named(2)), (None, None));
    assert_eq!(fleet.states(2), [""; 0]);
}

#[test]
fn a_database_becomes_a_store_path() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    let database = fleet.add_database("one");
    fs::write(database.join("schema"), "11").unwrap();
    fleet.fails("deploy one depot --all", 1, "schema is not what");
    fs::write(database.join("schema"), "10").unwrap();
    fleet.good("deploy one depot --all");
    // As nix-store --add calls it.
    let name = "2aszqniiwj4bicfw5dpldbphq3akyqqj-netimage-database";
    assert!(fleet.store().contains(name));
    let line = fs::read_to_string(fleet.path("depot/tftp/00000002/g1/cmdline.txt")).unwrap();
    assert!(
        line.contains(&format!("netimage.database=/nix/store/{name}")),
        "{line}"
    );
    fleet.assert_whole("the deploy");
    let kept = fs::read_to_string(fleet.path("depot/machines/pi2/generations/1/manifest.json"));
    assert!(kept.unwrap().contains(name));
    let again = fleet.good("deploy one depot --all");
    assert_eq!(
        again.matches("gets this image already").count(),
        2,
        "{again}"
    );
    fleet.good("verify depot");
}

#[test]
fn a_machine_is_served_by_any_prefix() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    fleet.good("machine set depot pi1 --tftp-prefix rack-7");
    fleet.good("machine set depot pi2 --mac dc:a6:32:01:36:c2 --tftp-prefix mac");
    fleet.good("deploy one depot --all");
    for directory in ["rack-7", "dc-a6-32-01-36-c2"] {
        let config = fs::read(fleet.path(&format!("depot/tftp/{directory}/config.txt")));
        assert_eq!(
            named_generation(&config.unwrap()),
            Some(GenerationNumber::FIRST)
        );
    }
    fleet.good("verify depot");
}

#[test]
fn a_boot_file_that_is_gone_is_found() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    fleet.good("deploy one depot --all");
    for name in ["g1/kernel8.img", "start4.elf"] {
        let path = fleet.path("depot/tftp/00000001").join(name);
        let aside = fleet.path("aside");
        fs::rename(&path, &aside).unwrap();
        let (status, out, _) = fleet.run("verify depot");
        assert_eq!(status, Some(1), "{out}");
        assert!(out.contains(&format!("tftp/00000001/{name}")), "{out}");
        fs::rename(aside, path).unwrap();
    }
    // A machine's own, which no manifest has.
    let path = fleet.path("depot/tftp/00000001/g1/cmdline.txt");
    let line = fs::read_to_string(&path).unwrap();
    fs::write(&path, line.replace("pi1", "pi2")).unwrap();
    let (status, out, _) = fleet.run("verify depot");
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains("tftp/00000001/g1/cmdline.txt"), "{out}");
    fs::write(&path, line).unwrap();
    fleet.good("verify depot");
}

#[test]
fn a_first_deploy_is_served_by_the_next_command() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    fleet.good("deploy one depot --machine pi1");
    // As if it was killed before.
    let config = fleet.path("depot/tftp/00000001/config.txt");
    fs::remove_file(&config).unwrap();
    fleet.good("verify depot");
    fleet.good("machine set depot pi2 --tag rack-2");
    assert_eq!(fleet.named(1), Some(1));
    // One that has booted had its config.txt.
    fleet.boot(1, true);
    fs::remove_file(&config).unwrap();
    let (status, out, _) = fleet.run("verify depot");
    assert_eq!(status, Some(1), "{out}");
    assert!(out.contains("tftp/00000001/config.txt"), "{out}");
}

#[test]
fn a_root_of_its_own_is_filled_once() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    let mut spec = Fleet::spec();
    spec["rootKind"] = json!("own");
    fleet.build("elsewhere", TOPLEVEL, &spec);
    fleet.fails(
        "deploy elsewhere depot --machine pi1",
        2,
        "is 192.0.2.1:/depot/own-roots/pi1",
    );
    spec["nfs"] = json!("192.0.2.1:/depot/own-roots/pi1,vers=4.1");
    fleet.build("own", TOPLEVEL, &spec);
    fleet.good("deploy own depot --machine pi1");
    let root = fleet.path("depot/own-roots/pi1");
    assert!(root.join("nix/store").join(LIB).is_dir());
    assert!(root.join("nix-path-registration").is_file());
    let served = fs::metadata(fleet.path("depot/tftp/00000001/kernel8.img")).unwrap();
    let own = fs::metadata(root.join("boot/firmware/kernel8.img")).unwrap();
    assert_eq!((served.ino(), served.nlink()), (own.ino(), 1));
    assert!(fleet.store().is_empty());
    fleet.fails("deploy own depot --machine pi1", 2, "nixos-rebuild");
    let mode = |name: &str| fs::metadata(root.join(name)).unwrap().mode() & 0o7777;
    assert_eq!(
        (mode("root"), mode("tmp"), mode("etc")),
        (0o700, 0o1777, 0o755)
    );
    fleet.fails("deploy one depot --machine pi1", 2, "nixos-rebuild");
    let told = fleet.good("deploy one depot --all");
    assert!(told.contains("pi2") && !told.contains("pi1"), "{told}");
    let status = fleet.good("status depot");
    assert!(status.contains("pi1"), "{status}");
    fleet.good("verify depot");
}

#[test]
fn what_is_not_what_it_should_be_gets_nowhere() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    let root = fleet.path("one/net-image/os/image-1/nix/store").join(LIB);
    let file = root.join("data");
    let good = fs::read(&file).unwrap();
    fs::write(&file, "other").unwrap();
    fleet.fails("deploy one depot --all", 1, LIB);
    assert!(!fleet.store().contains(LIB));
    fs::write(&file, good).unwrap();
    let boot = |name: &str| fleet.path("one/net-image/boot").join(name);
    let config = fs::read(boot("config.txt")).unwrap();
    fs::write(boot("config.txt"), "arm_64bit=0\n").unwrap();
    fleet.fails(
        "deploy one depot --all",
        2,
        "config.txt of the image is not what",
    );
    fs::write(boot("config.txt"), config).unwrap();
    fs::write(boot("kernel8.img"), "another").unwrap();
    fleet.fails("deploy one depot --all", 1, "kernel8.img is not what");
    assert_eq!(
        fs::read_dir(fleet.path("depot/boot-files"))
            .unwrap()
            .count(),
        0
    );
    assert_eq!(fleet.named(1), None);
}

#[test]
fn a_machine_can_have_its_address_without_asking() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    let set = |words: &str| format!("machine set depot pi1 {words}");
    fleet.fails(&set("--gateway 192.0.2.254"), 2, "give --netmask, too");
    fleet.fails(&set("--netmask 255.0.255.0"), 2, "is no netmask");
    fleet.fails(
        &set("--netmask 25 --gateway 192.0.2.254"),
        2,
        "192.0.2.254 is not in the network 192.0.2.0/25",
    );
    fleet.good(&set("--netmask 255.255.255.0 --gateway 192.0.2.254"));
    let own = fleet.path("depot/machines/pi1/machine.json");
    let own: Value = serde_json::from_slice(&fs::read(own).unwrap()).unwrap();
    let network = json!({"prefixLength": 24, "gateway": "192.0.2.254"});
    assert_eq!(own["network"], network);
    fleet.good("deploy one depot --all --no-trial");
    let address = |digit: u32, number: u32| {
        let name = format!("depot/tftp/0000000{digit}/g{number}/cmdline.txt");
        let line = fs::read_to_string(fleet.path(&name)).unwrap();
        let mut words = line.split_whitespace();
        words
            .find(|word| word.starts_with("ip="))
            .map(str::to_owned)
    };
    let expected = "ip=192.0.2.21::192.0.2.254:255.255.255.0:pi1::off";
    assert_eq!(address(1, 1).as_deref(), Some(expected));
    assert_eq!(address(2, 1), None);
    let (status, _, told) = fleet.run(&set("--address 192.0.2.31"));
    assert_eq!(status, Some(0), "{told}");
    assert!(told.contains("boots with its former address"), "{told}");
    fleet.good(&set("--address 192.0.2.21 --tag rack-1"));
    fleet.good(&set("--unset netmask,tags"));
    let listed = fleet.good("machine list depot");
    assert!(!listed.contains("rack-1"), "{listed}");
    fleet.good("deploy one depot --all --no-trial");
    assert_eq!(address(1, 2), None);
}
