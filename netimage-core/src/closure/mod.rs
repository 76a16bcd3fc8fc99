//! A closure: store paths with what Nix registered of each, and every path
//! that they refer to.
//!
//! Everything here is pure: text in, values out.

mod attrs;
#[allow(
    clippy::module_inception,
    reason = "the type is what the module is named for"
)]
mod closure;
mod path_info;
mod path_info_json;
mod registration;

#[cfg(test)]
pub(crate) use closure::tests;

pub use attrs::{Attrs, AttrsError};
pub use closure::{Closure, ClosureError};
pub use path_info::PathInfo;
pub use path_info_json::{PathInfoJsonError, parse_path_info_json};
pub use registration::{Registration, RegistrationError, parse_registration};
