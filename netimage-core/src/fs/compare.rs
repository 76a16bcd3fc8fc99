//! Holds two files against each other.

use std::fs::File;
use std::io::{self, Read};

/// Bytes of each file that are read at once.
const CHUNK: usize = 1 << 17;

/// Whether two files, each with its size, have the same bytes.
pub(crate) fn same_bytes(one: (File, u64), other: (File, u64)) -> io::Result<bool> {
    if one.1 != other.1 {
        return Ok(false);
    }
    let (mut one, mut other) = (one.0, other.0);
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

fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    Ok(filled)
}
