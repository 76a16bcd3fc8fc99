//! An initrd, read as Linux reads it, and what is in it.
//!
//! An initrd is any number of segments, one after the other. Each is a plain
//! cpio archive or a compressed stream of them; zeros may lie between. What a
//! later entry says, wins. The rules are those of the kernel's
//! `init/initramfs.c` and `lib/decompress*.c`.
//!
//! ```text
//! bytes ─ Input ─ segments: which compression ─ Decoder ─ Archive: entries
//!         counts            by its magic        bounded     │
//!                                                           ▼
//!                        questions ◄──────── Initrd ◄── Files: what the
//!              resolve, program, stage,                 kernel would have
//!              execution, modules, availability         unpacked
//! ```
//!
//! One pass, without seeking, in linear time. Nothing here fails as a whole: an
//! [`Initrd`] that is broken half way has what came before, and says where it
//! broke. Under the default [`Limits`] no input makes it use more than about
//! 55 MiB, of which 33 MiB are the largest window of a compressed stream.
//!
//! Archives are read by a reader of our own: `cpio` from the registry wants
//! names in UTF-8, one archive, and takes sizes at their word.
//!
//! ```
//! use netimage_core::initrd::{Initrd, ReadOptions};
//!
//! let initrd = Initrd::read(&b""[..], &ReadOptions::default());
//! assert!(initrd.broken().is_none());
//! assert!(initrd.resolve(b"/init").is_none());
//! ```

mod archive;
mod compression;
mod decode;
mod elf;
mod error;
mod execution;
mod files;
mod header;
mod input;
mod inspect;
mod limits;
mod lz4;
mod module_aliases;
mod module_index;
mod module_info;
mod modules;
mod paths;
mod program;
mod programs;
mod read;
mod segments;
#[cfg(test)]
pub(crate) mod tests;

pub use compression::Compression;
pub use elf::ElfMachine;
pub use error::{Fault, InitrdError};
pub use execution::{Execution, MissingLibrary, Obstacle};
pub use files::{Entry, EntryKind};
pub use inspect::{Init, Script};
pub use limits::{Limits, ReadOptions};
pub use module_aliases::modules_for;
pub use module_index::{Availability, BuiltInModules, ModuleIndex, ModuleIndexError, ModuleName};
pub use module_info::{ModuleFileError, ModuleInfo, parse_module};
pub use modules::Module;
pub use program::{ProgramInfo, parse_program};
pub use read::Initrd;
pub use segments::{KernelObjection, Segment, XzCheck};

pub(crate) use paths::split;
pub(crate) use program::{SCRIPT_HEAD, has_carriage_return, program_machine, script_interpreter};
