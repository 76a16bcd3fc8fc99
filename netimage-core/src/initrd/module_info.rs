//! What a kernel module says of itself in its section `.modinfo`.

use std::io;

use object::LittleEndian;
use object::elf::{FileHeader32, FileHeader64};
use object::read::elf::{FileHeader, SectionHeader};

use super::elf::ElfMachine;
use super::module_index::ModuleName;
use super::segments::KernelObjection;
use crate::explanation::{Explain, Explanation};

/// More modules than any module needs directly.
const DEPENDS_MAX: usize = 256;
/// `vermagic` is some words: the release, the kind of kernel, the architecture.
const VERMAGIC_LENGTH_MAX: usize = 512;

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
    /// No file that Linux takes for a module.
    NoModule(Explanation),
    /// A compression that it cannot be unpacked from.
    Unpack(#[source] io::Error),
    /// A field of `.modinfo`, of this name, is longer than any that Linux writes.
    Field(&'static str),
    /// More than this library takes of one module ([`Limits::module`]) or of all.
    ///
    /// [`Limits::module`]: super::Limits::module
    Limit(Explanation),
}

impl ModuleFileError {
    pub(super) fn empty() -> Self {
        Self::NoModule(Explanation::new("the module is empty", COPY))
    }

    pub(super) fn too_large(limit: usize) -> Self {
        Self::Limit(Explanation::new(
            format!(
                "the module has more than {limit} bytes, or was compressed for more memory than is taken for one"
            ),
            "strip it of its debugging information and compress it as the kernel's build does",
        ))
    }

    pub(super) fn no_room() -> Self {
        let problem = "the modules say too much of themselves to keep";
        Self::Limit(Explanation::new(problem, "build them again"))
    }
}

const COPY: &str = "build or copy it again";

impl Explain for ModuleFileError {
    fn explain(&self) -> Explanation {
        match self {
            Self::NoModule(explanation) | Self::Limit(explanation) => explanation.clone(),
            Self::Unpack(_) => Explanation::new("the module cannot be unpacked", COPY),
            Self::Field(field) => Explanation::new(
                format!("the field {field} of the module is too long"),
                "build it again",
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
    let (machine, text) = match bytes {
        [] => return Err(ModuleFileError::empty()),
        [0x7f, b'E', b'L', b'F', 1, 1, ..] => mod_info::<FileHeader32<LittleEndian>>(bytes)?,
        [0x7f, b'E', b'L', b'F', 2, 1, ..] => mod_info::<FileHeader64<LittleEndian>>(bytes)?,
        _ => {
            let problem = "the module is no little-endian ELF file";
            return Err(ModuleFileError::NoModule(Explanation::new(problem, COPY)));
        }
    };
    let mut info = ModuleInfo {
        machine,
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
                return Err(ModuleFileError::Field("vermagic"));
            }
            info.vermagic = Some(String::from_utf8_lossy(value).trim_end().to_owned());
        } else if let Some(value) = field.strip_prefix(b"depends=") {
            for name in value.split(|byte| *byte == b',') {
                info.depends.extend(ModuleName::new(name));
                if info.depends.len() > DEPENDS_MAX {
                    return Err(ModuleFileError::Field("depends"));
                }
            }
        }
    }
    Ok(info)
}

/// The machine of an ELF file, and its section `.modinfo`.
fn mod_info<Elf: FileHeader<Endian = LittleEndian>>(
    bytes: &[u8],
) -> Result<(ElfMachine, &[u8]), ModuleFileError> {
    let truncated = |_| {
        let problem = "the module ends before what its headers point to";
        ModuleFileError::NoModule(Explanation::new(problem, COPY))
    };
    let header = Elf::parse(bytes).map_err(truncated)?;
    let sections = header.sections(LittleEndian, bytes).map_err(truncated)?;
    let section = sections.section_by_name(LittleEndian, b".modinfo");
    let (_, section) = section.ok_or_else(|| {
        let problem = "the module has no section .modinfo, so it is none";
        ModuleFileError::NoModule(Explanation::new(problem, "build it again"))
    })?;
    let text = section.data(LittleEndian, bytes).map_err(truncated)?;
    Ok((header.e_machine(LittleEndian).into(), text))
}
