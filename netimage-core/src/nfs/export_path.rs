//! Paths of exported directories.

use crate::explanation::{Explain, Explanation};

/// Most bytes of an exported path (`NFS_MAXPATHLEN` and `NFS4_MAXPATHLEN` of
/// the Linux client).
const EXPORT_PATH_LENGTH_MAX: usize = 1024;

/// Why a string is not the path of an exported directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain())]
#[non_exhaustive]
pub enum ExportPathError {
    /// Does not start with a slash.
    Relative(String),
    /// A directory below the root given as an absolute path, or as nothing.
    NotBelow(String),
    /// Has `..`.
    Parent(String),
    /// Has a character that some reader of it takes for its own.
    Character {
        /// The path as given.
        path: String,
        /// The offending character.
        character: char,
    },
    /// Longer than the Linux client takes.
    Length {
        /// The path as given.
        path: String,
        /// Its bytes.
        length: usize,
    },
}

impl Explain for ExportPathError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Relative(path) => Explanation::new(
                format!("the exported path {path:?} is not absolute"),
                "give it from the server's root, starting with '/'",
            ),
            Self::NotBelow(path) => Explanation::new(
                format!("the directory {path:?} is not below the NFS root"),
                "give it as a relative path that is not empty",
            ),
            Self::Parent(path) => Explanation::new(
                format!("the exported path {path:?} has a component '..'"),
                "give the directory that it leads to",
            ),
            Self::Character { path, character } => Explanation::new(
                format!(
                    "the exported path {path:?} has {character:?}, at which the kernel or fstab splits it"
                ),
                "rename or bind-mount the directory",
            ),
            Self::Length { path, length } => Explanation::new(
                format!("the exported path {path:?} has {length} bytes"),
                format!("export a directory with at most {EXPORT_PATH_LENGTH_MAX}"),
            ),
        }
    }
}

/// The canonical form of an absolute path: single slashes, no `.`, none at the
/// end but for the root itself.
pub(super) fn canonical(path: &str) -> Result<String, ExportPathError> {
    if !path.starts_with('/') {
        return Err(ExportPathError::Relative(path.to_owned()));
    }
    join("", path)
}

/// The canonical form of the relative path `below` under the canonical `base`.
pub(super) fn below(base: &str, below: &str) -> Result<String, ExportPathError> {
    if below.is_empty() || below.starts_with('/') {
        return Err(ExportPathError::NotBelow(below.to_owned()));
    }
    join(base.trim_end_matches('/'), below)
}

fn join(base: &str, path: &str) -> Result<String, ExportPathError> {
    if let Some(character) = path.chars().find(|character| is_special(*character)) {
        return Err(ExportPathError::Character {
            path: path.to_owned(),
            character,
        });
    }
    let mut joined = base.to_owned();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => return Err(ExportPathError::Parent(path.to_owned())),
            name => {
                joined.push('/');
                joined.push_str(name);
            }
        }
    }
    if joined.len() > EXPORT_PATH_LENGTH_MAX {
        return Err(ExportPathError::Length {
            path: path.to_owned(),
            length: joined.len(),
        });
    }
    if joined.is_empty() {
        joined.push('/');
    }
    Ok(joined)
}

/// `nfsroot=` ends its path at a comma, the kernel command line splits at
/// blanks and groups by double quotes, and fstab and systemd read quotes and
/// backslashes as escapes. To the kernel a byte 0xA0 is a blank as well
/// (`lib/ctype.c`), whatever UTF-8 character it is a part of.
pub(super) fn is_special(character: char) -> bool {
    character.is_whitespace()
        || character.is_control()
        || matches!(character, ',' | '"' | '\'' | '\\')
        || character
            .encode_utf8(&mut [0; 4])
            .bytes()
            .any(|byte| byte == 0xa0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn takes_out_what_says_nothing() {
        for (path, expected) in [
            ("/", "/"),
            ("//", "/"),
            ("/srv/nfs", "/srv/nfs"),
            ("/srv//nfs/./", "/srv/nfs"),
            ("/srv/ä:b...", "/srv/ä:b..."),
        ] {
            assert_eq!(canonical(path).as_deref(), Ok(expected));
        }
        assert_eq!(
            below("/", "boot/firmware/").as_deref(),
            Ok("/boot/firmware")
        );
        assert_eq!(below("/srv", "boot").as_deref(), Ok("/srv/boot"));
    }

    #[test]
    fn refuses_what_would_be_read_otherwise() {
        for path in [
            "/a,b",
            "/a b",
            "/a\u{a0}b",
            "/\u{7a0}",
            "/a\nb",
            "/a\0",
            "/a\"b",
            "/a'b",
            "/a\\040b",
        ] {
            assert!(
                matches!(canonical(path), Err(ExportPathError::Character { .. })),
                "{path:?}"
            );
        }
        for path in ["", "srv", "~/srv"] {
            assert!(
                matches!(canonical(path), Err(ExportPathError::Relative(_))),
                "{path:?}"
            );
        }
        for path in ["/..", "/srv/../etc"] {
            assert!(
                matches!(canonical(path), Err(ExportPathError::Parent(_))),
                "{path:?}"
            );
        }
        for path in ["", "/boot"] {
            assert!(
                matches!(below("/srv", path), Err(ExportPathError::NotBelow(_))),
                "{path:?}"
            );
        }
        assert!(matches!(
            below("/srv", "a/../.."),
            Err(ExportPathError::Parent(_))
        ));
        assert!(canonical(&format!("/{}", "a".repeat(1023))).is_ok());
        assert!(matches!(
            canonical(&format!("/{}", "a".repeat(1024))),
            Err(ExportPathError::Length { length: 1025, .. })
        ));
    }

    proptest! {
        #[test]
        fn canonical_is_a_fixed_point(path in "/[a-c./]{0,20}|.{0,20}") {
            if let Ok(once) = canonical(&path) {
                prop_assert_eq!(canonical(&once), Ok(once.clone()));
                prop_assert!(once == "/" || !once.ends_with('/'));
            }
        }
    }
}
