//! Names of files below a root.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::json_bytes;

/// A file's name below the root of a tree: bytes, at least one component, none
/// of them empty, `.` or `..`, never absolute.
///
/// Such a name can be asked for over TFTP and cannot leave its tree. In JSON
/// it is a string, or `{"hex": "…"}` when it is not UTF-8.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetName(Box<[u8]>);

/// Most bytes of a name, with which a path is one that Linux takes (`PATH_MAX`, limits.h).
const LENGTH_MAX: usize = 4095;

/// Why bytes are not a name below a root.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetNameError {
    /// No bytes.
    #[error("a target name is empty; say where the file goes, like overlays/README")]
    Empty,
    /// No path of Linux is so long.
    #[error("a target name is {0} bytes long, and may have 4095 at most; write a shorter one")]
    Long(usize),
    /// It starts with `/`.
    #[error(
        "the target name {0:?} is absolute; write it relative to the tree, without the leading '/'"
    )]
    Absolute(OsString),
    /// It has an empty, `.` or `..` component, or a NUL.
    #[error(
        "the target name {0:?} has a part that is empty, '.', '..' or holds a NUL; write it plainly, like overlays/README"
    )]
    Component(OsString),
}

impl TargetName {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`TargetNameError`] when it is no name below a root.
    pub fn new(name: impl AsRef<OsStr>) -> Result<Self, TargetNameError> {
        let name = name.as_ref();
        let bytes = name.as_bytes();
        if bytes.is_empty() {
            return Err(TargetNameError::Empty);
        }
        if bytes.len() > LENGTH_MAX {
            return Err(TargetNameError::Long(bytes.len()));
        }
        if bytes[0] == b'/' {
            return Err(TargetNameError::Absolute(name.to_owned()));
        }
        let plain = |part: &[u8]| !matches!(part, b"" | b"." | b"..") && !part.contains(&0);
        if !bytes.split(|&byte| byte == b'/').all(plain) {
            return Err(TargetNameError::Component(name.to_owned()));
        }
        Ok(Self(bytes.into()))
    }

    /// A name that is known to be valid.
    pub(crate) fn constant(name: &'static str) -> Self {
        debug_assert!(Self::new(name).is_ok(), "{name:?} is not a target name");
        Self(name.as_bytes().into())
    }

    /// The name below a directory of this name.
    ///
    /// # Errors
    ///
    /// As [`TargetName::new`] for `name`.
    pub fn join(&self, name: impl AsRef<OsStr>) -> Result<Self, TargetNameError> {
        let below = Self::new(name)?;
        Ok(Self([&*self.0, b"/", &*below.0].concat().into()))
    }

    /// As a relative path.
    #[must_use]
    pub fn as_path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.0))
    }

    /// The directories above it, outermost first.
    pub fn parents(&self) -> impl Iterator<Item = TargetName> + '_ {
        let slashes = self.0.iter().enumerate().filter(|(_, byte)| **byte == b'/');
        slashes.map(|(at, _)| Self(self.0[..at].into()))
    }

    /// The name relative to a directory, if it is below it.
    #[must_use]
    pub fn strip_prefix(&self, directory: &Self) -> Option<Self> {
        let below = self.as_path().strip_prefix(directory.as_path()).ok()?;
        Self::new(below).ok()
    }

    /// Whether it is `directory` or below it.
    #[must_use]
    pub fn is_within(&self, directory: &Self) -> bool {
        self.as_path().starts_with(directory.as_path())
    }
}

impl fmt::Display for TargetName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.as_path().display())
    }
}

impl FromStr for TargetName {
    type Err = TargetNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::new(text)
    }
}

impl Serialize for TargetName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json_bytes::serialize(self.as_path().as_os_str(), serializer)
    }
}

impl<'de> Deserialize<'de> for TargetName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(json_bytes::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::os::unix::ffi::OsStringExt;

    #[test]
    fn only_names_that_stay_below_the_root() {
        for good in ["a", "a/b", ".hidden", "...", "a b", "a\nb", "\u{fc}"] {
            assert_eq!(TargetName::new(good).unwrap().as_path(), Path::new(good));
        }
        assert!(TargetName::new("x".repeat(LENGTH_MAX)).is_ok());
        assert_eq!(
            TargetName::new("a/".repeat(LENGTH_MAX)),
            Err(TargetNameError::Long(2 * LENGTH_MAX))
        );
        assert_eq!(TargetName::new(""), Err(TargetNameError::Empty));
        assert!(matches!(
            TargetName::new("/a"),
            Err(TargetNameError::Absolute(_))
        ));
        for bad in [".", "..", "a/..", "../a", "a//b", "a/", "a/./b", "a\0"] {
            assert!(
                matches!(TargetName::new(bad), Err(TargetNameError::Component(_))),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn knows_its_parents() {
        let name = TargetName::new("a/b/c").unwrap();
        let parents: Vec<_> = name.parents().map(|parent| parent.to_string()).collect();
        assert_eq!(parents, ["a", "a/b"]);
        assert!(name.is_within(&"a/b".parse().unwrap()));
        assert!(
            !"ab"
                .parse::<TargetName>()
                .unwrap()
                .is_within(&"a".parse().unwrap())
        );
    }

    proptest! {
        #[test]
        fn json_reads_back(bytes in proptest::collection::vec(any::<u8>(), 0..20)) {
            if let Ok(name) = TargetName::new(OsString::from_vec(bytes)) {
                let json = serde_json::to_string(&name).unwrap();
                prop_assert_eq!(serde_json::from_str::<TargetName>(&json).unwrap(), name);
            }
        }
    }
}
