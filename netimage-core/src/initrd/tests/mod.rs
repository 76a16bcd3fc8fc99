//! Initrds, made here and read.

mod broken;
mod files;
pub(crate) mod make;
mod modules;
mod programs;
mod questions;
mod streams;
