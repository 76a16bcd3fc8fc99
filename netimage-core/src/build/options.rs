//! How an image is built.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// How to build, as opposed to what.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct BuildOptions {
    /// Store paths that are copied at a time; all processors by default.
    pub jobs: NonZeroUsize,
    /// Whether to prove what is copied.
    pub verification: Verification,
    /// Whether to copy no store path, and to link boot files of the store instead of
    /// copying them; not so by default. The image is then good only where its store is.
    pub lean: bool,
    /// The program `nix-store`, for the Nix database; found in `PATH` by default.
    pub nix_store: PathBuf,
    /// The program `sqlite3`, for the Nix database; found in `PATH` by default.
    pub sqlite3: PathBuf,
    /// A program with its first arguments, by which these two are started as by
    /// env(1); statuses 126 and 127 are its own. `setpriv --pdeathsig KILL`, say, makes
    /// them end with this process. None by default.
    pub launcher: Vec<OsString>,
}

impl Default for BuildOptions {
    fn default() -> Self {
        Self {
            jobs: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            verification: Verification::Full,
            lean: false,
            nix_store: "nix-store".into(),
            sqlite3: "sqlite3".into(),
            launcher: Vec::new(),
        }
    }
}

/// How far store paths are proved while they are copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Verification {
    /// Every byte, against the NAR hash.
    #[default]
    Full,
    /// Not at all.
    None,
}
