//! Where a test works, and the image that it builds there.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{builder, run};
use crate::store::Closure;
use crate::{BUILDER, ROOT_NAME};

/// A directory that goes away with everything in it, read-only or not.
pub struct Scratch(pub TempDir);

impl Scratch {
    pub fn new() -> Self {
        Self(TempDir::with_prefix_in("netimage-", env!("CARGO_TARGET_TMPDIR")).unwrap())
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, contents).unwrap();
        path
    }

    pub fn spec(&self, change: impl FnOnce(&mut Value)) -> PathBuf {
        let mut spec = json!({
            "version": 1,
            "name": "nixos-net-image",
            "rootDirectoryName": ROOT_NAME,
            "system": "x86_64-linux",
            "toplevel": Closure::awkward().toplevel,
            "nfs": "192.0.2.1:/srv/test,vers=4.1",
            "commandLine": ["console=ttyS0"],
            "boot": { "files": [{ "target": "config.txt", "text": "kernel=kernel8.img\n" }] },
        });
        change(&mut spec);
        self.write("spec.json", serde_json::to_vec_pretty(&spec).unwrap())
    }

    pub fn path_info(&self, closure: &Closure) -> PathBuf {
        self.write(
            "path-info.json",
            serde_json::to_vec(&closure.path_info()).unwrap(),
        )
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = Command::new("chmod")
            .args(["-R", "u+rwX"])
            .arg(self.0.path())
            .output();
    }
}

/// A finished image.
pub struct Image(pub PathBuf);

impl Image {
    pub fn root(&self) -> PathBuf {
        self.0.join("net-image/os").join(ROOT_NAME)
    }

    pub fn store(&self) -> PathBuf {
        self.root().join("nix/store")
    }

    pub fn registration(&self) -> Vec<u8> {
        fs::read(self.root().join("nix-path-registration")).unwrap()
    }

    pub fn manifest(&self) -> Value {
        serde_json::from_slice(&fs::read(self.0.join("net-image/manifest.json")).unwrap()).unwrap()
    }

    /// The root, copied to where Nix may open it: that alone adds files.
    pub fn copy_root(&self, to: &Path) {
        run(Command::new("cp").arg("-a").arg(self.root()).arg(to));
    }

    /// Fails unless the image's own `verify` finds nothing.
    pub fn verify(&self, program: impl AsRef<OsStr>) {
        run(builder(program).arg("verify").arg(&self.0));
    }
}

/// `build` of a closure whose store is not at `/nix/store`.
pub fn build(spec: &Path, source: &str, from: &Path, closure: &Closure, out: &Path) -> Command {
    let mut command = builder(BUILDER);
    command
        .arg("build")
        .arg("--spec")
        .arg(spec)
        .arg(source)
        .arg(from);
    command
        .arg("--real-store-dir")
        .arg(closure.real_store_dir())
        .arg("--out")
        .arg(out);
    command
}
