//! The file system: the only module that touches many files.

#![allow(
    clippy::disallowed_methods,
    reason = "here is what all else is to ask for"
)]

mod adopt;
mod chase;
mod compare;
mod copy;
mod directories;
mod enclosed;
mod error;
mod hash;
mod hashing;
mod looked;
mod open_directory;
mod private;
mod remove;
mod served;
mod transfer;
mod walk;

pub use error::FsError;
pub use hash::{dump_nar, hash_nar};
pub use served::ServedDirectory;

pub(crate) use adopt::adopt_tree;
pub(crate) use chase::Links;
pub(crate) use compare::{begins_or_ends_with, same_bytes, same_contents, same_sources};
pub(crate) use copy::{Copied, copy_tree};
pub(crate) use enclosed::{Enclosed, Found, read_up_to};
pub(crate) use error::failed;
pub(crate) use hash::{hash_file, hash_tree};
pub(crate) use hashing::Hashing;
pub(crate) use looked::{Looked, kind_name, look_at, look_up, real_path};
pub(crate) use open_directory::{OpenDirectory, entries, list, seal};
pub(crate) use private::{Private, create_aside, create_private, find_private, lock};
pub(crate) use remove::remove_directory;
pub(crate) use transfer::{Buffer, FileContents, Method, file_mode, write_file};
pub(crate) use walk::{Step, Walk, join, open_regular};
