//! Moves the bytes of one file: read once, hashed and written from one buffer.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::Mode;
use rustix::io::Errno;

use super::enclosed::Enclosed;
use super::error::{FsError, failed};
use super::looked::Looked;
use super::open_directory::{OpenDirectory, seal};
use super::walk::open_regular;
use crate::progress::Observer;
use crate::store::HashWriter;
use crate::tree::Source;

/// Bytes read at a time.
const BUFFER_LENGTH: usize = 128 * 1024;

/// Bytes that the kernel is asked to copy at a time.
const PIECE_LENGTH: usize = 16 << 20;

/// One thread's read buffer.
pub(crate) struct Buffer(Box<[u8]>);

impl Default for Buffer {
    fn default() -> Self {
        Self(vec![0; BUFFER_LENGTH].into_boxed_slice())
    }
}

/// What the file system at hand has shown it can do; shared by all threads.
#[derive(Default)]
pub(crate) struct Method {
    no_reflink: AtomicBool,
    no_copy_range: AtomicBool,
}

/// The bytes of a file that is to be written, and where they come from.
pub(crate) enum FileContents<'source> {
    Bytes(&'source [u8]),
    Path(&'source Path),
    /// A file in a tree, out of which no name leads.
    Within(&'source Enclosed, &'source Path),
}

impl FileContents<'_> {
    /// Where they come from, unless they are in memory.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match *self {
            Self::Bytes(_) => None,
            Self::Path(path) => Some(path.to_owned()),
            Self::Within(tree, name) => Some(tree.path().join(name)),
        }
    }
}

impl<'source> From<&'source Source> for FileContents<'source> {
    fn from(source: &'source Source) -> Self {
        match source {
            Source::Bytes(bytes) => Self::Bytes(bytes),
            Source::File { path, .. } => Self::Path(path),
        }
    }
}

/// Nix's mode for a file: read-only, and executable or not.
pub(crate) fn file_mode(executable: bool) -> Mode {
    Mode::from_raw_mode(if executable { 0o555 } else { 0o444 })
}

/// Reads a file to its end in pieces, which has to be where its size says.
pub(crate) fn read(
    mut source: &File,
    size: u64,
    path: impl Fn() -> PathBuf,
    buffer: &mut Buffer,
    observer: &dyn Observer,
    mut take: impl FnMut(&[u8]) -> Result<(), FsError>,
) -> Result<(), FsError> {
    let mut done = 0;
    loop {
        if observer.is_cancelled() {
            return Err(FsError::Cancelled);
        }
        let read = match source.read(&mut buffer.0) {
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(FsError::io("read", path(), error)),
        };
        done += read as u64;
        if done > size || (read == 0 && done < size) {
            return Err(FsError::Changed { path: path() });
        }
        if read > 0 {
            take(&buffer.0[..read])?;
            observer.advance(read as u64);
        }
        // A regular file gives less than asked only at its end.
        if read < BUFFER_LENGTH && done == size {
            return Ok(());
        }
    }
}

/// Writes pieces to a new file, leaving holes where the source had them.
pub(crate) struct Writer<'file> {
    file: &'file File,
    sparse: bool,
    size: u64,
}

impl<'file> Writer<'file> {
    pub(crate) fn new(file: &'file File, meta: &Looked) -> Self {
        Self {
            file,
            sparse: meta.is_sparse,
            size: meta.size,
        }
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.sparse && bytes.iter().all(|&byte| byte == 0) {
            let length = i64::try_from(bytes.len()).unwrap_or(0);
            self.file.seek(SeekFrom::Current(length)).map(drop)
        } else {
            self.file.write_all(bytes)
        }
    }

    pub(crate) fn finish(self) -> io::Result<()> {
        if self.sparse {
            self.file.set_len(self.size)?;
        }
        Ok(())
    }
}

/// Gives the new file the old one's blocks, where the file system shares blocks.
///
/// `Ok(false)` means that it does not and nothing was written.
pub(crate) fn reflink(source: &File, target: &File, method: &Method) -> io::Result<bool> {
    if method.no_reflink.load(Ordering::Relaxed) {
        return Ok(false);
    }
    match rustix::fs::ioctl_ficlone(target, source) {
        Ok(()) => Ok(true),
        Err(Errno::NOSPC | Errno::DQUOT) => Err(io::ErrorKind::StorageFull.into()),
        Err(error) => {
            // Some errors are of this one file, the others of the file system.
            if unsupported(error) {
                method.no_reflink.store(true, Ordering::Relaxed);
            }
            Ok(false)
        }
    }
}

fn unsupported(error: Errno) -> bool {
    matches!(
        error,
        Errno::XDEV | Errno::NOSYS | Errno::OPNOTSUPP | Errno::NOTTY
    )
}

/// Lets the kernel copy; `Ok(false)` means that it cannot and nothing was written.
pub(crate) fn copy_range(
    source: &File,
    target: &File,
    meta: &Looked,
    path: impl Fn() -> PathBuf,
    method: &Method,
    observer: &dyn Observer,
) -> Result<bool, FsError> {
    if meta.is_sparse || method.no_copy_range.load(Ordering::Relaxed) {
        return Ok(false);
    }
    let mut done = 0;
    while done <= meta.size {
        if observer.is_cancelled() {
            return Err(FsError::Cancelled);
        }
        // One byte more than there should be shows a file that has grown.
        let left = usize::try_from(meta.size - done + 1).unwrap_or(PIECE_LENGTH);
        let piece = left.min(PIECE_LENGTH);
        match rustix::fs::copy_file_range(source, None, target, None, piece) {
            Ok(0) => break,
            Ok(copied) => {
                observer.advance(copied as u64);
                done += copied as u64;
                // As for a read: less than asked is all.
                if done == meta.size && copied < piece {
                    break;
                }
            }
            Err(Errno::INTR) => {}
            Err(error) if done == 0 && (unsupported(error) || error == Errno::INVAL) => {
                method.no_copy_range.store(true, Ordering::Relaxed);
                return Ok(false);
            }
            Err(error) => return Err(FsError::io("copy", path(), error)),
        }
    }
    if done == meta.size {
        Ok(true)
    } else {
        Err(FsError::Changed { path: path() })
    }
}

/// Writes one new file of Nix's mode and time; returns its SHA-256 and bytes.
pub(crate) fn write_file(
    (directory, name): (&OpenDirectory, &Path),
    executable: bool,
    contents: &FileContents<'_>,
    buffer: &mut Buffer,
    observer: &dyn Observer,
) -> Result<([u8; 32], u64), FsError> {
    let mode = file_mode(executable);
    let mut file = directory.create(name, mode)?;
    let target = &directory.path_of(name);
    let mut hash = HashWriter::default();
    match *contents {
        FileContents::Bytes(bytes) => {
            file.write_all(bytes).map_err(failed("write", target))?;
            hash.write_all(bytes).map_err(failed("hash", target))?;
            observer.advance(bytes.len() as u64);
        }
        FileContents::Path(path) => {
            let source = (open_regular(path)?.0, path);
            write_from(source, (&file, target), &mut hash, (buffer, observer))?;
        }
        FileContents::Within(tree, name) => {
            let source = (tree.open_file(name)?.0, &*tree.path().join(name));
            write_from(source, (&file, target), &mut hash, (buffer, observer))?;
        }
    }
    seal(&file, mode).map_err(failed("set the mode of", target))?;
    Ok(hash.finish())
}

/// Writes the bytes of a regular file that is open, and hashes them.
fn write_from(
    (source, path): (File, &Path),
    (file, target): (&File, &Path),
    hash: &mut HashWriter,
    (buffer, observer): (&mut Buffer, &dyn Observer),
) -> Result<(), FsError> {
    let meta = Looked::of(&source).map_err(failed("read", path))?;
    let mut writer = Writer::new(file, &meta);
    let size = meta.size;
    let name = || path.to_owned();
    read(&source, size, name, buffer, observer, |bytes| {
        hash.write_all(bytes).map_err(failed("hash", path))?;
        writer.write(bytes).map_err(failed("write", target))
    })?;
    writer.finish().map_err(failed("write", target))
}
