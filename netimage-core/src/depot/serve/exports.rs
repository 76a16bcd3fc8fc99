//! The kernel's NFS server.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::server::{Server, exported};
use crate::depot::Machines;

/// A file for `/etc/exports.d` (exports(5)).
///
/// Each export has an `fsid` of its own, so that its handles stay good when the
/// server restarts or a file system is put in its place.
#[must_use]
pub fn exports(server: &Server, machines: &Machines) -> String {
    let directory = server.directory();
    let mut text = format!(
        "# Made by netimage-builder server-config from the machines of {directory}.\n\
         # After a change of the machines make it again, and run exportfs -ra.\n"
    );
    for export in exported(machines) {
        let access = if export.is_writable {
            "rw,no_root_squash"
        } else {
            "ro,all_squash"
        };
        let path = format!("{directory}/{}", export.directory.display());
        let fsid = fsid(&path);
        let _ = write!(text, "\n{path}");
        for machine in export.machines {
            let address = machine.address;
            let _ = write!(
                text,
                " \\\n  {address}({access},sec=sys,no_subtree_check,fsid={fsid})"
            );
        }
        text.push('\n');
    }
    text
}

/// A file for `/etc/sysctl.d`: without leases the kernel's NFS server gives no
/// delegations, under which a machine that links a file which it has open for
/// writing waits for ever.
#[must_use]
pub fn sysctl() -> &'static str {
    "# A machine with a root of its own hangs in link(2) on files that it has a write\n\
     # delegation for.\n\
     fs.leases-enable = 0\n"
}

/// A UUID that is always that of this directory.
fn fsid(directory: &str) -> String {
    let hash = Sha256::digest(directory);
    let digits: String = hash[..16].iter().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    });
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts.map(|part| &digits[part]).join("-")
}
