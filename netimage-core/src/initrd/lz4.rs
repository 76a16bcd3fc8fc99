//! The legacy format of lz4: a magic, then chunks without an end mark.

use std::io::{self, ErrorKind, Read};

use super::input::Input;

const MAGIC: u32 = 0x184c_2102;
/// What a chunk unpacks to at most (`lib/decompress_unlz4.c`).
const CHUNK: usize = 8 << 20;
/// lz4's bound for what cannot be compressed.
const PACKED_CHUNK_MAX: usize = CHUNK + CHUNK / 255 + 16;

/// Reads one segment, with 16 MiB of memory.
///
/// It ends as in the kernel: at the end of the input, with fewer than four
/// bytes left, or at a chunk of no bytes, which is not taken. A further magic is
/// a further frame of the same segment.
pub(super) struct Lz4Reader<'a, R> {
    input: &'a mut Input<R>,
    packed: Vec<u8>,
    chunk: Vec<u8>,
    position: usize,
    length: usize,
}

impl<'a, R: Read> Lz4Reader<'a, R> {
    pub(super) fn new(input: &'a mut Input<R>) -> io::Result<Self> {
        let mut magic = [0; 4];
        input.read_exact(&mut magic)?;
        if u32::from_le_bytes(magic) != MAGIC {
            return Err(invalid("this is not the magic of lz4's legacy format"));
        }
        Ok(Self {
            input,
            packed: Vec::new(),
            chunk: Vec::new(),
            position: 0,
            length: 0,
        })
    }

    /// Unpacks the next chunk; false at the end.
    fn next_chunk(&mut self) -> io::Result<bool> {
        loop {
            let size = match word(self.input)? {
                None | Some(0) => return Ok(false),
                Some(size) => size,
            };
            let mut taken = [0; 4];
            self.input.read_exact(&mut taken)?;
            if size == MAGIC {
                continue;
            }
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            if size > PACKED_CHUNK_MAX {
                return Err(invalid("a chunk is larger than lz4 makes them"));
            }
            self.packed.clear();
            let read = (&mut *self.input)
                .take(size as u64)
                .read_to_end(&mut self.packed)?;
            if read < size {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if self.chunk.is_empty() {
                self.chunk = vec![0; CHUNK];
            }
            self.length = lz4_flex::block::decompress_into(&self.packed, &mut self.chunk)
                .map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
            self.position = 0;
            return Ok(true);
        }
    }
}

impl<R: Read> Read for Lz4Reader<'_, R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        while self.position == self.length {
            if !self.next_chunk()? {
                return Ok(0);
            }
        }
        let count = target.len().min(self.length - self.position);
        target[..count].copy_from_slice(&self.chunk[self.position..][..count]);
        self.position += count;
        Ok(count)
    }
}

/// The next four bytes, not taken, unless fewer are left.
fn word<R: Read>(input: &mut Input<R>) -> io::Result<Option<u32>> {
    let bytes = input.peek(4)?;
    Ok(bytes.try_into().ok().map(u32::from_le_bytes))
}

fn invalid(message: &'static str) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, message)
}
