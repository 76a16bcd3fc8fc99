//! The header, and where the blocks are.

use std::ops::Range;

use super::DEVICE_TREE_SIZE_MAX;
use super::error::DeviceTreeError;

/// The parts of a tree (Devicetree Specification, section 5.1).
pub(super) const STRUCTURE: &str = "structure block";
pub(super) const STRINGS: &str = "strings block";
pub(super) const RESERVATIONS: &str = "memory reservation block";

const MAGIC: u32 = 0xd00d_feed;

/// The version that dtc writes, with the size of the structure block.
const VERSION: u32 = 17;

/// The oldest version whose structure block is the same.
const VERSION_MIN: u32 = 16;

/// Bytes of the header up to version 16; the next adds four.
const LENGTH_16: usize = 36;

pub(super) struct Header {
    pub(super) total_size: u32,
    pub(super) structure: Range<usize>,
    pub(super) strings: Range<usize>,
}

impl Header {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, DeviceTreeError> {
        let magic = word(bytes, 0).ok_or(DeviceTreeError::Short(bytes.len()))?;
        if magic != MAGIC {
            return Err(DeviceTreeError::Magic(magic));
        }
        let mut fields = [0; LENGTH_16 / 4];
        for (index, field) in fields.iter_mut().enumerate() {
            *field = word(bytes, index * 4).ok_or(DeviceTreeError::Short(bytes.len()))?;
        }
        let [
            _,
            total_size,
            structure,
            strings,
            reservations,
            version,
            last_compatible,
            _,
            strings_size,
        ] = fields;

        if version < VERSION_MIN || last_compatible > VERSION || version < last_compatible {
            return Err(DeviceTreeError::Version {
                version,
                last_compatible,
            });
        }
        let bytes = whole(bytes, total_size)?;
        let structure_size = if version >= VERSION {
            word(bytes, LENGTH_16).ok_or(DeviceTreeError::Short(bytes.len()))?
        } else {
            total_size.saturating_sub(structure)
        };
        check_reservations(bytes, reservations)?;
        if !structure.is_multiple_of(4) {
            return Err(DeviceTreeError::Block {
                block: STRUCTURE,
                offset: structure,
            });
        }
        Ok(Self {
            total_size,
            structure: block(bytes, STRUCTURE, structure, structure_size)?,
            strings: block(bytes, STRINGS, strings, strings_size)?,
        })
    }
}

/// The tree without what follows it in the file.
fn whole(bytes: &[u8], total_size: u32) -> Result<&[u8], DeviceTreeError> {
    if total_size > DEVICE_TREE_SIZE_MAX {
        return Err(DeviceTreeError::TooLarge(total_size));
    }
    let length = total_size as usize;
    if length < LENGTH_16 {
        return Err(DeviceTreeError::Short(length));
    }
    bytes.get(..length).ok_or(DeviceTreeError::Truncated {
        total_size,
        size: bytes.len(),
    })
}

fn block(
    bytes: &[u8],
    block: &'static str,
    offset: u32,
    size: u32,
) -> Result<Range<usize>, DeviceTreeError> {
    offset
        .checked_add(size)
        .map(|end| offset as usize..end as usize)
        .filter(|range| range.end <= bytes.len())
        .ok_or(DeviceTreeError::Block { block, offset })
}

/// The list of reserved memory has to end within the tree, or Linux reads on.
fn check_reservations(bytes: &[u8], offset: u32) -> Result<(), DeviceTreeError> {
    let (entries, _) = bytes
        .get(offset as usize..)
        .unwrap_or_default()
        .as_chunks::<16>();
    if entries.iter().any(|entry| entry[8..] == [0; 8]) {
        Ok(())
    } else {
        Err(DeviceTreeError::Block {
            block: RESERVATIONS,
            offset,
        })
    }
}

/// The big-endian number at `offset`.
pub(super) fn word(bytes: &[u8], offset: usize) -> Option<u32> {
    let (word, _) = bytes.get(offset..)?.split_first_chunk()?;
    Some(u32::from_be_bytes(*word))
}
