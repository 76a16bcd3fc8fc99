//! What a plan's image holds, told without making it.

use std::io::Write;

use crate::closure::Registration;
use crate::fs::{Buffer, FsError, failed, hash_file, open_regular};
use crate::image::{
    BootFile, FIRMWARE, FileHash, ImagePlan, Manifest, ManifestObject, REGISTRATION, RootEntry,
    RootNode,
};
use crate::progress::Observer;
use crate::store::HashWriter;
use crate::tree::{Node, Source, TargetName};

impl FileHash {
    /// Hashes the bytes of a plan's file, where they are now.
    ///
    /// # Errors
    ///
    /// [`FsError`] when they cannot be read or are not as many as were planned, or the
    /// observer asked to stop.
    pub fn of_source(source: &Source, observer: &dyn Observer) -> Result<Self, FsError> {
        hash_source(source, (&mut Buffer::default(), observer))
    }
}

fn hash_source(source: &Source, how: (&mut Buffer, &dyn Observer)) -> Result<FileHash, FsError> {
    let hash = match source {
        Source::File { path, size } => {
            let (file, _) = open_regular(path)?;
            hash_file(&file, *size, path, how)?
        }
        Source::Bytes(bytes) => {
            let mut hash = HashWriter::default();
            hash.update(bytes);
            hash.finish().0
        }
    };
    Ok(FileHash::from_bytes(hash))
}

impl Manifest {
    /// Lists what the plan's image holds, but for the Nix database, and writes nothing.
    /// Files are read for their hashes; store paths are taken as the closure has them,
    /// with their own files not counted.
    ///
    /// # Errors
    ///
    /// As [`FileHash::of_source`].
    pub fn of_plan(plan: &ImagePlan, observer: &dyn Observer) -> Result<Self, FsError> {
        let mut manifest = Self::new(plan.spec().clone());
        let mut buffer = Buffer::default();
        let mut hash = |source: &Source| hash_source(source, (&mut buffer, observer));
        for (name, node) in plan.boot().as_tree() {
            if let Node::File { source, .. } = node {
                manifest.boot.push(BootFile {
                    name: name.clone(),
                    sha256: hash(source)?,
                    size: source.size(),
                });
            }
        }
        for (name, node) in plan.root() {
            let node = match node {
                Node::Directory => RootNode::Directory,
                Node::Symlink { target } => RootNode::Symlink {
                    target: target.clone(),
                },
                Node::File { source, executable } => RootNode::File {
                    sha256: match second_of(name, &manifest.boot) {
                        Some(file) => file.sha256,
                        None => hash(source)?,
                    },
                    size: source.size(),
                    executable: *executable,
                },
            };
            let name = name.clone();
            manifest.root.push(RootEntry { name, node });
        }
        let mut registration = HashWriter::default();
        write!(registration, "{}", Registration::new(plan.closure()))
            .map_err(failed("hash", REGISTRATION.as_ref()))?;
        let (sha256, size) = registration.finish();
        manifest.root.push(root_file(REGISTRATION, sha256, size));
        let paths = plan.closure().paths().iter();
        manifest.store = paths.map(|info| ManifestObject::new(info, None)).collect();
        Ok(manifest.complete())
    }
}

/// A file of the root that no one may execute.
pub(super) fn root_file(name: &'static str, sha256: [u8; 32], size: u64) -> RootEntry {
    let node = RootNode::File {
        sha256: FileHash::from_bytes(sha256),
        size,
        executable: false,
    };
    let name = TargetName::constant(name);
    RootEntry { name, node }
}

/// The file of the sorted boot tree that a name of the root repeats.
pub(super) fn second_of<'boot>(
    name: &TargetName,
    boot: &'boot [BootFile],
) -> Option<&'boot BootFile> {
    let below = name.strip_prefix(&TargetName::constant(FIRMWARE))?;
    let at = boot.binary_search_by(|file| file.name.cmp(&below)).ok()?;
    boot.get(at)
}
