//! Trees held against each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::place::Image;
use crate::process::{output, report};
use crate::store::{Closure, base_name};

/// Everything about a file but its contents.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub kind: char,
    pub mode: u32,
    pub mtime: (i64, i64),
    pub owner: (u32, u32),
    pub size: u64,
    pub target: Option<PathBuf>,
    /// The first name of the same inode, for regular files.
    pub same_as: Option<PathBuf>,
}

/// All of a tree, `.` included, by relative path.
pub fn listing(root: &Path) -> BTreeMap<PathBuf, Entry> {
    pub fn walk(
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
pub fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Fails with the first few differences, where a whole map would be unreadable.
pub fn assert_same_listing(one: &Path, other: &Path) {
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
pub fn assert_same_contents(one: &Path, other: &Path) {
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
pub fn assert_identical(one: &Path, other: &Path) {
    assert_same_listing(one, other);
    assert_same_contents(one, other);
}

/// Fails unless the image's store holds exactly these paths, as the store has them.
pub fn assert_holds(image: &Image, closure: &Closure) {
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
pub fn without_derivers(registration: &[u8]) -> String {
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
