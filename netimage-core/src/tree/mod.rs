//! Trees of files that an image holds beside its store: what, not how.

pub(crate) mod json_bytes;
mod name;
#[allow(
    clippy::module_inception,
    reason = "the type is what the module is named for"
)]
mod tree;

pub use name::{TargetName, TargetNameError};
pub use tree::{Node, Source, Tree, TreeError};
