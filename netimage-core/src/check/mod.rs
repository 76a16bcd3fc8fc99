//! Whether an image boots, from the firmware's first request to the system's init.
//!
//! A [`Subject`] is what the builder wrote, or any TFTP tree with, perhaps, the
//! root that belongs to it. [`check`] reads it once into a survey; the rules, a
//! file for each area, are pure functions of that survey. Each [`Rule`] has a
//! code that never changes, a reason, and the place where it comes from;
//! `docs/checks.md` is made of them.
//!
//! All that is read was made by somebody else. Whatever it is, it leads to
//! findings; nothing outside the subject is read, and memory stays below 64 MiB.

mod boot;
mod command_line;
mod config;
mod device_tree;
mod drivers;
mod facts;
mod finding;
mod firmware;
mod initrd;
mod kernel;
mod limits;
mod load;
mod machines;
mod mounter;
mod network_file;
mod nfs;
mod nfsroot;
mod placement;
mod read_boot;
mod read_client_name;
mod read_firmware;
mod read_fstab;
mod read_initrd;
mod read_kernel;
mod read_networks;
mod read_programs;
mod read_root;
mod read_systemd;
mod read_units;
mod root;
mod rules;
mod run;
mod serial_directory;
mod subject;
mod supposed;
mod survey;
#[cfg(test)]
mod tests;

pub use finding::{CheckReport, Finding, Place, Rule, Severity};
pub use rules::{RuleError, find_rule, rules, rules_document};
pub use run::check;
pub use subject::{CheckError, Subject};

pub(crate) use run::check_opened;
