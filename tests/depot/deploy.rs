//! Images on their way to machines: from one generation to the next and back, by the
//! real program, which is killed now and then.
//!
//! Needs root, as only root may make a depot.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

#[allow(dead_code, reason = "the rest is for the other tests")]
#[path = "../fixture/mod.rs"]
mod fixture;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use fixture::{Fixture, LIB, TOPLEVEL};
use netimage_core::depot::{Depot, GenerationNumber, layout, named_generation};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const NEXT: &str = "00000000000000000000000000000004-toplevel";

/// What a check has against the images here, whose boot files are placeholders and which
/// have no initrd.
const OF_PLACEHOLDERS: [&str; 5] = [
    "command-line-root",
    "device-tree-invalid",
    "firmware-damaged",
    "kernel-unrecognised",
    "toplevel-no-kernel",
];

/// A depot with two machines, and images for it: `one`, and `two` with another toplevel.
struct Fleet(Fixture);

impl Fleet {
    /// None for users who may make no depot.
    fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("left out: not root, who alone may make a depot");
            return None;
        }
        let fleet = Self(Fixture::new());
        fleet.good("init depot --server 192.0.2.1 --export /depot");
        for digit in 1..=2 {
            let what =
                format!("--serial 0000000{digit} --address 192.0.2.2{digit} --tag rack-{digit}");
            fleet.good(&format!("machine add depot pi{digit} {what}"));
        }
        fleet.build("one", TOPLEVEL, &Self::spec());
        let next = fleet.path("store").join(NEXT);
        fs::create_dir(&next).unwrap();
        fs::copy(
            fleet.path("store").join(TOPLEVEL).join("init"),
            next.join("init"),
        )
        .unwrap();
        fleet.build("two", NEXT, &Self::spec());
        Some(fleet)
    }

    fn spec() -> Value {
        let mut spec = Fixture::spec();
        spec["rootKind"] = json!("shared");
        spec["nfs"] = json!("192.0.2.1:/depot/store,vers=4.1,ro");
        spec["commandLine"] = json!(["root=fstab", "console=tty1"]);
        spec["boards"] = json!(["rpi4"]);
        spec["allow"] = json!(OF_PLACEHOLDERS);
        let files = spec["boot"]["files"].as_array_mut().unwrap();
        for target in [
            "start4.elf",
            "fixup4.dat",
            "bcm2711-rpi-4-b.dtb",
            "kernel8.img",
            "overlays/README",
        ] {
            files.push(json!({"target": target, "text": format!("for {target}")}));
        }
        spec
    }

    fn build(&self, image: &str, toplevel: &str, spec: &Value) {
        let mut spec = spec.clone();
        spec["toplevel"] = json!(format!("/nix/store/{toplevel}"));
        self.0.register_as(toplevel);
        self.0.write_spec(&spec);
        self.0.build_to(image).assert().success();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    fn run(&self, words: &str) -> (Option<i32>, String, String) {
        let output = self.0.run(words.split(' ')).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    fn good(&self, words: &str) -> String {
        let (status, out, aside) = self.run(words);
        assert_eq!(status, Some(0), "{words}: {aside}");
        out
    }

    fn fails(&self, words: &str, status: i32, part: &str) {
        let (ended, out, aside) = self.run(words);
        assert_eq!(ended, Some(status), "{words}: {out}{aside}");
        assert!(aside.contains(part), "{words}: {part}: {aside}");
    }

    /// The generation that a machine is served.
    fn named(&self, digit: u32) -> Option<u32> {
        let config = fs::read(self.path(&format!("depot/tftp/0000000{digit}/config.txt")));
        named_generation(&config.ok()?).map(GenerationNumber::get)
    }

    /// A boot, from `config.txt` to the kernel and, if it goes well, the machine's word.
    fn boot(&self, digit: u32, is_good: bool) {
        let number = self.named(digit).unwrap();
        let depot = fs::canonicalize(self.path("depot")).unwrap();
        for file in [
            "config.txt".to_owned(),
            format!("g{number}/cmdline.txt"),
            format!("g{number}/kernel8.img"),
        ] {
            let mut hook = Command::new(depot.join("hook"));
            hook.args(["tftp", "7", &format!("192.0.2.2{digit}")]);
            hook.arg(depot.join(format!("tftp/0000000{digit}/{file}")));
            assert!(hook.status().unwrap().success());
        }
        // Whatever changes the depot takes notice.
        self.good(&format!("machine set depot pi{digit} --tag rack-{digit}"));
        if is_good {
            let boot_id = format!("{digit}{number:031}");
            let word = json!({"generation": number, "bootId": boot_id}).to_string();
            fs::write(
                self.path(&format!("depot/persist/pi{digit}/booted.json")),
                word,
            )
            .unwrap();
            self.good(&format!("machine set depot pi{digit} --tag rack-{digit}"));
        }
    }

    fn states(&self, digit: u32) -> Vec<String> {
        let listed = self.good(&format!("list-generations depot pi{digit} --format json"));
        let listed: Value = serde_json::from_str(&listed).unwrap();
        let all = listed["all"].as_object().unwrap().values();
        all.map(|one| one["state"].as_str().unwrap().to_owned())
            .collect()
    }

    fn store(&self) -> BTreeSet<String> {
        let names = fs::read_dir(self.path("depot/store")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != ".links").collect()
    }
}

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
        2,
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
    let database = fleet.path("one/net-image/os/image-1/nix/var/nix/db");
    fs::create_dir_all(&database).unwrap();
    let manifest = fleet.path("one/net-image/manifest.json");
    let mut listed: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    for (name, text) in [("db.sqlite", "database"), ("schema", "10")] {
        fs::write(database.join(name), text).unwrap();
        let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(text));
        listed["root"].as_array_mut().unwrap().push(json!({
            "name": format!("nix/var/nix/db/{name}"),
            "type": "file",
            "sha256": sha256,
            "size": text.len(),
            "executable": false,
        }));
    }
    let allow = listed["allow"].as_array_mut().unwrap();
    allow.push(json!("store-database-broken"));
    fs::write(&manifest, listed.to_string()).unwrap();
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
    assert_whole(&fleet, 0);
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
    fleet.good("verify depot");
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

/// `NETIMAGE_KILLS` sets how many.
#[test]
fn a_deploy_that_is_killed_leaves_whole_generations() {
    let Some(fleet) = Fleet::new() else {
        return;
    };
    fleet.good("deploy one depot --machine pi1 --no-trial");
    let kills = std::env::var("NETIMAGE_KILLS")
        .ok()
        .and_then(|text| text.parse().ok());
    let kills: u32 = kills.unwrap_or(40);
    for kill in 0..kills {
        let image = ["two", "one"][kill as usize % 2];
        let mut command = Command::new(env!("CARGO_BIN_EXE_netimage-builder"));
        command.args(["deploy", image, "depot", "--all", "--no-trial"]);
        command.current_dir(fleet.path(""));
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(
            u64::from(kill) * 150_000 / u64::from(kills),
        ));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_whole(&fleet, kill);
    }
    fleet.good("deploy two depot --all --no-trial");
    assert_whole(&fleet, kills);
    fleet.good("verify depot");
    for digit in 1..=2 {
        let number = fleet.named(digit).unwrap();
        let tftp = fleet.path(&format!("depot/tftp/0000000{digit}"));
        let line = fs::read_to_string(tftp.join(format!("g{number}/cmdline.txt"))).unwrap();
        assert!(line.contains(NEXT), "{line}");
        // Nothing is there of generations that never came to be.
        assert!(!tftp.join(format!("g{}", number + 1)).exists());
    }
    let mut find = Command::new("find");
    find.arg(fleet.path("depot"))
        .args(["-mindepth", "1", "-name", ".*"]);
    let left = String::from_utf8(find.output().unwrap().stdout).unwrap();
    // Store paths that were never whole are for gc.
    let expected = |line: &&str| line.contains("/store/.");
    let left: Vec<_> = left.lines().filter(|line| !expected(line)).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// Whoever looks now finds each machine served a generation that has all its files.
fn assert_whole(fleet: &Fleet, kill: u32) {
    let depot = Depot::open(&fleet.path("depot")).unwrap();
    for machine in depot.machines().unwrap().iter() {
        let generations = depot.generations(&machine.name).unwrap();
        let Some(named) = depot.served(machine).unwrap() else {
            assert_eq!(machine.name.as_str(), "pi2", "after {kill} kills");
            continue;
        };
        assert!(generations.all.contains_key(&named), "after {kill} kills");
        let tftp = layout::tftp(&machine.tftp_directory().unwrap());
        let boot = depot.path().join(tftp).join(layout::boot_directory(named));
        let records = depot.path().join(layout::generation(&machine.name, named));
        for file in [
            boot.join("config.txt"),
            boot.join("cmdline.txt"),
            boot.join("kernel8.img"),
            boot.join("overlays/README"),
            records.join("manifest.json"),
            records.join("registration"),
            records.join("boot.json"),
        ] {
            assert!(fs::metadata(&file).unwrap().len() > 0, "{}", file.display());
        }
        let manifest: Value =
            serde_json::from_slice(&fs::read(records.join("manifest.json")).unwrap()).unwrap();
        for object in manifest["store"].as_array().unwrap() {
            let name = object["path"].as_str().unwrap().rsplit('/').next().unwrap();
            assert!(
                depot.path().join("store").join(name).exists(),
                "after {kill} kills: {name}"
            );
        }
    }
}
