//! Store paths.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::dir::StoreDir;
use super::hash::{HashWriter, NarHash};
use super::nix32::{self, Nix32Error};

/// Bytes of a digest.
const DIGEST_SIZE: usize = 20;

/// Characters of the digest part of a base name: its bytes in nix32.
const DIGEST_LENGTH: usize = 32;

/// Most bytes that the name part may have.
const NAME_LENGTH_MAX: usize = 211;

/// An immediate child of the store directory, known by its base name
/// `<digest>-<name>` (Nix manual, "Store path").
///
/// Ordered as Nix orders them, by base name. Cloning is cheap: the text is
/// shared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorePath(Arc<str>);

/// Why a string is not a store path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorePathError {
    /// An absolute path that is not an immediate child of the store directory.
    #[error(
        "{path:?} is not a store path of {store_dir}; give the path right below that directory"
    )]
    NotInStore {
        /// The path as given.
        path: String,
        /// The store directory it was held against.
        store_dir: String,
    },
    /// Not of the form `<digest>-<name>`.
    #[error("{0:?} is not a store path; it must be a digest of 32 characters, '-', and a name")]
    Form(String),
    /// The digest is not nix32.
    #[error("the digest of store path {base_name:?} is not valid; check that it was copied whole")]
    Digest {
        /// The base name as given.
        base_name: String,
        /// What is wrong with it.
        source: Nix32Error,
    },
    /// A name that is empty or longer than Nix allows.
    #[error("the name of store path {base_name:?} has {length} bytes; Nix allows 1 to 211")]
    Length {
        /// The base name as given.
        base_name: String,
        /// Bytes of its name.
        length: usize,
    },
    /// A character that Nix does not allow in names.
    #[error(
        "the name of store path {base_name:?} has {character:?}; Nix allows only A-Z a-z 0-9 + - . _ ? ="
    )]
    Character {
        /// The base name as given.
        base_name: String,
        /// The offending character.
        character: char,
    },
    /// A name that is `.` or `..`, or starts with `.-` or `..-`.
    #[error(
        "the name of store path {0:?} starts with '.' or '..' as its first dash-separated part, which Nix refuses"
    )]
    Dots(String),
}

impl StorePath {
    /// The store path of files with this NAR that are added as they are and refer to
    /// nothing, as `nix-store --add` calls it (Nix manual, "Complete store path
    /// calculation").
    ///
    /// # Errors
    ///
    /// [`StorePathError`] when `name` is not one that store paths can have.
    pub(crate) fn of_nar(
        store_dir: &StoreDir,
        name: &str,
        nar_hash: &NarHash,
    ) -> Result<Self, StorePathError> {
        let hash = nar_hash.to_base16();
        let mut sha256 = HashWriter::default();
        sha256.update(format!("source:sha256:{hash}:{store_dir}:{name}").as_bytes());
        let mut digest = [0; DIGEST_SIZE];
        for (at, byte) in sha256.finish().0.into_iter().enumerate() {
            digest[at % DIGEST_SIZE] ^= byte;
        }
        format!("{}-{name}", nix32::encode(&digest)).parse()
    }

    /// The nix32 digest, 32 characters.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.0[..DIGEST_LENGTH]
    }

    /// The name, without the digest.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0[DIGEST_LENGTH + 1..]
    }

    /// `<digest>-<name>`, the file name below the store directory.
    #[must_use]
    pub fn base_name(&self) -> &str {
        &self.0
    }

    fn check_name(base_name: &str, name: &str) -> Result<(), StorePathError> {
        if name.is_empty() || name.len() > NAME_LENGTH_MAX {
            return Err(StorePathError::Length {
                base_name: base_name.to_owned(),
                length: name.len(),
            });
        }
        let allowed =
            |character: &char| character.is_ascii_alphanumeric() || "+-._?=".contains(*character);
        if let Some(character) = name.chars().find(|character| !allowed(character)) {
            return Err(StorePathError::Character {
                base_name: base_name.to_owned(),
                character,
            });
        }
        if matches!(name.split('-').next(), Some("." | "..")) {
            return Err(StorePathError::Dots(base_name.to_owned()));
        }
        Ok(())
    }
}

impl FromStr for StorePath {
    type Err = StorePathError;

    /// Reads a base name, `<digest>-<name>`.
    fn from_str(base_name: &str) -> Result<Self, Self::Err> {
        let form = || StorePathError::Form(base_name.to_owned());
        let (digest, rest) = base_name.split_at_checked(DIGEST_LENGTH).ok_or_else(form)?;
        let name = rest.strip_prefix('-').ok_or_else(form)?;
        nix32::decode(digest).map_err(|source| StorePathError::Digest {
            base_name: base_name.to_owned(),
            source,
        })?;
        Self::check_name(base_name, name)?;
        Ok(Self(Arc::from(base_name)))
    }
}

impl fmt::Display for StorePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for StorePath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "StorePath({})", self.0)
    }
}

crate::text_form::serde_by_text!(StorePath);

impl Borrow<str> for StorePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DIGEST: &str = "8p8w5z8q1f3v6n0a2b4c7d9g1h3i5j7k";

    fn parse(name: &str) -> Result<StorePath, StorePathError> {
        format!("{DIGEST}-{name}").parse()
    }

    #[test]
    fn files_are_called_as_by_nix_store_add() {
        let place = tempfile::tempdir().unwrap();
        let files = place.path().join("files");
        std::fs::create_dir(&files).unwrap();
        std::fs::write(files.join("db.sqlite"), "database").unwrap();
        std::fs::write(files.join("schema"), "10").unwrap();
        let (hash, _) = crate::fs::hash_nar(&files).unwrap();
        let path = StorePath::of_nar(&StoreDir::default(), "netimage-database", &hash);
        // By Nix 2.26.3.
        let expected = "2aszqniiwj4bicfw5dpldbphq3akyqqj-netimage-database";
        assert_eq!(path.unwrap().base_name(), expected);
    }

    #[test]
    fn takes_the_names_that_nix_takes() {
        for name in [
            "a",
            "hello-2.12",
            "...",
            ".a",
            "..a-b",
            "+-._?=",
            &"x".repeat(211),
        ] {
            let path = parse(name).unwrap();
            assert_eq!((path.digest(), path.name()), (DIGEST, name));
        }
    }

    #[test]
    fn refuses_the_names_that_nix_refuses() {
        for name in [
            "",
            ".",
            "..",
            ".-x",
            "..-x",
            "a/b",
            "a b",
            "é",
            "a\n",
            &"x".repeat(212),
        ] {
            assert!(parse(name).is_err(), "{name:?}");
        }
        let upper = format!("{}-a", DIGEST.to_uppercase());
        assert!(matches!(
            upper.parse::<StorePath>(),
            Err(StorePathError::Digest { .. })
        ));
        for form in ["", "a", "é", &DIGEST[1..], DIGEST, &format!("{DIGEST}_a")] {
            assert!(matches!(
                form.parse::<StorePath>(),
                Err(StorePathError::Form(_))
            ));
        }
    }

    proptest! {
        #[test]
        fn what_reads_prints_the_same(text in "[0-9a-df-np-sv-z]{32}-[A-Za-z0-9+._?=-]{1,30}") {
            if let Ok(path) = text.parse::<StorePath>() {
                prop_assert_eq!(path.to_string(), text);
            }
        }

        #[test]
        fn never_panics(text in ".{0,80}") {
            let _ = text.parse::<StorePath>();
        }
    }
}
