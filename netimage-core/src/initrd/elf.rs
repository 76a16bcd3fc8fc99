//! What an ELF file is for.

use std::fmt;

use object::elf;

/// The machine that an ELF file is for (`e_machine`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ElfMachine {
    /// 64-bit ARM.
    Aarch64,
    /// 32-bit ARM.
    Arm,
    /// x86-64.
    X86_64,
    /// Another one, by its number.
    Other(u16),
}

impl From<elf::Machine> for ElfMachine {
    fn from(machine: elf::Machine) -> Self {
        match machine {
            elf::EM_ARM => Self::Arm,
            elf::EM_X86_64 => Self::X86_64,
            elf::EM_AARCH64 => Self::Aarch64,
            other => Self::Other(other.0),
        }
    }
}

impl fmt::Display for ElfMachine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Aarch64 => f.write_str("aarch64"),
            Self::Arm => f.write_str("arm"),
            Self::X86_64 => f.write_str("x86_64"),
            Self::Other(number) => write!(f, "machine {number}"),
        }
    }
}
