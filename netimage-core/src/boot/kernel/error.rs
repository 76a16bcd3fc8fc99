//! Why a kernel cannot be read.

use std::io;

use super::KERNEL_SIZE_MAX;

/// Why a kernel cannot be read to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KernelReadError {
    /// The reader failed.
    #[error("the kernel cannot be read; check the file and its disk")]
    Read(#[source] io::Error),
    /// The gzip file is cut off or broken.
    #[error("the gzipped kernel cannot be unpacked; put the whole file in its place")]
    Gzip(#[source] io::Error),
    /// More than [`KERNEL_SIZE_MAX`].
    #[error("the kernel has more than {max} bytes unpacked; use one that fits", max = KERNEL_SIZE_MAX)]
    TooLarge,
}

impl KernelReadError {
    /// Tells what the decoder finds wrong from what its reader does.
    pub(crate) fn of_gzip(self) -> Self {
        match self {
            Self::Read(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidData
                        | io::ErrorKind::InvalidInput
                        | io::ErrorKind::UnexpectedEof
                ) =>
            {
                Self::Gzip(error)
            }
            other => other,
        }
    }
}
