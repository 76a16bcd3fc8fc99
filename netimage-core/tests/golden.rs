//! Holds the library against what Nix itself wrote: the files that
//! `tests/golden/make` made. Needs no Nix.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use netimage_core::closure::{
    Attrs, Closure, PathInfo, Registration, parse_path_info_json, parse_registration,
};
use netimage_core::fs::{dump_nar, hash_nar};
use netimage_core::store::{NarHash, StoreDir, StorePath};
use tempfile::TempDir;

fn golden_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/golden")
        .join(name)
}

fn golden(name: &str) -> Vec<u8> {
    fs::read(golden_path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn golden_text(name: &str) -> String {
    String::from_utf8(golden(name)).unwrap()
}

fn closure(paths: Vec<PathInfo>) -> Closure {
    Closure::new(StoreDir::default(), paths, []).unwrap()
}

fn registration(name: &str) -> Closure {
    closure(parse_registration(&*golden(name), &StoreDir::default()).unwrap())
}

fn path_info_json(name: &str) -> Closure {
    let infos = parse_path_info_json(&golden(name), &StoreDir::default());
    closure(infos.unwrap_or_else(|error| panic!("{name}: {:?}", std::error::Error::source(&error))))
}

fn without_derivers(with: &Closure) -> Closure {
    closure(
        with.paths()
            .iter()
            .map(|info| info.clone().with_deriver(None))
            .collect(),
    )
}

fn find<'closure>(closure: &'closure Closure, name: &str) -> &'closure StorePath {
    let mut paths = closure.paths().iter().map(|info| &info.path);
    paths.find(|path| path.name() == name).unwrap()
}

#[test]
fn every_form_of_a_hash() {
    for line in golden_text("hashes").lines() {
        let [base16, nix32, base64, sri] = *line.split(' ').collect::<Vec<_>>() else {
            panic!("{line}");
        };
        let hash: NarHash = sri.parse().unwrap();
        for text in [base16, nix32] {
            assert_eq!(text.parse(), Ok(hash), "{text}");
        }
        for digits in [base16, nix32, base64] {
            assert_eq!(format!("sha256:{digits}").parse(), Ok(hash), "{digits}");
        }
        assert_eq!(hash.to_base16(), base16);
        assert_eq!(hash.to_nix32(), format!("sha256:{nix32}"));
        assert_eq!(hash.to_sri(), sri);
    }
}

#[test]
fn takes_and_refuses_the_names_that_nix_does() {
    for line in golden_text("names").lines() {
        let (verdict, base_name) = line.split_once(' ').unwrap();
        let parsed = base_name.parse::<StorePath>();
        assert_eq!(
            parsed.is_ok(),
            verdict == "takes",
            "{base_name}: {parsed:?}"
        );
    }
}

#[test]
fn the_dump_prints_as_it_was_read() {
    let printed = Registration::new(&registration("dump-db")).to_string();
    assert_eq!(printed, golden_text("dump-db"));
}

#[test]
fn what_path_info_says_in_any_version_is_what_the_dump_says() {
    let expected = registration("dump-db");
    for name in [
        "path-info-list.json",
        "path-info-map.json",
        "path-info-v1.json",
        "path-info-v2.json",
    ] {
        assert_eq!(path_info_json(name), expected, "{name}");
    }
}

#[test]
fn what_builders_are_told_is_what_the_dump_says_but_for_derivers() {
    let expected = without_derivers(&registration("dump-db"));
    let attrs = Attrs::from_json(&golden("attrs.json"), &StoreDir::default()).unwrap();
    assert_eq!(attrs.closure, expected);
    assert_eq!(registration("closure-info-registration"), expected);

    let mut paths: Vec<_> = expected.paths().iter().map(|info| &info.path).collect();
    paths.sort();
    let dir = StoreDir::default();
    let lines: String = paths.iter().map(|path| dir.display(path) + "\n").collect();
    assert_eq!(lines, golden_text("store-paths"));
}

#[test]
fn the_attributes_hold_more_than_the_closure() {
    let attrs = Attrs::from_json(&golden("attrs.json"), &StoreDir::default()).unwrap();
    assert_eq!(attrs.spec.unwrap().get(), r#"{"version":1}"#);
    let outputs: Vec<_> = attrs.outputs.iter().collect();
    let [(name, path)] = *outputs else {
        panic!("{outputs:?}")
    };
    assert_eq!(name, "out");
    let path = StoreDir::default().parse(path.to_str().unwrap()).unwrap();
    assert_eq!(path.name(), "attributes");
}

#[test]
fn the_graph_is_the_one_that_was_built() {
    let closure = registration("dump-db");
    let path = |name| find(&closure, name);
    let references = |name| &closure.get(path(name)).unwrap().references;
    assert_eq!(closure.roots(), [path("top-1.0").clone()]);
    assert!(references("bottom").contains(path("bottom")));
    assert!(references("left").contains(path("bottom")));
    assert!(references("right").contains(path("bottom")));
    assert!(references("source").is_empty());
    let chain = closure.why_depends(path("text")).unwrap();
    assert_eq!(chain, [path("top-1.0"), path("right"), path("text")][..]);
}

#[test]
fn its_size_is_the_closure_size_of_its_root() {
    let json: serde_json::Value = serde_json::from_slice(&golden("attrs.json")).unwrap();
    let closure = registration("dump-db");
    let root = StoreDir::default().display(&closure.roots()[0]);
    let entries = json["closure"].as_array().unwrap();
    let entry = entries
        .iter()
        .find(|entry| entry["path"] == root.as_str())
        .unwrap();
    assert_eq!(entry["closureSize"], closure.nar_size());
}

/// What `tests/golden/make` calls `plain`: names in UTF-8.
fn plain(tree: &Path) {
    for directory in ["empty directory", "sub/sub"] {
        fs::create_dir_all(tree.join(directory)).unwrap();
    }
    for (name, contents) in [
        ("empty file", ""),
        ("seven", "seven b"),
        ("eight", "eight by"),
        ("executable", "#!/bin/sh\n"),
        ("README", "upper\n"),
        ("readme", "lower\n"),
        (".hidden", "hidden\n"),
        ("grün", "umlaut\n"),
        ("sub/sub/file", "below\n"),
        ("sub-", "dash\n"),
    ] {
        fs::write(tree.join(name), contents).unwrap();
    }
    fs::set_permissions(tree.join("executable"), Permissions::from_mode(0o755)).unwrap();
    for (name, target) in [
        ("dangling", "nowhere"),
        ("absolute", "/etc/os-release"),
        ("sub/relative", "../seven"),
        ("loop", "."),
    ] {
        symlink(target, tree.join(name)).unwrap();
    }
}

/// What `tests/golden/make` calls `awkward`.
fn awkward(tree: &Path) {
    plain(tree);
    for (name, contents) in [
        (&b"line\nfeed"[..], "line feed\n"),
        (b"gr\xfcn", "latin-1\n"),
        (b"\xff\xfe", "no character\n"),
        (b"$(x) *\t\\\"'", "shell\n"),
    ] {
        fs::write(tree.join(OsStr::from_bytes(name)), contents).unwrap();
    }
    symlink(OsStr::from_bytes(b"\xff\n"), tree.join("odd link")).unwrap();
}

fn check(name: &str, path: &Path) {
    let expected = golden(&format!("nar/{name}.nar"));
    assert!(dump_nar(path, Vec::new()).unwrap() == expected, "{name}");

    let index = golden_text("nar/index");
    let mut lines = index
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>());
    let line = lines.find(|line| line[0] == name).unwrap();
    let (hash, size) = hash_nar(path).unwrap();
    assert_eq!([&*size.to_string(), &*hash.to_sri()], line[1..], "{name}");
}

#[test]
fn each_kind_of_node_serialises_as_nix_does() {
    let dir = TempDir::new().unwrap();
    plain(dir.path());
    for (name, path) in [
        ("plain", "."),
        ("regular", "seven"),
        ("regular-eight", "eight"),
        ("regular-empty", "empty file"),
        ("executable", "executable"),
        ("symlink", "absolute"),
        ("directory-empty", "empty directory"),
    ] {
        check(name, &dir.path().join(path));
    }
}

#[test]
fn odd_names_serialise_as_nix_does() {
    let dir = TempDir::new().unwrap();
    awkward(dir.path());
    check("awkward", dir.path());
}

#[test]
fn the_registered_hash_is_that_of_the_tree() {
    let dir = TempDir::new().unwrap();
    awkward(dir.path());
    let closure = registration("dump-db");
    let info = closure.get(find(&closure, "source")).unwrap();
    assert_eq!(
        hash_nar(dir.path()).unwrap(),
        (info.nar_hash, info.nar_size)
    );
}

#[test]
fn another_implementation_agrees() {
    let dir = TempDir::new().unwrap();
    plain(dir.path());
    let expected = golden("nar/plain.nar");
    let mut encoded = Vec::new();
    let mut archive = nix_nar::Encoder::new(dir.path()).unwrap();
    archive.read_to_end(&mut encoded).unwrap();
    assert!(encoded == expected);

    let unpacked = dir.path().join("unpacked");
    let decoder = nix_nar::Decoder::new(&expected[..]).unwrap();
    decoder.unpack(&unpacked).unwrap();
    assert!(dump_nar(&unpacked, Vec::new()).unwrap() == expected);
}
