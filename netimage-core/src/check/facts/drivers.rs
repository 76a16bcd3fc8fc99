//! The kernel modules without which no root is mounted.

use crate::nfs::NfsVersion;
use crate::words::Words;

/// What those modules and the NFS client depend on, in mainline's kernel and in
/// Raspberry Pi's: looked into where they are.
pub(in crate::check) const DEPENDED_ON: Words = Words(
    "auth_rpcgss bcm_phy_lib dns_resolver fixed_phy fscache fwnode_mdio grace libphy \
     lockd mdio_devres mii netfs nfs_acl nfs_ssc of_mdio phylink sunrpc usbnet",
);

/// The modules of all versions of NFS.
pub(in crate::check) const VERSION_MODULES: [&str; 2] = ["nfsv4", "nfsv3"];

/// The module of a version of NFS.
pub(in crate::check) const fn version_module(version: NfsVersion) -> &'static str {
    match version {
        NfsVersion::V3 => "nfsv3",
        _ => "nfsv4",
    }
}
