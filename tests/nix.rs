//! The builder against real Nix: closures that Nix built, images that Nix loads
//! and verifies, and the builder as a derivation in Nix's sandbox.
//!
//! These tests need Nix 2.26 or newer, relocated below the directory that the
//! variable `NETIMAGE_NIX` names, and are therefore ignored unless asked for;
//! `tests/run` installs it and asks. Every store they write is a root of its own
//! under the target directory: they touch neither `/nix` nor its database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]
#![allow(
    clippy::unnecessary_debug_formatting,
    reason = "the names have newlines, control characters and invalid UTF-8"
)]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};
use tempfile::TempDir;

const BUILDER: &str = env!("CARGO_BIN_EXE_netimage-builder");
const STORE_DIR: &str = "/nix/store";
const ROOT_NAME: &str = "nixos-net-image-test-x86_64-linux";

// ---------------------------------------------------------------- processes

/// Runs to the end and returns what came out; the test fails if the program did.
fn run(command: &mut Command) -> Output {
    let output = output(command);
    assert!(
        output.status.success(),
        "{command:?} failed, {}",
        report(&output)
    );
    output
}

fn output(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"))
}

fn report(output: &Output) -> String {
    // Some of it is as large as a store, so only the end.
    let end = |bytes: &[u8]| {
        String::from_utf8_lossy(&bytes[bytes.len().saturating_sub(10_000)..]).into_owned()
    };
    format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        end(&output.stdout),
        end(&output.stderr)
    )
}

fn text(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("the output is UTF-8")
}

fn lines(output: &Output) -> Vec<String> {
    text(output).lines().map(str::to_owned).collect()
}

fn builder(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir("/").stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("NIX_") {
            command.env_remove(name);
        }
    }
    command
}

// --------------------------------------------------------------------- Nix

/// The relocated Nix, and the directory that the tests share.
struct Nix {
    program_dir: PathBuf,
    shared: PathBuf,
}

impl Nix {
    fn get() -> &'static Self {
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
    fn program(&self, name: &str) -> PathBuf {
        let program = self.program_dir.join(name);
        if program.exists() {
            program
        } else {
            name.into()
        }
    }

    /// A program that sees nothing of the machine's own configuration.
    fn command(&self, program: &str) -> Command {
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
    fn on(&self, root: &Path, program: &str) -> Command {
        let mut command = self.command(program);
        if program == "nix" {
            command.args(["--extra-experimental-features", "nix-command"]);
        }
        command.arg("--store").arg(root);
        command
    }

    /// `nix-build` of an expression of `tests/nix/closure`.
    fn build(&self, root: &Path, file: &str) -> Command {
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
    fn depth(&self) -> &'static str {
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

    fn dump_db(&self, root: &Path) -> Vec<u8> {
        run(self.on(root, "nix-store").arg("--dump-db")).stdout
    }

    /// Fails unless the store below `root` is what its database says.
    fn verify(&self, root: &Path) {
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
struct Closure {
    root: PathBuf,
    toplevel: String,
    /// References first.
    paths: Vec<String>,
}

impl Closure {
    /// `tests/nix/closure` built by Nix: 20 store paths.
    fn awkward() -> &'static Self {
        static CLOSURE: OnceLock<Closure> = OnceLock::new();
        CLOSURE.get_or_init(|| {
            let closure = Self::build("toplevel");
            assert_eq!(closure.paths.len(), 20, "{:?}", closure.paths);
            closure
        })
    }

    fn build(attribute: &str) -> Self {
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

    fn real_store_dir(&self) -> PathBuf {
        self.root.join("nix/store")
    }

    fn real(&self, path: &str) -> PathBuf {
        self.real_store_dir().join(base_name(path))
    }

    /// The store path of that name.
    fn named(&self, name: &str) -> &str {
        let suffix = format!("-{name}");
        self.paths
            .iter()
            .find(|path| path.ends_with(&suffix))
            .unwrap()
    }

    fn listings(&self) -> Vec<BTreeMap<PathBuf, Entry>> {
        self.paths
            .iter()
            .map(|path| listing(&self.real(path)))
            .collect()
    }

    /// `nix path-info --json --recursive`, the form that has derivers.
    fn path_info(&self) -> Value {
        let output = run(Nix::get().on(&self.root, "nix").args([
            "path-info",
            "--json",
            "--recursive",
            &self.toplevel,
        ]));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// `nix-store --dump-db` of just these paths.
    fn registration(&self) -> Vec<u8> {
        run(Nix::get()
            .on(&self.root, "nix-store")
            .arg("--dump-db")
            .args(&self.paths))
        .stdout
    }

    /// What Nix writes into a derivation's attributes.
    fn attrs(&self) -> Vec<u8> {
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
    fn closure_info(&self, dir: &Path) {
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

fn base_name(path: &str) -> &str {
    path.strip_prefix(STORE_DIR)
        .and_then(|path| path.strip_prefix('/'))
        .unwrap()
}

/// The builder without the machine's shared libraries, as the sandbox needs it,
/// and optimised, as 4 GiB need it.
fn static_builder() -> &'static Path {
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

// ------------------------------------------------------------- a place to work

/// A directory that goes away with everything in it, read-only or not.
struct Scratch(TempDir);

impl Scratch {
    fn new() -> Self {
        Self(TempDir::with_prefix_in("netimage-", env!("CARGO_TARGET_TMPDIR")).unwrap())
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, contents).unwrap();
        path
    }

    fn spec(&self, change: impl FnOnce(&mut Value)) -> PathBuf {
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

    fn path_info(&self, closure: &Closure) -> PathBuf {
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
struct Image(PathBuf);

impl Image {
    fn root(&self) -> PathBuf {
        self.0.join("net-image/os").join(ROOT_NAME)
    }

    fn store(&self) -> PathBuf {
        self.root().join("nix/store")
    }

    fn registration(&self) -> Vec<u8> {
        fs::read(self.root().join("nix-path-registration")).unwrap()
    }

    fn manifest(&self) -> Value {
        serde_json::from_slice(&fs::read(self.0.join("net-image/manifest.json")).unwrap()).unwrap()
    }

    /// The root, copied to where Nix may open it: that alone adds files.
    fn copy_root(&self, to: &Path) {
        run(Command::new("cp").arg("-a").arg(self.root()).arg(to));
    }

    /// Fails unless the image's own `verify` finds nothing.
    fn verify(&self, program: impl AsRef<OsStr>) {
        run(builder(program).arg("verify").arg(&self.0));
    }
}

/// `build` of a closure whose store is not at `/nix/store`.
fn build(spec: &Path, source: &str, from: &Path, closure: &Closure, out: &Path) -> Command {
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

// ----------------------------------------------------------------- comparing

/// Everything about a file but its contents.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    kind: char,
    mode: u32,
    mtime: (i64, i64),
    owner: (u32, u32),
    size: u64,
    target: Option<PathBuf>,
    /// The first name of the same inode, for regular files.
    same_as: Option<PathBuf>,
}

/// All of a tree, `.` included, by relative path.
fn listing(root: &Path) -> BTreeMap<PathBuf, Entry> {
    fn walk(
        root: &Path,
        relative: &Path,
        inodes: &mut HashMap<u64, PathBuf>,
        entries: &mut BTreeMap<PathBuf, Entry>,
    ) {
        let path = if relative.as_os_str().is_empty() {
            root.to_owned()
        } else {
            root.join(relative)
        };
        let metadata = fs::symlink_metadata(&path).unwrap();
        let kind = metadata.file_type();
        let regular = kind.is_file();
        entries.insert(
            relative.to_owned(),
            Entry {
                kind: match () {
                    () if kind.is_dir() => 'd',
                    () if kind.is_symlink() => 'l',
                    () if regular => 'f',
                    () => '?',
                },
                mode: if kind.is_symlink() {
                    0
                } else {
                    metadata.mode() & 0o7777
                },
                mtime: (metadata.mtime(), metadata.mtime_nsec()),
                owner: (metadata.uid(), metadata.gid()),
                size: if kind.is_dir() { 0 } else { metadata.len() },
                target: kind.is_symlink().then(|| fs::read_link(&path).unwrap()),
                same_as: (regular && metadata.nlink() > 1).then(|| {
                    inodes
                        .entry(metadata.ino())
                        .or_insert_with(|| relative.to_owned())
                        .clone()
                }),
            },
        );
        if kind.is_dir() {
            let mut names: Vec<OsString> = fs::read_dir(&path)
                .unwrap()
                .map(|entry| entry.unwrap().file_name())
                .collect();
            names.sort();
            for name in names {
                walk(root, &relative.join(name), inodes, entries);
            }
        }
    }
    let (mut inodes, mut entries) = (HashMap::new(), BTreeMap::new());
    walk(root, Path::new(""), &mut inodes, &mut entries);
    entries
}

/// The names in a directory, none of which may be odd.
fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Fails with the first few differences, where a whole map would be unreadable.
fn assert_same_listing(one: &Path, other: &Path) {
    let (left, right) = (listing(one), listing(other));
    let names: BTreeSet<_> = left.keys().chain(right.keys()).collect();
    let differences: Vec<_> = names
        .into_iter()
        .filter(|name| left.get(*name) != right.get(*name))
        .map(|name| format!("{name:?}\n  {:?}\n  {:?}", left.get(name), right.get(name)))
        .collect();
    assert!(
        differences.is_empty(),
        "{} and {} differ in {} entries, such as\n{}",
        one.display(),
        other.display(),
        differences.len(),
        differences
            .iter()
            .take(10)
            .cloned()
            .collect::<Vec<_>>()
            .join("\n")
    );
}

/// Fails unless contents, names and symbolic links are equal.
fn assert_same_contents(one: &Path, other: &Path) {
    let output = output(
        Command::new("diff")
            .args(["--recursive", "--no-dereference"])
            .arg(one)
            .arg(other)
            .env("LC_ALL", "C"),
    );
    assert!(
        output.status.success() && output.stdout.is_empty(),
        "{}",
        report(&output)
    );
}

/// Fails unless two trees are the same in every bit that survives a copy.
fn assert_identical(one: &Path, other: &Path) {
    assert_same_listing(one, other);
    assert_same_contents(one, other);
}

/// Fails unless the image's store holds exactly these paths, as the store has them.
fn assert_holds(image: &Image, closure: &Closure) {
    let there = names(&image.store());
    let mut expected: Vec<_> = closure.paths.iter().map(|path| base_name(path)).collect();
    expected.sort_unstable();
    assert_eq!(there, expected);
    for name in expected {
        let (copy, original) = (
            image.store().join(name),
            closure.real_store_dir().join(name),
        );
        assert_identical(&copy, &original);
        for (path, entry) in listing(&copy) {
            let expected = match entry.kind {
                'd' => entry.mode == 0o555,
                'f' => entry.mode == 0o444 || entry.mode == 0o555,
                kind => kind == 'l',
            };
            assert!(expected, "{name}: {path:?} is {entry:?}");
            assert_eq!(entry.mtime, (1, 0), "{name}: {path:?}");
        }
    }
}

/// A registration without its derivers: every fourth line of an entry.
fn without_derivers(registration: &[u8]) -> String {
    let mut result = String::new();
    let mut lines = std::str::from_utf8(registration).unwrap().lines();
    while let Some(path) = lines.next() {
        let (hash, size) = (lines.next().unwrap(), lines.next().unwrap());
        let _deriver = lines.next().unwrap();
        let references: usize = lines.next().unwrap().parse().unwrap();
        write!(result, "{path}\n{hash}\n{size}\n\n{references}\n").unwrap();
        for reference in lines.by_ref().take(references) {
            writeln!(result, "{reference}").unwrap();
        }
    }
    result
}

// -------------------------------------------------------------------- tests

/// The image holds the closure bit for bit, and Nix takes it for a store.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn image_is_the_closure() {
    let (nix, closure, scratch) = (Nix::get(), Closure::awkward(), Scratch::new());
    let before = closure.listings();
    let spec = scratch.spec(|_| ());
    let image = Image(scratch.join("image"));
    run(&mut build(
        &spec,
        "--path-info",
        &scratch.path_info(closure),
        closure,
        &image.0,
    ));
    assert_holds(&image, closure);
    image.verify(BUILDER);

    // What Nix itself prints for a store that holds just this closure.
    let copy = scratch.join("copy");
    let export = scratch.write(
        "export",
        run(nix
            .on(&closure.root, "nix-store")
            .arg("--export")
            .args(&closure.paths))
        .stdout,
    );
    // Not `nix copy`: Nix 2.26 overflows its stack on directories 200 deep.
    run(nix
        .on(&copy, "nix-store")
        .arg("--import")
        .stdin(fs::File::open(export).unwrap()));
    let expected = nix.dump_db(&copy);
    assert_eq!(
        String::from_utf8(image.registration()).unwrap(),
        String::from_utf8(expected.clone()).unwrap()
    );

    // Nix loads it, and finds every hash, size and reference as registered.
    let root = scratch.join("root");
    image.copy_root(&root);
    let mut load = nix.on(&root, "nix-store");
    load.arg("--load-db");
    load.stdin(fs::File::open(root.join("nix-path-registration")).unwrap());
    run(&mut load);
    nix.verify(&root);
    assert_eq!(
        String::from_utf8(nix.dump_db(&root)).unwrap(),
        String::from_utf8(expected).unwrap()
    );

    // Building only read the store.
    assert!(before == closure.listings(), "the build changed its source");
}

/// Whatever describes the closure, the image is the same, but for the derivers,
/// which only some sources know.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn sources_agree() {
    let (closure, scratch) = (Closure::awkward(), Scratch::new());
    let spec = scratch.spec(|_| ());
    let map = closure.path_info();
    // Before 2.19, Nix printed a list whose entries name their path.
    let list: Vec<Value> = map
        .as_object()
        .unwrap()
        .iter()
        .map(|(path, info)| {
            let mut info = info.clone();
            info["path"] = json!(path);
            info
        })
        .collect();
    closure.closure_info(&scratch.join("closure-info"));
    let sources = [
        ("--path-info", scratch.path_info(closure), true),
        (
            "--path-info",
            scratch.write("list.json", json!(list).to_string()),
            true,
        ),
        (
            "--registration",
            scratch.write("registration", closure.registration()),
            true,
        ),
        (
            "--attrs",
            scratch.write("attrs.json", closure.attrs()),
            false,
        ),
        ("--closure-info", scratch.join("closure-info"), false),
    ];
    let mut first: Option<Image> = None;
    for (index, (flag, from, derivers)) in sources.into_iter().enumerate() {
        let image = Image(scratch.join(&format!("image-{index}")));
        run(&mut build(&spec, flag, &from, closure, &image.0));
        let Some(first) = &first else {
            assert_holds(&image, closure);
            first = Some(image);
            continue;
        };
        if derivers {
            assert_identical(&first.0, &image.0);
        } else {
            assert_same_listing(&first.store(), &image.store());
            assert_same_contents(&first.store(), &image.store());
            assert_eq!(
                without_derivers(&first.registration()),
                String::from_utf8(image.registration()).unwrap()
            );
            assert_eq!(
                first.manifest()["paths"],
                image.manifest()["paths"],
                "{flag}"
            );
        }
    }
}

/// With `nixDatabase`, there is nothing to load: Nix opens the root as it is.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn database_needs_no_loading() {
    let (nix, closure, scratch) = (Nix::get(), Closure::awkward(), Scratch::new());
    let spec = scratch.spec(|spec| spec["nixDatabase"] = json!(true));
    let from = scratch.path_info(closure);
    let (image, second) = (Image(scratch.join("image")), Image(scratch.join("second")));
    for (image, jobs) in [(&image, "1"), (&second, "7")] {
        run(build(&spec, "--path-info", &from, closure, &image.0)
            .args(["--jobs", jobs, "--nix-store"])
            .arg(nix.program("nix-store")));
    }
    assert_holds(&image, closure);
    assert_identical(&image.0, &second.0);
    image.verify(BUILDER);

    // Nothing that a running Nix left behind, nothing that points out of the image.
    let var = image.root().join("nix/var/nix");
    let left: Vec<_> = listing(&var)
        .into_iter()
        .filter(|(_, entry)| entry.kind != 'd')
        .map(|(path, entry)| (path.to_str().unwrap().to_owned(), entry.target))
        .collect();
    let link = |target: &str| Some(PathBuf::from(target));
    assert_eq!(
        left,
        [
            ("db/db.sqlite".to_owned(), None),
            ("db/schema".to_owned(), None),
            ("gcroots/profiles".to_owned(), link("/nix/var/nix/profiles")),
            ("profiles/system".to_owned(), link("system-1-link")),
            ("profiles/system-1-link".to_owned(), link(&closure.toplevel)),
        ]
    );
    // Bytes 18 and 19 are 1 without a write-ahead log, which NFS cannot have.
    let database = fs::read(var.join("db/db.sqlite")).unwrap();
    assert_eq!(database[18..20], [1, 1], "the journal mode");

    let root = scratch.join("root");
    image.copy_root(&root);
    assert_eq!(
        String::from_utf8(nix.dump_db(&root)).unwrap(),
        String::from_utf8(image.registration()).unwrap()
    );
    nix.verify(&root);
    for path in &closure.paths {
        for question in [
            "--references",
            "--referrers",
            "--hash",
            "--size",
            "--deriver",
        ] {
            let ask = |root: &Path| {
                let mut command = nix.on(root, "nix-store");
                let answer = lines(&run(command.args(["--query", question, path])));
                answer.into_iter().collect::<BTreeSet<_>>()
            };
            let (mut expected, mut found) = (ask(&closure.root), ask(&root));
            if question == "--referrers" {
                // The store has paths besides the closure: derivations, images.
                expected.retain(|path| closure.paths.contains(path));
                found.retain(|path| !path.is_empty());
            }
            assert_eq!(expected, found, "{question} {path}");
        }
    }

    // Seen at its own place, as on the machine that runs it, everything in it is
    // alive: collecting garbage would delete nothing.
    let live = lines(&run(nix
        .command("unshare")
        .args(["--mount", "sh", "-euc"])
        .arg("mount --bind \"$0/nix\" /nix; exec \"$@\"")
        .arg(&root)
        .arg(nix.program("nix-store"))
        .args(["--gc", "--print-live"])));
    assert_eq!(
        live.iter().collect::<BTreeSet<_>>(),
        closure.paths.iter().collect::<BTreeSet<_>>()
    );
}

/// The same input gives the same bytes, whatever the machine is set to.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn builds_are_identical() {
    let (closure, scratch) = (Closure::awkward(), Scratch::new());
    let boot = scratch.join("boot");
    fs::create_dir_all(boot.join("overlays")).unwrap();
    fs::create_dir_all(boot.join(".hidden directory")).unwrap();
    fs::write(boot.join("kernel8.img"), b"kernel").unwrap();
    fs::write(boot.join("overlays/README"), b"overlays").unwrap();
    fs::write(boot.join(".hidden directory/.file"), b"hidden").unwrap();
    let spec = scratch.spec(|spec| {
        spec["boot"]["directories"] = json!([boot]);
        spec["root"] = json!({ "files": [
            { "target": "etc/NIXOS", "text": "" },
            { "target": "a name/.hidden", "text": "root\n" },
        ] });
    });
    let from = scratch.path_info(closure);
    let variants = [
        ("022", "UTC", "C", "1", "full"),
        ("077", "Pacific/Kiritimati", "tr_TR.UTF-8", "8", "full"),
        ("000", "America/St_Johns", "C.UTF-8", "2", "none"),
    ];
    let mut images: Vec<Image> = Vec::new();
    for (umask, zone, locale, jobs, verify) in variants {
        let image = Image(scratch.join(&format!("image-{umask}")));
        let build = build(&spec, "--path-info", &from, closure, &image.0);
        run(Command::new("sh")
            .args(["-c", "umask $0; exec \"$@\"", umask])
            .arg(build.get_program())
            .args(build.get_args())
            .args(["--jobs", jobs, "--verify", verify])
            .current_dir(scratch.0.path())
            .env("TZ", zone)
            .env("LC_ALL", locale)
            .env("HOME", "/nonexistent"));
        images.push(image);
    }
    assert_holds(&images[0], closure);
    for image in &images[1..] {
        assert_identical(&images[0].0, &image.0);
    }
    // Nothing in it tells when it was built.
    for (path, entry) in listing(&images[0].0) {
        assert_eq!(entry.mtime, (1, 0), "{path:?}");
    }
    for image in &images {
        image.verify(BUILDER);
    }
}

/// As a derivation in the sandbox: no arguments, no references, the same image
/// as outside, and the same again when Nix rebuilds it.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn derivation_in_the_sandbox() {
    derivation(false);
}

/// The same with the database loaded by the sandbox's `nix-store`.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn derivation_with_database() {
    derivation(true);
}

fn derivation(database: bool) {
    let (nix, closure, scratch) = (Nix::get(), Closure::awkward(), Scratch::new());
    let build = |more: &[&str]| {
        let mut command = nix.build(&closure.root, "image.nix");
        command
            .args(["--arg", "depth", nix.depth(), "--arg", "netimage"])
            .arg(static_builder())
            .args(["--arg", "database", if database { "true" } else { "false" }])
            .args(["--argstr", "path"])
            .arg(format!("{}:/usr/bin", nix.program_dir.display()))
            .args(more);
        lines(&run(&mut command)).pop().unwrap()
    };
    let out = build(&[]);
    let references =
        run(nix
            .on(&closure.root, "nix-store")
            .args(["--query", "--references", &out]));
    assert_eq!(text(&references), "", "the image refers to store paths");

    let image = Image(closure.real(&out));
    assert_holds(&image, closure);
    image.verify(static_builder());
    let root = scratch.join("root");
    image.copy_root(&root);
    if database {
        assert_eq!(nix.dump_db(&root), image.registration());
    } else {
        let mut load = nix.on(&root, "nix-store");
        load.arg("--load-db");
        load.stdin(fs::File::open(root.join("nix-path-registration")).unwrap());
        run(&mut load);
    }
    nix.verify(&root);

    // Nix fails if the second result has another hash.
    assert_eq!(build(&["--check"]), out);

    // The same attributes, built outside: the same image. Nix itself sets modes
    // and times of what a derivation made, so only contents are compared.
    let attrs = scratch.write("attrs.json", closure.attrs());
    let kernel = closure.real(&closure.toplevel).join("kernel");
    let spec = scratch.spec(|spec| {
        spec["nixDatabase"] = json!(database);
        spec["boot"]["files"].as_array_mut().unwrap().push(json!(
            { "target": "kernel8.img", "source": kernel }
        ));
    });
    let outside = Image(scratch.join("outside"));
    let mut command = self::build(&spec, "--attrs", &attrs, closure, &outside.0);
    run(command.arg("--nix-store").arg(nix.program("nix-store")));
    assert_same_contents(&image.0, &outside.0);

    // The next run may have another builder: the store keeps the closure only.
    run(nix.on(&closure.root, "nix-store").args(["--delete", &out]));
}

/// One bit among 20 000 files: the build fails, says what and why, leaves nothing.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn one_flipped_bit() {
    let (closure, scratch) = (Closure::awkward(), Scratch::new());
    let copy = scratch.join("store");
    fs::create_dir(&copy).unwrap();
    run(Command::new("cp")
        .args(["-a", "-t"])
        .arg(&copy)
        .args(closure.paths.iter().map(|path| closure.real(path))));
    let many = closure.named("many");
    let victim = copy.join(base_name(many)).join("42/18");
    fs::set_permissions(&victim, fs::Permissions::from_mode(0o644)).unwrap();
    let mut file = fs::File::options()
        .read(true)
        .write(true)
        .open(&victim)
        .unwrap();
    let mut byte = [0];
    file.seek(SeekFrom::Start(20)).unwrap();
    file.read_exact(&mut byte).unwrap();
    byte[0] ^= 0x10;
    file.seek(SeekFrom::Start(20)).unwrap();
    file.write_all(&byte).unwrap();
    drop(file);
    fs::set_permissions(&victim, fs::Permissions::from_mode(0o444)).unwrap();

    let hash = |path: &Path| {
        let mut command = Nix::get().command("nix-hash");
        lines(&run(command.args(["--type", "sha256", "--sri"]).arg(path)))
            .pop()
            .unwrap()
    };
    let expected = hash(&closure.real(many));
    let actual = hash(&copy.join(base_name(many)));
    assert_ne!(expected, actual);

    let spec = scratch.spec(|_| ());
    let from = scratch.path_info(closure);
    let destinations = scratch.join("destinations");
    fs::create_dir(&destinations).unwrap();
    let out = destinations.join("image");
    let attempt = |more: &[&str]| {
        let mut command = builder(BUILDER);
        command
            .arg("build")
            .arg("--spec")
            .arg(&spec)
            .arg("--path-info")
            .arg(&from);
        command
            .arg("--real-store-dir")
            .arg(&copy)
            .arg("--out")
            .arg(&out)
            .args(more);
        let output = output(&mut command);
        assert_eq!(output.status.code(), Some(1), "{}", report(&output));
        let said = String::from_utf8(output.stderr).unwrap();
        let profile = closure.named("profile");
        for part in [
            base_name(many),
            &expected,
            &actual,
            base_name(profile),
            base_name(&closure.toplevel),
        ] {
            assert!(said.contains(part), "the message lacks {part}:\n{said}");
        }
    };
    attempt(&[]);
    attempt(&["--jobs", "1"]);
    assert_eq!(names(&destinations), [""; 0]);

    // An image that was there stays as it was, even where it was to be replaced.
    run(&mut build(&spec, "--path-info", &from, closure, &out));
    let before = listing(&out);
    attempt(&["--force"]);
    assert!(
        listing(&out) == before,
        "the failed build touched the image that was there"
    );
    assert_eq!(names(&destinations), ["image"]);

    // `verify` finds the same bit in an image that was made without verification.
    let unverified = Image(scratch.join("unverified"));
    let mut command = builder(BUILDER);
    command
        .arg("build")
        .arg("--spec")
        .arg(&spec)
        .arg("--path-info")
        .arg(&from);
    command
        .arg("--real-store-dir")
        .arg(&copy)
        .arg("--out")
        .arg(&unverified.0);
    run(command.args(["--verify", "none"]));
    let output = output(builder(BUILDER).arg("verify").arg(&unverified.0));
    assert_eq!(output.status.code(), Some(1), "{}", report(&output));
    assert!(
        report(&output).contains(base_name(many)),
        "{}",
        report(&output)
    );
}

/// A file of more than 4 GiB: sizes, offsets and hashes beyond 32 bits.
#[test]
#[ignore = "needs Nix: run tests/run"]
fn more_than_four_gibibytes() {
    let (nix, closure, scratch) = (Nix::get(), Closure::build("large"), Scratch::new());
    let spec = scratch.spec(|spec| {
        spec.as_object_mut().unwrap().remove("toplevel");
    });
    let image = Image(scratch.join("image"));
    let build = build(
        &spec,
        "--path-info",
        &scratch.path_info(&closure),
        &closure,
        &image.0,
    );
    run(builder(static_builder()).args(build.get_args()));
    assert_holds(&image, &closure);
    image.verify(static_builder());
    let root = scratch.join("root");
    fs::rename(image.root(), &root).unwrap();
    let mut load = nix.on(&root, "nix-store");
    load.arg("--load-db");
    load.stdin(fs::File::open(root.join("nix-path-registration")).unwrap());
    run(&mut load);
    nix.verify(&root);
}
