//! The file system: the only module that touches many files.

mod compare;
mod copy;
mod directories;
mod enclosed;
mod error;
mod hash;
mod hashing;
mod remove;
mod served;
mod transfer;
mod walk;

pub use error::FsError;
pub use hash::{dump_nar, hash_nar};
pub use served::{Refusal, ServedDirectory};

pub(crate) use compare::{begins_or_ends_with, same_bytes, same_contents};
pub(crate) use copy::copy_tree;
pub(crate) use enclosed::{Enclosed, Found, Links, read_up_to};
pub(crate) use error::failed;
pub(crate) use hash::{hash_file, hash_tree};
pub(crate) use hashing::Hashing;
pub(crate) use remove::remove_tree;
pub(crate) use transfer::{Buffer, EPOCH, FileContents, Method, file_mode, seal, write_file};
pub(crate) use walk::{join, kind_name};
