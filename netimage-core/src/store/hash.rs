//! NAR hashes.

use std::fmt;
use std::io::{self, Write};
use std::str::FromStr;

use crate::text_form::serde_by_text;
use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};

use super::nix32;
use super::sha256::Sha256;

/// The SHA-256 of a store object's NAR serialisation.
///
/// Reads every form that Nix prints: nix32 and base 16, with or without the
/// prefix `sha256:`, base 64 with that prefix, and SRI (`sha256-` and base 64).
/// [`Display`](fmt::Display) and serde print SRI, as current Nix does.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NarHash([u8; 32]);

/// Why a string is not a NAR hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NarHashError {
    /// Another hash algorithm.
    #[error("{0:?} is not a SHA-256 hash; Nix registers store paths by SHA-256 only")]
    Algorithm(String),
    /// Not nix32, base 16 or base 64 of 32 bytes.
    #[error(
        "{0:?} is not a SHA-256 hash in nix32, base 16 or SRI form; check that it was copied whole"
    )]
    Encoding(String),
}

impl NarHash {
    /// The hash whose bytes are known.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// `sha256:` and 52 nix32 characters, as in `.attrs.json`.
    #[must_use]
    pub fn to_nix32(&self) -> String {
        format!("sha256:{}", nix32::encode(&self.0))
    }

    /// 64 hexadecimal digits without a prefix, as `nix-store --dump-db` prints.
    #[must_use]
    pub fn to_base16(&self) -> String {
        HEXLOWER.encode(&self.0)
    }

    /// `sha256-` and base 64, as `nix path-info --json` prints.
    #[must_use]
    pub fn to_sri(&self) -> String {
        format!("sha256-{}", BASE64.encode(&self.0))
    }
}

impl FromStr for NarHash {
    type Err = NarHashError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let encoding = || NarHashError::Encoding(text.to_owned());
        let (digits, sri) = match text.split_once([':', '-']) {
            None => (text, false),
            Some(("sha256", digits)) => (digits, text.as_bytes()[6] == b'-'),
            Some(_) => return Err(NarHashError::Algorithm(text.to_owned())),
        };
        let bytes = match digits.len() {
            44 => BASE64.decode(digits.as_bytes()).ok(),
            52 if !sri => nix32::decode(digits).ok(),
            64 if !sri => HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok(),
            _ => None,
        };
        bytes
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .map(Self)
            .ok_or_else(encoding)
    }
}

impl fmt::Display for NarHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.to_sri())
    }
}

impl fmt::Debug for NarHash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "NarHash({self})")
    }
}

serde_by_text!(NarHash);

/// A sink that keeps the SHA-256 and the count of what is written to it.
#[derive(Default)]
pub(crate) struct HashWriter {
    sha256: Sha256,
    size: u64,
}

impl HashWriter {
    /// Takes the next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// The hash of all that was written, and its bytes.
    pub(crate) fn finish(self) -> ([u8; 32], u64) {
        (self.sha256.finish(), self.size)
    }
}

impl Write for HashWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_every_form_that_nix_prints() {
        let hash = NarHash(HashWriter::default().finish().0);
        let base16 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let nix32 = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
        let base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        for text in [
            base16.to_owned(),
            base16.to_uppercase(),
            nix32.to_owned(),
            format!("sha256:{base16}"),
            format!("sha256:{nix32}"),
            format!("sha256:{base64}"),
            format!("sha256-{base64}"),
        ] {
            assert_eq!(text.parse(), Ok(hash), "{text}");
        }
        assert_eq!(hash.to_base16(), base16);
        assert_eq!(hash.to_nix32(), format!("sha256:{nix32}"));
        assert_eq!(hash.to_sri(), format!("sha256-{base64}"));
    }

    #[test]
    fn refuses_other_algorithms_and_cut_hashes() {
        assert!(matches!(
            "sha512:00".parse::<NarHash>(),
            Err(NarHashError::Algorithm(_))
        ));
        for text in [
            "",
            "sha256:",
            "sha256-00",
            "sha256-0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73",
        ] {
            assert!(
                matches!(text.parse::<NarHash>(), Err(NarHashError::Encoding(_))),
                "{text}"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(bytes in any::<[u8; 32]>()) {
            let hash = NarHash::from_bytes(bytes);
            for text in [hash.to_nix32(), hash.to_base16(), hash.to_sri()] {
                prop_assert_eq!(text.parse(), Ok(hash));
            }
        }

        #[test]
        fn never_panics(text in ".{0,80}") {
            let _ = text.parse::<NarHash>();
        }
    }
}
