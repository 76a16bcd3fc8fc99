//! Real Nix, and the closures that it builds.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use serde_json::Value;

use crate::STORE_DIR;
use crate::compare::{Entry, listing};
use crate::process::{builder, lines, output, report, run, text};

/// The relocated Nix, and the directory that the tests share.
pub struct Nix {
    pub program_dir: PathBuf,
    pub shared: PathBuf,
}

impl Nix {
    pub fn get() -> &'static Self {
        static NIX: OnceLock<Nix> = OnceLock::new();
        NIX.get_or_init(|| {
            let nix = std::env::var_os("NETIMAGE_NIX")
                .expect("NETIMAGE_NIX names the directory of a relocated Nix; tests/run sets it");
            let program_dir = PathBuf::from(nix).join("bin");
            assert!(
                program_dir.join("nix-store").exists(),
                "there is no nix-store in {}",
                program_dir.display()
            );
            let version = text(&run(builder(program_dir.join("nix-store")).arg("--version")));
            let version = version.split_whitespace().last().unwrap();
            let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("nix-{version}"));
            fs::create_dir_all(shared.join("home")).unwrap();
            Self {
                program_dir,
                shared,
            }
        })
    }

    /// Where a program of Nix is, or else the name of another.
    pub fn program(&self, name: &str) -> PathBuf {
        let program = self.program_dir.join(name);
        if program.exists() {
            program
        } else {
            name.into()
        }
    }

    /// A program that sees nothing of the machine's own configuration.
    pub fn command(&self, program: &str) -> Command {
        let mut command = builder(self.program(program));
        let relocated = self.program_dir.parent().unwrap();
        command
            .env(
                "NIX_CONFIG",
                format!(
                    "experimental-features = nix-command flakes\n\
                     build-users-group =\n\
                     substituters =\n\
                     sandbox = true\n\
                     sandbox-paths = /usr /lib /lib64 {}\n",
                    relocated.display()
                ),
            )
            .env("NIX_CONF_DIR", self.shared.join("home"))
            .env("NIX_USER_CONF_FILES", "")
            .env("HOME", self.shared.join("home"));
        command
    }

    /// The same on the store below `root`, which appears as `/nix/store` to Nix.
    pub fn on(&self, root: &Path, program: &str) -> Command {
        let mut command = self.command(program);
        if program == "nix" {
            command.args(["--extra-experimental-features", "nix-command"]);
        }
        command.arg("--store").arg(root);
        command
    }

    /// `nix-build` of an expression of `tests/nix/closure`.
    pub fn build(&self, root: &Path, file: &str) -> Command {
        let mut command = self.on(root, "nix-build");
        command.arg("--no-out-link");
        command.arg(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../tests/nix/closure")
                .join(file),
        );
        command
    }

    /// How deep the closure's directories may be: 200, but newer Nix refuses
    /// more than 64, of which an image that is itself an output takes some.
    pub fn depth(&self) -> &'static str {
        static DEPTH: OnceLock<&str> = OnceLock::new();
        DEPTH.get_or_init(|| {
            let root = self.shared.join("store");
            let built = output(self.build(&root, "default.nix").args(["-A", "deep"]));
            if built.status.success() {
                return "200";
            }
            assert!(
                report(&built).contains("exceeds maximum NAR directory depth of 64"),
                "{}",
                report(&built)
            );
            "50"
        })
    }

    pub fn dump_db(&self, root: &Path) -> Vec<u8> {
        run(self.on(root, "nix-store").arg("--dump-db")).stdout
    }

    /// Fails unless the store below `root` is what its database says.
    pub fn verify(&self, root: &Path) {
        let output = run(self
            .on(root, "nix-store")
            .args(["--verify", "--check-contents"]));
        let said = String::from_utf8_lossy(&output.stderr);
        for line in said.lines() {
            assert!(
                [
                    "reading the Nix store",
                    "checking path existence",
                    "checking link hashes",
                    "checking store hashes"
                ]
                .iter()
                .any(|harmless| line.starts_with(harmless)),
                "nix-store --verify says: {line}"
            );
        }
    }
}

/// A closure in a store of its own.
pub struct Closure {
    pub root: PathBuf,
    pub toplevel: String,
    /// References first.
    pub paths: Vec<String>,
}

impl Closure {
    /// `tests/nix/closure` built by Nix: 20 store paths.
    pub fn awkward() -> &'static Self {
        static CLOSURE: OnceLock<Closure> = OnceLock::new();
        CLOSURE.get_or_init(|| {
            let closure = Self::build("toplevel");
            assert_eq!(closure.paths.len(), 20, "{:?}", closure.paths);
            closure
        })
    }

    pub fn build(attribute: &str) -> Self {
        let nix = Nix::get();
        let root = nix.shared.join("store");
        let toplevel = lines(&run(nix.build(&root, "default.nix").args([
            "-A",
            attribute,
            "--arg",
            "depth",
            nix.depth(),
        ])))
        .pop()
        .unwrap();
        let paths = lines(&run(nix.on(&root, "nix-store").args([
            "--query",
            "--requisites",
            &toplevel,
        ])));
        Self {
            root,
            toplevel,
            paths,
        }
    }

    pub fn real_store_dir(&self) -> PathBuf {
        self.root.join("nix/store")
    }

    pub fn real(&self, path: &str) -> PathBuf {
        self.real_store_dir().join(base_name(path))
    }

    /// The store path of that name.
    pub fn named(&self, name: &str) -> &str {
        let suffix = format!("-{name}");
        self.paths
            .iter()
            .find(|path| path.ends_with(&suffix))
            .unwrap()
    }

    pub fn listings(&self) -> Vec<BTreeMap<PathBuf, Entry>> {
        self.paths
            .iter()
            .map(|path| listing(&self.real(path)))
            .collect()
    }

    /// `nix path-info --json --recursive`, the form that has derivers.
    pub fn path_info(&self) -> Value {
        let output = run(Nix::get().on(&self.root, "nix").args([
            "path-info",
            "--json",
            "--recursive",
            &self.toplevel,
        ]));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// `nix-store --dump-db` of just these paths.
    pub fn registration(&self) -> Vec<u8> {
        run(Nix::get()
            .on(&self.root, "nix-store")
            .arg("--dump-db")
            .args(&self.paths))
        .stdout
    }

    /// What Nix writes into a derivation's attributes.
    pub fn attrs(&self) -> Vec<u8> {
        let nix = Nix::get();
        let out = lines(&run(nix.build(&self.root, "attrs.nix").args([
            "--arg",
            "depth",
            nix.depth(),
        ])))
        .pop()
        .unwrap();
        fs::read(self.real(&out)).unwrap()
    }

    /// The directory that nixpkgs' `closureInfo` makes, by its recipe.
    pub fn closure_info(&self, dir: &Path) {
        let attrs: Value = serde_json::from_slice(&self.attrs()).unwrap();
        let (mut paths, mut registration) = (String::new(), String::new());
        for entry in attrs["closure"].as_array().unwrap() {
            let path = entry["path"].as_str().unwrap();
            let hash = entry["narHash"].as_str().unwrap();
            let references = entry["references"].as_array().unwrap();
            writeln!(paths, "{path}").unwrap();
            writeln!(
                registration,
                "{path}\n{hash}\n{}\n\n{}",
                entry["narSize"],
                references.len()
            )
            .unwrap();
            for reference in references {
                writeln!(registration, "{}", reference.as_str().unwrap()).unwrap();
            }
        }
        fs::create_dir(dir).unwrap();
        fs::write(dir.join("store-paths"), paths).unwrap();
        fs::write(dir.join("registration"), registration).unwrap();
    }
}

pub fn base_name(path: &str) -> &str {
    path.strip_prefix(STORE_DIR)
        .and_then(|path| path.strip_prefix('/'))
        .unwrap()
}

/// The builder without the machine's shared libraries, as the sandbox needs it,
/// and optimised, as 4 GiB need it.
pub fn static_builder() -> &'static Path {
    static STATIC: OnceLock<PathBuf> = OnceLock::new();
    STATIC.get_or_init(|| {
        let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
        let version = text(&run(Command::new(rustc).arg("-vV")));
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))
            .unwrap()
            .to_owned();
        let target_dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../static");
        run(Command::new(env!("CARGO"))
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args([
                "build",
                "--quiet",
                "--locked",
                "--release",
                "--bin",
                "netimage-builder",
            ])
            // With a target named, the flags do not reach procedural macros.
            .args(["--target", &host])
            .arg("--target-dir")
            .arg(&target_dir)
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env("RUSTFLAGS", "-Ctarget-feature=+crt-static"));
        target_dir
            .join(host)
            .join("release/netimage-builder")
            .canonicalize()
            .unwrap()
    })
}
