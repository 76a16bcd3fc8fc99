//! NFS protocol versions.

use std::fmt;
use std::str::FromStr;

use super::error::NfsError;
use crate::text_form::serde_by_text;

/// A version of the NFS protocol, as the mount option `vers=` takes it
/// (nfs(5)).
///
/// Version 2 is not here: current servers no longer speak it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum NfsVersion {
    /// `3`: needs rpcbind and mountd on the server, and lockd for locks.
    V3,
    /// `4`, without a minor version: mount.nfs takes the highest that the
    /// server offers. The kernel alone, as for `nfsroot=`, takes 4.0.
    V4,
    /// `4.0`.
    V4_0,
    /// `4.1`, the default: it needs one TCP connection to port 2049 and no
    /// rpcbind, statd or callback port, none of which an initrd has. 4.2 adds
    /// nothing that a root file system needs, and fewer servers offer it.
    #[default]
    V4_1,
    /// `4.2`.
    V4_2,
}

impl NfsVersion {
    /// `3`, `4`, `4.0`, `4.1` or `4.2`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V3 => "3",
            Self::V4 => "4",
            Self::V4_0 => "4.0",
            Self::V4_1 => "4.1",
            Self::V4_2 => "4.2",
        }
    }

    /// `3` or `4`.
    #[must_use]
    pub const fn major(self) -> u8 {
        match self {
            Self::V3 => 3,
            Self::V4 | Self::V4_0 | Self::V4_1 | Self::V4_2 => 4,
        }
    }

    /// The version that both agree on: `4` agrees with every minor version.
    pub(super) fn agree(self, other: Self) -> Option<Self> {
        match (self, other) {
            _ if self == other => Some(self),
            (Self::V4, minor) | (minor, Self::V4) if minor.major() == 4 => Some(minor),
            _ => None,
        }
    }
}

impl FromStr for NfsVersion {
    type Err = NfsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "3" => Self::V3,
            "4" => Self::V4,
            "4.0" => Self::V4_0,
            "4.1" => Self::V4_1,
            "4.2" => Self::V4_2,
            "2" => {
                return Err(NfsError::invalid(
                    format!("NFS version {text:?} is no longer served by Linux"),
                    "use 3, 4.1 or 4.2",
                ));
            }
            _ => {
                return Err(NfsError::invalid(
                    format!("{text:?} is not an NFS version"),
                    "use 3, 4, 4.0, 4.1 or 4.2",
                ));
            }
        })
    }
}

impl fmt::Display for NfsVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

serde_by_text!(NfsVersion);

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [NfsVersion; 5] = [
        NfsVersion::V3,
        NfsVersion::V4,
        NfsVersion::V4_0,
        NfsVersion::V4_1,
        NfsVersion::V4_2,
    ];

    #[test]
    fn what_is_printed_reads_back() {
        for version in ALL {
            assert_eq!(version.to_string().parse(), Ok(version));
            let json = serde_json::to_string(&version).unwrap();
            assert_eq!(json, format!("{:?}", version.as_str()));
            assert_eq!(serde_json::from_str::<NfsVersion>(&json).unwrap(), version);
        }
    }

    #[test]
    fn refuses_version_2_and_the_unknown() {
        let error = |text: &str| text.parse::<NfsVersion>().unwrap_err().to_string();
        assert!(error("2").contains("no longer served"));
        for text in ["", "1", "3.0", "4.", "4.3", "v4", "4.1 ", "５"] {
            assert!(error(text).contains("is not an NFS version"), "{text:?}");
        }
    }

    #[test]
    fn four_agrees_with_its_minor_versions_only() {
        assert_eq!(
            NfsVersion::V4.agree(NfsVersion::V4_1),
            Some(NfsVersion::V4_1)
        );
        assert_eq!(
            NfsVersion::V4_2.agree(NfsVersion::V4),
            Some(NfsVersion::V4_2)
        );
        assert_eq!(NfsVersion::V4_1.agree(NfsVersion::V4_2), None);
        assert_eq!(NfsVersion::V3.agree(NfsVersion::V4), None);
        for version in ALL {
            assert_eq!(version.agree(version), Some(version));
        }
    }
}
