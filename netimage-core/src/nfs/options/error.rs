//! What can be wrong with NFS mount options.

use crate::nfs::version::NfsVersionError;

/// Why mount options cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MountOptionError {
    /// A character that would end the option for some reader of it.
    #[error(
        "the mount option {option:?} has {character:?}; give each option by itself, without blanks, quotes or backslashes"
    )]
    Character {
        /// The option as given.
        option: String,
        /// The offending character.
        character: char,
    },
    /// An equals sign with nothing before it.
    #[error("the mount option {0:?} has no name; write it as name=value")]
    Nameless(String),
    /// A value that Linux refuses for this option.
    #[error("the mount option {option:?} is not valid; {expected}")]
    Value {
        /// The option as given.
        option: String,
        /// What to give instead.
        expected: String,
    },
    /// A version that Linux refuses.
    #[error(
        "the mount option {option:?} has no version that can be used; use vers=3, vers=4.1 or vers=4.2"
    )]
    Version {
        /// The option as given.
        option: String,
        /// What is wrong with the version.
        source: NfsVersionError,
    },
    /// Two options of which one would silently win.
    #[error("the mount options {first:?} and {second:?} contradict each other; keep one of them")]
    Contradiction {
        /// The option given first.
        first: String,
        /// The option given later.
        second: String,
    },
}
