//! Reads an image again and holds it against its manifest and registration.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read};
use std::num::NonZeroUsize;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::existing::{Image, ImageError};
use super::finding::{Finding, Problem, VerifyReport};
use super::manifest::{FileHash, RootNode};
use super::parallel::{in_parallel, largest_first};
use super::plan::below_root;
use super::{BOOT, MANIFEST, NET_IMAGE, NIX_SUPPORT, OS};
use crate::fs::{Buffer, FsError, hash_file, hash_tree, open_regular};
use crate::progress::{Observer, Stage};

/// Most bytes of the name of a system that are read.
const LINE_MAX: u64 = 4096;

/// Hashes everything that the image at `path` holds.
///
/// Modes but the executable bit, owners and times are not looked at: an image
/// stays good when it is copied with other tools.
///
/// # Errors
///
/// [`ImageError`] when there is no manifest or registration to hold the image
/// against, or the observer asked to stop. All else is in the report.
pub fn verify(
    path: &Path,
    jobs: NonZeroUsize,
    observer: &dyn Observer,
) -> Result<VerifyReport, ImageError> {
    let image = Image::open(path)?;
    let manifest = &image.manifest;
    let root_sizes = manifest.root.iter().map(|entry| match entry.node {
        RootNode::File { size, .. } => size,
        RootNode::Directory | RootNode::Symlink { .. } => 0,
    });
    let bytes = manifest.totals.nar_size + manifest.totals.boot_size + root_sizes.sum::<u64>();
    observer.begin(Stage::Verify, bytes);
    let mut findings = registration(&image);
    findings.extend(beside(&image, path)?);
    findings.extend(store(&image, jobs, observer)?);
    findings.extend(boot(&image, observer)?);
    findings.extend(root(&image, observer)?);
    for finding in &mut findings {
        if let Ok(below) = finding.path.strip_prefix(&image.directory) {
            finding.path = below.to_owned();
        }
    }
    findings.sort();
    findings.dedup();
    Ok(VerifyReport {
        store_paths: manifest.store.len() as u64,
        nar_size: manifest.totals.nar_size,
        files: (manifest.boot.len() + manifest.root.len()) as u64,
        findings,
    })
}

/// Holds the registration against the manifest's list of store paths.
fn registration(image: &Image) -> Vec<Finding> {
    let path = image.registration();
    let closure = match image.closure() {
        Ok(closure) => closure,
        // Found again among the root's files.
        Err(ImageError::Fs(_)) => return Vec::new(),
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            let actual = source.unwrap_or_else(|| error.to_string());
            return vec![corrupted(
                path,
                "a registration that loads".to_owned(),
                actual,
            )];
        }
    };
    let store_dir = closure.store_dir();
    let registered: BTreeMap<_, _> = closure
        .paths()
        .iter()
        .map(|info| {
            (
                store_dir.display(&info.path),
                (info.nar_hash, info.nar_size),
            )
        })
        .collect();
    let listed: BTreeMap<_, _> = image
        .manifest
        .store
        .iter()
        .map(|object| (object.path.clone(), (object.nar_hash, object.nar_size)))
        .collect();
    let names: BTreeSet<_> = registered.keys().chain(listed.keys()).collect();
    let differ = names
        .into_iter()
        .filter(|name| registered.get(*name) != listed.get(*name));
    differ
        .map(|at| {
            let expected = format!("what the manifest lists for {at}");
            corrupted(path.clone(), expected, "different".to_owned())
        })
        .collect()
}

/// Looks at the image's own directories, and at what Nix wants beside them.
fn beside(image: &Image, path: &Path) -> Result<Vec<Finding>, FsError> {
    let root = image.manifest.root_directory_name.as_path().as_os_str();
    let os = image.directory.join(OS);
    let mut findings = extra(&image.directory, |name| {
        [MANIFEST, BOOT, OS].iter().any(|ours| name == *ours)
    });
    findings.extend(extra(&os, |name| name == root));
    if image.directory != path {
        let support = path.join(NIX_SUPPORT);
        findings.extend(extra(path, |name| name == NET_IMAGE || name == NIX_SUPPORT));
        // Only Nix needs it, so it may have been left behind.
        if support.exists() {
            findings.extend(extra(&support, |name| name == "system"));
            let system = support.join("system");
            let expected = format!("{}\n", image.manifest.system);
            let actual = read_line(&system);
            findings.extend(compare(system, actual, expected)?);
        }
    }
    Ok(findings)
}

/// The text of a regular file, as far as an image's own files have any.
fn read_line(path: &Path) -> Result<String, FsError> {
    let (file, _) = open_regular(path)?;
    let mut text = String::new();
    let read = file.take(LINE_MAX).read_to_string(&mut text);
    read.map_err(|error| FsError::io("read", path, error))?;
    Ok(text)
}

/// What a directory holds beside what it should.
fn extra(directory: &Path, ours: impl Fn(&OsStr) -> bool) -> Vec<Finding> {
    let entries = match fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
        Ok(entries) => entries,
        // A directory that is missing is found by its name.
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => return vec![unreadable(directory.to_owned(), &error)],
    };
    let names = entries.into_iter().map(|entry| entry.file_name());
    names
        .filter(|name| !ours(name))
        .map(|name| Finding {
            path: directory.join(name),
            problem: Problem::Extra,
        })
        .collect()
}

fn unreadable(path: PathBuf, error: &io::Error) -> Finding {
    let reason = error.to_string();
    let problem = Problem::Unreadable { reason };
    Finding { path, problem }
}

fn corrupted(path: PathBuf, expected: String, actual: String) -> Finding {
    let problem = Problem::Corrupted { expected, actual };
    Finding { path, problem }
}

/// Hashes every store path, and finds those that should not be there.
fn store(
    image: &Image,
    jobs: NonZeroUsize,
    observer: &dyn Observer,
) -> Result<Vec<Finding>, FsError> {
    let (store, manifest) = (image.store(), &image.manifest);
    let order = largest_first(&manifest.store, |object| object.nar_size);
    let check = |&at: &usize, buffer: &mut Buffer, observer: &dyn Observer| {
        let object = &manifest.store[at];
        let base_name = manifest
            .store_dir
            .strip(&object.path)
            .unwrap_or(&object.path);
        let path = store.join(base_name);
        let expected = format!("{} ({} bytes)", object.nar_hash, object.nar_size);
        let hash = hash_tree(&path, buffer, observer);
        compare(
            path,
            hash.map(|(hash, size)| format!("{hash} ({size} bytes)")),
            expected,
        )
    };
    let findings = in_parallel(&order, jobs, check, observer)?;
    let mut findings: Vec<_> = findings.into_iter().flatten().collect();
    let listed: BTreeSet<OsString> = manifest
        .store
        .iter()
        .filter_map(|object| manifest.store_dir.strip(&object.path).map(OsString::from))
        .collect();
    findings.extend(extra(&store, |name| listed.contains(name)));
    Ok(findings)
}

/// What a look at one path came to; only a request to stop is an error.
fn compare(
    path: PathBuf,
    actual: Result<String, FsError>,
    expected: String,
) -> Result<Option<Finding>, FsError> {
    Ok(match actual {
        Ok(actual) if actual == expected => None,
        Ok(actual) => Some(corrupted(path, expected, actual)),
        Err(FsError::Cancelled) => return Err(FsError::Cancelled),
        Err(FsError::Io {
            path: struck,
            source,
            ..
        }) if struck == path && source.kind() == io::ErrorKind::NotFound => {
            let problem = Problem::Missing;
            Some(Finding { path, problem })
        }
        Err(FsError::Io { source, .. }) => Some(unreadable(path, &source)),
        Err(error) => Some(corrupted(path, expected, error.to_string())),
    })
}

fn boot(image: &Image, observer: &dyn Observer) -> Result<Vec<Finding>, FsError> {
    let entries = image.manifest.boot.iter().map(|file| {
        let expected = describe_file(file.sha256, file.size, false);
        (image.boot.join(file.name.as_path()), expected)
    });
    let mut expected: BTreeMap<_, _> = entries.collect();
    for file in &image.manifest.boot {
        for parent in file.name.parents() {
            let path = image.boot.join(parent.as_path());
            expected.insert(path, DIRECTORY.to_owned());
        }
    }
    // TFTP knows no executable files.
    tree(&image.boot, None, &expected, false, observer)
}

fn root(image: &Image, observer: &dyn Observer) -> Result<Vec<Finding>, FsError> {
    let entries = image.manifest.root.iter().map(|entry| {
        let expected = match &entry.node {
            RootNode::Directory => DIRECTORY.to_owned(),
            RootNode::Symlink { target } => describe_link(target),
            RootNode::File {
                sha256,
                size,
                executable,
            } => describe_file(*sha256, *size, *executable),
        };
        (image.root.join(entry.name.as_path()), expected)
    });
    let store = image.root.join(below_root(&image.manifest.store_dir));
    tree(
        &image.root,
        Some(&store),
        &entries.collect(),
        true,
        observer,
    )
}

const DIRECTORY: &str = "a directory";

fn describe_link(target: &OsString) -> String {
    format!("a link to {}", target.display())
}

fn describe_file(hash: FileHash, size: u64, executable: bool) -> String {
    let kind = if executable {
        "an executable file"
    } else {
        "a file"
    };
    format!("{kind} of {size} bytes, SHA-256 {hash}")
}

/// Holds everything below `base` against what should be there; what is below
/// `without` is looked at elsewhere.
fn tree(
    base: &Path,
    without: Option<&Path>,
    expected: &BTreeMap<PathBuf, String>,
    executables: bool,
    observer: &dyn Observer,
) -> Result<Vec<Finding>, FsError> {
    let mut findings = Vec::new();
    let mut buffer = Buffer::default();
    for (path, expected) in expected {
        let actual = describe(path, executables, &mut buffer, observer);
        findings.extend(compare(path.clone(), actual, expected.clone())?);
    }
    let directories = expected.iter().filter(|(_, what)| *what == DIRECTORY);
    let directories = directories.map(|(path, _)| &**path).chain([base]);
    for directory in directories.filter(|directory| Some(*directory) != without) {
        findings.extend(extra(directory, |name| {
            expected.contains_key(&directory.join(name))
        }));
    }
    Ok(findings)
}

fn describe(
    path: &Path,
    executables: bool,
    buffer: &mut Buffer,
    observer: &dyn Observer,
) -> Result<String, FsError> {
    let failed = |error| FsError::io("read", path, error);
    let metadata = fs::symlink_metadata(path).map_err(failed)?;
    let kind = metadata.file_type();
    if kind.is_dir() {
        Ok(DIRECTORY.to_owned())
    } else if kind.is_symlink() {
        let target = fs::read_link(path).map_err(failed)?;
        Ok(describe_link(&target.into_os_string()))
    } else if kind.is_file() {
        let (hash, size) = hash_file(path, buffer, observer)?;
        let executable = executables && metadata.permissions().mode() & 0o100 != 0;
        Ok(describe_file(FileHash::from_bytes(hash), size, executable))
    } else {
        Ok("a special file".to_owned())
    }
}
