//! Holds two files against each other.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// Bytes of each file that are read at once.
const CHUNK: usize = 1 << 17;

/// Whether two files, each with its size, have the same bytes.
pub(crate) fn same_bytes(one: (File, u64), other: (File, u64)) -> io::Result<bool> {
    if one.1 != other.1 {
        return Ok(false);
    }
    same(one.0, other.0)
}

fn same(mut one: impl Read, mut other: impl Read) -> io::Result<bool> {
    let (mut left, mut right) = (vec![0; CHUNK], vec![0; CHUNK]);
    loop {
        let (l, r) = (fill(&mut one, &mut left)?, fill(&mut other, &mut right)?);
        if left[..l] != right[..r] {
            return Ok(false);
        }
        if l == 0 {
            return Ok(true);
        }
    }
}

/// Whether the first file has the bytes of the second, which is shorter, at its
/// beginning or at its end.
pub(crate) fn begins_or_ends_with(one: (File, u64), other: (File, u64)) -> io::Result<bool> {
    let (mut one, mut other) = (one, other);
    for start in [0, one.1.saturating_sub(other.1)] {
        one.0.seek(SeekFrom::Start(start))?;
        other.0.rewind()?;
        let part = one.0.try_clone()?.take(other.1);
        if same(part, other.0.try_clone()?)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn fill(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}
