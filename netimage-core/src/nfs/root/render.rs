//! An NFS root as kernel parameters and as mount options.

use std::net::IpAddr;

use super::NfsRoot;
use crate::explanation::Explanation;
use crate::nfs::error::NfsError;
use crate::nfs::options::MountOption;
use crate::nfs::server::NfsServer;
use crate::nfs::version::NfsVersion;

/// Most bytes that the options in `nfsroot=` may have.
///
/// The kernel joins its defaults (`vers=3,tcp,rsize=4096,wsize=4096`), these
/// and `nolock,addr=255.255.255.255` by commas in 256 bytes, of which one ends
/// the text (`fs/nfs/nfsroot.c`).
pub const NFSROOT_OPTIONS_LENGTH_MAX: usize = 255 - 32 - 1 - 27 - 1;

impl NfsRoot {
    /// The kernel parameters that make the kernel itself mount this as the root
    /// (Linux `Documentation/admin-guide/nfs/nfsroot.rst`): `root=`, `nfsroot=`,
    /// `ip=` and one of `ro` and `rw`.
    ///
    /// Of the options, those that only user space or the mount point knows are
    /// left out, and a server that is a host name is given by its `addr=`. That
    /// the kernel can use them is for
    /// [`check_kernel_parameters`](Self::check_kernel_parameters) to say.
    /// Without `rsize=` and `wsize=` the kernel reads and writes 4096 bytes at a
    /// time here.
    #[must_use]
    pub fn kernel_parameters(&self) -> Vec<String> {
        let server = self
            .options
            .address()
            .and_then(|address| NfsServer::try_from(address).ok())
            .unwrap_or_else(|| self.server.clone());
        let access = if self.options.is_read_only() {
            "ro"
        } else {
            "rw"
        };
        vec![
            "root=/dev/nfs".to_owned(),
            format!("nfsroot={server}:{},{}", self.path, self.nfsroot_options()),
            "ip=dhcp".to_owned(),
            access.to_owned(),
        ]
    }

    /// Whether the kernel can mount the root by
    /// [`kernel_parameters`](Self::kernel_parameters) alone, without an initrd.
    ///
    /// # Errors
    ///
    /// When the server is not an IPv4 address, the path has a `%`, or the
    /// options are longer than [`NFSROOT_OPTIONS_LENGTH_MAX`].
    pub fn check_kernel_parameters(&self) -> Result<(), NfsError> {
        if let IpAddr::V6(address) = self.numeric_address()? {
            return Err(NfsError::invalid(
                format!(
                    "the kernel parameter nfsroot= takes no IPv6 address, but the server is {address}"
                ),
                "give its IPv4 address or mount from an initrd",
            ));
        }
        if self.path.contains('%') {
            let path = &self.path;
            return Err(NfsError::NfsrootPath(Explanation::new(
                format!("the kernel parameter nfsroot= replaces '%' in the path {path:?}"),
                "export a directory without it or mount from an initrd",
            )));
        }
        let options = self.nfsroot_options();
        match options.len().saturating_sub(NFSROOT_OPTIONS_LENGTH_MAX) {
            0 => Ok(()),
            excess => Err(NfsError::invalid(
                format!("the options in nfsroot= are too long by {excess} bytes"),
                format!("remove those that you do not need from {options:?}"),
            )),
        }
    }

    /// The mount options for mount.nfs, such as `fileSystems.<path>.options` of
    /// NixOS: the version, then the others in the order given.
    #[must_use]
    pub fn mount_options(&self) -> Vec<String> {
        let version = format!("vers={}", self.version);
        let others = self.options.iter().map(MountOption::to_string);
        std::iter::once(version).chain(others).collect()
    }

    /// The mount options for a mount(8) that has no mount.nfs to ask, as in the
    /// scripted initrd of NixOS: [`mount_options`](Self::mount_options) and the
    /// numeric addresses that mount.nfs would have looked up (`addr=`, and
    /// `mountaddr=` for version 3).
    ///
    /// # Errors
    ///
    /// When the server or the option `mounthost=` is a host name without its
    /// address.
    pub fn kernel_mount_options(&self) -> Result<Vec<String>, NfsError> {
        let address = self.numeric_address()?;
        let mut options = self.mount_options();
        if self.options.get("addr").is_none() {
            options.push(MountOption::of_address("addr", address).to_string());
        }
        if self.version == NfsVersion::V3 && self.options.get("mountaddr").is_none() {
            let mount_host = self.options.get("mounthost").and_then(MountOption::value);
            let address = match mount_host {
                None => address,
                Some(host) => host.parse().map_err(|_| needs_address(host, "mountaddr"))?,
            };
            options.push(MountOption::of_address("mountaddr", address).to_string());
        }
        Ok(options)
    }

    fn numeric_address(&self) -> Result<IpAddr, NfsError> {
        self.address()
            .ok_or_else(|| needs_address(&self.server.to_string(), "addr"))
    }

    fn nfsroot_options(&self) -> String {
        let mut text = format!("vers={}", self.version);
        for option in self.options.iter().filter(|option| option.is_for_kernel()) {
            text.push(',');
            text.push_str(&option.to_string());
        }
        text
    }
}

/// A host name where nothing can look it up.
fn needs_address(host: &str, option: &str) -> NfsError {
    NfsError::invalid(
        format!("the kernel cannot look up the host name {host:?} when it mounts"),
        format!("give the mount option {option}=<address> or a numeric address as the server"),
    )
}
