//! NFS-Ganesha.

use std::fmt::Write as _;

use super::server::{Server, exported};
use crate::depot::Machines;

/// The first number of an export; 0 is Ganesha's own.
const FIRST_EXPORT: u16 = 1;

/// A configuration file for NFS-Ganesha (ganesha-config(8)).
///
/// Exports are numbered in their order, as Ganesha needs a number for each.
#[must_use]
pub fn ganesha(server: &Server, machines: &Machines) -> String {
    let directory = server.directory();
    let mut text = format!(
        "# Made by netimage-builder server-config from the machines of {directory}.\n\
         # After a change of the machines make it again, and send ganesha.nfsd a SIGHUP.\n\n\
         NFS_CORE_PARAM {{\n  Protocols = 4;\n  Mount_Path_Pseudo = true;\n  \
         # Version 4 needs none of these, nor rpcbind.\n  \
         Enable_UDP = false;\n  Enable_NLM = false;\n  Enable_RQUOTA = false;\n  \
         # A container may not be allowed to set it.\n  \
         Allow_Set_Io_Flusher_Fail = true;\n}}\n\n\
         NFSV4 {{\n  Only_Numeric_Owners = true;\n  Delegations = false;\n}}\n"
    );
    for (number, export) in (FIRST_EXPORT..).zip(exported(machines)) {
        let name = export.directory.display();
        let (path, pseudo) = (
            format!("{directory}/{name}"),
            format!("{}/{name}", server.export()),
        );
        let (access, squash) = if export.is_writable {
            ("RW", "No_Root_Squash")
        } else {
            ("RO", "All_Squash")
        };
        let clients: Vec<_> = export
            .machines
            .iter()
            .map(|machine| machine.address.to_string())
            .collect();
        let _ = write!(
            text,
            "\nEXPORT {{\n  Export_Id = {number};\n  Path = {path};\n  Pseudo = {pseudo};\n  \
             Protocols = 4;\n  Transports = TCP;\n  SecType = sys;\n  Squash = {squash};\n  \
             Access_Type = None;\n  CLIENT {{\n    Clients = {};\n    Protocols = 4;\n    Access_Type = {access};\n    \
             Squash = {squash};\n  }}\n  FSAL {{ Name = VFS; }}\n}}\n",
            clients.join(", ")
        );
    }
    text
}
