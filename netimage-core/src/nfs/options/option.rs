//! One NFS mount option.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::known::{Accepts, accepts};
use crate::explanation::Explain;
use crate::nfs::error::NfsError;
use crate::nfs::export_path::is_special;
use crate::nfs::version::NfsVersion;
use crate::words::Words;

/// One mount option, `key` or `key=value` (nfs(5), mount(8)).
///
/// The values of the options that Linux checks are checked as it does
/// (`fs/nfs/fs_context.c`); every other option is kept as it is, since new
/// kernels bring new ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MountOption {
    key: Box<str>,
    value: Option<Box<str>>,
}

impl Accepts {
    /// The value in its canonical form, or what to give instead of it.
    fn check(&self, value: Option<&str>) -> Result<Option<Box<str>>, String> {
        let text = value.unwrap_or_default();
        let (is_valid, expected) = match self {
            Self::Anything => return Ok(value.map(Box::from)),
            Self::Nothing => (value.is_none(), "write it without a value".to_owned()),
            Self::Number(range) => (
                number(text).is_some_and(|number| range.contains(&number)),
                format!("give it a number from {} to {}", range.start(), range.end()),
            ),
            Self::OneOf(words) => (
                words.contains(text),
                format!("give it one of {}", listed(*words)),
            ),
            Self::SomeOf(words) => (
                text.split(':').all(|text| words.contains(text)),
                format!("give it some of {}, joined by colons", listed(*words)),
            ),
            Self::Address => {
                let address = text.parse::<IpAddr>().ok();
                let address = address.filter(|address| !address.is_unspecified());
                return address
                    .map(|address| Some(address.to_string().into_boxed_str()))
                    .ok_or_else(|| {
                        "give it a numeric address without brackets or zone".to_owned()
                    });
            }
        };
        if is_valid {
            Ok(value.map(Box::from))
        } else {
            Err(expected)
        }
    }
}

fn listed(words: Words) -> String {
    words.iter().collect::<Vec<_>>().join(", ")
}

/// A number as the kernel's `kstrtouint` with base 0 reads it.
fn number(text: &str) -> Option<u32> {
    let (digits, radix) =
        if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            (digits, 16)
        } else if text.len() > 1 && text.starts_with('0') {
            (text, 8)
        } else {
            (text, 10)
        };
    let is_digits = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digits
        .then(|| u32::from_str_radix(digits, radix).ok())
        .flatten()
}

impl MountOption {
    /// What stands before the equals sign.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What stands after the equals sign, if there is one.
    #[must_use]
    pub fn value(&self) -> Option<&str> {
        self.value.as_deref()
    }

    /// An option that is known to be well-formed.
    pub(in crate::nfs) fn of_address(key: &str, address: IpAddr) -> Self {
        Self {
            key: Box::from(key),
            value: Some(address.to_string().into_boxed_str()),
        }
    }

    /// The version that this option asks for, if it is about the version.
    pub(super) fn version(&self) -> Result<Option<NfsVersion>, NfsError> {
        let version = match (self.key(), self.value()) {
            ("vers" | "nfsvers", value) => value.unwrap_or_default().parse(),
            ("v2" | "v3" | "v4" | "v4.0" | "v4.1" | "v4.2", _) => self.key()[1..].parse(),
            ("minorversion", value) => match value.and_then(number) {
                Some(0) => Ok(NfsVersion::V4_0),
                Some(1) => Ok(NfsVersion::V4_1),
                _ => Ok(NfsVersion::V4_2),
            },
            _ => return Ok(None),
        };
        version.map(Some).map_err(|error: NfsError| {
            let problem = error.explain().problem;
            NfsError::invalid(
                format!(
                    "the mount option {:?} is not valid: {problem}",
                    self.to_string()
                ),
                "use vers=3, vers=4.1 or vers=4.2",
            )
        })
    }

    /// What the option decides, and what for; two options that decide the same
    /// thing differently contradict each other. Nothing for options that may
    /// be repeated: `x-systemd.requires=` and other comments of user space.
    pub(super) fn decision(&self) -> Option<(&str, bool, &str)> {
        let value = self.value().unwrap_or_default();
        Some(match self.key() {
            "ro" | "rw" => ("ro", true, self.key()),
            "hard" | "soft" | "softerr" => ("hard", true, self.key()),
            "sync" | "async" => ("sync", true, self.key()),
            "bg" | "fg" => ("bg", true, self.key()),
            "tcp" | "udp" | "rdma" => ("proto", true, self.key()),
            key if key.starts_with("x-") || key.starts_with("X-") || key == "comment" => {
                return None;
            }
            key => match key.strip_prefix("no") {
                Some(positive) if self.value.is_none() && !positive.is_empty() => {
                    (positive, false, value)
                }
                _ => (key, true, value),
            },
        })
    }

    /// Whether the kernel's own parser takes the option in `nfsroot=`.
    ///
    /// Left out are the options of mount(8), systemd and mount.nfs, `ro` and
    /// `rw`, which are kernel parameters of their own, and the flags of a mount
    /// point rather than of a file system, which `vfs_parse_fs_param` refuses.
    pub(in crate::nfs) fn is_for_kernel(&self) -> bool {
        let key = self.key();
        let positive = key.strip_prefix("no").unwrap_or(key);
        let is_comment = key.starts_with("x-") || key.starts_with("X-");
        !is_comment && !OF_USER_SPACE.contains(key) && !OF_MOUNT_POINT.contains(positive)
    }
}

/// Options of mount(8), systemd and mount.nfs, and those that are kernel parameters of
/// their own.
const OF_USER_SPACE: Words = Words(
    "
    _netdev _rnetdev bg bind comment defaults fg helper loud mountprog nfsprog rbind
    remount retry ro rw silent uhelper users
    ",
);

/// Flags of a mount point rather than of a file system, and what only mount(8) knows,
/// each also with `no` before it.
const OF_MOUNT_POINT: Words = Words(
    "
    atime auto dev diratime exec fail group iversion owner relatime strictatime suid
    symfollow user
    ",
);

impl FromStr for MountOption {
    type Err = NfsError;

    /// Reads one option; a comma is refused here.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(character) = text.chars().find(|character| is_special(*character)) {
            return Err(NfsError::invalid(
                format!("the mount option {text:?} has {character:?}"),
                "give each option by itself, without spaces, quotes or backslashes",
            ));
        }
        let (key, value) = match text.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (text, None),
        };
        if key.is_empty() {
            return Err(NfsError::invalid(
                format!("the mount option {text:?} has no name"),
                "write it as name=value",
            ));
        }
        let value = accepts(key).check(value).map_err(|expected| {
            NfsError::invalid(format!("the mount option {text:?} is not valid"), expected)
        })?;
        Ok(Self {
            key: Box::from(key),
            value,
        })
    }
}

impl fmt::Display for MountOption {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.value() {
            None => formatter.write_str(self.key()),
            Some(value) => write!(formatter, "{}={value}", self.key()),
        }
    }
}
