//! The kernel modules without which no root is mounted.

use crate::boot::Board;
use crate::nfs::NfsVersion;

/// The drivers of a board's Ethernet. Of each group one is enough: mainline's
/// kernel and Raspberry Pi's have them by different names.
pub(super) fn drivers(board: Board) -> &'static [&'static [&'static str]] {
    match board {
        // Their Ethernet is behind USB.
        Board::Rpi3 => &[&["smsc95xx"], &["dwc2", "dwc_otg"]],
        Board::Rpi3Plus => &[&["lan78xx"], &["dwc2", "dwc_otg"]],
        // It has no port; these are the commonest adapters.
        Board::RpiZero2W => &[&[
            "smsc95xx",
            "r8152",
            "asix",
            "ax88179_178a",
            "lan78xx",
            "cdc_ether",
            "g_ether",
        ]],
        Board::Rpi4 | Board::Rpi400 | Board::Cm4 => {
            &[&["genet"], &["mdio_bcm_unimac"], &["broadcom"]]
        }
        Board::Rpi5 | Board::Rpi500 | Board::Cm5 => &[&["macb"], &["rp1", "rp1_pci"]],
    }
}

/// What those modules and the NFS client depend on, in mainline's kernel and in
/// Raspberry Pi's: looked into where they are.
pub(super) const DEPENDED_ON: [&str; 18] = [
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
pub(super) const VERSION_MODULES: [&str; 2] = ["nfsv4", "nfsv3"];

/// The module of a version of NFS.
pub(super) const fn version_module(version: NfsVersion) -> &'static str {
    match version {
        NfsVersion::V3 => "nfsv3",
        _ => "nfsv4",
    }
}
