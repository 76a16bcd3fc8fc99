//! Makes images: finds the files of a spec, copies and proves store paths, and puts a
//! whole image in its place or none.

#[allow(
    clippy::module_inception,
    reason = "the function is what the module is named for"
)]
mod build;
mod clean;
mod database;
mod error;
mod gather;
mod list;
mod materialise;
mod objects;
mod options;
mod staging;
mod store;

pub use build::{BuildReport, Destination, build};
pub use clean::{CleanReport, clean};
pub use database::DatabaseError;
pub use error::{BuildError, RemovalFailure};
pub use gather::GatherError;
pub(crate) use materialise::root_mode;
pub use objects::ObjectError;
pub use options::{BuildOptions, Verification};
pub use staging::StagingError;
pub use store::{CopyReport, copy_objects, present_paths, remove_leftovers};
pub(crate) use store::{adopt_objects, is_in_use, is_leftover};
