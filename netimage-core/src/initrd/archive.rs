//! newc archives as a stream of entries, by the rules of `init/initramfs.c`.

use std::cell::Cell;
use std::io::{self, BufRead, ErrorKind, Read};

use super::error::Fault;
use super::header::{HEADER_LENGTH, Header, REGULAR};

/// Linux's `PATH_MAX`, for names and for targets of links.
const PATH_MAX: u32 = 4096;
const TRAILER: &[u8] = b"TRAILER!!!";

/// How many bytes may still be unpacked.
pub(super) struct Budget {
    left: Cell<u64>,
    limit: u64,
}

impl Budget {
    pub(super) fn new(limit: u64) -> Self {
        let left = Cell::new(limit);
        Self { left, limit }
    }

    pub(super) fn spend(&self, bytes: u64) -> Result<(), Fault> {
        let left = self.left.get();
        self.left.set(left.saturating_sub(bytes));
        if bytes > left {
            return Err(Fault::Unpacked { limit: self.limit });
        }
        Ok(())
    }
}

/// What comes next in an archive.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// A file of this header. Its name is [`Archive::name`], its bytes
    /// [`Archive::body`].
    Entry(Header),
    /// The mark at the end of an archive.
    Trailer,
    /// Something else than an entry.
    Other,
    /// The end of the input.
    End,
}

/// Reads entries, their names and their bytes, one after the other.
pub(super) struct Archive<'b, R> {
    reader: R,
    position: u64,
    budget: &'b Budget,
    name: Vec<u8>,
    /// Of the current entry: bytes not read, their sum so far, and what is wrong.
    left: u64,
    sum: u32,
    expected: Option<u32>,
    stopped: Option<Fault>,
    end: u64,
}

impl<'b, R: BufRead> Archive<'b, R> {
    /// Reads from what is at `position` of that which alignment refers to.
    pub(super) fn new(reader: R, position: u64, budget: &'b Budget) -> Self {
        Self {
            reader,
            position,
            budget,
            name: Vec::new(),
            left: 0,
            sum: 0,
            expected: None,
            stopped: None,
            end: position,
        }
    }

    /// The name of the current entry, up to its first NUL.
    pub(super) fn name(&self) -> &[u8] {
        &self.name
    }

    /// Where the last entry ended, without zeros behind it.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    pub(super) fn into_reader(self) -> R {
        self.reader
    }

    /// Goes on to the next entry, over what was not read of the current one.
    pub(super) fn next(&mut self) -> Result<Next, Fault> {
        self.finish_entry()?;
        loop {
            let Some(byte) = self.skip_zeros()? else {
                return Ok(Next::End);
            };
            if !self.position.is_multiple_of(4) {
                return Err(Fault::Padding);
            }
            if byte != b'0' {
                return Ok(Next::Other);
            }
            let header = self.header()?;
            if self.name == TRAILER {
                self.finish_entry()?;
                return Ok(Next::Trailer);
            }
            if header.makes_a_file() {
                return Ok(Next::Entry(header));
            }
            self.finish_entry()?;
        }
    }

    /// The bytes of the current entry that were not read yet.
    pub(super) fn body(&mut self) -> Body<'_, 'b, R> {
        Body(self)
    }

    /// The target of the current entry, which is a symbolic link.
    pub(super) fn link_target(&mut self) -> Result<Vec<u8>, Fault> {
        if self.left > u64::from(PATH_MAX) {
            let length = self.left;
            return Err(Fault::refused(
                format!("the target of a symbolic link has {length} bytes, of {PATH_MAX} at most"),
                "shorten it",
            ));
        }
        let mut target = Vec::new();
        let read = self.body().read_to_end(&mut target);
        self.stopped()?;
        read.map_err(Fault::Read)?;
        cut_at_nul(&mut target);
        Ok(target)
    }

    fn header(&mut self) -> Result<Header, Fault> {
        let mut bytes = [0; HEADER_LENGTH];
        self.read_exact(&mut bytes)?;
        let header = Header::parse(&bytes)?;
        if header.name_length == 0 || header.name_length > PATH_MAX {
            return Err(bad_name());
        }
        let length = header.name_length as usize;
        let mut name = std::mem::take(&mut self.name);
        // The header's 110 bytes and the name end at a multiple of four.
        name.resize(((length + 1) & !3) + 2, 0);
        let read = self.read_exact(&mut name);
        name.truncate(length);
        let ends = name.last() == Some(&0);
        cut_at_nul(&mut name);
        self.name = name;
        read?;
        if !ends {
            return Err(bad_name());
        }
        self.left = header.size.into();
        self.sum = 0;
        self.expected = header
            .checksum
            .filter(|_| header.kind() == REGULAR && header.size > 0);
        Ok(header)
    }

    fn finish_entry(&mut self) -> Result<(), Fault> {
        self.stopped()?;
        while self.left > 0 {
            let available = self.fill_buf()?.len();
            if available == 0 {
                return Err(Fault::Truncated);
            }
            self.take_body(available)?;
        }
        self.stopped()?;
        if self.expected.take().is_some_and(|sum| sum != self.sum) {
            let problem = "the checksum of a file is wrong";
            return Err(Fault::refused(problem, "build or copy the initrd again"));
        }
        self.end = self.position;
        Ok(())
    }

    fn stopped(&mut self) -> Result<(), Fault> {
        self.stopped.take().map_or(Ok(()), Err)
    }

    /// Skips zeros, and what pads a body, whatever it is. The byte that follows.
    fn skip_zeros(&mut self) -> Result<Option<u8>, Fault> {
        let mut padding = usize::try_from(self.end.wrapping_neg() % 4).unwrap_or(0);
        loop {
            let bytes = self.fill_buf()?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let skipped = padding.min(bytes.len());
            let zeros = bytes[skipped..].iter().take_while(|byte| **byte == 0);
            let count = skipped + zeros.count();
            let byte = bytes.get(count).copied();
            padding -= skipped;
            self.take(count)?;
            if let Some(byte) = byte {
                return Ok(Some(byte));
            }
        }
    }

    fn read_exact(&mut self, target: &mut [u8]) -> Result<(), Fault> {
        let mut done = 0;
        while done < target.len() {
            let bytes = self.fill_buf()?;
            if bytes.is_empty() {
                return Err(Fault::Truncated);
            }
            let count = bytes.len().min(target.len() - done);
            target[done..][..count].copy_from_slice(&bytes[..count]);
            self.take(count)?;
            done += count;
        }
        Ok(())
    }

    fn fill_buf(&mut self) -> Result<&[u8], Fault> {
        while let Err(error) = self.reader.fill_buf() {
            if error.kind() != ErrorKind::Interrupted {
                return Err(Fault::Read(error));
            }
        }
        self.reader.fill_buf().map_err(Fault::Read)
    }

    fn take(&mut self, count: usize) -> Result<(), Fault> {
        self.reader.consume(count);
        self.position += count as u64;
        self.budget.spend(count as u64)
    }

    /// Takes up to so many bytes of the body, which are in the buffer.
    fn take_body(&mut self, available: usize) -> Result<(), Fault> {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let count = available.min(left);
        if self.expected.is_some() {
            let sum = self.sum;
            let bytes = self.fill_buf()?[..count].iter();
            self.sum = bytes.fold(sum, |sum, byte| sum.wrapping_add((*byte).into()));
        }
        self.left -= count as u64;
        self.take(count)
    }
}

/// The bytes of an entry. An error of the archive stays with the archive, which
/// reports it when it goes on.
pub(super) struct Body<'a, 'b, R>(&'a mut Archive<'b, R>);

impl<R: BufRead> Body<'_, '_, R> {
    fn read_some(&mut self, target: &mut [u8]) -> Result<usize, Fault> {
        if self.0.left == 0 || target.is_empty() {
            return Ok(0);
        }
        let left = usize::try_from(self.0.left).unwrap_or(usize::MAX);
        let bytes = self.0.fill_buf()?;
        if bytes.is_empty() {
            return Err(Fault::Truncated);
        }
        let count = bytes.len().min(target.len()).min(left);
        target[..count].copy_from_slice(&bytes[..count]);
        self.0.take_body(count)?;
        Ok(count)
    }
}

impl<R: BufRead> Read for Body<'_, '_, R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        self.read_some(target).map_err(|fault| {
            self.0.stopped = Some(fault);
            ErrorKind::Other.into()
        })
    }
}

fn bad_name() -> Fault {
    Fault::refused(
        "the name of an entry is empty, too long or unterminated",
        "build the initrd again",
    )
}

fn cut_at_nul(bytes: &mut Vec<u8>) {
    let end = bytes.iter().position(|byte| *byte == 0);
    bytes.truncate(end.unwrap_or(bytes.len()));
}
