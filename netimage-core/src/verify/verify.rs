//! Reads an image again and holds it against its manifest and registration. Every
//! name is looked up through [`Enclosed`], and no link is followed.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::io::Read;
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

use super::agreement::{contradictions, registration_contradictions};
use super::discrepancy::{Discrepancy, DiscrepancyKind, VerifyReport};
use super::extra::extra;
use super::names::{Expected, Names};
use crate::fs::{Buffer, Enclosed, Found, FsError, Links, OpenDirectory, hash_tree};
use crate::image::{
    BOOT, FIRMWARE, FileHash, Image, ImageError, MANIFEST, Manifest, ManifestObject, NET_IMAGE,
    NIX_SUPPORT, OS, REGISTRATION, RootNode, below_root,
};
use crate::parallel::{in_parallel, largest_first};
use crate::progress::{Observer, Stage, watch_object};
use crate::store::{HashWriter, StoreDir};

/// Bytes of a path that no system opens (`PATH_MAX`).
const PATH_LENGTH_MAX: usize = 4096;

/// Hashes everything that the image at `path` holds.
///
/// Modes but the executable bit, owners and times are not looked at: an image
/// stays good when it is copied with other tools. No file is read whose size is
/// not what the manifest says, and no link is followed.
///
/// # Errors
///
/// [`ImageError`] when there is no manifest to hold the image against, a part of
/// it lies elsewhere, or the observer asked to stop. All else is in the report.
pub fn verify(
    path: &Path,
    jobs: NonZeroUsize,
    observer: &dyn Observer,
) -> Result<VerifyReport, ImageError> {
    verify_opened(&Image::open(path)?, path, jobs, observer)
}

/// The same of an image that was opened at `path`.
///
/// # Errors
///
/// As for [`verify`].
pub fn verify_opened(
    image: &Image,
    path: &Path,
    jobs: NonZeroUsize,
    observer: &dyn Observer,
) -> Result<VerifyReport, ImageError> {
    let manifest = &image.manifest;
    let tree = Enclosed::open(&image.directory, Links::Refused)?;
    observer.begin(Stage::Verify, manifest.size());
    let mut findings = contradictions(manifest);
    findings.extend(registration(image, &tree)?);
    findings.extend(store(image, &tree, jobs, observer)?);
    let linked = image.lean_store().map(|store| {
        let tree = Enclosed::open(&image.directory, Links::Outside)?;
        tree.with_store(Some(store))
    });
    let linked = linked.transpose()?;
    let elsewhere = store_place(manifest);
    let names = Names {
        tree: &tree,
        linked: linked.as_ref(),
        expected: expected(manifest),
        others: &[MANIFEST],
        elsewhere: Some(&elsewhere),
    };
    findings.extend(names.compare(observer)?);
    let separate_boot_files = separate_boot_files(manifest, &tree, &findings);
    if image.directory != path {
        findings.extend(beside(manifest, path, observer)?);
    }
    findings.sort();
    findings.dedup();
    Ok(VerifyReport {
        store_paths: manifest.store.len() as u64,
        nar_size: manifest.sums().nar_size,
        files: (manifest.boot.len() + manifest.root.len()) as u64,
        separate_boot_files,
        findings,
    })
}

/// Holds the registration against the manifest's list of store paths. Where its
/// size is another than the manifest's, that is found among the names.
fn registration(image: &Image, tree: &Enclosed) -> Result<Vec<Discrepancy>, FsError> {
    let manifest = &image.manifest;
    let name = root_place(manifest).join(REGISTRATION);
    let is_listed = |size| {
        manifest.root.iter().any(|entry| {
            entry.name.as_path() == Path::new(REGISTRATION)
                && matches!(entry.node, RootNode::File { size: listed, .. } if listed == size)
        })
    };
    let Found::File(text, size) = tree.find(&name)? else {
        return Ok(Vec::new());
    };
    if !is_listed(size) {
        return Ok(Vec::new());
    }
    Ok(match image.parse_closure(text.take(size)) {
        Ok(closure) => registration_contradictions(manifest, &closure, &name),
        Err(error) => {
            let source = std::error::Error::source(&error).map(ToString::to_string);
            let actual = source.unwrap_or_else(|| error.to_string());
            let expected = "a registration that loads".to_owned();
            let problem = DiscrepancyKind::Corrupted { expected, actual };
            vec![Discrepancy::new(name, problem)]
        }
    })
}

/// Hashes every store path, and finds those that should not be there.
fn store(
    image: &Image,
    tree: &Enclosed,
    jobs: NonZeroUsize,
    observer: &dyn Observer,
) -> Result<Vec<Discrepancy>, FsError> {
    let manifest = &image.manifest;
    let place = store_place(manifest);
    if let Some((store_dir, real)) = image.lean_store() {
        let store = OpenDirectory::open(real)?;
        let named = (store.as_fd(), real, store_dir.as_path());
        let mut findings = check_objects(named, &manifest.store, store_dir, jobs, observer)?;
        findings.extend(extra(tree, &place, |_| false, observer)?);
        return Ok(findings);
    }
    let store = match tree.open_directory(&place) {
        Ok(store) => store,
        // A directory that is missing or something else is found by its name.
        Err(error) if DiscrepancyKind::is_absent(&error.into()) => return Ok(Vec::new()),
        Err(error) => {
            let problem = DiscrepancyKind::unreadable(&error.into());
            return Ok(vec![Discrepancy::new(place, problem)]);
        }
    };
    let path = tree.path().join(&place);
    let store = (store.as_fd(), path.as_path(), place.as_path());
    let mut findings = check_objects(store, &manifest.store, &manifest.store_dir, jobs, observer)?;
    let listed: BTreeSet<&OsStr> = manifest
        .store
        .iter()
        .map(|object| OsStr::new(object.path.base_name()))
        .collect();
    let is_listed = |name: &OsStr| listed.contains(name);
    findings.extend(extra(tree, &place, is_listed, observer)?);
    Ok(findings)
}

/// Hashes store paths in an open store, whose path and whose name in findings are
/// given, and holds them against what is known of them.
pub(crate) fn check_objects(
    (store, path, place): (BorrowedFd<'_>, &Path, &Path),
    objects: &[ManifestObject],
    store_dir: &StoreDir,
    jobs: NonZeroUsize,
    observer: &dyn Observer,
) -> Result<Vec<Discrepancy>, FsError> {
    let order = largest_first(objects, |object| object.nar_size);
    let check = |&at: &usize, buffer: &mut Buffer, observer: &dyn Observer| {
        let object = &objects[at];
        let base_name = Path::new(object.path.base_name());
        let name = place.join(base_name);
        let path = path.join(base_name);
        let size = object.nar_size;
        let hashed = watch_object(observer, &object.path, size, |observer| {
            hash_tree(store, base_name, &path, size, (buffer, observer))
        });
        let actual = match hashed {
            Ok(hashed) if hashed.hash != object.nar_hash => {
                Ok(Some(format!("{} ({} bytes)", hashed.hash, hashed.size)))
            }
            Ok(hashed) if hashed.size != size => {
                let actual = format!("{} bytes", hashed.size);
                let expected = format!("{size} bytes");
                let problem = DiscrepancyKind::Corrupted { expected, actual };
                return Ok(Some(Discrepancy::new(name, problem)));
            }
            Ok(hashed) => match object.files {
                Some(listed) if listed != hashed.files => {
                    let path = store_dir.display(&object.path);
                    let reason = format!("{path} has {} files, not {listed}", hashed.files);
                    return Ok(Some(Discrepancy::contradictory(reason)));
                }
                _ => Ok(None),
            },
            Err(error) => Err(error),
        };
        let expected = || format!("{} ({size} bytes)", object.nar_hash);
        Discrepancy::of_look(name, &path, actual, expected)
    };
    let findings = in_parallel(&order, jobs, check, observer)?;
    Ok(findings.into_iter().flatten().collect())
}

/// Where the root lies, below `net-image`.
fn root_place(manifest: &Manifest) -> PathBuf {
    Path::new(OS).join(manifest.root_directory_name.as_path())
}

/// Where the store lies, below `net-image`.
fn store_place(manifest: &Manifest) -> PathBuf {
    root_place(manifest).join(below_root(&manifest.store_dir))
}

/// Looks at what Nix wants beside `net-image`, which may have been left behind.
fn beside(
    manifest: &Manifest,
    path: &Path,
    observer: &dyn Observer,
) -> Result<Vec<Discrepancy>, FsError> {
    let tree = Enclosed::open(path, Links::Refused)?;
    let mut expected = BTreeMap::new();
    if tree.look_at(Path::new(NIX_SUPPORT)).is_ok() {
        let text = format!("{}\n", manifest.system);
        let mut hash = HashWriter::default();
        hash.update(text.as_bytes());
        let (sha256, size) = hash.finish();
        let system = Expected::unmarked(FileHash::from_bytes(sha256), size);
        expected.insert(NIX_SUPPORT.into(), Expected::directory());
        expected.insert(Path::new(NIX_SUPPORT).join("system"), system);
    }
    let names = Names {
        tree: &tree,
        linked: None,
        expected,
        others: &[NET_IMAGE],
        elsewhere: None,
    };
    let mut findings = names.compare(observer)?;
    for finding in &mut findings {
        finding.path = path.join(&finding.path);
    }
    Ok(findings)
}

/// Counts the files of the boot tree that are as they should be, in both places,
/// and yet no longer one file.
fn separate_boot_files(manifest: &Manifest, tree: &Enclosed, findings: &[Discrepancy]) -> u64 {
    let faulty: BTreeSet<&Path> = findings.iter().map(|finding| &*finding.path).collect();
    let firmware = root_place(manifest).join(FIRMWARE);
    let is_separate = |name: &Path| {
        let places = [Path::new(BOOT).join(name), firmware.join(name)];
        if places.iter().any(|place| faulty.contains(place.as_path())) {
            return false;
        }
        match places.map(|place| tree.look_at(&place)) {
            [Ok(one), Ok(other)] => !one.is_same_file(&other),
            _ => false,
        }
    };
    let names = manifest.boot.iter().map(|file| file.name.as_path());
    names.filter(|name| is_separate(name)).count() as u64
}

/// Every name below `net-image` but those in the store.
fn expected(manifest: &Manifest) -> BTreeMap<PathBuf, Expected<'_>> {
    let (root, store) = (root_place(manifest), store_place(manifest));
    let mut expected = BTreeMap::new();
    for file in &manifest.boot {
        let name = Path::new(BOOT).join(file.name.as_path());
        expected.insert(name, Expected::unmarked(file.sha256, file.size));
    }
    // Of the root the manifest has the directories as well.
    let files: Vec<_> = expected.keys().cloned().collect();
    let own = [store, BOOT.into()];
    let can_be = |name: &&PathBuf| name.as_os_str().len() < PATH_LENGTH_MAX;
    let above = files.iter().filter(can_be);
    let above = above.flat_map(|name| name.ancestors().skip(1));
    let own = own.iter().filter(can_be).flat_map(|name| name.ancestors());
    for directory in above.chain(own) {
        if !directory.as_os_str().is_empty() && !expected.contains_key(directory) {
            expected.insert(directory.to_owned(), Expected::directory());
        }
    }
    for entry in &manifest.root {
        let entry_expected = Expected {
            node: Cow::Borrowed(&entry.node),
            is_marked: true,
        };
        expected.insert(root.join(entry.name.as_path()), entry_expected);
    }
    expected
}
