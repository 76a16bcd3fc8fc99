//! Reads a subject into facts. All that is read was made by somebody else.

pub(super) mod boot;
mod command_line;
mod contents;
mod device_tree;
mod firmware;
mod fstab;
mod initrd;
mod kernel;
mod load;
mod mounter;
mod networks;
mod programs;
pub(super) mod root;
pub(super) mod serial_directory;
mod supposed;
pub(super) mod survey;
mod systemd;
mod units;
