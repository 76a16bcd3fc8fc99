//! A depot with machines, and images for it, made by the real program.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use netimage_core::depot::{Depot, GenerationNumber, Machine, layout, named_generation};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::fixture::{Fixture, TOPLEVEL};

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
pub struct Fleet(Fixture);

impl Fleet {
    /// None for users who may make no depot.
    pub fn new() -> Option<Self> {
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
        fleet.build_next("two", 4, &Self::spec());
        Some(fleet)
    }

    /// An image that has another toplevel than all others.
    pub fn build_next(&self, image: &str, number: u32, spec: &Value) {
        let next = format!("{number:032}-toplevel");
        let store = self.path("store");
        fs::create_dir(store.join(&next)).unwrap();
        let init = |toplevel: &str| store.join(toplevel).join("init");
        fs::copy(init(TOPLEVEL), init(&next)).unwrap();
        self.build(image, &next, spec);
    }

    pub fn spec() -> Value {
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

    pub fn build(&self, image: &str, toplevel: &str, spec: &Value) {
        let mut spec = spec.clone();
        spec["toplevel"] = json!(format!("/nix/store/{toplevel}"));
        self.0.register_as(toplevel);
        self.0.write_spec(&spec);
        self.0.build_to(image).assert().success();
    }

    /// Gives an image a Nix database, as far as a deploy looks at it; where it is.
    pub fn add_database(&self, image: &str) -> PathBuf {
        let database = self.path(image).join("net-image/os/image-1/nix/var/nix/db");
        fs::create_dir_all(&database).unwrap();
        let manifest = self.path(image).join("net-image/manifest.json");
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
        database
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path(name)
    }

    pub fn run(&self, words: &str) -> (Option<i32>, String, String) {
        let output = self.0.run(words.split(' ')).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (
            output.status.code(),
            text(output.stdout),
            text(output.stderr),
        )
    }

    pub fn good(&self, words: &str) -> String {
        let (status, out, aside) = self.run(words);
        assert_eq!(status, Some(0), "{words}: {aside}");
        out
    }

    pub fn fails(&self, words: &str, status: i32, part: &str) {
        let (ended, out, aside) = self.run(words);
        assert_eq!(ended, Some(status), "{words}: {out}{aside}");
        assert!(aside.contains(part), "{words}: {part}: {aside}");
    }

    /// The generation that a machine is served.
    pub fn named(&self, digit: u32) -> Option<u32> {
        let config = fs::read(self.path(&format!("depot/tftp/0000000{digit}/config.txt")));
        named_generation(&config.ok()?).map(GenerationNumber::get)
    }

    /// A boot, from `config.txt` to the kernel and, if it goes well, the machine's word.
    pub fn boot(&self, digit: u32, is_good: bool) {
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

    pub fn states(&self, digit: u32) -> Vec<String> {
        let listed = self.good(&format!("list-generations depot pi{digit} --format json"));
        let listed: Value = serde_json::from_str(&listed).unwrap();
        let all = listed["all"].as_object().unwrap().values();
        all.map(|one| one["state"].as_str().unwrap().to_owned())
            .collect()
    }

    pub fn store(&self) -> BTreeSet<String> {
        let names = fs::read_dir(self.path("depot/store")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.filter(|name| name != ".links").collect()
    }

    /// Whoever looks now finds each machine served a generation that has all its files.
    pub fn assert_whole(&self, after: &str) {
        let depot = Depot::open(&self.path("depot")).unwrap();
        for machine in depot.machines().unwrap().iter() {
            let generations = depot.generations(&machine.name).unwrap();
            if let Some(named) = depot.served(machine).unwrap() {
                assert!(generations.all.contains_key(&named), "{after}");
                assert_generation(&depot, machine, named, after);
            } else {
                // Whoever wrote down the first was to write config.txt next.
                let is_first = generations.all.len() < 2;
                assert!(is_first, "{after}: {} has no config.txt", machine.name);
            }
        }
    }
}

fn assert_generation(depot: &Depot, machine: &Machine, number: GenerationNumber, after: &str) {
    let read = |name: PathBuf| {
        let path = depot.path().join(name);
        fs::read(&path).unwrap_or_else(|error| panic!("{after}: {}: {error}", path.display()))
    };
    let tftp = layout::tftp(&machine.tftp_directory().unwrap());
    let boot = tftp.join(layout::boot_directory(number));
    let records = layout::generation(&machine.name, number);
    for file in ["manifest.json", "registration", "boot.json"] {
        assert!(!read(records.join(file)).is_empty(), "{after}: {file}");
    }
    assert_eq!(
        read(tftp.join("config.txt")),
        read(boot.join("config.txt")),
        "{after}"
    );
    let line = String::from_utf8(read(boot.join("cmdline.txt"))).unwrap();
    let own = [
        format!("netimage.generation={number}"),
        format!("systemd.hostname={}", machine.name),
    ];
    let has = |part: &String| line.split_whitespace().any(|word| word == part);
    assert!(own.iter().all(has), "{after}: {line}");
    let manifest = read(layout::manifest(&machine.name, number));
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    for file in manifest["boot"].as_array().unwrap() {
        let name = file["name"].as_str().unwrap();
        if ["kernel8.img", "overlays/README"].contains(&name) {
            let sha256 = data_encoding::HEXLOWER.encode(&Sha256::digest(read(boot.join(name))));
            assert_eq!(file["sha256"], sha256, "{after}: {name}");
        }
    }
    for object in manifest["store"].as_array().unwrap() {
        let name = object["path"].as_str().unwrap().rsplit('/').next().unwrap();
        let is_there = depot.path().join("store").join(name).exists();
        assert!(is_there, "{after}: {name}");
    }
}
