//! Why an initrd cannot be read to its end.

use std::io;

use super::compression::Compression;
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
    /// Something else than zeros up to the next multiple of four bytes, or an
    /// uncompressed archive that does not begin at one (`unpack_to_rootfs`).
    Padding,
    /// Something other than an entry within a compressed archive.
    Junk,
    /// What Linux refuses of a stream or an entry.
    Refused(Explanation),
    /// Too much comes out.
    Unpacked {
        /// [`Limits::unpacked`](super::Limits::unpacked).
        limit: u64,
    },
    /// More than this library takes, by another of the [`Limits`](super::Limits), or
    /// what it does not read at all.
    Limit(Explanation),
}

impl Fault {
    pub(super) fn refused(problem: impl Into<String>, remedy: &str) -> Self {
        Self::Refused(Explanation::new(problem, remedy))
    }

    pub(super) fn limit(problem: impl Into<String>, remedy: &str) -> Self {
        Self::Limit(Explanation::new(problem, remedy))
    }

    pub(super) fn names(limit: usize) -> Self {
        Self::limit(format!("its names have more than {limit} bytes"), LEAVE_OUT)
    }

    pub(super) fn entries(limit: usize) -> Self {
        Self::limit(format!("it has more than {limit} entries"), LEAVE_OUT)
    }

    /// Whether Linux may well read on where this library does not.
    #[must_use]
    pub const fn is_limit(&self) -> bool {
        matches!(self, Self::Unpacked { .. } | Self::Limit(_))
    }
}

const LEAVE_OUT: &str = "leave out what the initrd does not need";

impl Explain for Fault {
    fn explain(&self) -> Explanation {
        let again = "build or copy it again";
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
                format!(
                    "{magic:02x?} is not the start of a cpio archive or of a compression that Linux knows"
                ),
                "make it with cpio -H newc and zstd, say",
            ),
            Self::Padding => Explanation::new(
                "what follows does not begin at a multiple of four bytes, as an archive has to",
                "pad what is before it with zeros",
            ),
            Self::Junk => Explanation::new(
                "an archive is followed by bytes that are not the start of an entry",
                "build the initrd again",
            ),
            Self::Unpacked { limit } => Explanation::new(
                format!("it unpacks to more than {}", size(*limit)),
                "an initrd has to fit into memory",
            ),
            Self::Refused(explanation) | Self::Limit(explanation) => explanation.clone(),
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
    fn limits_are_said_in_units() {
        for (limit, expected) in [
            (4 << 30, "it unpacks to more than 4 GiB"),
            (1152 << 20, "it unpacks to more than 1152 MiB"),
            (200, "it unpacks to more than 200 bytes"),
            (0, "it unpacks to more than 0 bytes"),
        ] {
            let said = Fault::Unpacked { limit }.to_string();
            assert!(said.starts_with(expected), "{said}");
        }
    }
}
