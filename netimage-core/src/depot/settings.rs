//! What is said once of a depot.

use serde::{Deserialize, Serialize};

use crate::nfs::NfsRoot;
use crate::store::StoreDir;

/// The version of the format that is written and read.
const VERSION: u32 = 1;

/// The settings of a depot, `depot.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// The version of the depot's format.
    version: Version,
    /// The directory that the machines mount the store as.
    pub store_dir: StoreDir,
    /// The depot as the machines mount it: server, path and options.
    pub nfs: NfsRoot,
}

impl Settings {
    /// Settings of a new depot.
    #[must_use]
    pub const fn new(store_dir: StoreDir, nfs: NfsRoot) -> Self {
        Self {
            version: Version,
            store_dir,
            nfs,
        }
    }
}

/// The one version that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
struct Version;

#[derive(Debug, thiserror::Error)]
#[error("the depot has format {0}, and this program knows {VERSION}; use the program that made it")]
struct VersionError(u32);

impl TryFrom<u32> for Version {
    type Error = VersionError;

    fn try_from(version: u32) -> Result<Self, Self::Error> {
        match version {
            VERSION => Ok(Self),
            other => Err(VersionError(other)),
        }
    }
}

impl From<Version> for u32 {
    fn from(_: Version) -> Self {
        VERSION
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_known_version_is_read() {
        let nfs = "192.0.2.1:/srv/netimage".parse().unwrap();
        let settings = Settings::new(StoreDir::default(), nfs);
        let json = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&json).unwrap(), settings);
        let later = json.replace(r#""version":1"#, r#""version":2"#);
        let error = serde_json::from_str::<Settings>(&later).unwrap_err();
        assert!(error.to_string().contains("format 2"), "{error}");
    }
}
