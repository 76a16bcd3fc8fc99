//! Holds two files against each other.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

use super::error::{FsError, failed};
use super::transfer::FileContents;
use super::walk::open_regular;

/// Bytes of each file that are read at once.
const CHUNK: u64 = 1 << 16;

/// Whether two files, each with its size, have the same bytes.
pub(crate) fn same_bytes(one: (&File, u64), other: (&File, u64)) -> io::Result<bool> {
    Ok(one.1 == other.1 && same_contents(one.0, other.0)?)
}

/// Whether the first file has the bytes of the second, which is shorter, at its
/// beginning or at its end.
pub(crate) fn begins_or_ends_with(
    (mut one, size): (&File, u64),
    (mut other, other_size): (&File, u64),
) -> io::Result<bool> {
    for start in [0, size.saturating_sub(other_size)] {
        one.seek(SeekFrom::Start(start))?;
        other.rewind()?;
        if same_contents(one.take(other_size), other)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether two sources have the same bytes.
pub(crate) fn same_sources(
    one: &FileContents<'_>,
    other: &FileContents<'_>,
) -> Result<bool, FsError> {
    let path = one.path().or_else(|| other.path()).unwrap_or_default();
    same_contents(one.open()?, other.open()?).map_err(failed("compare", &path))
}

impl FileContents<'_> {
    fn open(&self) -> Result<Box<dyn Read + '_>, FsError> {
        Ok(match *self {
            Self::Bytes(bytes) => Box::new(bytes),
            Self::Path(path) => Box::new(open_regular(path)?.0),
            Self::Within(tree, name) => Box::new(tree.open_file(name)?.0),
        })
    }
}

/// Whether two readers give the same bytes until both are at their end. Holds 64 KiB
/// of each, and reads no further than what differs.
pub(crate) fn same_contents(mut one: impl Read, mut other: impl Read) -> io::Result<bool> {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        (&mut one).take(CHUNK).read_to_end(&mut left)?;
        (&mut other).take(CHUNK).read_to_end(&mut right)?;
        if left != right {
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_the_same_by_their_bytes() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        let bytes = vec![7; 3 * usize::try_from(CHUNK).unwrap()];
        std::fs::write(&file, &bytes).unwrap();
        let same = |bytes: &[u8]| {
            same_sources(&FileContents::Path(&file), &FileContents::Bytes(bytes)).unwrap()
        };
        assert!(same(&bytes));
        assert!(!same(&bytes[1..]));
        assert!(!same(&[&bytes[1..], &[8]].concat()));
        let directory = FileContents::Path(place.path());
        let refused = same_sources(&directory, &FileContents::Bytes(&bytes));
        assert!(matches!(refused, Err(FsError::Special { path, .. }) if path == place.path()));
    }
}
