//! How an image is deployed.

use std::num::NonZeroUsize;

use super::selection::Selection;

/// How an image is deployed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeployOptions {
    /// To which machines.
    pub machines: Selection,
    /// Whether it has to prove itself; otherwise it is the default at once.
    pub trial: bool,
    /// Whether machines are left alone to which the same was deployed last, also where
    /// it was tried in vain or they were rolled back since.
    pub only_new: bool,
    /// How many store paths are copied at a time.
    pub jobs: NonZeroUsize,
}
