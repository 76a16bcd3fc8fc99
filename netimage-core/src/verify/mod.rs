//! Reads an image again and holds it against its manifest and its registration.

mod agreement;
mod discrepancy;
mod extra;
mod names;
#[allow(
    clippy::module_inception,
    reason = "the function is what the module is named for"
)]
mod verify;

pub use discrepancy::{Discrepancy, DiscrepancyKind, VerifyReport};
pub(crate) use verify::check_objects;
pub use verify::{verify, verify_opened};
