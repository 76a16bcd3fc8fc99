//! A root file system on NFS: where it is, and how it is mounted.
//!
//! One [`NfsRoot`] gives the kernel parameters and the mount options alike, so
//! that the two cannot disagree. Everything here is pure: text in, values out.

mod error;
mod export_path;
mod options;
mod parameter;
mod root;
mod server;
mod version;

pub use error::NfsError;
pub(crate) use options::KernelVerdict;
pub use options::{MountOption, MountOptions};
pub(crate) use parameter::NfsrootParameter;
pub use root::{NFSROOT_OPTIONS_LENGTH_MAX, NfsRoot};
pub use server::NfsServer;
pub use version::NfsVersion;
