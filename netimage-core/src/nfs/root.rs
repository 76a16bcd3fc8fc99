//! The root file system on an NFS server.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::error::NfsError;
use super::export_path;
use super::options::{MountOption, MountOptions};
use super::server::NfsServer;
use super::version::NfsVersion;
use crate::explanation::Explanation;

mod json;
mod render;

pub use render::NFSROOT_OPTIONS_LENGTH_MAX;

/// A directory that a server exports by NFS, and how to mount it.
///
/// Reads and prints `server:/path,option,...`, printed with the version as the
/// first option. By serde it is an object with `server`, `path`, `version` and
/// `options`, of which the last two may be left out, or that string.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NfsRoot {
    server: NfsServer,
    path: String,
    version: NfsVersion,
    options: MountOptions,
}

impl NfsRoot {
    /// An NFS root of its parts. Without a version here or in the options it is
    /// 3 where an option is for the version 3 only mountd (`mountaddr=`,
    /// `mounthost=`, `mountproto=`, `mountvers=`), as mount.nfs does, and the
    /// default of [`NfsVersion`] elsewhere.
    ///
    /// # Errors
    ///
    /// When the path or an option is not valid, or two of the parts contradict
    /// each other.
    pub fn new(
        server: NfsServer,
        path: &str,
        version: Option<NfsVersion>,
        options: &[impl AsRef<str>],
    ) -> Result<Self, NfsError> {
        let path = export_path::canonical(path)?;
        let (options, of_options) = MountOptions::parse(options)?.split_version();
        let version = match (version, of_options) {
            (Some(field), Some(option)) => field.agree(option).ok_or_else(|| {
                NfsError::invalid(
                    format!(
                        "the NFS version is given as {field} and by the mount option \"vers={option}\""
                    ),
                    "keep one of them",
                )
            })?,
            (Some(version), None) | (None, Some(version)) => version,
            (None, None) => implied_version(&options),
        };
        let root = Self {
            server,
            path,
            version,
            options,
        };
        root.check_addresses()?;
        root.check_version()?;
        Ok(root)
    }

    /// The machine that exports it.
    #[must_use]
    pub const fn server(&self) -> &NfsServer {
        &self.server
    }

    /// The exported path: absolute, without a slash at the end.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The version of the protocol.
    #[must_use]
    pub const fn version(&self) -> NfsVersion {
        self.version
    }

    /// The mount options but for the version.
    #[must_use]
    pub const fn options(&self) -> &MountOptions {
        &self.options
    }

    /// The server's numeric address, by itself or by the option `addr=`.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.server.address().or_else(|| self.options.address())
    }

    /// `server:/path`, the device of a mount (nfs(5)).
    #[must_use]
    pub fn device(&self) -> String {
        format!("{}:{}", self.server, self.path)
    }

    /// Whether both are one directory of one server, however it is mounted.
    pub(crate) fn is_at(&self, other: &Self) -> bool {
        let is_same_server = self.server == other.server
            || (self.address().is_some() && self.address() == other.address());
        is_same_server && self.path == other.path
    }

    /// A directory below this one, mounted in the same way.
    ///
    /// # Errors
    ///
    /// When `path` is not a relative path that stays below.
    pub fn subdirectory(&self, path: &str) -> Result<Self, NfsError> {
        Ok(Self {
            path: export_path::below(&self.path, path)?,
            ..self.clone()
        })
    }

    fn check_addresses(&self) -> Result<(), NfsError> {
        if let (Some(server), Some(option)) = (self.server.address(), self.options.address())
            && server != option
        {
            return Err(NfsError::invalid(
                format!(
                    "the mount option \"addr={option}\" contradicts the server {}",
                    self.server
                ),
                "remove that option",
            ));
        }
        let mount_address = self.options.mount_address().or(self.address());
        for (key, address) in [("proto", self.address()), ("mountproto", mount_address)] {
            let option = self.options.get(key);
            let transport = option.and_then(MountOption::value);
            if let (Some(option), Some(transport), Some(address)) = (option, transport, address)
                && transport.ends_with('6') != address.is_ipv6()
            {
                return Err(NfsError::invalid(
                    format!("the mount option \"{option}\" does not fit the address {address}"),
                    "a transport ending in 6 goes with IPv6 only, and any other with IPv4 only",
                ));
            }
        }
        Ok(())
    }

    /// The combinations that `nfs_fs_context_validate` of the Linux client
    /// refuses. What it merely ignores (`nolock` or `mountaddr=` with version 4)
    /// is kept.
    fn check_version(&self) -> Result<(), NfsError> {
        let refused = |option: &MountOption, instead: NfsVersion| {
            let version = self.version;
            Explanation::new(
                format!("the mount option \"{option}\" does not work with NFS version {version}"),
                format!("remove it or use version {instead}"),
            )
        };
        if let Some(option) = self.options.transport()
            && self.version.major() == 4
            && matches!(option.value().unwrap_or(option.key()), "udp" | "udp6")
        {
            return Err(NfsError::Udp(refused(option, NfsVersion::V3)));
        }
        if let Some(option) = self.options.get("migration")
            && !matches!(self.version, NfsVersion::V4 | NfsVersion::V4_0)
        {
            return Err(NfsError::Invalid(refused(option, NfsVersion::V4_0)));
        }
        Ok(())
    }
}

fn implied_version(options: &MountOptions) -> NfsVersion {
    let of_mountd = ["mountaddr", "mounthost", "mountproto", "mountvers"];
    if of_mountd.iter().any(|key| options.get(key).is_some()) {
        NfsVersion::V3
    } else {
        NfsVersion::default()
    }
}

impl FromStr for NfsRoot {
    type Err = NfsError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let form = || {
            NfsError::invalid(
                format!("{text:?} is not an NFS root"),
                "write it as server:/path or server:/path,option,...",
            )
        };
        let (server, rest) = text.split_once(":/").ok_or_else(form)?;
        if server.is_empty() {
            return Err(form());
        }
        let server = NfsServer::parse_before_path(server)?;
        let (path, options) = rest.split_once(',').unwrap_or((rest, ""));
        Self::new(server, &format!("/{path}"), None, &[options])
    }
}

impl fmt::Display for NfsRoot {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}:{},vers={}",
            self.server, self.path, self.version
        )?;
        for option in &self.options {
            write!(formatter, ",{option}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
