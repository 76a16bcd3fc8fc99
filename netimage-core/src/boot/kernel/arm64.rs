//! The header of an arm64 Image (Linux `Documentation/arch/arm64/booting.rst`).

use super::Endianness;

const MAGIC_OFFSET: usize = 56;
const MAGIC: &[u8] = b"ARM\x64";

/// Images are placed at a multiple of this, plus their text offset.
const ALIGNMENT: u64 = 2 << 20;

/// The text offset of kernels before Linux 5.8 (raspberrypi/firmware#1415).
const LEGACY_TEXT_OFFSET: u64 = 0x8_0000;

/// What an arm64 Image says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Arm64Image {
    /// Bytes from a multiple of 2 MiB to where it is loaded. Of unknown
    /// endianness when `image_size` is 0.
    pub text_offset: u64,
    /// Bytes of memory from there that it uses, the file and what it clears
    /// behind it. 0 before Linux 3.17.
    pub image_size: u64,
    /// The order of bytes that it runs with.
    pub endianness: Endianness,
    /// The page size that it was built for, in bytes, when it says so. Programs have
    /// to be aligned to it: some built for 4 KiB do not run with 16, as the Pi 5's
    /// `kernel_2712.img` has it.
    pub page_size: Option<u32>,
    /// Bytes that the file has at least, by what it tells UEFI to load of it; a
    /// signature may follow. `None` without an EFI stub.
    pub file_length: Option<u64>,
}

impl Arm64Image {
    pub(super) fn parse(head: &[u8]) -> Option<Self> {
        if !head.get(MAGIC_OFFSET..)?.starts_with(MAGIC) {
            return None;
        }
        let flags = u64::from_le_bytes(field(head, 24)?);
        Some(Self {
            text_offset: u64::from_le_bytes(field(head, 8)?),
            image_size: u64::from_le_bytes(field(head, 16)?),
            endianness: if flags & 1 == 0 {
                Endianness::Little
            } else {
                Endianness::Big
            },
            page_size: match flags >> 1 & 3 {
                1 => Some(4 << 10),
                2 => Some(16 << 10),
                3 => Some(64 << 10),
                _ => None,
            },
            file_length: pe_length(head),
        })
    }

    /// The text offset that loaders use: the old one for an Image so old that it
    /// has no size.
    #[must_use]
    pub fn effective_text_offset(&self) -> u64 {
        if self.image_size == 0 {
            LEGACY_TEXT_OFFSET
        } else {
            self.text_offset
        }
    }

    /// Whether the text offset is one that Linux has ever had: a multiple of
    /// 2 MiB, mostly 0, or 0x80000.
    #[must_use]
    pub fn has_sane_text_offset(&self) -> bool {
        let offset = self.effective_text_offset();
        offset == LEGACY_TEXT_OFFSET || offset.is_multiple_of(ALIGNMENT)
    }

    /// Whether an unpacked file of so many bytes has all of it. `None` when that
    /// is not known.
    #[must_use]
    pub fn is_whole(&self, file_size: u64) -> Option<bool> {
        Some(self.file_length? <= file_size)
    }

    /// Whether the memory that it claims has room for an unpacked file of so
    /// many bytes. `None` when it claims none.
    #[must_use]
    pub fn holds(&self, file_size: u64) -> Option<bool> {
        (self.image_size != 0).then_some(self.image_size >= file_size)
    }
}

/// Where the last section of a PE file ends (Microsoft's PE format, "COFF File
/// Header" and "Section Table").
fn pe_length(head: &[u8]) -> Option<u64> {
    if !head.starts_with(b"MZ") {
        return None;
    }
    let header = u32::from_le_bytes(field(head, 60)?);
    let header = head.get(usize::try_from(header).ok()?..)?;
    if !header.starts_with(b"PE\0\0") {
        return None;
    }
    let sections = usize::from(u16::from_le_bytes(field(header, 6)?));
    let optional_header = usize::from(u16::from_le_bytes(field(header, 20)?));
    let table = header.get(24 + optional_header..)?;
    (0..sections)
        .map(|section| {
            let size = u32::from_le_bytes(field(table, section * 40 + 16)?);
            let start = u32::from_le_bytes(field(table, section * 40 + 20)?);
            Some(u64::from(start) + u64::from(size))
        })
        .try_fold(0, |length, end| Some(length.max(end?)))
}

/// The bytes at `offset`, little-endian in big-endian kernels too.
fn field<const LENGTH: usize>(bytes: &[u8], offset: usize) -> Option<[u8; LENGTH]> {
    bytes.get(offset..)?.first_chunk().copied()
}
