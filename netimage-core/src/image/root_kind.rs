//! Where a system has its store.

use serde::{Deserialize, Serialize};

/// Where a machine that boots an image has its store.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum RootKind {
    /// In a root of its own, which it may write to.
    #[default]
    Own,
    /// In the depot, where all machines read it.
    Shared,
}

impl RootKind {
    /// Whether it is what an image has that does not say.
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}
