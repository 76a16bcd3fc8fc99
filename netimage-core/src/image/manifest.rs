//! What an image holds, object by object.

use std::ffi::OsString;
use std::io;
use std::path::Path;

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::RootKind;
use super::object::ManifestObject;
use super::spec::ImageSpec;
use crate::boot::Board;
use crate::nfs::NfsRoot;
use crate::store::{HashWriter, StoreDir, StorePath};
use crate::tree::TargetName;

/// The version of the manifest that this library reads and writes.
pub(super) const MANIFEST_VERSION: u32 = 1;

/// The contents of an image, as `net-image/manifest.json` lists them.
/// `docs/formats.md` has the JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Manifest {
    pub(super) version: u32,
    /// The image's name.
    pub name: String,
    /// The name of the root below `net-image/os`.
    pub root_directory_name: TargetName,
    /// The system that built the image.
    pub system: String,
    /// The store directory.
    pub store_dir: StoreDir,
    /// The system to boot.
    pub toplevel: Option<StorePath>,
    /// Whether it is lean: store paths and boot files lie in the store where it was built.
    pub lean: bool,
    /// Where the Pi has its store.
    pub root_kind: RootKind,
    /// Where the Pi mounts its root from or, where machines share a store, the store.
    pub nfs: NfsRoot,
    /// The boards that the image has to boot; none when the spec names none.
    pub boards: Vec<Board>,
    /// Codes of findings that were allowed.
    pub allow: Vec<String>,
    /// Sums over what follows.
    pub totals: Totals,
    /// The boot tree, by name.
    pub boot: Vec<BootFile>,
    /// The root beside its store, by name.
    pub root: Vec<RootEntry>,
    /// The store, by path.
    pub store: Vec<ManifestObject>,
}

/// Sums over an image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Totals {
    /// Store paths.
    pub store_paths: u64,
    /// Regular files and links in the store; none where they have not been counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub store_files: Option<u64>,
    /// NAR sizes of the store paths, in bytes.
    pub nar_size: u64,
    /// Files of the boot tree.
    pub boot_files: u64,
    /// Bytes of the boot tree.
    pub boot_size: u64,
}

/// A file of the boot tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BootFile {
    /// The name it is asked for over TFTP.
    pub name: TargetName,
    /// SHA-256 of its bytes.
    pub sha256: FileHash,
    /// Its bytes, by count.
    pub size: u64,
}

/// A name of the root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RootEntry {
    /// The name, below the root.
    pub name: TargetName,
    /// What it stands for.
    #[serde(flatten)]
    pub node: RootNode,
}

/// What a name of the root stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase")]
#[non_exhaustive]
pub enum RootNode {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// SHA-256 of its bytes.
        sha256: FileHash,
        /// Its bytes, by count.
        size: u64,
        /// Whether its owner may execute it.
        executable: bool,
    },
    /// A symbolic link.
    Symlink {
        /// What it points to, as it stands in the link.
        #[serde(with = "crate::tree::json_bytes")]
        target: OsString,
    },
}

impl std::fmt::Display for RootNode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Directory => formatter.write_str("a directory"),
            Self::Symlink { target } => write!(formatter, "a link to {}", target.display()),
            Self::File {
                sha256,
                size,
                executable,
            } => {
                let kind = if *executable { "an executable" } else { "a" };
                write!(formatter, "{kind} file of {size} bytes, SHA-256 {sha256}")
            }
        }
    }
}

/// The SHA-256 of a file's bytes, printed as `sha256sum` does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FileHash([u8; 32]);

impl FileHash {
    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The hash of these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut hash = HashWriter::default();
        hash.update(bytes);
        Self(hash.finish().0)
    }
}

impl std::fmt::Display for FileHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl std::fmt::Debug for FileHash {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "FileHash({self})")
    }
}

impl From<FileHash> for String {
    fn from(hash: FileHash) -> Self {
        hash.to_string()
    }
}

impl TryFrom<String> for FileHash {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok();
        bytes
            .and_then(|bytes| bytes.try_into().ok())
            .map(Self)
            .ok_or_else(|| format!("{text:?} is not a SHA-256 of 64 lower-case hexadecimal digits"))
    }
}

impl Manifest {
    /// Of an image of which nothing is written yet.
    pub(crate) fn new(spec: ImageSpec) -> Self {
        Self {
            version: MANIFEST_VERSION,
            name: spec.name,
            root_directory_name: spec.root_directory_name,
            system: spec.system,
            toplevel: spec.toplevel,
            store_dir: spec.store_dir,
            lean: false,
            root_kind: spec.root_kind,
            nfs: spec.nfs,
            boards: spec.boards,
            allow: spec.allow,
            totals: Totals::default(),
            boot: Vec::new(),
            root: Vec::new(),
            store: Vec::new(),
        }
    }

    /// Sorts the lists and sums them up.
    pub(crate) fn complete(mut self) -> Self {
        self.boot
            .sort_unstable_by(|one, other| one.name.cmp(&other.name));
        self.root
            .sort_unstable_by(|one, other| one.name.cmp(&other.name));
        self.store
            .sort_unstable_by(|one, other| one.path.cmp(&other.path));
        self.totals = self.sums();
        self
    }

    /// What the totals have to be.
    pub(crate) fn sums(&self) -> Totals {
        let files: Option<Vec<u64>> = self.store.iter().map(|object| object.files).collect();
        Totals {
            store_paths: self.store.len() as u64,
            store_files: files.map(|files| sum(files.into_iter())),
            nar_size: sum(self.store.iter().map(|object| object.nar_size)),
            boot_files: self.boot.len() as u64,
            boot_size: sum(self.boot.iter().map(|file| file.size)),
        }
    }

    /// Bytes that the image holds, without what NARs have beside.
    pub(crate) fn size(&self) -> u64 {
        let of_root = self.root.iter().map(|entry| match entry.node {
            RootNode::File { size, .. } => size,
            RootNode::Directory | RootNode::Symlink { .. } => 0,
        });
        let sums = self.sums();
        sum(of_root.chain([sums.nar_size, sums.boot_size]))
    }

    /// Prints the manifest: JSON with a final line feed.
    ///
    /// # Errors
    ///
    /// What the writer returns.
    pub fn write(&self, mut writer: impl io::Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut writer, self)?;
        writer.write_all(b"\n")
    }

    /// The same in memory.
    pub(crate) fn text(&self) -> Vec<u8> {
        let mut text = Vec::new();
        // Nothing fails there.
        let _ = self.write(&mut text);
        text
    }

    /// What has a name in the root, beside the store.
    pub(crate) fn root_node(&self, name: impl AsRef<Path>) -> Option<&RootNode> {
        let name = name.as_ref();
        let mut entries = self.root.iter();
        let entry = entries.find(|entry| entry.name.as_path() == name)?;
        Some(&entry.node)
    }
}

/// The sum, or as much as a manifest that lies can have.
fn sum(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use super::super::{MANIFEST, ManifestError};
    use super::*;
    use crate::store::NarHash;
    use proptest::prelude::*;
    use std::os::unix::ffi::OsStringExt;

    fn manifest(names: Vec<Vec<u8>>, hash: [u8; 32]) -> Manifest {
        let names = names.into_iter().map(OsString::from_vec);
        let names: Vec<_> = names
            .filter_map(|name| TargetName::new(name).ok())
            .collect();
        let file = |(at, name): (usize, TargetName)| {
            let node = match at % 3 {
                0 => RootNode::Directory,
                1 => RootNode::Symlink {
                    target: name.as_path().into(),
                },
                _ => RootNode::File {
                    sha256: FileHash(hash),
                    size: 7,
                    executable: true,
                },
            };
            RootEntry { name, node }
        };
        let boot = |name: TargetName| BootFile {
            name,
            sha256: FileHash(hash),
            size: u64::MAX / 256,
        };
        Manifest {
            version: MANIFEST_VERSION,
            name: "image".to_owned(),
            root_directory_name: "image-1".parse().unwrap(),
            system: "x86_64-linux".to_owned(),
            store_dir: StoreDir::default(),
            lean: true,
            toplevel: None,
            root_kind: RootKind::Shared,
            nfs: "[2001:db8::1]:/srv,vers=3,hard".parse().unwrap(),
            boards: vec![Board::Rpi4],
            allow: vec!["nfs-soft".to_owned()],
            totals: Totals::default(),
            boot: names.iter().cloned().map(boot).collect(),
            root: names.into_iter().enumerate().map(file).collect(),
            store: vec![ManifestObject {
                path: "00000000000000000000000000000001-a".parse().unwrap(),
                nar_hash: NarHash::from_bytes(hash),
                nar_size: 120,
                files: Some(1),
            }],
        }
        .complete()
    }

    fn read(json: &[u8]) -> Result<Manifest, ManifestError> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join(MANIFEST), json).unwrap();
        Manifest::read(dir.path())
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(
            names in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 1..9), 0..9),
            hash in any::<[u8; 32]>(),
        ) {
            let manifest = manifest(names, hash);
            let mut json = Vec::new();
            manifest.write(&mut json).unwrap();
            prop_assert_eq!(read(&json).unwrap(), manifest);
        }
    }

    #[test]
    fn only_manifests_of_this_version_with_real_store_paths() {
        let mut json = Vec::new();
        manifest(Vec::new(), [0; 32]).write(&mut json).unwrap();
        let json = String::from_utf8(json).unwrap();
        let with = |from: &str, to: &str| read(json.replacen(from, to, 1).as_bytes());
        assert!(matches!(
            with("\"version\": 1", "\"version\": 2"),
            Err(ManifestError::Version { version: 2, .. })
        ));
        assert!(matches!(with("{", "[]"), Err(ManifestError::Json { .. })));
        let escape = with("/nix/store/0", "/nix/store/../0");
        assert!(matches!(escape, Err(ManifestError::StorePath { .. })));
        for (name, is_single) in [("a/b", false), ("a-b", true)] {
            let read = with("image-1", name);
            let refused = matches!(read, Err(ManifestError::RootDirectoryName(_)));
            assert_eq!(refused, !is_single, "{name}");
        }
        let none = tempfile::tempdir().unwrap();
        assert!(matches!(
            Manifest::read(none.path()),
            Err(ManifestError::Missing(_))
        ));
    }
}
