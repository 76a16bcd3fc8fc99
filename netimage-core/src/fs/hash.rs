//! Serialises a tree as a NAR, to a writer or to its hash.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::Path;

use rustix::fs::CWD;

use super::error::{FsError, failed};
use super::looked::Looked;
use super::transfer::{Buffer, read};
use super::walk::{Entry, TreeSink, Walk, read_tree, read_walk};
use crate::progress::Observer;
use crate::store::{HashWriter, NarHash, NarWriter};

/// Writes the NAR of what is at `path`: a file, a link or a whole directory.
///
/// The same bytes as `nix-store --dump PATH`.
///
/// # Errors
///
/// [`FsError`] when something cannot be read, is neither file, directory nor
/// link, or changes meanwhile, or when the writer fails.
pub fn dump_nar<W: Write>(path: &Path, writer: W) -> Result<W, FsError> {
    let mut sink = NarTree::new(writer, path)?;
    let mut buffer = Buffer::default();
    read_tree(path, &mut Reading::new(&mut sink, &mut buffer, &()), &())?;
    Ok(sink.nar.into_inner())
}

/// The NAR hash and NAR size, in bytes, of what is at `path`.
///
/// # Errors
///
/// As [`dump_nar`].
pub fn hash_nar(path: &Path) -> Result<(NarHash, u64), FsError> {
    let mut buffer = Buffer::default();
    let hashed = hash_tree(CWD, path, path, u64::MAX, (&mut buffer, &()))?;
    Ok((hashed.hash, hashed.size))
}

/// A tree that was hashed.
pub(crate) struct HashedTree {
    pub(crate) hash: NarHash,
    /// Bytes of its NAR.
    pub(crate) size: u64,
    /// Regular files and links in it.
    pub(crate) files: u64,
}

/// [`hash_nar`] of what has this name in an open directory, watched, with a buffer
/// that is used again; messages call it `path`. It reads no file and lists no
/// directory that would make the NAR longer than `size_max`: that is
/// [`FsError::TooLarge`].
pub(crate) fn hash_tree(
    directory: impl AsFd,
    name: &Path,
    path: &Path,
    size_max: u64,
    (buffer, observer): (&mut Buffer, &dyn Observer),
) -> Result<HashedTree, FsError> {
    let mut sink = NarTree::new(HashWriter::default(), path)?;
    let mut reading = Reading::new(&mut sink, buffer, observer);
    reading.size_max = size_max;
    // One more makes the NAR too long.
    let names_max = usize::try_from(size_max / ENTRY_SIZE_MIN).unwrap_or(usize::MAX);
    let walk = Walk::new(directory.as_fd(), name, path, names_max.saturating_add(1))?;
    read_walk(walk, &mut reading, observer)?;
    let files = reading.files;
    let (hash, size) = sink.nar.into_inner().finish();
    let hash = NarHash::from_bytes(hash);
    Ok(HashedTree { hash, size, files })
}

/// The SHA-256 of an open file, which has to have this many bytes; messages call it
/// `path`.
pub(crate) fn hash_file(
    file: &File,
    size: u64,
    path: &Path,
    (buffer, observer): (&mut Buffer, &dyn Observer),
) -> Result<[u8; 32], FsError> {
    let mut hash = HashWriter::default();
    let take = |bytes: &[u8]| hash.write_all(bytes).map_err(failed("hash", path));
    read(file, size, || path.to_owned(), buffer, observer, take)?;
    Ok(hash.finish().0)
}

/// Turns the nodes of a walk into the tokens of a NAR.
pub(crate) struct NarTree<W> {
    nar: NarWriter<W>,
}

impl<W: Write> NarTree<W> {
    pub(crate) fn new(writer: W, root: &Path) -> Result<Self, FsError> {
        let nar = NarWriter::new(writer).map_err(failed("serialise", root))?;
        Ok(Self { nar })
    }

    pub(crate) fn into_inner(self) -> W {
        self.nar.into_inner()
    }

    pub(crate) fn directory(&mut self, entry: Entry<'_>) -> Result<(), FsError> {
        self.node(entry, NarWriter::directory)
    }

    pub(crate) fn end_directory(&mut self, entry: Entry<'_>) -> Result<(), FsError> {
        self.end(entry, NarWriter::end)
    }

    pub(crate) fn symlink(&mut self, entry: Entry<'_>, target: &OsStr) -> Result<(), FsError> {
        self.node(entry, |nar| nar.symlink(target))?;
        self.end(entry, |_| Ok(()))
    }

    pub(crate) fn file(&mut self, entry: Entry<'_>, meta: &Looked) -> Result<(), FsError> {
        self.node(entry, |nar| nar.file(meta.is_executable(), meta.size))
    }

    pub(crate) fn contents(&mut self, entry: Entry<'_>, bytes: &[u8]) -> Result<(), FsError> {
        self.nar
            .contents(bytes)
            .map_err(|error| FsError::io("serialise", entry.path(), error))
    }

    pub(crate) fn end_file(&mut self, entry: Entry<'_>, meta: &Looked) -> Result<(), FsError> {
        self.end(entry, |nar| nar.end_file(meta.size))
    }

    /// Opens the entry, unless the node is the root, and writes its beginning.
    fn node(
        &mut self,
        entry: Entry<'_>,
        begin: impl FnOnce(&mut NarWriter<W>) -> std::io::Result<()>,
    ) -> Result<(), FsError> {
        entry
            .os_name()
            .map_or(Ok(()), |name| self.nar.entry(name))
            .and_then(|()| begin(&mut self.nar))
            .map_err(|error| FsError::io("serialise", entry.path(), error))
    }

    /// Writes the node's end and closes the entry.
    fn end(
        &mut self,
        entry: Entry<'_>,
        end: impl FnOnce(&mut NarWriter<W>) -> std::io::Result<()>,
    ) -> Result<(), FsError> {
        end(&mut self.nar)
            .and_then(|()| entry.name.map_or(Ok(()), |_| self.nar.end()))
            .map_err(|error| FsError::io("serialise", entry.path(), error))
    }
}

/// A [`NarTree`] that reads the files it is given.
struct Reading<'walk, W> {
    nar: &'walk mut NarTree<W>,
    buffer: &'walk mut Buffer,
    observer: &'walk dyn Observer,
    size_max: u64,
    /// What the NAR will have at least.
    size: u64,
    files: u64,
}

/// Bytes that a NAR has at least for a name: those of an empty directory.
const ENTRY_SIZE_MIN: u64 = 168;

impl<'walk, W: Write> Reading<'walk, W> {
    fn new(
        nar: &'walk mut NarTree<W>,
        buffer: &'walk mut Buffer,
        observer: &'walk dyn Observer,
    ) -> Self {
        Self {
            nar,
            buffer,
            observer,
            size_max: u64::MAX,
            size: 0,
            files: 0,
        }
    }

    /// Makes sure that this many more bytes are not too many.
    fn expect(&mut self, size: u64, entry: Entry<'_>) -> Result<(), FsError> {
        self.size = self.size.saturating_add(size);
        if self.size > self.size_max {
            return Err(FsError::TooLarge {
                path: entry.path(),
                size_max: self.size_max,
            });
        }
        Ok(())
    }
}

impl<W: Write> TreeSink for Reading<'_, W> {
    fn directory(&mut self, entry: Entry<'_>) -> Result<(), FsError> {
        self.nar.directory(entry)
    }

    fn end_directory(&mut self, entry: Entry<'_>) -> Result<(), FsError> {
        self.nar.end_directory(entry)
    }

    fn symlink(&mut self, entry: Entry<'_>, target: &OsStr) -> Result<(), FsError> {
        self.files += 1;
        self.nar.symlink(entry, target)
    }

    fn listed(&mut self, entry: Entry<'_>, names: usize) -> Result<(), FsError> {
        self.expect(ENTRY_SIZE_MIN.saturating_mul(names as u64), entry)
    }

    fn file(&mut self, entry: Entry<'_>, file: &File, meta: &Looked) -> Result<(), FsError> {
        self.files += 1;
        self.expect(meta.size, entry)?;
        self.nar.file(entry, meta)?;
        let nar = &mut *self.nar;
        read(
            file,
            meta.size,
            || entry.path(),
            self.buffer,
            self.observer,
            |bytes| nar.contents(entry, bytes),
        )?;
        self.nar.end_file(entry, meta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A tree is hashed up to just its own size, and no huge file beyond is read.
    #[test]
    fn reads_no_more_than_it_may() {
        let place = tempfile::tempdir().unwrap();
        let tree = place.path().join("tree");
        let hash = |size_max| {
            let mut buffer = Buffer::default();
            let directory = File::open(place.path()).unwrap();
            let name = Path::new("tree");
            hash_tree(&directory, name, &tree, size_max, (&mut buffer, &()))
        };
        fs::create_dir(&tree).unwrap();
        let empty = hash_nar(&tree).unwrap().1;
        fs::create_dir(tree.join("d")).unwrap();
        let size = hash_nar(&tree).unwrap().1;
        // Nothing takes less of a NAR than an empty directory with a short name.
        assert_eq!(size - empty, ENTRY_SIZE_MIN);
        fs::write(tree.join("d/file"), [7; 1000]).unwrap();
        std::os::unix::fs::symlink("d", tree.join("link")).unwrap();
        let (all, size) = hash_nar(&tree).unwrap();
        let hashed = hash(size).unwrap();
        assert_eq!((hashed.hash, hashed.size, hashed.files), (all, size, 2));
        fs::File::create(tree.join("z"))
            .unwrap()
            .set_len(1 << 40)
            .unwrap();
        assert!(matches!(hash(size), Err(FsError::TooLarge { size_max, .. }) if size_max == size));
        fs::remove_file(tree.join("z")).unwrap();
        for number in 0..100 {
            fs::create_dir(tree.join(number.to_string())).unwrap();
        }
        assert!(matches!(hash(size), Err(FsError::TooLarge { .. })));
    }
}
