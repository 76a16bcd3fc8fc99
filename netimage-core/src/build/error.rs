//! Why there is no image.

use super::database::DatabaseError;
use super::objects::ObjectError;
use super::staging::StagingError;
use crate::check::{CheckError, CheckReport, RuleError};
use crate::fs::FsError;

/// Why a build failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// What is to be allowed is no finding.
    #[error("the spec's allow names a code that no check has; correct it")]
    Allow(#[from] RuleError),
    /// The destination cannot be used.
    #[error(transparent)]
    Staging(#[from] StagingError),
    /// A store path.
    #[error(transparent)]
    Object(#[from] ObjectError),
    /// The Nix database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// A file.
    #[error(transparent)]
    Fs(#[from] FsError),
    /// What was written could not be checked.
    #[error("the image could not be checked")]
    Check(#[from] CheckError),
    /// What was written does not boot.
    #[error(
        "the image cannot boot {}; correct what the check says, or add the codes you accept to the spec's allow",
        boards(.0)
    )]
    CannotBoot(Box<CheckReport>),
    /// The build failed, and then what it had written could not be removed.
    #[error("{} could not be removed after the build had failed, for: {removal}; fix that and clean its directory", path.display())]
    Leftover {
        /// What is left.
        path: std::path::PathBuf,
        /// Why it could not be removed.
        removal: RemovalFailure,
        /// Why the build failed.
        source: Box<BuildError>,
    },
}

/// Why something could not be removed, in one line.
#[derive(Debug)]
pub struct RemovalFailure(FsError);

impl From<FsError> for RemovalFailure {
    fn from(error: FsError) -> Self {
        Self(error)
    }
}

impl std::fmt::Display for RemovalFailure {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            FsError::Io { path, source, .. } => write!(formatter, "{}: {source}", path.display()),
            other => other.fmt(formatter),
        }
    }
}

fn boards(report: &CheckReport) -> String {
    let of_errors = report.errors().flat_map(|finding| &finding.boards);
    let mut boards: Vec<String> = of_errors.map(ToString::to_string).collect();
    boards.sort_unstable();
    boards.dedup();
    if boards.is_empty() {
        "any board".to_owned()
    } else {
        boards.join(", ")
    }
}

impl BuildError {
    /// Whether the [`Observer`](crate::Observer) asked to stop, and that is all.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Fs(error) => matches!(error, FsError::Cancelled),
            Self::Staging(error) => error.is_cancelled(),
            Self::Object(error) => error.is_cancelled(),
            Self::Database(error) => error.is_cancelled(),
            Self::Check(error) => error.is_cancelled(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_to_stop_is_told_from_failures_wherever_it_came() {
        let stopped = || FsError::Cancelled;
        let all: [BuildError; 5] = [
            stopped().into(),
            StagingError::from(stopped()).into(),
            ObjectError::from(stopped()).into(),
            DatabaseError::from(stopped()).into(),
            CheckError::from(stopped()).into(),
        ];
        for error in all {
            assert!(error.is_cancelled(), "{error:?}");
        }
        let changed = FsError::Changed { path: "a".into() };
        assert!(!BuildError::from(ObjectError::from(changed)).is_cancelled());
    }
}
