//! Network-boot images of NixOS for the Raspberry Pi.

pub mod boot;
pub mod closure;
pub mod fs;
pub mod image;
pub mod nfs;
mod progress;
pub mod store;
pub mod tree;

pub use progress::{Observer, Stage};
