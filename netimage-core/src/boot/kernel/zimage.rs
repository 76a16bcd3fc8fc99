//! The header of a zImage for 32-bit Arm (Linux
//! `arch/arm/boot/compressed/head.S` and `vmlinux.lds.S`).

use super::Endianness;

const MAGIC: u32 = 0x016f_2818;
const ENDIANNESS: u32 = 0x0403_0201;

/// Magic number, start, end and a number that shows the order of bytes.
const FIELDS_OFFSET: usize = 0x24;

/// What a zImage says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ZImage {
    /// Address for which it was linked; 0 if it runs anywhere.
    pub start: u32,
    /// Address behind its last byte.
    pub end: u32,
    /// The order of bytes that it runs with. Old ones do not say.
    pub endianness: Option<Endianness>,
}

impl ZImage {
    pub(super) fn parse(head: &[u8]) -> Option<Self> {
        let fields = head.get(FIELDS_OFFSET..)?;
        // Big-endian kernels have these little-endian too, if for ARMv6 or later.
        let read: fn([u8; 4]) -> u32 = match word(fields, 0)? {
            magic if u32::from_le_bytes(magic) == MAGIC => u32::from_le_bytes,
            magic if u32::from_be_bytes(magic) == MAGIC => u32::from_be_bytes,
            _ => return None,
        };
        Some(Self {
            start: read(word(fields, 1)?),
            end: read(word(fields, 2)?),
            endianness: word(fields, 3).and_then(|order| match order {
                _ if order == ENDIANNESS.to_le_bytes() => Some(Endianness::Little),
                _ if order == ENDIANNESS.to_be_bytes() => Some(Endianness::Big),
                _ => None,
            }),
        })
    }

    /// Bytes of the zImage, without a device tree that was appended to it. `None`
    /// when it ends where it starts, or before.
    #[must_use]
    pub fn length(&self) -> Option<u32> {
        self.end
            .checked_sub(self.start)
            .filter(|&length| length > 0)
    }

    /// Whether a file of so many bytes has all of it.
    #[must_use]
    pub fn is_whole(&self, file_size: u64) -> bool {
        self.length()
            .is_some_and(|length| u64::from(length) <= file_size)
    }
}

fn word(fields: &[u8], index: usize) -> Option<[u8; 4]> {
    fields.as_chunks().0.get(index).copied()
}
