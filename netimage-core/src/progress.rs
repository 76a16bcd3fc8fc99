//! How long work is watched and stopped from outside.

/// Watches a build or a verification, and can stop it.
///
/// Every method may be called from several threads and has to return quickly.
/// `()` watches nothing.
pub trait Observer: Sync {
    /// A stage begins; `bytes` is what [`advance`](Self::advance) will add up to.
    fn begin(&self, stage: Stage, bytes: u64) {
        let _ = (stage, bytes);
    }

    /// So many more bytes of the stage are done.
    fn advance(&self, bytes: u64) {
        let _ = bytes;
    }

    /// Whether to stop as soon as possible.
    fn is_cancelled(&self) -> bool {
        false
    }
}

impl Observer for () {}

/// The parts of the work, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Store paths are copied and proved.
    Store,
    /// The files of the boot tree and of the root tree are written.
    Files,
    /// Nix loads the registration into its database.
    Database,
    /// What was written is held against what the boards need.
    Check,
    /// What was written reaches the disk.
    Sync,
    /// An image is re-hashed.
    Verify,
}

impl Stage {
    /// One word for logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Files => "files",
            Self::Database => "database",
            Self::Check => "check",
            Self::Sync => "sync",
            Self::Verify => "verify",
        }
    }
}
