//! What can be wrong with NFS mount options.

use crate::explanation::{Explain, Explanation};
use crate::nfs::version::NfsVersionError;

/// Why mount options cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain())]
#[non_exhaustive]
pub enum MountOptionError {
    /// A character that would end the option for some reader of it.
    Character {
        /// The option as given.
        option: String,
        /// The offending character.
        character: char,
    },
    /// An equals sign with nothing before it.
    Nameless(String),
    /// A value that Linux refuses for this option.
    Value {
        /// The option as given.
        option: String,
        /// What to give instead.
        expected: String,
    },
    /// A version that Linux refuses.
    Version {
        /// The option as given.
        option: String,
        /// What is wrong with the version.
        error: NfsVersionError,
    },
    /// Two options of which one would silently win.
    Contradiction {
        /// The option given first.
        first: String,
        /// The option given later.
        second: String,
    },
}

impl Explain for MountOptionError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Character { option, character } => Explanation::new(
                format!("the mount option {option:?} has {character:?}"),
                "give each option by itself, without blanks, quotes or backslashes",
            ),
            Self::Nameless(option) => Explanation::new(
                format!("the mount option {option:?} has no name"),
                "write it as name=value",
            ),
            Self::Value { option, expected } => Explanation::new(
                format!("the mount option {option:?} is not valid"),
                expected,
            ),
            Self::Version { option, error } => Explanation::new(
                format!(
                    "the mount option {option:?} is not valid: {}",
                    error.explain().problem
                ),
                "use vers=3, vers=4.1 or vers=4.2",
            ),
            Self::Contradiction { first, second } => Explanation::new(
                format!("the mount options {first:?} and {second:?} contradict each other"),
                "keep one of them",
            ),
        }
    }
}
