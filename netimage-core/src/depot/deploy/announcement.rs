//! What two computers tell each other before an image goes from one to the other.

use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::delivery::{DATABASE, Delivery};
use crate::image::{BOOT, FileHash, Manifest, ManifestObject, OS, RootKind, RootNode, below_root};
use crate::store::StorePath;
use crate::tree::{TargetName, TargetNameError};

/// An image that is to come to a depot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Announcement {
    /// What it holds, its database as a store path included.
    pub manifest: Manifest,
    /// Which store path is its database.
    pub database: Option<StorePath>,
}

/// What of an image a depot lacks, and where it is to be sent to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Wanted {
    /// The directory on the depot's server, which is to become what `net-image` is of an
    /// image.
    #[serde(with = "crate::tree::json_bytes")]
    pub directory: OsString,
    /// Where the store paths go, below that.
    pub store: TargetName,
    /// Store paths.
    pub store_paths: Vec<StorePath>,
    /// Files by their names below `net-image`, one for all that have the same bytes.
    pub files: Vec<TargetName>,
}

impl Announcement {
    /// Says what is to come.
    #[must_use]
    pub fn of(delivery: &Delivery) -> Self {
        Self {
            manifest: delivery.image.manifest.clone(),
            database: delivery.database_path().cloned(),
        }
    }

    /// What of it is neither among these store paths nor among the files that `has`
    /// knows; that is to be sent to `directory`.
    pub(super) fn wanted(
        &self,
        directory: &Path,
        present: &HashSet<StorePath>,
        has: impl Fn(FileHash) -> bool,
    ) -> Result<Wanted, TargetNameError> {
        let missing: Vec<_> = match self.manifest.root_kind {
            RootKind::Shared => self.manifest.missing_from(present).collect(),
            // Such a root has a store of its own.
            RootKind::Own => self.manifest.store.iter().collect(),
        };
        let path = |object: &&ManifestObject| object.path.clone();
        let has_database = self
            .database
            .as_ref()
            .is_some_and(|path| present.contains(path));
        let mut named = BTreeSet::new();
        let mut files = Vec::new();
        for (name, sha256) in files_of(&self.manifest) {
            let is_database = has_database && database_file(&self.manifest, &name).is_some();
            if !is_database && !has(sha256) && named.insert(sha256) {
                files.push(TargetName::new(name)?);
            }
        }
        Ok(Wanted {
            directory: directory.into(),
            store: TargetName::new(store_directory(&self.manifest))?,
            store_paths: missing.iter().map(path).collect(),
            files,
        })
    }
}

/// The files of an image beside its store, by their names below `net-image`.
pub(super) fn files_of(manifest: &Manifest) -> impl Iterator<Item = (PathBuf, FileHash)> {
    let boot = manifest.boot.iter();
    let boot = boot.map(|file| (Path::new(BOOT).join(file.name.as_path()), file.sha256));
    let root = root_directory(manifest);
    let of_root = manifest.root.iter().filter_map(move |entry| {
        let RootNode::File { sha256, .. } = &entry.node else {
            return None;
        };
        Some((root.join(entry.name.as_path()), *sha256))
    });
    boot.chain(of_root)
}

/// The root of an image, below `net-image`.
pub(super) fn root_directory(manifest: &Manifest) -> PathBuf {
    Path::new(OS).join(manifest.root_directory_name.as_path())
}

/// Its store, below `net-image`.
pub(super) fn store_directory(manifest: &Manifest) -> PathBuf {
    root_directory(manifest).join(below_root(&manifest.store_dir))
}

/// How a file of the image is called in its database, if it belongs to that.
pub(super) fn database_file(manifest: &Manifest, name: &Path) -> Option<PathBuf> {
    let database = root_directory(manifest).join(DATABASE);
    Some(name.strip_prefix(database).ok()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::{BootFile, RootEntry};
    use crate::store::{NarHash, StoreDir};

    const PATHS: [&str; 2] = [
        "00000000000000000000000000000001-lib",
        "00000000000000000000000000000002-database",
    ];

    fn announcement(root_kind: RootKind) -> Announcement {
        let nfs = "192.0.2.1:/srv,vers=4.1".parse().unwrap();
        let mut spec = crate::image::ImageSpec::new("image", "one".parse().unwrap(), "x", nfs);
        spec.root_kind = root_kind;
        spec.store_dir = StoreDir::default();
        let mut manifest = Manifest::new(spec);
        let hash = |byte| FileHash::from_bytes([byte; 32]);
        for (name, byte) in [("kernel8.img", 1), ("config.txt", 2)] {
            manifest.boot.push(BootFile {
                name: name.parse().unwrap(),
                sha256: hash(byte),
                size: 1,
            });
        }
        for (name, byte) in [
            ("boot/firmware/kernel8.img", 1),
            ("etc/fstab", 3),
            ("nix/var/nix/db/db.sqlite", 4),
        ] {
            let node = RootNode::File {
                sha256: hash(byte),
                size: 1,
                executable: false,
            };
            let name = name.parse().unwrap();
            manifest.root.push(RootEntry { name, node });
        }
        manifest.store = PATHS
            .iter()
            .map(|path| ManifestObject {
                path: path.parse().unwrap(),
                nar_hash: NarHash::from_bytes([7; 32]),
                nar_size: 120,
                files: None,
            })
            .collect();
        Announcement {
            manifest: manifest.complete(),
            database: Some(PATHS[1].parse().unwrap()),
        }
    }

    /// What is wanted by a depot that has these store paths and `config.txt`.
    fn wanted(root_kind: RootKind, present: &[&str]) -> (Vec<String>, Vec<String>) {
        let present = present.iter().map(|path| path.parse().unwrap()).collect();
        let has = |sha256| sha256 == FileHash::from_bytes([2; 32]);
        let announcement = announcement(root_kind);
        let wanted = announcement.wanted(Path::new("/depot"), &present, has);
        let wanted = wanted.unwrap();
        assert_eq!(wanted.store.to_string(), "os/one/nix/store");
        let text = serde_json::to_string(&wanted).unwrap();
        assert_eq!(serde_json::from_str::<Wanted>(&text).unwrap(), wanted);
        (
            wanted.store_paths.iter().map(ToString::to_string).collect(),
            wanted.files.iter().map(ToString::to_string).collect(),
        )
    }

    #[test]
    fn what_is_there_is_not_wanted_and_the_rest_once() {
        let [lib, database] = PATHS;
        let (kernel, fstab) = ("boot/kernel8.img", "os/one/etc/fstab");
        let sqlite = "os/one/nix/var/nix/db/db.sqlite";
        let owned =
            |names: &[&str]| -> Vec<String> { names.iter().map(ToString::to_string).collect() };
        for (kind, present, paths, files) in [
            (
                RootKind::Shared,
                &[][..],
                &PATHS[..],
                &[kernel, fstab, sqlite][..],
            ),
            (
                RootKind::Shared,
                &[lib],
                &[database],
                &[kernel, fstab, sqlite],
            ),
            (RootKind::Shared, &PATHS, &[], &[kernel, fstab]),
            (RootKind::Own, &[lib], &PATHS, &[kernel, fstab, sqlite]),
        ] {
            let expected = (owned(paths), owned(files));
            assert_eq!(wanted(kind, present), expected, "{present:?}");
        }
    }

    #[test]
    fn what_is_announced_reads_back() {
        let announcement = announcement(RootKind::Shared);
        let text = serde_json::to_string(&announcement).unwrap();
        assert!(!text.contains('\n'));
        let read: Announcement = serde_json::from_str(&text).unwrap();
        assert_eq!(read, announcement);
    }
}
