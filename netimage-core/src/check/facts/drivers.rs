//! The kernel modules without which no root is mounted.

use std::collections::{BTreeMap, BTreeSet};

use crate::device_tree::DeviceTree;
use crate::initrd::{ModuleIndex, ModuleName, modules_for};
use crate::nfs::NfsVersion;

/// All that the kernel of a board has as modules.
#[derive(Debug)]
pub(in crate::check) struct KernelModules {
    /// Of its `modules.dep`.
    pub index: ModuleIndex,
    /// Its `modules.alias`.
    pub aliases: Vec<u8>,
}

impl KernelModules {
    /// The modules of the devices that a board's Ethernet needs by its device tree,
    /// of each device any one, and whether it never comes up without.
    ///
    /// Of a device whose driver is built in, no module is said to be.
    pub(in crate::check) fn of_ethernet(
        &self,
        tree: &DeviceTree<'_>,
    ) -> BTreeMap<Vec<ModuleName>, bool> {
        let Some(path) = tree.property("/aliases", "ethernet0") else {
            return BTreeMap::new();
        };
        let devices = tree.suppliers(path.string()).into_iter();
        let devices: Vec<(BTreeSet<&[u8]>, bool)> = devices
            .filter_map(|device| {
                let compatible = device.node.property("compatible")?;
                Some((compatible.strings().collect(), device.is_vital))
            })
            .collect();
        let strings = devices.iter().flat_map(|(strings, _)| strings).copied();
        let modules = modules_for(&self.aliases, &strings.collect());
        let mut drivers = BTreeMap::new();
        for (strings, is_vital) in devices {
            let own = strings.iter().filter_map(|string| modules.get(string));
            let own: BTreeSet<_> = own.flatten().cloned().collect();
            if !own.is_empty() {
                *drivers.entry(own.into_iter().collect()).or_default() |= is_vital;
            }
        }
        drivers
    }
}

/// What those modules and the NFS client depend on, in mainline's kernel and in
/// Raspberry Pi's: looked into where they are.
pub(in crate::check) const DEPENDED_ON: [&str; 18] = [
    "auth_rpcgss",
    "bcm_phy_lib",
    "dns_resolver",
    "fixed_phy",
    "fscache",
    "fwnode_mdio",
    "grace",
    "libphy",
    "lockd",
    "mdio_devres",
    "mii",
    "netfs",
    "nfs_acl",
    "nfs_ssc",
    "of_mdio",
    "phylink",
    "sunrpc",
    "usbnet",
];

/// The modules of all versions of NFS.
pub(in crate::check) const VERSION_MODULES: [&str; 2] = ["nfsv4", "nfsv3"];

/// The module of a version of NFS.
pub(in crate::check) const fn version_module(version: NfsVersion) -> &'static str {
    match version {
        NfsVersion::V3 => "nfsv3",
        _ => "nfsv4",
    }
}
