//! What can be wrong with an image.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;
use serde::{Serialize, Serializer};

use crate::fs::FsError;
use crate::image::MANIFEST;
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
    /// Files of the boot tree that are right, as their second names in the root
    /// are, and no longer one file with those: no fault, but what is written to one
    /// does not reach the other.
    pub separate_boot_files: u64,
    /// What is wrong, by path; nothing in a good image.
    pub findings: Vec<Discrepancy>,
}

impl VerifyReport {
    /// How many faults the findings stand for.
    #[must_use]
    pub fn count(&self) -> u64 {
        let findings = self.findings.iter();
        findings.fold(0, |sum, finding| match finding.problem {
            DiscrepancyKind::MoreExtra { count } => sum + count,
            _ => sum + 1,
        })
    }
}

/// Something that is not as the manifest says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct Discrepancy {
    /// The path, below the directory `net-image`; absolute for what lies beside it.
    #[serde(serialize_with = "serialize_path")]
    pub path: PathBuf,
    /// What is wrong with it.
    #[serde(flatten)]
    pub problem: DiscrepancyKind,
}

/// What can be wrong with a path or file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "problem", rename_all = "camelCase")]
#[non_exhaustive]
pub enum DiscrepancyKind {
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
    /// It is a directory with more names that are not in the manifest than are
    /// told one by one.
    MoreExtra {
        /// How many more.
        count: u64,
    },
    /// It is a manifest that contradicts itself or what is there.
    Contradictory {
        /// What cannot be.
        reason: String,
    },
    /// It cannot be read.
    Unreadable {
        /// The system's answer.
        reason: String,
    },
}

impl Discrepancy {
    pub(crate) fn new(path: PathBuf, problem: DiscrepancyKind) -> Self {
        Self { path, problem }
    }

    /// A manifest that cannot be right.
    pub(super) fn contradictory(reason: String) -> Self {
        Self::new(MANIFEST.into(), DiscrepancyKind::Contradictory { reason })
    }

    /// What a look at `path`, told as `name`, came to: nothing, what is there
    /// instead of what was wanted, or an error. Only a request to stop is one here.
    pub(crate) fn of_look(
        name: PathBuf,
        path: &Path,
        actual: Result<Option<String>, FsError>,
        wanted: impl FnOnce() -> String,
    ) -> Result<Option<Self>, FsError> {
        let actual = match actual {
            Ok(None) => return Ok(None),
            Ok(Some(actual)) => actual,
            Err(FsError::Cancelled) => return Err(FsError::Cancelled),
            Err(FsError::Io {
                path: struck,
                source,
                ..
            }) => {
                let is_missing = struck == path && DiscrepancyKind::is_absent(&source);
                let problem = if is_missing {
                    DiscrepancyKind::Missing
                } else {
                    DiscrepancyKind::unreadable(&source)
                };
                return Ok(Some(Self::new(name, problem)));
            }
            Err(FsError::TooLarge { size_max, .. }) => format!("more than {size_max} bytes"),
            Err(error) => error.to_string(),
        };
        let expected = wanted();
        let problem = DiscrepancyKind::Corrupted { expected, actual };
        Ok(Some(Self::new(name, problem)))
    }
}

impl DiscrepancyKind {
    pub(super) fn unreadable(error: &io::Error) -> Self {
        let reason = error.to_string();
        Self::Unreadable { reason }
    }

    /// Whether an error says that there is nothing of a name, be it that what
    /// should be a directory above is none.
    pub(super) fn is_absent(error: &io::Error) -> bool {
        matches!(
            Errno::from_io_error(error),
            Some(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV)
        )
    }
}

fn serialize_path<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    json_bytes::serialize(path.as_os_str(), serializer)
}

impl fmt::Display for Discrepancy {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.problem {
            DiscrepancyKind::Corrupted { expected, actual } => write!(
                formatter,
                "corrupted: {path} is {actual} instead of {expected}"
            ),
            DiscrepancyKind::Missing => write!(formatter, "missing: {path}"),
            DiscrepancyKind::Extra => write!(formatter, "extra: {path}"),
            DiscrepancyKind::MoreExtra { count } if self.path.as_os_str().is_empty() => {
                write!(formatter, "extra: and {count} more")
            }
            DiscrepancyKind::MoreExtra { count } => {
                write!(formatter, "extra: and {count} more in {path}")
            }
            DiscrepancyKind::Contradictory { reason } => {
                write!(formatter, "contradictory: {path}: {reason}")
            }
            DiscrepancyKind::Unreadable { reason } => {
                write!(formatter, "unreadable: {path}: {reason}")
            }
        }
    }
}
