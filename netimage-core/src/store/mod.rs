//! What Nix calls things in its store: directories, paths, hashes, archives.
//!
//! Everything here is pure. The names and the accepted syntax follow the
//! `nix-compat` crate, which cannot be depended on because the crate of that
//! name in the registry is an empty placeholder.

mod dir;
mod hash;
mod nar;
mod nix32;
mod path;
mod sha256;

pub use dir::{StoreDir, StoreDirError};
pub use hash::{NarHash, NarHashError};
pub use nix32::{Nix32Error, decode as nix32_decode, encode as nix32_encode};
pub use path::{StorePath, StorePathError};

pub(crate) use hash::HashWriter;
pub(crate) use nar::NarWriter;
