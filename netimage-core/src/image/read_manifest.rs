//! Finds and reads the manifest of an image.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufReader, Seek};
use std::path::{Path, PathBuf};

use rustix::fs::FileType;
use rustix::io::Errno;
use serde::Deserialize;

use super::manifest::{MANIFEST_VERSION, Manifest, RootNode};
use super::manifest_json::ManifestJson;
use super::plan::below_root;
use super::{MANIFEST, NET_IMAGE};
use crate::fs::{Enclosed, FsError, Links, failed, kind_name};
use crate::store::StorePathError;

/// Most bytes of a directory's own name (`NAME_MAX`).
const DIRECTORY_NAME_LENGTH_MAX: usize = 255;

/// Why an image has no usable manifest.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// There is none.
    #[error("{} holds no net-image/{MANIFEST}; give the directory that a build wrote", .0.display())]
    Missing(PathBuf),
    /// Something else is in its place.
    #[error("{} is {kind}, not a manifest; build the image again, or copy it whole", path.display())]
    NoFile {
        /// Where.
        path: PathBuf,
        /// "a FIFO" or the like.
        kind: &'static str,
    },
    /// A part of the image is a symbolic link to elsewhere.
    #[error("{} leads out of the image by a symbolic link; put there what it leads to", .0.display())]
    LeadsOut(PathBuf),
    /// It cannot be read.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// It is not what a builder writes.
    #[error("{} is not a manifest; build the image again", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// It lists a store path that is none.
    #[error("{} lists something that is not a store path; build the image again", path.display())]
    StorePath {
        /// The file.
        path: PathBuf,
        /// What is listed.
        source: StorePathError,
    },
    /// It names a root that no directory can be called by.
    #[error("{} has a rootDirectoryName that is not a single name; build the image again", .0.display())]
    RootDirectoryName(PathBuf),
    /// It lists something below what is no directory, which would lie elsewhere.
    #[error("{} lists names below {}, which is no directory; build the image again", path.display(), name.display())]
    Nested {
        /// The file.
        path: PathBuf,
        /// What is no directory.
        name: PathBuf,
    },
    /// Of another version.
    #[error("{} has version {version}, but this netimage reads version {MANIFEST_VERSION}; use the netimage that built the image", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        version: u32,
    },
}

impl Manifest {
    /// Reads the manifest of the image at `image`, which is what the builder
    /// wrote or the directory `net-image` in it.
    ///
    /// # Errors
    ///
    /// [`ManifestError`] when there is none or this library cannot read it.
    pub fn read(image: &Path) -> Result<Self, ManifestError> {
        let (manifest, _) = Self::read_within(&open_image(image)?)?;
        Ok(manifest)
    }

    /// The manifest of an image, and the directory that holds it.
    pub(crate) fn read_within(image: &Enclosed) -> Result<(Self, PathBuf), ManifestError> {
        let (file, directory) = find(image)?;
        let path = directory.join(MANIFEST);
        let manifest: ManifestJson = match serde_json::from_reader(BufReader::new(&file)) {
            Ok(manifest) => manifest,
            Err(source) => {
                return Err(match read_version(file) {
                    Some(version) if version != MANIFEST_VERSION => {
                        ManifestError::Version { path, version }
                    }
                    _ => ManifestError::Json { path, source },
                });
            }
        };
        if manifest.version != MANIFEST_VERSION {
            let version = manifest.version;
            return Err(ManifestError::Version { path, version });
        }
        let root = &manifest.root_directory_name;
        let length = root.as_path().as_os_str().len();
        if root.parents().next().is_some() || length > DIRECTORY_NAME_LENGTH_MAX {
            return Err(ManifestError::RootDirectoryName(path));
        }
        match Self::try_from(manifest) {
            Err(source) => Err(ManifestError::StorePath { path, source }),
            Ok(manifest) => match manifest.nested() {
                Some(name) => Err(ManifestError::Nested { path, name }),
                None => Ok((manifest, directory)),
            },
        }
    }

    /// A name of the root that is no directory, and has others or the store below it.
    fn nested(&self) -> Option<PathBuf> {
        let entries = self.root.iter();
        let leaves: HashSet<&Path> = entries
            .filter(|entry| !matches!(entry.node, RootNode::Directory))
            .map(|entry| entry.name.as_path())
            .collect();
        let store = below_root(&self.store_dir);
        let mut above = self
            .root
            .iter()
            .flat_map(|entry| entry.name.as_path().ancestors().skip(1))
            .chain(store.ancestors());
        above.find(|name| leaves.contains(name)).map(Path::to_owned)
    }
}

/// The version of a manifest that is not otherwise understood.
fn read_version(mut file: File) -> Option<u32> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    file.rewind().ok()?;
    let versioned: Versioned = serde_json::from_reader(BufReader::new(file)).ok()?;
    Some(versioned.version)
}

/// The directory of an image, out of which no name leads.
pub(crate) fn open_image(path: &Path) -> Result<Enclosed, ManifestError> {
    match Enclosed::open(path, Links::Outside) {
        Err(FsError::Io { source, .. })
            if matches!(
                source.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Err(ManifestError::Missing(path.to_owned()))
        }
        opened => Ok(opened?),
    }
}

/// The manifest's file, and the directory that holds it.
fn find(image: &Enclosed) -> Result<(File, PathBuf), ManifestError> {
    let mut obstacle = None;
    for directory in [Path::new(NET_IMAGE), Path::new("")] {
        let name = directory.join(MANIFEST);
        let path = image.path().join(&name);
        let looked = match image.look_up(&name) {
            Ok(looked) => looked,
            Err(Errno::XDEV | Errno::LOOP) => return Err(ManifestError::LeadsOut(path)),
            Err(Errno::NOENT | Errno::NOTDIR) => {
                if image.is_link(&name) {
                    let kind = "a symbolic link to no file";
                    obstacle.get_or_insert(ManifestError::NoFile { path, kind });
                }
                continue;
            }
            Err(error) => return Err(failed("open", &path)(error).into()),
        };
        if looked.kind == FileType::RegularFile
            && let Some(file) = image
                .open_looked(&name, &looked)
                .map_err(failed("open", &path))?
        {
            return Ok((file, crate::fs::join(image.path(), directory)));
        }
        let kind = kind_name(looked.kind);
        obstacle.get_or_insert(ManifestError::NoFile { path, kind });
    }
    Err(obstacle.unwrap_or_else(|| ManifestError::Missing(image.path().to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_lies_below_what_is_no_directory() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(NET_IMAGE).join(MANIFEST);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let sha256 = "0".repeat(64);
        let read = |root: serde_json::Value| {
            let manifest = serde_json::json!({
                "version": MANIFEST_VERSION, "name": "image", "rootDirectoryName": "image-1",
                "system": "x86_64-linux", "storeDir": "/nix/store", "toplevel": null,
                "nfs": {"server": "192.0.2.1", "path": "/srv", "options": []},
                "boards": [], "allow": [], "boot": [], "store": [], "root": root,
                "totals": {
                    "storePaths": 0, "narSize": 0, "bootFiles": 0, "bootSize": 0,
                    "rootEntries": 0, "rootSize": 0,
                },
            });
            std::fs::write(&path, manifest.to_string()).unwrap();
            Manifest::read(place.path()).map(drop)
        };
        let link =
            |name: &str| serde_json::json!({"name": name, "type": "symlink", "target": "/etc"});
        let file = |name: &str| {
            serde_json::json!({
                "name": name, "type": "file", "sha256": sha256, "size": 1, "executable": false,
            })
        };
        let directory = serde_json::json!({"name": "z", "type": "directory"});
        read(serde_json::json!([directory, link("y"), file("z/cron")])).unwrap();
        for root in [
            serde_json::json!([link("z"), file("z/cron")]),
            serde_json::json!([file("z"), link("z/a/cron")]),
            serde_json::json!([link("nix")]),
            serde_json::json!([link("nix/store")]),
        ] {
            let error = read(root).unwrap_err();
            assert!(matches!(error, ManifestError::Nested { .. }), "{error}");
        }
    }

    #[test]
    fn what_is_in_its_place_is_told() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(NET_IMAGE).join(MANIFEST);
        let told = || Manifest::read(place.path()).unwrap_err().to_string();
        std::fs::create_dir_all(&path).unwrap();
        assert!(
            told().contains("manifest.json is a directory, not a manifest"),
            "{}",
            told()
        );
        std::fs::remove_dir(&path).unwrap();
        let mode = rustix::fs::Mode::RUSR;
        rustix::fs::mknodat(rustix::fs::CWD, &path, FileType::Fifo, mode, 0).unwrap();
        assert!(
            told().contains("manifest.json is a FIFO, not a manifest"),
            "{}",
            told()
        );
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        assert!(
            told().contains("is a symbolic link to no file"),
            "{}",
            told()
        );
    }
}
