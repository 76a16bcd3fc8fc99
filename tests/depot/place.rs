//! A depot whose generations are made by hand, with all that a deploy writes.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use netimage_core::boot::config_txt::ConfigTxt;
use netimage_core::depot::{
    BootNames, Depot, Event, ImageHash, MachineName, Timestamp, generation_config, layout,
};
use netimage_core::fs::hash_nar;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::bare::BareDepot;

pub struct Place(BareDepot);

impl Deref for Place {
    type Target = BareDepot;

    fn deref(&self) -> &BareDepot {
        &self.0
    }
}

impl Place {
    /// A depot of this many machines, pi1 and so on; none for users who may make no
    /// depot.
    pub fn new(machines: u32) -> Option<Self> {
        let place = Self(BareDepot::new()?);
        for digit in 1..=machines {
            let [name, serial, address] = [
                format!("pi{digit}"),
                format!("0000000{digit}"),
                format!("192.0.2.{digit}"),
            ];
            place.good([
                "machine",
                "add",
                "@",
                &name,
                "--serial",
                &serial,
                "--address",
                &address,
            ]);
        }
        Some(place)
    }

    /// A generation that was deployed long ago, of an image with these store paths and
    /// this kernel.
    pub fn deploy(&self, machine: u32, paths: &[u32], kernel: &str) {
        let depot = Depot::open(self.depot()).unwrap();
        let name: MachineName = format!("pi{machine}").parse().unwrap();
        let mut locked = depot.lock(|| Timestamp(1_000)).unwrap();
        let number = locked.generations(&name).unwrap().next_number();
        let objects: Vec<_> = paths.iter().map(|path| self.add_path(*path)).collect();

        let kernel_hash = self.add_boot_file(kernel.as_bytes());
        let registration_hash = self.add_boot_file(b"registration\n");
        let boot = json!([
            {"name": "cmdline.txt", "sha256": hash(b"quiet"), "size": 5},
            {"name": "config.txt", "sha256": hash(b""), "size": 0},
            {"name": "kernel8.img", "sha256": kernel_hash, "size": kernel.len()},
        ]);
        let manifest = json!({
            "version": 1, "name": "image", "rootDirectoryName": "image-1",
            "system": "x86_64-linux", "storeDir": "/nix/store", "nfs": "192.0.2.1:/depot",
            "totals": {"storePaths": 0, "narSize": 0, "bootFiles": 0, "bootSize": 0},
            "boot": boot,
            "root": [{
                "name": "nix-path-registration", "type": "file",
                "sha256": registration_hash, "size": 13, "executable": false,
            }],
            "store": objects,
        });
        let manifest_hash = self.add_boot_file(manifest.to_string().as_bytes());

        let own = self
            .path(layout::tftp(&format!("0000000{machine}")))
            .join(layout::boot_directory(number));
        fs::create_dir_all(&own).unwrap();
        self.link(&kernel_hash, &own.join("kernel8.img"));
        fs::write(own.join("cmdline.txt"), "quiet pi").unwrap();
        let config = ConfigTxt::parse("config.txt", b"arm_64bit=1\n");
        let config = generation_config(number, &config, &mut |_: &str| None).unwrap();
        fs::write(own.join("config.txt"), config).unwrap();
        let records = self.path(layout::generation(&name, number));
        fs::create_dir_all(&records).unwrap();
        self.link(&manifest_hash, &records.join("manifest.json"));
        self.link(&registration_hash, &records.join("registration"));
        let names = BootNames {
            kernel: "kernel8.img".into(),
            command_line: "cmdline.txt".into(),
        };
        let names = serde_json::to_vec(&names).unwrap();
        fs::write(records.join("boot.json"), names).unwrap();
        let image = ImageHash::of(&[manifest.to_string().as_bytes()]);
        let event = Event::Deployed { image, trial: true };
        locked.apply(&[(name, event)], Timestamp(1_000)).unwrap();
    }

    /// Lets a machine say that it is up in a generation.
    pub fn confirm(&self, machine: u32, number: u32) {
        let name = format!("pi{machine}");
        let boot_id = format!("{machine:016}{number:016}");
        let word = json!({"generation": number, "bootId": boot_id}).to_string();
        fs::write(self.path("persist").join(&name).join("booted.json"), word).unwrap();
        self.good(["confirm", "@", &name, &number.to_string()]);
    }

    /// A store path by its number, made unless it is there, as a manifest lists it.
    fn add_path(&self, number: u32) -> serde_json::Value {
        let name = base_name(number);
        let path = self.path("store").join(&name);
        if !path.exists() {
            fs::create_dir_all(path.join("bin")).unwrap();
            fs::write(path.join("bin/tool"), name.repeat(100)).unwrap();
            for directory in [path.join("bin"), path.clone()] {
                fs::set_permissions(directory, fs::Permissions::from_mode(0o555)).unwrap();
            }
        }
        let (hash, size) = hash_nar(&path).unwrap();
        json!({"path": format!("/nix/store/{name}"), "narHash": hash.to_string(), "narSize": size})
    }

    fn add_boot_file(&self, bytes: &[u8]) -> String {
        let hash = hash(bytes);
        let path = self.path("boot-files").join(&hash);
        if !path.exists() {
            fs::write(path, bytes).unwrap();
        }
        hash
    }

    fn link(&self, hash: &str, to: &Path) {
        fs::hard_link(self.path("boot-files").join(hash), to).unwrap();
    }

    /// All that is in the depot, and what kind it is.
    pub fn names(&self) -> BTreeMap<PathBuf, bool> {
        let mut names = BTreeMap::new();
        let mut directories = vec![self.depot().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let entry = entry.unwrap();
                let is_directory = entry.file_type().unwrap().is_dir();
                if is_directory {
                    directories.push(entry.path());
                }
                let below = entry.path().strip_prefix(self.depot()).unwrap().to_owned();
                names.insert(below, is_directory);
            }
        }
        names
    }

    #[allow(dead_code, reason = "not every test asks")]
    pub fn has_path(&self, number: u32) -> bool {
        self.path("store").join(base_name(number)).exists()
    }
}

pub fn base_name(number: u32) -> String {
    format!("{number:032}-path")
}

fn hash(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&Sha256::digest(bytes))
}
