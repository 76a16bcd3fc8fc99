//! Serialises a tree as a NAR, to a writer or to its hash.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::error::{FsError, failed};
use super::transfer::{Buffer, read};
use super::walk::{Entry, FileMeta, TreeSink, open_regular, walk};
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
    walk(path, &mut Reading::new(&mut sink, &mut buffer, &()), &())?;
    Ok(sink.nar.into_inner())
}

/// The NAR hash and NAR size, in bytes, of what is at `path`.
///
/// # Errors
///
/// As [`dump_nar`].
pub fn hash_nar(path: &Path) -> Result<(NarHash, u64), FsError> {
    hash_tree(path, &mut Buffer::default(), &())
}

/// [`hash_nar`], watched, with a buffer that is used again.
pub(crate) fn hash_tree(
    path: &Path,
    buffer: &mut Buffer,
    observer: &dyn Observer,
) -> Result<(NarHash, u64), FsError> {
    let mut sink = NarTree::new(HashWriter::default(), path)?;
    walk(
        path,
        &mut Reading::new(&mut sink, buffer, observer),
        observer,
    )?;
    let (hash, size) = sink.nar.into_inner().finish();
    Ok((NarHash::from_bytes(hash), size))
}

/// The SHA-256 and the bytes of one file, following links.
pub(crate) fn hash_file(
    path: &Path,
    buffer: &mut Buffer,
    observer: &dyn Observer,
) -> Result<([u8; 32], u64), FsError> {
    let (file, meta) = open_regular(path)?;
    let mut hash = HashWriter::default();
    read(
        &file,
        &meta,
        || path.to_owned(),
        buffer,
        observer,
        |bytes| hash.write_all(bytes).map_err(failed("hash", path)),
    )?;
    Ok(hash.finish())
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

    pub(crate) fn file(&mut self, entry: Entry<'_>, meta: &FileMeta) -> Result<(), FsError> {
        self.node(entry, |nar| nar.file(meta.executable, meta.size))
    }

    pub(crate) fn contents(&mut self, entry: Entry<'_>, bytes: &[u8]) -> Result<(), FsError> {
        self.nar
            .contents(bytes)
            .map_err(|error| FsError::io("serialise", entry.path(), error))
    }

    pub(crate) fn end_file(&mut self, entry: Entry<'_>, meta: &FileMeta) -> Result<(), FsError> {
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
}

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
        }
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
        self.nar.symlink(entry, target)
    }

    fn file(&mut self, entry: Entry<'_>, file: &File, meta: &FileMeta) -> Result<(), FsError> {
        self.nar.file(entry, meta)?;
        let nar = &mut *self.nar;
        read(
            file,
            meta,
            || entry.path(),
            self.buffer,
            self.observer,
            |bytes| nar.contents(entry, bytes),
        )?;
        self.nar.end_file(entry, meta)
    }
}
