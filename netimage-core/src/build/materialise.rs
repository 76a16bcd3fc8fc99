//! Writes a plan into an empty directory.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::database::{DATABASE_FILES, Database};
use super::error::BuildError;
use super::list::{root_file, second_of};
use super::objects::copy_each;
use super::options::BuildOptions;
use crate::closure::Registration;
use crate::fs::{Buffer, FileContents, FsError, OpenDirectory, file_mode, seal, write_file};
use crate::image::{
    BOOT, BootFile, FileHash, ImagePlan, MANIFEST, Manifest, ManifestObject, NET_IMAGE,
    NIX_SUPPORT, OS, REGISTRATION, RootEntry, RootNode,
};
use crate::progress::{Observer, Stage};
use crate::store::HashWriter;
use crate::tree::{Node, Source, TargetName, Tree};

/// An image that was written.
pub(crate) struct Written {
    pub(crate) manifest: Manifest,
    /// How long each stage took.
    pub(crate) stages: Vec<(Stage, Duration)>,
}

/// Writes all of `plan` into `directory`, which is empty, and in which no one else
/// can write meanwhile.
pub(crate) fn materialise(
    plan: &ImagePlan,
    directory: &OpenDirectory,
    options: &BuildOptions,
    observer: &dyn Observer,
) -> Result<Written, BuildError> {
    let mut stages = Vec::new();
    let mut manifest = Manifest::new(plan.spec().clone());
    let root = Path::new(NET_IMAGE)
        .join(OS)
        .join(plan.spec().root_directory_name.as_path());
    let store = root.join(plan.store_in_root());
    directory.make_directories(&store)?;
    let store = directory.open_in(&store)?;

    let start = Instant::now();
    manifest.lean = options.lean;
    if options.lean {
        let paths = plan.closure().paths().iter();
        manifest.store = paths.map(|info| ManifestObject::new(info, None)).collect();
    } else {
        observer.begin(Stage::Store, plan.store_size());
        manifest.store = copy_store(plan, &store, options, observer)?;
        stages.push((Stage::Store, start.elapsed()));
    }

    let start = Instant::now();
    // The boot tree is in the root's a second time, as links.
    observer.begin(Stage::Files, plan.root().size());
    let mut writer = TreeWriter {
        directory,
        boot: Path::new(NET_IMAGE).join(BOOT),
        root,
        plan,
        lean: options.lean,
        buffer: Buffer::default(),
        observer,
    };
    manifest.boot = writer.write_boot()?;
    manifest.root = writer.write_root(&manifest.boot)?;
    manifest.root.push(writer.write_registration()?);
    stages.push((Stage::Files, start.elapsed()));

    if plan.spec().nix_database {
        let start = Instant::now();
        observer.begin(Stage::Database, 0);
        manifest.root.extend(writer.write_database(options)?);
        stages.push((Stage::Database, start.elapsed()));
    }
    store.settle(".".as_ref(), 0o755)?;
    writer.settle_tree(&writer.root, plan.root(), root_mode)?;

    let manifest = manifest.complete();
    finish(directory, plan, &manifest)?;
    Ok(Written { manifest, stages })
}

fn copy_store(
    plan: &ImagePlan,
    store: &OpenDirectory,
    options: &BuildOptions,
    observer: &dyn Observer,
) -> Result<Vec<ManifestObject>, BuildError> {
    let objects: Vec<_> = plan.objects().collect();
    let how = (options.jobs, options.verification);
    let copied = copy_each(&objects, (store, str::to_owned), how, observer);
    let copied = copied.map_err(|error| error.with_reason(plan.closure()))?;
    let objects = plan.closure().paths().iter().zip(&copied);
    let objects = objects.map(|(info, copied)| ManifestObject::new(info, Some(copied.files)));
    Ok(objects.collect())
}

/// Writes the manifest and `nix-support`, and settles the image's own directories.
fn finish(
    directory: &OpenDirectory,
    plan: &ImagePlan,
    manifest: &Manifest,
) -> Result<(), BuildError> {
    let (net_image, support) = (Path::new(NET_IMAGE), Path::new(NIX_SUPPORT));
    write_new(directory, &net_image.join(MANIFEST), |writer| {
        manifest.write(writer)
    })?;
    directory.make_directories(support)?;
    write_new(directory, &support.join("system"), |writer| {
        writeln!(writer, "{}", plan.spec().system)
    })?;
    for settled in [support, &net_image.join(OS), net_image, Path::new(".")] {
        directory.settle(settled, 0o755)?;
    }
    Ok(())
}

struct TreeWriter<'write> {
    directory: &'write OpenDirectory,
    /// Below the directory, as is the next.
    boot: PathBuf,
    root: PathBuf,
    plan: &'write ImagePlan,
    lean: bool,
    buffer: Buffer,
    observer: &'write dyn Observer,
}

impl TreeWriter<'_> {
    fn write_boot(&mut self) -> Result<Vec<BootFile>, FsError> {
        self.directory.make_directories(&self.boot)?;
        let mut files = Vec::new();
        let tree = self.plan.boot().as_tree();
        for (name, node) in tree {
            let target = self.boot.join(name.as_path());
            match node {
                Node::Directory | Node::Symlink { .. } => {
                    self.directory.make_directories(&target)?;
                }
                Node::File { source, .. } => {
                    let (sha256, size) = match self.plan.store_name(source) {
                        Some(link) if self.lean => {
                            self.directory.symlink(link.as_os_str(), &target)?;
                            (FileHash::of_source(source, self.observer)?, source.size())
                        }
                        _ => self.write(&target, source, false)?,
                    };
                    let name = name.clone();
                    files.push(BootFile { name, sha256, size });
                }
            }
        }
        self.settle_tree(&self.boot, tree, |_| 0o755)?;
        Ok(files)
    }

    fn write_root(&mut self, boot: &[BootFile]) -> Result<Vec<RootEntry>, FsError> {
        let mut entries = Vec::new();
        for (name, node) in self.plan.root() {
            let target = self.root.join(name.as_path());
            let node = match node {
                Node::Directory => {
                    self.directory.make_directories(&target)?;
                    RootNode::Directory
                }
                Node::Symlink { target: link } => {
                    self.directory.symlink(link, &target)?;
                    RootNode::Symlink {
                        target: link.clone(),
                    }
                }
                Node::File { source, executable } => {
                    let (sha256, size) = match second_of(name, boot) {
                        Some(file) if self.link(file, &target) => (file.sha256, file.size),
                        _ => self.write(&target, source, *executable)?,
                    };
                    RootNode::File {
                        sha256,
                        size,
                        executable: *executable,
                    }
                }
            };
            let name = name.clone();
            entries.push(RootEntry { name, node });
        }
        Ok(entries)
    }

    /// Whether a file of the boot tree could be given this second name.
    fn link(&self, file: &BootFile, target: &Path) -> bool {
        let first = self.boot.join(file.name.as_path());
        self.directory.link(&first, target)
    }

    /// Gives every directory of a tree its mode and time, the innermost first.
    fn settle_tree(
        &self,
        base: &Path,
        tree: &Tree,
        mode: impl Fn(&TargetName) -> u32,
    ) -> Result<(), FsError> {
        let directories: Vec<_> = tree
            .iter()
            .filter(|(_, node)| **node == Node::Directory)
            .collect();
        for (name, _) in directories.into_iter().rev() {
            let path = base.join(name.as_path());
            self.directory.settle(&path, mode(name))?;
        }
        self.directory.settle(base, 0o755)
    }

    fn write(
        &mut self,
        target: &Path,
        source: &Source,
        executable: bool,
    ) -> Result<(FileHash, u64), FsError> {
        let (hash, size) = self.copy(target, executable, &source.into())?;
        match source {
            Source::File { path, .. } if size != source.size() => {
                Err(FsError::Changed { path: path.clone() })
            }
            _ => Ok((FileHash::from_bytes(hash), size)),
        }
    }

    fn copy(
        &mut self,
        target: &Path,
        executable: bool,
        contents: &FileContents<'_>,
    ) -> Result<([u8; 32], u64), FsError> {
        let target = (self.directory, target);
        let (buffer, observer) = (&mut self.buffer, self.observer);
        write_file(target, executable, contents, buffer, observer)
    }

    fn write_registration(&mut self) -> Result<RootEntry, FsError> {
        let path = self.root.join(REGISTRATION);
        let mut hash = HashWriter::default();
        write_new(self.directory, &path, |writer| {
            write!(
                Tee(writer, &mut hash),
                "{}",
                Registration::new(self.plan.closure())
            )
        })?;
        let (sha256, size) = hash.finish();
        Ok(root_file(REGISTRATION, sha256, size))
    }

    fn write_database(&mut self, options: &BuildOptions) -> Result<Vec<RootEntry>, BuildError> {
        let registration = self.directory.open_file(&self.root.join(REGISTRATION))?;
        let store_dir = self.plan.closure().store_dir();
        let database = Database::load(registration, store_dir, options, self.observer)?;
        let mut entries = Vec::new();
        for file in DATABASE_FILES {
            let source = database.path(file);
            let target = self.root.join(file);
            let (sha256, size) = self.copy(&target, false, &FileContents::Path(&source))?;
            entries.push(root_file(file, sha256, size));
        }
        Ok(entries)
    }
}

/// Writes one small file of ours, with Nix's mode and time.
fn write_new(
    directory: &OpenDirectory,
    name: &Path,
    fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), FsError> {
    let mode = file_mode(false);
    let mut writer = BufWriter::new(directory.create(name, mode)?);
    let write = || {
        fill(&mut writer)?;
        writer.flush()?;
        seal(writer.get_ref(), mode)
    };
    write().map_err(|error: io::Error| FsError::io("write", directory.path_of(name), error))
}

/// Directory modes as systemd and NixOS expect them. Nix makes them all 0555
/// in an output, where it matters to no one but the server.
pub(crate) fn root_mode(name: &TargetName) -> u32 {
    match name.as_path().as_os_str().as_encoded_bytes() {
        b"tmp" | b"var/tmp" => 0o1777,
        b"root" => 0o700,
        b"proc" | b"sys" => 0o555,
        _ => 0o755,
    }
}

/// Writes to both.
struct Tee<'write, W>(&'write mut dyn Write, &'write mut W);

impl<W: Write> Write for Tee<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write_all(bytes)?;
        self.1.write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
