//! Reads a subject into facts. All that is read was made by somebody else.

pub(super) mod boot;
pub(super) mod client_name;
mod command_line;
mod device_tree;
mod firmware;
pub(super) mod fstab;
mod initrd;
mod kernel;
pub(super) mod load;
mod mounter;
mod network_file;
pub(super) mod networks;
mod programs;
pub(super) mod root;
pub(super) mod serial_directory;
mod supposed;
pub(super) mod survey;
pub(super) mod systemd;
pub(super) mod units;
