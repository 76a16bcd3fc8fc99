//! Whether boards boot with what was observed: pure functions of the facts, a file
//! for each area.

pub(super) mod boot;
pub(super) mod command_line;
pub(super) mod config;
pub(super) mod device_tree;
pub(super) mod firmware;
pub(super) mod initrd;
pub(super) mod kernel;
pub(super) mod limits;
mod machines;
pub(super) mod nfs;
mod placement;
pub(super) mod reporter;
pub(super) mod root;
