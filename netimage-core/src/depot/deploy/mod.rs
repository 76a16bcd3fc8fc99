//! Brings an image to machines as their next generation.
//!
//! What a machine gets is planned first, from the image's manifest and what is known
//! of the machine ([`plan`], [`boot_files`], [`command_line`]: pure, but that some of
//! the image's boot files are read). Then it is done, in an order in which nothing is
//! named that is not whole and on disk:
//!
//! 1. store paths that the depot lacks ([`Depot::receive`](super::Depot::receive),
//!    which needs no lock, and again under it);
//! 2. boot files, each once, under their SHA-256;
//! 3. for each machine its `gN/` and `generations/N/`, which are links but for a few
//!    files of its own; what a killed deploy has left there is removed before;
//! 4. `generations.json`, and by it `config.txt`.
//!
//! An image of another computer is announced first ([`announcement`]: pure). What the
//! depot lacks of it comes into a place of its own ([`incoming`]), out of which store
//! paths are taken over without another copy.

mod announcement;
mod boot_files;
mod change_firmware;
mod command_line;
mod delivery;
mod error;
mod file_store;
mod firmware;
mod firmware_proof;
mod generation_files;
mod incoming;
mod options;
mod own_root;
mod plan;
mod proof;
mod receive;
mod report;
mod run;
mod selection;

pub use announcement::{Announcement, Wanted};
pub use delivery::Delivery;
pub use error::{DeployError, DeployRefusal};
pub use incoming::IncomingImage;
pub use options::DeployOptions;
pub use report::{DeployReport, MachineDeploy, MachineFirmware};
pub use selection::Selection;
