//! The builder against real Nix: closures that Nix built, images that Nix loads
//! and verifies, and the builder as a derivation in Nix's sandbox.
//!
//! These tests need Nix 2.26 or newer, relocated below the directory that the
//! variable `NETIMAGE_NIX` names, and are therefore ignored unless asked for;
//! `tests/run` installs it and asks. Every store they write is a root of its own
//! under the target directory: they touch neither `/nix` nor its database.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot be set up has failed"
)]
#![allow(
    clippy::unnecessary_debug_formatting,
    reason = "the names have newlines, control characters and invalid UTF-8"
)]

mod compare;
mod derivation;
mod faults;
mod image;
mod place;
mod process;
mod store;

const BUILDER: &str = env!("CARGO_BIN_EXE_netimage-builder");
const STORE_DIR: &str = "/nix/store";
const ROOT_NAME: &str = "nixos-net-image-test-x86_64-linux";
