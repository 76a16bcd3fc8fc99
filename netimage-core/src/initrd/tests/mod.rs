//! Initrds, made here and read.

mod broken;
mod files;
mod make;
mod modules;
mod questions;
mod streams;
