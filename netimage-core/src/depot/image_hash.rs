//! What tells one deployed image from another.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::hex;

/// The SHA-256 of all that a boot of a generation gets: two generations with one
/// hash are the same system, so that no reboot is needed between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ImageHash([u8; 32]);

/// Text that is not the hash of an image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the hash of an image; deploy the image again")]
pub struct ImageHashError(String);

impl ImageHash {
    /// The hash of these parts, in their order: the manifest, and what of the boot
    /// files is the machine's own.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut sha256 = Sha256::new();
        for part in parts {
            // With the length, so that no two lists of parts are one.
            sha256.update(part.len().to_le_bytes());
            sha256.update(part);
        }
        Self(sha256.finalize().into())
    }
}

impl fmt::Display for ImageHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&hex::print(&self.0))
    }
}

impl TryFrom<String> for ImageHash {
    type Error = ImageHashError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        hex::parse(&text).map(Self).ok_or(ImageHashError(text))
    }
}

impl From<ImageHash> for String {
    fn from(hash: ImageHash) -> Self {
        hash.to_string()
    }
}
