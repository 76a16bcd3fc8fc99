//! What can be wrong with an NFS root.

use std::net::IpAddr;

use crate::explanation::{Explain, Explanation};
use crate::nfs::export_path::ExportPathError;
use crate::nfs::options::MountOptionError;
use crate::nfs::server::{NfsServer, NfsServerError};
use crate::nfs::version::NfsVersion;

/// Why an NFS root cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain())]
#[non_exhaustive]
pub enum NfsRootError {
    /// Not of the form `server:/path`.
    Form(String),
    /// The server's name or address is not valid.
    #[error(transparent)]
    Server(#[from] NfsServerError),
    /// The exported path is not valid.
    #[error(transparent)]
    Path(#[from] ExportPathError),
    /// A mount option is not valid.
    #[error(transparent)]
    Option(#[from] MountOptionError),
    /// The version is given twice, differently.
    Version {
        /// The version as given by itself.
        field: NfsVersion,
        /// The version that the options ask for.
        option: NfsVersion,
    },
    /// An option that the kernel refuses with this version.
    VersionOption {
        /// The option.
        option: String,
        /// The version of the root.
        version: NfsVersion,
        /// A version that it works with.
        instead: NfsVersion,
    },
    /// `addr=` says another address than the server's.
    Address {
        /// The option.
        option: String,
        /// The server, which is a numeric address.
        server: NfsServer,
    },
    /// A transport of the other address family, which the kernel refuses.
    Family {
        /// The option.
        option: String,
        /// The address of the server or of its mountd.
        address: IpAddr,
    },
    /// A host name where nothing can look it up.
    NeedsAddress {
        /// The name.
        host: String,
        /// The option that is missing.
        option: &'static str,
    },
    /// `nfsroot=` takes IPv4 addresses only.
    NfsrootFamily(IpAddr),
    /// `nfsroot=` replaces `%s` in the path by the client's name.
    NfsrootPath(String),
    /// The kernel keeps the options of `nfsroot=` in a small buffer.
    NfsrootOptions {
        /// The options as they would be in `nfsroot=`.
        options: String,
        /// Bytes beyond [`NFSROOT_OPTIONS_LENGTH_MAX`](crate::nfs::NFSROOT_OPTIONS_LENGTH_MAX).
        excess: usize,
    },
}

impl Explain for NfsRootError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Form(text) => Explanation::new(
                format!("{text:?} is not an NFS root"),
                "write it as server:/path or server:/path,option,...",
            ),
            Self::Server(error) => error.explain(),
            Self::Path(error) => error.explain(),
            Self::Option(error) => error.explain(),
            Self::Version { field, option } => Explanation::new(
                format!(
                    "the NFS version is given as {field} and by the mount option \"vers={option}\""
                ),
                "keep one of them",
            ),
            Self::VersionOption {
                option,
                version,
                instead,
            } => Explanation::new(
                format!("the mount option {option:?} does not work with NFS version {version}"),
                format!("remove it or use version {instead}"),
            ),
            Self::Address { option, server } => Explanation::new(
                format!("the mount option {option:?} contradicts the server {server}"),
                "remove that option",
            ),
            Self::Family { option, address } => Explanation::new(
                format!("the mount option {option:?} does not fit the address {address}"),
                "a transport ending in 6 goes with IPv6 only, and any other with IPv4 only",
            ),
            Self::NeedsAddress { host, option } => Explanation::new(
                format!("the kernel cannot look up the host name {host:?} when it mounts"),
                format!(
                    "give the mount option {option}=<address> or a numeric address as the server"
                ),
            ),
            Self::NfsrootFamily(address) => Explanation::new(
                format!(
                    "the kernel parameter nfsroot= takes no IPv6 address, but the server is {address}"
                ),
                "give its IPv4 address or mount from an initrd",
            ),
            Self::NfsrootPath(path) => Explanation::new(
                format!("the kernel parameter nfsroot= replaces '%' in the path {path:?}"),
                "export a directory without it or mount from an initrd",
            ),
            Self::NfsrootOptions { options, excess } => Explanation::new(
                format!("the options in nfsroot= are too long by {excess} bytes"),
                format!("remove those that you do not need from {options:?}"),
            ),
        }
    }
}
