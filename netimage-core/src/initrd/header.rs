//! The header of an entry of a newc archive.

use super::error::Fault;

/// Six bytes of magic and thirteen fields of eight.
pub(super) const HEADER_LENGTH: usize = 110;

/// The kinds of files, as the upper bits of a mode.
pub(super) const KIND: u32 = 0o170_000;
pub(super) const REGULAR: u32 = 0o100_000;
pub(super) const DIRECTORY: u32 = 0o040_000;
pub(super) const SYMLINK: u32 = 0o120_000;
const DEVICES: [u32; 4] = [0o060_000, 0o020_000, 0o010_000, 0o140_000];

/// What an entry's header says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) inode: u32,
    pub(super) device: (u32, u32),
    pub(super) mode: u32,
    pub(super) links: u32,
    pub(super) size: u32,
    pub(super) name_length: u32,
    /// The sum of the bytes, in the format 070702.
    pub(super) checksum: Option<u32>,
}

impl Header {
    pub(super) fn parse(bytes: &[u8; HEADER_LENGTH]) -> Result<Self, Fault> {
        let (magic, fields) = bytes.split_at(6);
        let summed = match magic {
            b"070701" => false,
            b"070702" => true,
            other => {
                let magic = String::from_utf8_lossy(other);
                return Err(Fault::refused(
                    format!("an entry begins with {magic:?} instead of 070701"),
                    "make the archive with cpio -H newc",
                ));
            }
        };
        let mut values = [0; 13];
        for (value, digits) in values.iter_mut().zip(fields.chunks_exact(8)) {
            *value = hex(digits).ok_or_else(damaged)?;
        }
        Ok(Self {
            inode: values[0],
            device: (values[7], values[8]),
            mode: values[1],
            links: values[4],
            size: values[6],
            name_length: values[11],
            checksum: summed.then_some(values[12]),
        })
    }

    pub(super) fn kind(&self) -> u32 {
        self.mode & KIND
    }

    /// Linux makes no file of an entry that has bytes it has no use for.
    pub(super) fn makes_a_file(&self) -> bool {
        match self.kind() {
            REGULAR | SYMLINK => true,
            kind => self.size == 0 && (kind == DIRECTORY || DEVICES.contains(&kind)),
        }
    }
}

fn damaged() -> Fault {
    let problem = "the header of an entry is damaged";
    Fault::refused(problem, "build or copy the initrd again")
}

fn hex(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |value, digit| {
        Some(value << 4 | char::from(*digit).to_digit(16)?)
    })
}
