//! Machines that are served from one place, generation by generation.
//!
//! A depot is a directory on a server: one store for all, and for each
//! [`Machine`] the [`Generations`] that were deployed to it. What happens to them
//! is one function, [`Generations::after`]: an [`Event`] and what there was in,
//! what there is then out. Which generation `config.txt` has to name follows from
//! it ([`Generations::config`]), and so does what may be collected
//! ([`Generations::kept`]).
//!
//! A new generation has one try. Unless the machine says that it is up, its next
//! boot gets the last good one:
//!
//! ```
//! use netimage_core::depot::{
//!     Event, GenerationNumber, Generations, ImageHash, Sent, Timestamp,
//! };
//!
//! let image = |text: &str| ImageHash::of(&[text.as_bytes()]);
//! let (one, two) = (GenerationNumber::FIRST, GenerationNumber::FIRST.next());
//! let boot_id = |digit: &str| digit.repeat(32).parse();
//! let events = [
//!     Event::Deployed { image: image("old"), trial: true },
//!     Event::Sent(Sent::Config),
//!     Event::Confirmed { generation: one, boot_id: boot_id("1")? },
//!     Event::Deployed { image: image("new"), trial: true },
//!     Event::Sent(Sent::Config),
//!     Event::Sent(Sent::CommandLine(two)),
//!     Event::Sent(Sent::Kernel(two)),
//! ];
//! let mut generations = Generations::default();
//! for (second, event) in events.into_iter().enumerate() {
//!     generations = generations.after(&event, Timestamp(second as u64))?;
//! }
//! assert_eq!(generations.config(), Some(one));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! All of this is pure. [`Depot`] and [`LockedDepot`] are the depot on disk; they alone
//! read and write it.

mod boot_id;
mod boots;
mod condition;
mod config;
mod confirmation;
mod declaration;
mod deploy;
mod disk;
mod event;
mod gc;
mod generation;
mod generations;
mod hex;
mod image_hash;
mod keep;
pub mod layout;
mod machine;
mod machine_id;
mod machines;
mod network;
mod reboot;
mod record;
pub mod serve;
mod settings;
mod status;
mod transfer;

#[cfg(test)]
mod tests;

pub use crate::image::RootKind;
pub use boot_id::{BootId, BootIdError};
use boots::Delivered;
pub use boots::{BOOTS_MAX, Boot, Boots, Outcome, SentFile};
pub use condition::Condition;
pub use config::{ConfigError, generation_config, named_generation};
pub use confirmation::{CONFIRMATION_LENGTH_MAX, Confirmation, ConfirmationError};
pub use declaration::{Declaration, DeclarationError, MachineChange};
pub use deploy::{
    Announcement, Delivery, DeployError, DeployOptions, DeployRefusal, DeployReport, IncomingImage,
    MachineDeploy, MachineFirmware, Selection, Wanted,
};
pub use disk::{
    Change, Changes, Depot, DepotError, DepotReport, Initialised, LockedDepot, Shortcoming, Space,
    Trash,
};
pub use event::{Event, Refusal, Sent};
pub use gc::Garbage;
pub use generation::{
    Failure, Generation, GenerationNumber, GenerationNumberError, State, Timestamp, Try,
};
pub use generations::{BOOT_PAUSE, Booted, Generations, Served, TRIAL_TIMEOUT};
pub use image_hash::{ImageHash, ImageHashError};
pub use keep::Keep;
pub use machine::{Machine, MachineName, MachineNameError, TftpPrefix, TftpPrefixError};
pub use machine_id::{MachineId, MachineIdError};
pub use machines::{MachineConflict, Machines};
pub use network::{Network, NetworkError, PrefixLength, PrefixLengthError};
pub use reboot::{Reboot, RebootOutcome, RebootReport};
pub use record::{MachineRecord, Removal};
pub use settings::Settings;
pub use status::{BadGeneration, MachineStatus, News};
use transfer::BootRecord;
pub use transfer::{BootNames, Transfer, TransferError};
