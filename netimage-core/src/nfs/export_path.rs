//! Paths of exported directories.

use super::error::NfsError;

/// Most bytes of an exported path (`NFS_MAXPATHLEN` and `NFS4_MAXPATHLEN` of
/// the Linux client).
const EXPORT_PATH_LENGTH_MAX: usize = 1024;

/// The canonical form of an absolute path: single slashes, no `.`, none at the
/// end but for the root itself.
pub(super) fn canonical(path: &str) -> Result<String, NfsError> {
    if !path.starts_with('/') {
        return Err(NfsError::invalid(
            format!("the exported path {path:?} is not absolute"),
            "give it from the server's root, starting with '/'",
        ));
    }
    join("", path)
}

/// The canonical form of the relative path `below` under the canonical `base`.
pub(super) fn below(base: &str, below: &str) -> Result<String, NfsError> {
    if below.is_empty() || below.starts_with('/') {
        return Err(NfsError::invalid(
            format!("the directory {below:?} is not below the NFS root"),
            "give it as a relative path that is not empty",
        ));
    }
    join(base.trim_end_matches('/'), below)
}

fn join(base: &str, path: &str) -> Result<String, NfsError> {
    if let Some(character) = path.chars().find(|character| is_special(*character)) {
        return Err(NfsError::invalid(
            format!(
                "the exported path {path:?} has {character:?}, at which the kernel or fstab splits it"
            ),
            "rename or bind-mount the directory",
        ));
    }
    let mut joined = base.to_owned();
    for component in path.split('/') {
        match component {
            "" | "." => {}
            ".." => {
                return Err(NfsError::invalid(
                    format!("the exported path {path:?} has a component '..'"),
                    "give the directory that it leads to",
                ));
            }
            name => {
                joined.push('/');
                joined.push_str(name);
            }
        }
    }
    let length = joined.len();
    if length > EXPORT_PATH_LENGTH_MAX {
        return Err(NfsError::invalid(
            format!("the exported path {path:?} has {length} bytes"),
            format!("export a directory with at most {EXPORT_PATH_LENGTH_MAX}"),
        ));
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
        let refused = |path: Result<String, NfsError>, why: &str| {
            let error = path.unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        };
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
            refused(canonical(path), "splits it");
        }
        for path in ["", "srv", "~/srv"] {
            refused(canonical(path), "is not absolute");
        }
        for path in ["/..", "/srv/../etc"] {
            refused(canonical(path), "a component '..'");
        }
        for path in ["", "/boot"] {
            refused(below("/srv", path), "is not below");
        }
        refused(below("/srv", "a/../.."), "a component '..'");
        assert!(canonical(&format!("/{}", "a".repeat(1023))).is_ok());
        refused(canonical(&format!("/{}", "a".repeat(1024))), "1025 bytes");
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
