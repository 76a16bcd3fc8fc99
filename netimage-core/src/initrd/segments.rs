//! Where segments begin, and how they are compressed.

use super::compression::Compression;
use super::error::Fault;

/// How many bytes are told of what is not known.
const MAGIC_LENGTH: usize = 8;
/// How many bytes [`objection`] looks at: the most that the header of a zstd frame
/// has (RFC 8878).
pub(super) const HEAD_LENGTH: usize = 18;
/// The largest window of zstd that Linux takes, `ZSTD_MAXWINDOWSIZE_DEFAULT`
/// (`lib/zstd/decompress/zstd_decompress.c`).
const ZSTD_WINDOW_MAX: u64 = (1 << 27) + 1;

/// The compression by the first two bytes, as `lib/decompress.c` has them.
pub(super) fn compression(bytes: &[u8]) -> Result<Compression, Fault> {
    Ok(match bytes {
        [0x1f, 0x8b, ..] => Compression::Gzip,
        [0x42, 0x5a, ..] => Compression::Bzip2,
        [0x5d, 0x00, ..] => Compression::Lzma,
        [0xfd, 0x37, ..] => Compression::Xz,
        [0x02, 0x21, ..] => Compression::Lz4,
        [0x28, 0xb5, ..] => Compression::Zstd,
        [0x89, 0x4c, ..] => {
            let problem = "lzo compression is not supported by this check";
            return Err(Fault::limit(problem, "compress with zstd instead"));
        }
        // Linux wants the legacy format (`lib/decompress_unlz4.c`).
        [0x04, 0x22, 0x4d, 0x18, ..] => {
            let problem = "Linux cannot read this lz4 frame";
            return Err(Fault::refused(problem, "compress with lz4 -l"));
        }
        _ => {
            let magic = bytes[..bytes.len().min(MAGIC_LENGTH)].to_vec();
            return Err(Fault::Magic { magic });
        }
    })
}

/// Why Linux will refuse a segment that was read here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum KernelObjection {
    /// The integrity check of this xz stream is neither none nor CRC32
    /// (Documentation/staging/xz.rst). xz makes CRC64 unless told
    /// `--check=crc32`.
    XzCheck(XzCheck),
    /// This gzip header has fields besides a file name, which
    /// `lib/decompress_inflate.c` does not step over.
    GzipHeader,
    /// The window of this zstd frame has so many bytes, more than 128 MiB
    /// (`lib/zstd/decompress/zstd_decompress.c`). zstd makes such with `--long=28`
    /// and more.
    ZstdWindow(u64),
}

/// An integrity check of xz that Linux lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum XzCheck {
    /// CRC64, xz's own default.
    Crc64,
    /// SHA-256.
    Sha256,
    /// Another one, by its number.
    Other(u8),
}

/// What Linux has against a stream that begins so.
pub(super) fn objection(compression: Compression, bytes: &[u8]) -> Option<KernelObjection> {
    match (compression, bytes) {
        (Compression::Xz, [_, _, _, _, _, _, _, check, ..]) => {
            let check = match check & 0x0f {
                0 | 1 => return None,
                4 => XzCheck::Crc64,
                10 => XzCheck::Sha256,
                other => XzCheck::Other(other),
            };
            Some(KernelObjection::XzCheck(check))
        }
        // FTEXT and FNAME (RFC 1952) do no harm.
        (Compression::Gzip, [_, _, _, flags, ..]) if flags & !0x09 != 0 => {
            Some(KernelObjection::GzipHeader)
        }
        (Compression::Zstd, _) => zstd_window(bytes)
            .filter(|window| *window > ZSTD_WINDOW_MAX)
            .map(KernelObjection::ZstdWindow),
        _ => None,
    }
}

/// The window of a zstd frame, by its header (RFC 8878, 3.1.1.1).
fn zstd_window(frame: &[u8]) -> Option<u64> {
    const DICTIONARY: [usize; 4] = [0, 1, 2, 4];
    let descriptor = *frame.get(4)?;
    if descriptor & 0x20 == 0 {
        let window = *frame.get(5)?;
        let base = 1_u64 << (10 + (window >> 3));
        return Some(base + base / 8 * u64::from(window & 7));
    }
    // In one piece: the window is all of it.
    let at = 5 + DICTIONARY[usize::from(descriptor & 3)];
    let length = 1 << (descriptor >> 6);
    let mut size = [0; 8];
    size.get_mut(..length)?
        .copy_from_slice(frame.get(at..at + length)?);
    let more = if length == 2 { 256 } else { 0 };
    Some(u64::from_le_bytes(size).saturating_add(more))
}

/// One segment of an initrd.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Segment {
    /// Where it begins, in bytes of the initrd.
    pub offset: u64,
    /// How many bytes it takes there, without zeros behind it.
    pub length: u64,
    /// How many bytes came out of it, to the end of its last entry.
    pub unpacked: u64,
    /// How it is compressed.
    pub compression: Compression,
    /// How many entries it has, without `TRAILER!!!`.
    pub entries: u64,
    /// Why Linux will refuse it although it could be read here.
    pub objection: Option<KernelObjection>,
}
