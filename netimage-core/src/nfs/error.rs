//! What can be wrong with an NFS root.

use crate::explanation::{Explain, Explanation};

/// Why an NFS root, or a part of one, cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain())]
#[non_exhaustive]
pub enum NfsError {
    /// A part is not valid, two contradict each other, or Linux does not mount it.
    Invalid(Explanation),
    /// UDP, which Linux does not use for version 4.
    Udp(Explanation),
    /// `nfsroot=` replaces `%s` in the path by the client's name.
    NfsrootPath(Explanation),
}

impl NfsError {
    pub(super) fn invalid(problem: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Invalid(Explanation::new(problem, remedy))
    }
}

impl Explain for NfsError {
    fn explain(&self) -> Explanation {
        let (Self::Invalid(explanation) | Self::Udp(explanation) | Self::NfsrootPath(explanation)) =
            self;
        explanation.clone()
    }
}
