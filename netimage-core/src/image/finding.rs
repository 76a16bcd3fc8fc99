//! What can be wrong with an image.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Serialize, Serializer};

use crate::tree::json_bytes;

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct VerifyReport {
    /// Store paths that the manifest lists.
    pub store_paths: u64,
    /// Their NAR sizes, in bytes.
    pub nar_size: u64,
    /// Other names that the manifest lists.
    pub files: u64,
    /// What is wrong, by path; nothing in a good image.
    pub findings: Vec<Finding>,
}

/// Something that is not as the manifest says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Finding {
    /// The path, below the directory `net-image`; absolute for what lies beside it.
    #[serde(serialize_with = "serialize_path")]
    pub path: PathBuf,
    /// What is wrong with it.
    #[serde(flatten)]
    pub problem: Problem,
}

/// What can be wrong with a path or file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "problem", rename_all = "camelCase")]
#[non_exhaustive]
pub enum Problem {
    /// It is there but not what the manifest or the registration says.
    Corrupted {
        /// What they say.
        expected: String,
        /// What is there.
        actual: String,
    },
    /// It is not there.
    Missing,
    /// It is there but not in the manifest.
    Extra,
    /// It cannot be read.
    Unreadable {
        /// The system's answer.
        reason: String,
    },
}

fn serialize_path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    json_bytes::serialize(path.as_os_str(), serializer)
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            Problem::Corrupted { expected, actual } => write!(
                formatter,
                "corrupted: {path} is {actual} instead of {expected}"
            ),
            Problem::Missing => write!(formatter, "missing: {path}"),
            Problem::Extra => write!(formatter, "extra: {path}"),
            Problem::Unreadable { reason } => write!(formatter, "unreadable: {path}: {reason}"),
        }
    }
}
