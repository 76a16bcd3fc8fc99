//! The Nix archive format (NAR), written as a stream.
//!
//! Source: Nix manual, "Nix Archive (NAR) format". A string is its length in
//! eight little-endian bytes, its bytes, and zeros up to a multiple of eight.

use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

/// Writes the tokens of a NAR.
///
/// The caller walks the tree: one node ([`directory`](Self::directory) …
/// [`end`](Self::end), [`symlink`](Self::symlink), or
/// [`file`](Self::file), [`contents`](Self::contents) …
/// [`end_file`](Self::end_file)); inside a directory each node stands between
/// [`entry`](Self::entry) and [`end`](Self::end), in ascending byte order of
/// the names.
#[derive(Debug)]
pub(crate) struct NarWriter<W> {
    inner: W,
}

impl<W: Write> NarWriter<W> {
    /// Starts an archive.
    pub(crate) fn new(inner: W) -> io::Result<Self> {
        let mut nar = Self { inner };
        nar.tokens(&[b"nix-archive-1"])?;
        Ok(nar)
    }

    /// Opens a directory node.
    pub(crate) fn directory(&mut self) -> io::Result<()> {
        self.tokens(&[b"(", b"type", b"directory"])
    }

    /// Opens an entry of a directory; its node follows, then [`end`](Self::end).
    pub(crate) fn entry(&mut self, name: &OsStr) -> io::Result<()> {
        self.tokens(&[b"entry", b"(", b"name", name.as_bytes(), b"node"])
    }

    /// Closes a directory or an entry.
    pub(crate) fn end(&mut self) -> io::Result<()> {
        self.tokens(&[b")"])
    }

    /// Writes a symbolic link, a whole node.
    pub(crate) fn symlink(&mut self, target: &OsStr) -> io::Result<()> {
        self.tokens(&[
            b"(",
            b"type",
            b"symlink",
            b"target",
            target.as_bytes(),
            b")",
        ])
    }

    /// Opens a regular file of `size` bytes.
    pub(crate) fn file(&mut self, executable: bool, size: u64) -> io::Result<()> {
        self.tokens(&[b"(", b"type", b"regular"])?;
        if executable {
            self.tokens(&[b"executable", b""])?;
        }
        self.tokens(&[b"contents"])?;
        self.inner.write_all(&size.to_le_bytes())
    }

    /// Writes the next bytes of the open file.
    pub(crate) fn contents(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.inner.write_all(bytes)
    }

    /// Closes the open file; `size` as given to [`file`](Self::file).
    pub(crate) fn end_file(&mut self, size: u64) -> io::Result<()> {
        self.pad(size)?;
        self.end()
    }

    /// The writer, with the whole archive in it.
    pub(crate) fn into_inner(self) -> W {
        self.inner
    }

    fn tokens(&mut self, tokens: &[&[u8]]) -> io::Result<()> {
        for token in tokens {
            let length = token.len() as u64;
            self.inner.write_all(&length.to_le_bytes())?;
            self.inner.write_all(token)?;
            self.pad(length)?;
        }
        Ok(())
    }

    fn pad(&mut self, length: u64) -> io::Result<()> {
        let padding = match length % 8 {
            0 => 0,
            over => 8 - over,
        };
        self.inner
            .write_all(&0_u64.to_le_bytes()[..usize::try_from(padding).unwrap_or(0)])
    }
}
