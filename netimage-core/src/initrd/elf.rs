//! What a kernel module says of itself in its section `.modinfo`.

use std::fmt;
use std::io;

use super::module_index::ModuleName;
use super::segments::KernelObjection;
use crate::explanation::{Explain, Explanation};

/// More modules than any module needs directly.
const DEPENDS_MAX: usize = 256;
/// `vermagic` is some words: the release, the kind of kernel, the architecture.
const VERMAGIC_LENGTH_MAX: usize = 512;

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

impl ElfMachine {
    fn from_number(number: u16) -> Self {
        match number {
            40 => Self::Arm,
            62 => Self::X86_64,
            183 => Self::Aarch64,
            other => Self::Other(other),
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

/// What a kernel module says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModuleInfo {
    /// The machine it is for.
    pub machine: ElfMachine,
    /// Its name, which kernels before 4.x did not write down.
    pub name: Option<ModuleName>,
    /// The kernel it was made for: `6.1.0-9-arm64 SMP mod_unload modversions
    /// aarch64`. Linux refuses a module whose `vermagic` is not its own.
    pub vermagic: Option<String>,
    /// The modules that it needs directly.
    pub depends: Vec<ModuleName>,
    /// What a kernel that unpacks modules itself (`CONFIG_MODULE_DECOMPRESS`) has
    /// against its compression; kmod, which does so for other kernels, has not.
    pub objection: Option<KernelObjection>,
}

impl ModuleInfo {
    /// The release of the kernel it was made for, the first word of its
    /// `vermagic`.
    #[must_use]
    pub fn release(&self) -> Option<&str> {
        self.vermagic.as_deref()?.split_ascii_whitespace().next()
    }

    /// How many bytes it holds.
    pub(super) fn length(&self) -> usize {
        let name = |name: &ModuleName| name.as_str().len() + size_of::<ModuleName>();
        size_of::<Self>()
            + self.name.as_ref().map_or(0, name)
            + self.vermagic.as_ref().map_or(0, String::len)
            + self.depends.iter().map(name).sum::<usize>()
    }
}

/// Why a kernel module cannot be looked into.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.explain())]
#[non_exhaustive]
pub enum ModuleFileError {
    /// It has no bytes, or none are left when it is unpacked.
    Empty,
    /// No ELF file of an architecture with the least byte first.
    NotElf,
    /// What a header points to is not in the file.
    Truncated,
    /// There is no section `.modinfo`.
    NoModInfo,
    /// A field of `.modinfo` is longer than any that Linux writes.
    Field {
        /// Its name.
        field: &'static str,
    },
    /// It is too large to be looked into.
    TooLarge {
        /// [`Limits::module`](super::Limits::module).
        limit: usize,
    },
    /// A compression that it cannot be unpacked from.
    Unpack(#[source] io::Error),
    /// Too much was read of other modules.
    NoRoom,
}

impl Explain for ModuleFileError {
    fn explain(&self) -> Explanation {
        let copy = "build or copy it again";
        let build = "build it again";
        match self {
            Self::Empty => Explanation::new("the module is empty", copy),
            Self::NotElf => Explanation::new("the module is no little-endian ELF file", copy),
            Self::Truncated => {
                Explanation::new("the module ends before what its headers point to", copy)
            }
            Self::NoModInfo => {
                Explanation::new("the module has no section .modinfo, so it is none", build)
            }
            Self::Field { field } => Explanation::new(
                format!("the field {field} of the module is too long"),
                build,
            ),
            Self::TooLarge { limit } => Explanation::new(
                format!(
                    "the module has more than {limit} bytes, or was compressed for more memory than is taken for one"
                ),
                "strip it of its debugging information and compress it as the kernel's build does",
            ),
            Self::Unpack(_) => Explanation::new("the module cannot be unpacked", copy),
            Self::NoRoom => Explanation::new(
                "the modules say too much of themselves to keep",
                "build them again",
            ),
        }
    }
}

/// Reads the `.modinfo` of a module, as `modinfo(8)` does. A signature behind
/// the ELF file does no harm.
///
/// # Errors
///
/// [`ModuleFileError`] when it is no module of a little-endian machine.
pub fn parse_module(bytes: &[u8]) -> Result<ModuleInfo, ModuleFileError> {
    if bytes.is_empty() {
        return Err(ModuleFileError::Empty);
    }
    let elf = Elf::new(bytes)?;
    let text = elf.section(b".modinfo")?;
    let mut info = ModuleInfo {
        machine: elf.machine()?,
        name: None,
        vermagic: None,
        depends: Vec::new(),
        objection: None,
    };
    for field in text.split(|byte| *byte == 0) {
        if let Some(value) = field.strip_prefix(b"name=") {
            info.name = ModuleName::new(value);
        } else if let Some(value) = field.strip_prefix(b"vermagic=") {
            if value.len() > VERMAGIC_LENGTH_MAX {
                return Err(ModuleFileError::Field { field: "vermagic" });
            }
            info.vermagic = Some(String::from_utf8_lossy(value).trim_end().to_owned());
        } else if let Some(value) = field.strip_prefix(b"depends=") {
            for name in value.split(|byte| *byte == b',') {
                info.depends.extend(ModuleName::new(name));
                if info.depends.len() > DEPENDS_MAX {
                    return Err(ModuleFileError::Field { field: "depends" });
                }
            }
        }
    }
    Ok(info)
}

/// The headers of an ELF file, and what they point to.
pub(super) struct Elf<'a> {
    bytes: &'a [u8],
    pub(super) wide: bool,
}

impl<'a> Elf<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Result<Self, ModuleFileError> {
        let wide = match bytes {
            [0x7f, b'E', b'L', b'F', 1, 1, ..] => false,
            [0x7f, b'E', b'L', b'F', 2, 1, ..] => true,
            _ => return Err(ModuleFileError::NotElf),
        };
        Ok(Self { bytes, wide })
    }

    /// `ET_REL` and the like (`e_type`).
    pub(super) fn kind(&self) -> Result<u16, ModuleFileError> {
        u16_at(self.bytes, 16)
    }

    pub(super) fn machine(&self) -> Result<ElfMachine, ModuleFileError> {
        Ok(ElfMachine::from_number(u16_at(self.bytes, 18)?))
    }

    /// The program headers, each as long as the machine has them. Linux starts
    /// nothing that has headers of another length (`load_elf_phdrs`).
    pub(super) fn segments(&self) -> Result<impl Iterator<Item = &'a [u8]>, ModuleFileError> {
        let (offset, size_at, length) = if self.wide {
            (32, 54, 56)
        } else {
            (28, 42, 32)
        };
        let table = self.word(self.bytes, offset)?;
        let size = usize::from(u16_at(self.bytes, size_at)?);
        let count = usize::from(u16_at(self.bytes, size_at + 2)?);
        if size != length || count == 0 {
            return Err(ModuleFileError::NotElf);
        }
        let table = self.slice(table, size.checked_mul(count))?;
        Ok(table.chunks_exact(length))
    }

    /// The bytes of the first section of this name.
    fn section(&self, name: &[u8]) -> Result<&'a [u8], ModuleFileError> {
        let (offset, size_at) = if self.wide { (40, 58) } else { (32, 46) };
        let table = self.word(self.bytes, offset)?;
        let size = usize::from(u16_at(self.bytes, size_at)?);
        let count = usize::from(u16_at(self.bytes, size_at + 2)?);
        let names_at = usize::from(u16_at(self.bytes, size_at + 4)?);
        if names_at >= count {
            return Err(ModuleFileError::NoModInfo);
        }
        let table = self.slice(table, size.checked_mul(count))?;
        let header = |index: usize| {
            let start = index.checked_mul(size);
            let bytes = start.and_then(|start| table.get(start..)?.get(..size));
            bytes.ok_or(ModuleFileError::Truncated)
        };
        let names = self.content(header(names_at)?)?;
        for index in 0..count {
            let header = header(index)?;
            let start = usize::try_from(u32_at(header, 0)?).unwrap_or(usize::MAX);
            let found = names.get(start..).and_then(|rest| rest.strip_prefix(name));
            if found.is_some_and(|rest| rest.first() == Some(&0)) {
                return self.content(header);
            }
        }
        Err(ModuleFileError::NoModInfo)
    }

    /// What a section header points to.
    fn content(&self, header: &[u8]) -> Result<&'a [u8], ModuleFileError> {
        let (offset, size) = if self.wide { (24, 32) } else { (16, 20) };
        self.slice(self.word(header, offset)?, Some(self.word(header, size)?))
    }

    pub(super) fn slice(
        &self,
        start: usize,
        length: Option<usize>,
    ) -> Result<&'a [u8], ModuleFileError> {
        let length = length.ok_or(ModuleFileError::Truncated)?;
        let bytes = self.bytes.get(start..).and_then(|rest| rest.get(..length));
        bytes.ok_or(ModuleFileError::Truncated)
    }

    /// What is from here to the end.
    pub(super) fn rest(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..).unwrap_or_default()
    }

    /// A word as wide as the machine's addresses.
    pub(super) fn word(&self, bytes: &[u8], at: usize) -> Result<usize, ModuleFileError> {
        if !self.wide {
            return Ok(usize::try_from(u32_at(bytes, at)?).unwrap_or(usize::MAX));
        }
        let word = bytes.get(at..).and_then(|rest| rest.first_chunk());
        let word = word.map(|word| u64::from_le_bytes(*word));
        let word = word.ok_or(ModuleFileError::Truncated)?;
        usize::try_from(word).map_err(|_| ModuleFileError::Truncated)
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Result<u16, ModuleFileError> {
    let half = bytes.get(at..).and_then(|rest| rest.first_chunk());
    half.map(|half| u16::from_le_bytes(*half))
        .ok_or(ModuleFileError::Truncated)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Result<u32, ModuleFileError> {
    let word = bytes.get(at..).and_then(|rest| rest.first_chunk());
    word.map(|word| u32::from_le_bytes(*word))
        .ok_or(ModuleFileError::Truncated)
}
