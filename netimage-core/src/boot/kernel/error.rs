//! Why a kernel cannot be read.

use std::io;

use super::KERNEL_SIZE_MAX;
use crate::explanation::{Explain, Explanation};

/// Why a kernel cannot be read to its end.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.explain())]
#[non_exhaustive]
pub enum KernelReadError {
    /// The reader failed.
    Read(#[source] io::Error),
    /// The gzip file is cut off or broken.
    Gzip(#[source] io::Error),
    /// More than [`KERNEL_SIZE_MAX`].
    TooLarge,
}

impl Explain for KernelReadError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Read(_) => {
                Explanation::new("the kernel cannot be read", "check the file and its disk")
            }
            Self::Gzip(_) => Explanation::new(
                "the gzipped kernel cannot be unpacked",
                "put the whole file in its place",
            ),
            Self::TooLarge => Explanation::new(
                format!("the kernel has more than {KERNEL_SIZE_MAX} bytes unpacked"),
                "use one that fits",
            ),
        }
    }
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
