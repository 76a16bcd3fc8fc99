//! A depot on disk: the only place that reads and writes one.
//!
//! Each change is one rename, of something that was synced before:
//!
//! - `machines/<name>/machine.json` says whether a machine is there, and which;
//! - `machines/<name>/generations.json` says what is known of its generations;
//! - everything else follows from these two. What a killed command did not get to,
//!   [`Depot::lock`] does before anything else: `config.txt` names the generation of
//!   [`Generations::config`](super::Generations::config), directories of machines that
//!   went away go.

mod account;
mod boot_tree;
mod changes;
mod contents;
mod depot;
mod error;
mod file_systems;
mod gc;
mod host_key;
mod locked;
mod machine_files;
mod removal;
mod replace;
mod servers;
mod space;
mod spool;
mod suitability;
mod trash;
mod verify;

#[cfg(test)]
mod tests;

pub(super) use boot_tree::copy_entries;
pub use changes::Changes;
pub use depot::{Depot, Initialised};
pub use error::DepotError;
pub(super) use file_systems::FileSystems;
pub use locked::{Change, LockedDepot};
pub(super) use replace::{Replacement, remove, settle, sync, unfinished, unfinished_in};
pub use space::Space;
pub use suitability::Shortcoming;
pub use trash::Trash;
pub use verify::DepotReport;
