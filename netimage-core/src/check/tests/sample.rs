//! A small image that boots a Raspberry Pi 4, to be broken in one place.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use super::parts::{
    LOADER, RELEASE, database, device_tree, firmware, initrd, kernel, module, overlay, program,
};
use crate::boot::Board;
use crate::check::{CheckReport, Subject, check};
use crate::closure::{Closure, PathInfo, Registration};
use crate::store::{NarHash, StoreDir, StorePath};

pub(super) const TOPLEVEL: &str = "0c5b8vw40dy178xlpddw65q9gf1h2186-nixos-system-pi";
pub(super) const LINUX: &str = "1c5b8vw40dy178xlpddw65q9gf1h2186-linux";

/// What gives the NFS client a name of its own.
pub(super) const CLIENT_NAME: &str = "nix/store/8c5b8vw40dy178xlpddw65q9gf1h2186-unit-script-netimage-nfs-client-start/bin/netimage-nfs-client-start";

/// What mounts the root.
pub(super) const SYSROOT: &str = "etc/systemd/system/sysroot.mount";

pub(super) const SYSTEMD_NETWORKD: &str =
    "nix/store/2c5b8vw40dy178xlpddw65q9gf1h2186-systemd/lib/systemd/systemd-networkd";
/// What starts it.
pub(super) const NETWORKD_WANTS: &str =
    "etc/systemd/system/initrd.target.wants/systemd-networkd.service";
pub(super) const NETWORKD_SERVICE: &str = "etc/systemd/system/systemd-networkd.service";
pub(super) const FSTAB_GENERATOR: &str = "nix/store/2c5b8vw40dy178xlpddw65q9gf1h2186-systemd/lib/systemd/system-generators/systemd-fstab-generator";

/// A boot tree and its root, in a directory of their own.
pub(super) struct Sample {
    place: tempfile::TempDir,
    pub subject: Subject,
    /// What the initrd holds; [`Sample::pack`] writes it.
    pub initrd: BTreeMap<String, Vec<u8>>,
}

impl Sample {
    pub(super) fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let (boot, root) = (place.path().join("boot"), place.path().join("root"));
        let mut subject = Subject::new(&boot, Some(&root));
        subject.boards = vec![Board::Rpi4];
        subject.nfs = Some("192.0.2.1:/srv/pi,vers=4.1,addr=192.0.2.1".parse().unwrap());
        subject.toplevel = Some(TOPLEVEL.parse().unwrap());
        let sample = Self {
            place,
            subject,
            initrd: systemd_initrd(),
        };
        sample.write_boot();
        sample.write_root();
        sample.pack();
        sample
    }

    /// Adds a module to the initrd; [`pack`](Self::pack) writes it.
    pub(super) fn add_module(&mut self, name: &str, depends: &str) {
        let directory = format!("lib/modules/{RELEASE}");
        let file = format!("{directory}/kernel/{name}.ko");
        self.initrd.insert(file, module(name, RELEASE, depends));
        let list = self
            .initrd
            .get_mut(&format!("{directory}/modules.dep"))
            .unwrap();
        list.extend(format!("kernel/{name}.ko:\n").bytes());
    }

    fn write_boot(&self) {
        self.boot("start4.elf", firmware());
        self.boot("fixup4.dat", "fixup");
        self.boot(
            "config.txt",
            "[all]\narm_64bit=1\nkernel=kernel8.img\ninitramfs initrd followkernel\n",
        );
        self.boot(
            "cmdline.txt",
            format!("root=fstab init=/nix/store/{TOPLEVEL}/init console=tty1 loglevel=4\n"),
        );
        self.boot("kernel8.img", kernel());
        let compatible = ["raspberrypi,4-model-b", "brcm,bcm2711"];
        self.boot("bcm2711-rpi-4-b.dtb", device_tree(&compatible));
        self.boot("overlays/README", "");
        self.boot("overlays/disable-bt.dtbo", overlay(&["uart0"], &["speed"]));
    }

    fn write_root(&self) {
        for name in ["dev", "etc", "proc", "run", "sys", "tmp", "var"] {
            fs::create_dir_all(self.path("root", name)).unwrap();
        }
        self.root("nix/var/nix/db/db.sqlite", database());
        self.root("nix/var/nix/db/schema", "10");
        let toplevel = format!("nix/store/{TOPLEVEL}");
        self.program(&format!("{toplevel}/init"), program(&[]), 0o555);
        self.root(&format!("{toplevel}/system"), "aarch64-linux");
        self.root(&format!("nix/store/{LINUX}/Image"), kernel());
        symlink(
            format!("/nix/store/{LINUX}/Image"),
            self.path("root", &format!("{toplevel}/kernel")),
        )
        .unwrap();
        let bootspec = serde_json::json!({ "org.nixos.bootspec.v1": {
            "init": format!("/{toplevel}/init"),
            "initrd": format!("/{toplevel}/initrd"),
            "kernel": format!("/nix/store/{LINUX}/Image"),
            "kernelParams": ["root=fstab", "loglevel=4"],
            "label": "NixOS",
            "system": "aarch64-linux",
            "toplevel": format!("/{toplevel}"),
        }});
        self.root(&format!("{toplevel}/boot.json"), bootspec.to_string());
        self.register(&[TOPLEVEL, LINUX]);
    }

    /// Writes the registration of these paths.
    pub(super) fn register(&self, paths: &[&str]) {
        let info = |name: &&str| {
            PathInfo::new(
                name.parse::<StorePath>().unwrap(),
                NarHash::from_bytes([0; 32]),
                1,
            )
        };
        let closure = Closure::new(StoreDir::default(), paths.iter().map(info), []).unwrap();
        self.root(
            "nix-path-registration",
            Registration::new(&closure).to_string(),
        );
    }

    /// Writes the initrd, into the boot tree and into the toplevel.
    pub(super) fn pack(&self) {
        self.initrd_of(initrd(&self.initrd));
    }

    pub(super) fn initrd_of(&self, bytes: Vec<u8>) {
        self.boot("initrd", &bytes);
        self.root(&format!("nix/store/{TOPLEVEL}/initrd"), bytes);
    }

    pub(super) fn path(&self, tree: &str, name: &str) -> PathBuf {
        self.place.path().join(tree).join(name)
    }

    pub(super) fn boot(&self, name: &str, contents: impl AsRef<[u8]>) {
        write(&self.path("boot", name), contents);
    }

    pub(super) fn root(&self, name: &str, contents: impl AsRef<[u8]>) {
        write(&self.path("root", name), contents);
    }

    /// A file of the root with this mode.
    pub(super) fn program(&self, name: &str, contents: impl AsRef<[u8]>, mode: u32) {
        self.root(name, contents);
        let mode = fs::Permissions::from_mode(mode);
        fs::set_permissions(self.path("root", name), mode).unwrap();
    }

    /// A FIFO in place of a file, which nobody ever writes to.
    pub(super) fn fifo(&self, tree: &str, name: &str) {
        let path = self.path(tree, name);
        let _ = fs::remove_file(&path);
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, path, kind, rustix::fs::Mode::RUSR, 0).unwrap();
    }

    pub(super) fn remove_boot(&self, name: &str) {
        fs::remove_file(self.path("boot", name)).unwrap();
    }

    pub(super) fn remove_root(&self, name: &str) {
        let path = self.path("root", name);
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }

    /// Puts a line at the end of `config.txt`.
    pub(super) fn config(&self, line: &str) {
        self.replace(
            "config.txt",
            "followkernel\n",
            &format!("followkernel\n{line}\n"),
        );
    }

    /// Replaces text of a boot file.
    pub(super) fn replace(&self, name: &str, from: &str, to: &str) {
        let path = self.path("boot", name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    }

    pub(super) fn link_boot(&self, name: &str, target: &Path) {
        symlink(target, self.path("boot", name)).unwrap();
    }

    /// Puts the boot tree into a directory of its own.
    pub(super) fn move_below(&self, name: &str) {
        let (top, aside) = (self.path("boot", ""), self.path("aside", ""));
        fs::rename(&top, &aside).unwrap();
        fs::create_dir(&top).unwrap();
        fs::rename(aside, top.join(name)).unwrap();
    }

    /// What the kernel is started with, also below an `os_prefix`.
    pub(super) fn system_below(&self, prefix: &str) {
        for name in [
            "kernel8.img",
            "bcm2711-rpi-4-b.dtb",
            "initrd",
            "cmdline.txt",
        ] {
            let bytes = fs::read(self.path("boot", name)).unwrap();
            self.boot(&format!("{prefix}{name}"), bytes);
        }
    }

    pub(super) fn check(&self) -> CheckReport {
        check(&self.subject, &()).unwrap()
    }
}

fn write(path: &Path, contents: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    // A file that is there may be linked elsewhere.
    let _ = fs::remove_file(path);
    fs::write(path, contents).unwrap();
}

/// As NixOS makes it, with what a Raspberry Pi 4 needs.
fn systemd_initrd() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut add = |name: &str, contents: &[u8]| files.insert(name.to_owned(), contents.to_vec());
    add(
        "init",
        b"->/nix/store/2c5b8vw40dy178xlpddw65q9gf1h2186-systemd/lib/systemd/systemd",
    );
    let systemd = program(&["libsystemd-core.so"]);
    add(
        "nix/store/2c5b8vw40dy178xlpddw65q9gf1h2186-systemd/lib/systemd/systemd",
        &systemd,
    );
    add(SYSTEMD_NETWORKD, &program(&[]));
    let service = format!("[Service]\nExecStart=!!/{SYSTEMD_NETWORKD}\n");
    add(NETWORKD_SERVICE, service.as_bytes());
    add(NETWORKD_WANTS, b"->../systemd-networkd.service");
    add(FSTAB_GENERATOR, &program(&[]));
    add(LOADER, &program(&[]));
    add("nix/store/lib/libsystemd-core.so", &program(&["libc.so.6"]));
    add("nix/store/lib/libc.so.6", &program(&[]));
    for name in ["mount", "mount.nfs", "modprobe"] {
        add(&format!("bin/{name}"), &program(&["libc.so.6"]));
    }
    add(
        SYSROOT,
        b"[Mount]\nWhat=192.0.2.1:/srv/pi\nWhere=/sysroot\n",
    );
    add(
        "etc/systemd/system/netimage-nfs-client.service",
        format!("[Service]\nExecStart=/{CLIENT_NAME} \n").as_bytes(),
    );
    add(
        CLIENT_NAME,
        b"#!/bin/sh\ncat /sys/class/net/eth0/address >/sys/module/nfs/parameters/nfs4_unique_id\n",
    );
    add("etc/initrd-release", b"");
    add("etc/systemd/system/initrd.target", b"[Unit]\n");
    add(
        "etc/systemd/network/98-netimage.network",
        b"[Match]\nName=en* eth*\n[Network]\nDHCP=ipv4\n",
    );
    for (name, depends) in MODULES {
        let file = format!("lib/modules/{RELEASE}/kernel/{name}.ko");
        add(&file, &module(name, RELEASE, depends));
    }
    let lines = MODULES.iter().map(|(name, depends)| {
        let files = depends.split(',').filter(|name| !name.is_empty());
        let files: Vec<_> = files.map(|name| format!("kernel/{name}.ko")).collect();
        format!("kernel/{name}.ko: {}\n", files.join(" "))
    });
    let dependencies = lines.collect::<Vec<_>>().concat();
    add(
        &format!("lib/modules/{RELEASE}/modules.dep"),
        dependencies.as_bytes(),
    );
    add(
        &format!("lib/modules/{RELEASE}/modules.builtin"),
        b"kernel/mdio_bcm_unimac.ko\n",
    );
    files
}

/// Modules of the initrd, and what each depends on.
const MODULES: [(&str, &str); 6] = [
    ("genet", "bcm_phy_lib"),
    ("bcm_phy_lib", ""),
    ("broadcom", "bcm_phy_lib"),
    ("sunrpc", ""),
    ("nfs", "sunrpc"),
    ("nfsv4", "nfs,sunrpc"),
];
