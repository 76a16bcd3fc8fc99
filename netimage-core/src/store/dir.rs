//! The store directory.

use std::fmt;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;

use crate::text_form::serde_by_text;

use super::{StorePath, StorePathError};

/// The directory that holds the store, `/nix/store` unless Nix was built for
/// another (Nix manual, "Store directory").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct StoreDir(Arc<str>);

/// Why a string cannot be a store directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreDirError {
    /// It does not start at the root.
    #[error("the store directory {0:?} is not absolute; write it from the root, like /nix/store")]
    NotAbsolute(String),
    /// It has empty, `.` or `..` components, a line feed, or ends in a slash.
    #[error(
        "the store directory {0:?} is not in plain form; leave out '//', '.', '..', line feeds and a final '/'"
    )]
    NotPlain(String),
}

impl StoreDir {
    /// Joins a store path to this directory: the absolute path by which the
    /// store's own files refer to it.
    #[must_use]
    pub fn display(&self, path: &StorePath) -> String {
        format!("{}/{path}", self.0)
    }

    /// Reads an absolute path that must be an immediate child of this directory.
    ///
    /// # Errors
    ///
    /// [`StorePathError`] when it is elsewhere or its name breaks Nix's rules.
    pub fn parse(&self, absolute: &str) -> Result<StorePath, StorePathError> {
        self.strip(absolute)
            .ok_or_else(|| StorePathError::NotInStore {
                path: absolute.to_owned(),
                store_dir: self.to_string(),
            })
            .and_then(StorePath::from_str)
    }

    /// The part of an absolute path after this directory, when it is below it.
    #[must_use]
    pub fn strip<'path>(&self, absolute: &'path str) -> Option<&'path str> {
        absolute.strip_prefix(&*self.0)?.strip_prefix('/')
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As a path of the file system.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(&*self.0)
    }
}

impl Default for StoreDir {
    fn default() -> Self {
        Self(Arc::from("/nix/store"))
    }
}

impl fmt::Display for StoreDir {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for StoreDir {
    type Err = StoreDirError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some(relative) = text.strip_prefix('/') else {
            return Err(StoreDirError::NotAbsolute(text.to_owned()));
        };
        let plain = |component| !matches!(component, "" | "." | "..");
        if text.contains(['\n', '\0']) || !relative.split('/').all(plain) {
            return Err(StoreDirError::NotPlain(text.to_owned()));
        }
        Ok(Self(Arc::from(text)))
    }
}

serde_by_text!(StoreDir);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_plain_absolute_directories() {
        for good in ["/nix/store", "/gnu/store", "/s", "/a b/ü"] {
            assert_eq!(good.parse::<StoreDir>().unwrap().to_string(), good);
        }
        for bad in [
            "",
            "/",
            "nix/store",
            "/nix/store/",
            "/nix//store",
            "/nix/../s",
            "/n\nx",
        ] {
            assert!(bad.parse::<StoreDir>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_store_path_is_an_immediate_child() {
        let dir = StoreDir::default();
        let path = "/nix/store/00000000000000000000000000000000-x";
        assert_eq!(dir.display(&dir.parse(path).unwrap()), path);
        assert!(dir.parse(&format!("{path}/bin")).is_err());
        assert!(
            dir.parse("/gnu/store/00000000000000000000000000000000-x")
                .is_err()
        );
        assert!(
            dir.parse("/nix/store00000000000000000000000000000000-x")
                .is_err()
        );
    }

    proptest! {
        #[test]
        fn what_reads_prints_the_same(text in "/?[a-c/.]{0,12}") {
            if let Ok(dir) = text.parse::<StoreDir>() {
                prop_assert_eq!(dir.to_string(), text);
            }
        }
    }
}
