//! Why an initrd cannot be read to its end.

use std::io;

use super::segments::Compression;
use crate::explanation::{Explain, Explanation};

/// Where and why reading an initrd ended early. What came before is still there.
#[derive(Debug, thiserror::Error)]
#[error("segment {segment} of the initrd cannot be read beyond its byte {offset}")]
#[non_exhaustive]
pub struct InitrdError {
    /// The number of the segment, from 1.
    pub segment: usize,
    /// How many bytes of the initrd had been taken. A decoder may be ahead of
    /// the entry that is at fault by what it has unpacked.
    pub offset: u64,
    /// Why.
    #[source]
    pub fault: Fault,
}

impl Fault {
    /// Whether Linux may well read on where this library does not.
    #[must_use]
    pub const fn is_limit(&self) -> bool {
        matches!(
            self,
            Self::Lzo
                | Self::Window { .. }
                | Self::Unpacked { .. }
                | Self::Segments { .. }
                | Self::Entries { .. }
                | Self::Names { .. }
        )
    }
}

/// What is wrong with an initrd.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.explain())]
#[non_exhaustive]
pub enum Fault {
    /// The initrd itself could not be read.
    Read(#[source] io::Error),
    /// The bytes end within a stream or an archive.
    Truncated,
    /// A decoder refuses what it gets.
    Corrupt {
        /// The compression.
        compression: Compression,
        /// What the decoder says.
        source: io::Error,
    },
    /// Neither an archive nor a compression that Linux knows
    /// (`lib/decompress.c`).
    Magic {
        /// The bytes found.
        magic: Vec<u8>,
    },
    /// The frame format of today's lz4, which Linux does not read: it wants the
    /// legacy format (`lib/decompress_unlz4.c`).
    Lz4Frame,
    /// LZO, which Linux may read and this does not.
    Lzo,
    /// The stream wants more memory than is allowed for it.
    Window {
        /// The compression.
        compression: Compression,
        /// [`Limits::window`](super::Limits::window).
        limit: u64,
    },
    /// Too much comes out.
    Unpacked {
        /// [`Limits::unpacked`](super::Limits::unpacked).
        limit: u64,
    },
    /// Too many segments.
    Segments {
        /// [`Limits::segments`](super::Limits::segments).
        limit: usize,
    },
    /// Too many files.
    Entries {
        /// [`Limits::entries`](super::Limits::entries).
        limit: usize,
    },
    /// Too long names in all.
    Names {
        /// [`Limits::names`](super::Limits::names).
        limit: usize,
    },
    /// The magic of an entry is that of a format that Linux does not read.
    Header {
        /// The magic.
        magic: String,
    },
    /// A field of an entry's header is not eight hexadecimal digits.
    HeaderField,
    /// An entry's name is empty, longer than `PATH_MAX`, or has no end.
    Name,
    /// A link's target is longer than `PATH_MAX`.
    LinkTarget {
        /// Its length.
        length: u64,
    },
    /// Something else than zeros up to the next multiple of four bytes, or an
    /// uncompressed archive that does not begin at one (`unpack_to_rootfs`).
    Padding,
    /// Something other than an entry within a compressed archive.
    Junk,
    /// The sum of a file's bytes is not what its header (070702) says.
    Checksum,
}

impl Explain for Fault {
    fn explain(&self) -> Explanation {
        let again = "build or copy it again";
        let initrd_again = "build or copy the initrd again";
        let smaller = "leave out what the initrd does not need";
        match self {
            Self::Read(_) => Explanation::new(
                "it cannot be read",
                "see that the file is readable and its disk is whole",
            ),
            Self::Truncated => Explanation::new("it ends in the middle", again),
            Self::Corrupt { compression, .. } => {
                Explanation::new(format!("the {compression} stream is damaged"), again)
            }
            Self::Magic { magic } => Explanation::new(
                format!("{magic:02x?} begins no cpio archive and no compression that Linux knows"),
                "make it with cpio -H newc and zstd, say",
            ),
            Self::Lz4Frame => {
                Explanation::new("Linux cannot read this lz4 frame", "compress with lz4 -l")
            }
            Self::Lzo => Explanation::new(
                "what lzop packed cannot be looked into",
                "compress with zstd instead",
            ),
            Self::Window { compression, limit } => Explanation::new(
                format!("the {compression} stream wants a window of more than {limit} bytes"),
                "compress with a smaller one, as zstd -19 and xz -6 have",
            ),
            Self::Unpacked { limit } => Explanation::new(
                format!("more than {} came out of it", size(*limit)),
                "an initrd has to fit into memory",
            ),
            Self::Segments { limit } => Explanation::new(
                format!("it has more than {limit} segments"),
                "put their files into one archive",
            ),
            Self::Entries { limit } => {
                Explanation::new(format!("it has more than {limit} entries"), smaller)
            }
            Self::Names { limit } => {
                Explanation::new(format!("its names have more than {limit} bytes"), smaller)
            }
            Self::Header { magic } => Explanation::new(
                format!("an entry begins with {magic:?} instead of 070701"),
                "make the archive with cpio -H newc",
            ),
            Self::HeaderField => {
                Explanation::new("the header of an entry is damaged", initrd_again)
            }
            Self::Name => Explanation::new(
                "the name of an entry is empty, too long or without an end",
                "build the initrd again",
            ),
            Self::LinkTarget { length } => Explanation::new(
                format!("the target of a symbolic link has {length} bytes, of 4096 at most"),
                "shorten it",
            ),
            Self::Padding => Explanation::new(
                "what follows does not begin at a multiple of four bytes, as an archive has to",
                "pad what is before it with zeros",
            ),
            Self::Junk => Explanation::new(
                "an archive is followed by bytes that begin no entry",
                "build the initrd again",
            ),
            Self::Checksum => Explanation::new("the checksum of a file is wrong", initrd_again),
        }
    }
}

/// A number of bytes, in the largest unit that it is a multiple of.
fn size(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB")];
    let unit = units
        .into_iter()
        .find(|(shift, _)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    match unit {
        Some((shift, name)) => format!("{} {name}", bytes >> shift),
        None => format!("{bytes} bytes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_came_out_is_said_in_units() {
        for (limit, expected) in [
            (4 << 30, "more than 4 GiB came out of it"),
            (1152 << 20, "more than 1152 MiB came out of it"),
            (200, "more than 200 bytes came out of it"),
            (0, "more than 0 bytes came out of it"),
        ] {
            let said = Fault::Unpacked { limit }.to_string();
            assert!(said.starts_with(expected), "{said}");
        }
    }
}
