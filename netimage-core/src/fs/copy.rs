//! Copies one store path, proving its NAR hash on the way.

use std::collections::HashMap;
use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, OFlags, linkat, mkdirat, openat, symlinkat, utimensat};

use super::directories::Directories;
use super::error::{FsError, failed};
use super::hash::NarTree;
use super::hashing::Hashing;
use super::looked::Looked;
use super::open_directory::{EPOCH, seal};
use super::transfer::{Buffer, Method, Writer, copy_range, file_mode, read, reflink};
use super::walk::{Entry, TreeSink, join, read_tree};
use crate::progress::Observer;
use crate::store::NarHash;

/// What a copy found on its way.
pub(crate) struct Copied {
    /// NAR hash and NAR size, when they were asked for.
    pub(crate) nar: Option<(NarHash, u64)>,
    /// Regular files and links.
    pub(crate) files: u64,
}

/// Copies the tree at `source` to `name` in the directory `parent`, with
/// Nix's modes and times, and gives its NAR to `hashing` meanwhile.
///
/// `parent_path` is what messages call `parent`.
pub(crate) fn copy_tree(
    source: &Path,
    (parent, parent_path): (BorrowedFd<'_>, &Path),
    name: &OsStr,
    hashing: Option<Hashing>,
    method: &Method,
    buffer: &mut Buffer,
    observer: &dyn Observer,
) -> Result<Copied, FsError> {
    let target = parent_path.join(name);
    let nar = hashing
        .map(|hashing| NarTree::new(hashing, source))
        .transpose()?;
    let mut sink = CopySink {
        parent,
        name: CString::new(name.as_bytes())
            .map_err(|_| FsError::io("create", &target, rustix::io::Errno::INVAL))?,
        target: &target,
        directories: Directories::default(),
        links: HashMap::new(),
        nar,
        files: 0,
        method,
        buffer,
        observer,
    };
    read_tree(source, &mut sink, observer)?;
    let nar = sink.nar.map(|nar| nar.into_inner().finish());
    let nar = nar.transpose().map_err(failed("hash", source))?;
    Ok(Copied {
        nar: nar.map(|(hash, size)| (NarHash::from_bytes(hash), size)),
        files: sink.files,
    })
}

struct CopySink<'copy> {
    parent: BorrowedFd<'copy>,
    name: CString,
    target: &'copy Path,
    /// The target's directories from its root to the current one.
    directories: Directories,
    /// First names, below the target, of files with several.
    links: HashMap<(u64, u64), PathBuf>,
    nar: Option<NarTree<Hashing>>,
    files: u64,
    method: &'copy Method,
    buffer: &'copy mut Buffer,
    observer: &'copy dyn Observer,
}

impl<'copy> CopySink<'copy> {
    fn failed<'entry, E: Into<io::Error>>(
        &self,
        operation: &'static str,
        entry: Entry<'entry>,
    ) -> impl Fn(E) -> FsError + use<'copy, 'entry, E> {
        let target = self.target;
        move |error| FsError::io(operation, join(target, entry.relative), error)
    }

    /// The directory and the name under which an entry is created.
    fn place<'place>(
        &'place self,
        entry: &Entry<'place>,
    ) -> (BorrowedFd<'place>, &'place std::ffi::CStr) {
        let directory = self.directories.last().unwrap_or(self.parent);
        (directory, entry.name.unwrap_or(&self.name))
    }

    /// Makes the entry another name of a file that was copied before.
    fn link(&self, first: &Path, entry: Entry<'_>) -> rustix::io::Result<()> {
        let root = self.directories.first().unwrap_or(self.parent);
        let (directory, name) = self.place(&entry);
        linkat(root, first, directory, name, AtFlags::empty())
    }

    /// Creates the file and fills it in the cheapest way that still proves it.
    fn create(&mut self, entry: Entry<'_>, source: &File, meta: &Looked) -> Result<(), FsError> {
        let mode = file_mode(meta.is_executable());
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let (directory, name) = self.place(&entry);
        let target = openat(directory, name, flags, mode)
            .map(File::from)
            .map_err(|error| self.failed("create", entry)(error))?;
        if meta.size > 0
            && reflink(source, &target, self.method).map_err(self.failed("write", entry))?
        {
            // What was cloned is proved, not what it was cloned from.
            if target.metadata().map_err(self.failed("read", entry))?.len() != meta.size {
                return Err(FsError::Changed { path: entry.path() });
            }
            if self.nar.is_some() {
                self.read(entry, &target, meta, None)?;
            } else {
                self.observer.advance(meta.size);
            }
        } else {
            let (method, observer) = (self.method, self.observer);
            let copied = self.nar.is_none()
                && copy_range(source, &target, meta, || entry.path(), method, observer)?;
            if !copied {
                self.read(entry, source, meta, Some(&target))?;
            }
        }
        seal(&target, mode).map_err(self.failed("set the mode of", entry))
    }

    /// Reads the source once, for the hash and for the target.
    fn read(
        &mut self,
        entry: Entry<'_>,
        source: &File,
        meta: &Looked,
        target: Option<&File>,
    ) -> Result<(), FsError> {
        if let Some(nar) = &mut self.nar {
            nar.file(entry, meta)?;
        }
        let mut writer = target.map(|target| Writer::new(target, meta));
        let failed = target.map(|_| self.failed::<io::Error>("write", entry));
        let nar = &mut self.nar;
        read(
            source,
            meta.size,
            || entry.path(),
            self.buffer,
            self.observer,
            |bytes| {
                if let Some(nar) = nar {
                    nar.contents(entry, bytes)?;
                }
                match (&mut writer, &failed) {
                    (Some(writer), Some(failed)) => writer.write(bytes).map_err(failed),
                    _ => Ok(()),
                }
            },
        )?;
        if let (Some(writer), Some(failed)) = (writer, failed) {
            writer.finish().map_err(failed)?;
        }
        self.nar
            .as_mut()
            .map_or(Ok(()), |nar| nar.end_file(entry, meta))
    }
}

impl TreeSink for CopySink<'_> {
    fn directory(&mut self, entry: Entry<'_>) -> Result<(), FsError> {
        if let Some(nar) = &mut self.nar {
            nar.directory(entry)?;
        }
        let (parent, name) = self.place(&entry);
        mkdirat(parent, name, Mode::RWXU).map_err(self.failed("create", entry))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = openat(parent, name, flags, Mode::empty())
            .map_err(|error| self.failed("open", entry)(error))?;
        self.directories
            .push(directory)
            .map_err(self.failed("open", entry))
    }

    fn end_directory(&mut self, entry: Entry<'_>) -> Result<(), FsError> {
        let directory = self.directories.pop();
        if let Some(directory) = directory.map_err(self.failed("leave", entry))? {
            seal(&directory, file_mode(true)).map_err(self.failed("set the mode of", entry))?;
        }
        self.nar
            .as_mut()
            .map_or(Ok(()), |nar| nar.end_directory(entry))
    }

    fn symlink(&mut self, entry: Entry<'_>, target: &OsStr) -> Result<(), FsError> {
        self.files += 1;
        let (directory, name) = self.place(&entry);
        symlinkat(target, directory, name).map_err(|error| self.failed("create", entry)(error))?;
        utimensat(directory, name, &EPOCH, AtFlags::SYMLINK_NOFOLLOW)
            .map_err(|error| self.failed("set the time of", entry)(error))?;
        self.nar
            .as_mut()
            .map_or(Ok(()), |nar| nar.symlink(entry, target))
    }

    fn file(&mut self, entry: Entry<'_>, file: &File, meta: &Looked) -> Result<(), FsError> {
        self.files += 1;
        if let Some(inode) = meta.shared() {
            if let Some(first) = self.links.get(&inode)
                && self.link(first, entry).is_ok()
            {
                return if self.nar.is_some() {
                    self.read(entry, file, meta, None)
                } else {
                    self.observer.advance(meta.size);
                    Ok(())
                };
            }
            // Also when the first name has all the links that it can have.
            if entry.name.is_some() {
                self.links.insert(inode, entry.relative.to_owned());
            }
        }
        self.create(entry, file, meta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::fd::AsFd;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// Asks to stop once something has been copied.
    #[derive(Default)]
    struct Impatient(AtomicU64);

    impl Observer for Impatient {
        fn advance(&self, bytes: u64) {
            self.0.fetch_add(bytes, Ordering::Relaxed);
        }

        fn is_cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed) > 0
        }
    }

    fn copy(
        source: &Path,
        into: &Path,
        hash: bool,
        observer: &dyn Observer,
    ) -> Result<Copied, FsError> {
        let hashing = hash.then(Hashing::aside);
        let directory = File::open(into).unwrap();
        let (method, mut buffer) = (Method::default(), Buffer::default());
        let target = (directory.as_fd(), into);
        copy_tree(
            source,
            target,
            "copy".as_ref(),
            hashing,
            &method,
            &mut buffer,
            observer,
        )
    }

    #[test]
    fn a_cancelled_copy_is_no_copy() {
        for hash in [true, false] {
            let dir = tempfile::tempdir().unwrap();
            let source = dir.path().join("source");
            fs::write(&source, vec![1; 40 << 20]).unwrap();
            let cancelled = copy(&source, dir.path(), hash, &Impatient::default());
            assert!(matches!(cancelled, Err(FsError::Cancelled)), "hash: {hash}");
        }
    }

    #[test]
    fn holes_and_links_stay() {
        use std::os::unix::fs::MetadataExt;
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("source");
        fs::create_dir(&source).unwrap();
        let sparse = fs::File::create(source.join("a")).unwrap();
        sparse.set_len(64 << 20).unwrap();
        fs::hard_link(source.join("a"), source.join("b")).unwrap();
        let copied = copy(&source, dir.path(), true, &()).unwrap();
        assert_eq!(copied.nar.unwrap(), crate::fs::hash_nar(&source).unwrap());
        let (a, b) = (dir.path().join("copy/a"), dir.path().join("copy/b"));
        assert_eq!(
            fs::metadata(&a).unwrap().ino(),
            fs::metadata(&b).unwrap().ino()
        );
        assert!(fs::metadata(&a).unwrap().blocks() < 1000);
        assert_eq!(fs::metadata(&a).unwrap().len(), 64 << 20);
    }

    #[test]
    fn depth_needs_few_open_directories() {
        let dir = tempfile::tempdir().unwrap();
        let source = dir.path().join("source");
        let mut at = source.clone();
        for level in 0..300 {
            at.push("d");
            if level == 150 {
                fs::create_dir_all(at.join("z")).unwrap();
            }
        }
        fs::create_dir_all(&at).unwrap();
        fs::write(at.join("file"), "x").unwrap();
        let copied = copy(&source, dir.path(), true, &()).unwrap();
        let copy = crate::fs::hash_nar(&dir.path().join("copy")).unwrap();
        assert_eq!(copied.nar.unwrap(), copy);
        assert_eq!(copied.files, 1);
    }
}
