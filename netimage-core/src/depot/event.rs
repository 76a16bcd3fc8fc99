//! What happens to a machine's generations.

use super::{BootId, GenerationNumber, ImageHash};

/// Something that happened to a machine, or is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A new generation lies ready, under the number that
    /// [`Generations::next_number`](super::Generations::next_number) gave.
    Deployed {
        /// What it is.
        image: ImageHash,
        /// Whether it has to prove itself; otherwise it is the default at once.
        trial: bool,
    },
    /// The TFTP server sent a file whole to the machine's address.
    Sent(Sent),
    /// The machine said that it is up, in this generation.
    Confirmed {
        /// The generation, by the machine's own command line.
        generation: GenerationNumber,
        /// The boot in which it said so.
        boot_id: BootId,
    },
    /// The user says in place of the machine that it is up in a generation.
    Approved(GenerationNumber),
    /// Time went by, and nothing else happened.
    Passed,
    /// The user wants a good generation back as the default: this one, or the
    /// last one before it. Without a number, a trial is taken away, and is bad if it has
    /// had its try and is not judged; the default stays.
    RolledBack {
        /// The generation that is wanted.
        to: Option<GenerationNumber>,
    },
    /// The user wants a generation for the next boot only.
    SwitchedOnce(GenerationNumber),
    /// A generation was collected.
    Collected(GenerationNumber),
}

/// A file that was sent whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sent {
    /// A `config.txt` that names the generation of
    /// [`Generations::config`](super::Generations::config). It is sent several times in
    /// one boot (raspberrypi/rpi-eeprom#87), always before the kernel.
    Config,
    /// A `config.txt` that names another one, as it could not be replaced yet.
    OldConfig,
    /// The kernel of a generation.
    Kernel(GenerationNumber),
    /// The command line of a generation.
    CommandLine(GenerationNumber),
    /// Any other.
    Other,
}

/// Why what a user wants of a machine's generations cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// There is no such generation.
    #[error("the machine has no generation {0}; give one that it has")]
    Unknown(GenerationNumber),
    /// No other generation was ever up.
    #[error(
        "the machine was never up in a generation before {before}; deploy one, or name a generation that is good"
    )]
    NothingBefore {
        /// The default, to which an earlier one was wanted.
        before: GenerationNumber,
    },
    /// The machine has no default.
    #[error("the machine has no default yet; deploy a generation to it")]
    NoDefault,
    /// The machine was never up in it.
    #[error("the machine was never up in generation {0}; have it tried at the next boot first")]
    NotGood(GenerationNumber),
    /// Its boot files are gone.
    #[error(
        "generation {0} is of before the machine was removed, and has no boot files any more; deploy its image again"
    )]
    Former(GenerationNumber),
    /// It is what the machine gets anyway.
    #[error("generation {0} is the machine's default, which every boot gets")]
    IsDefault(GenerationNumber),
    /// Something still needs it.
    #[error("generation {0} is in use; switch the machine to another one before it is collected")]
    InUse(GenerationNumber),
}
