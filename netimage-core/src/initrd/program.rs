//! What a program says of how it is started: an ELF file or a script.

use super::elf::{Elf, ElfMachine, ModuleFileError, u32_at};

/// `BINPRM_BUF_SIZE` (`include/uapi/linux/binfmts.h`): of a script Linux looks at
/// no more.
pub(crate) const SCRIPT_HEAD: usize = 256;
/// `PATH_MAX`, for the name of a program interpreter.
const INTERPRETER_MAX: usize = 4096;
/// More libraries than any program asks for itself.
const NEEDED_MAX: usize = 256;
/// `NAME_MAX`: a library of a longer name is none.
const LIBRARY_MAX: usize = 255;

const EXECUTABLE: u16 = 2;
const SHARED: u16 = 3;
const LOAD: u32 = 1;
const DYNAMIC: u32 = 2;
const INTERPRETER: u32 = 3;
const NEEDED: usize = 1;
const STRINGS: usize = 5;

/// What an ELF program or library says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProgramInfo {
    /// The machine it is for.
    pub machine: ElfMachine,
    /// The program that loads it and its libraries, `ld.so` (`PT_INTERP`).
    pub interpreter: Option<Vec<u8>>,
    /// The libraries that it asks for itself, by name (`DT_NEEDED`). None where
    /// the table of them cannot be read.
    pub libraries: Vec<Vec<u8>>,
    /// How many bytes its file has to have for all that is loaded of it.
    pub length: u64,
}

/// Reads the program headers of an ELF file, as `load_elf_binary` and `ld.so(8)`
/// do. None when Linux does not start it: it is no little-endian program or
/// library, or its program headers are not in it.
///
/// Of a file that is cut, what is left is looked into; see [`ProgramInfo::length`].
#[must_use]
pub fn parse_program(bytes: &[u8]) -> Option<ProgramInfo> {
    let elf = Elf::new(bytes).ok()?;
    if !matches!(elf.kind().ok()?, EXECUTABLE | SHARED) {
        return None;
    }
    let mut info = ProgramInfo {
        machine: elf.machine().ok()?,
        interpreter: None,
        libraries: Vec::new(),
        length: 0,
    };
    for header in elf.segments().ok()? {
        match u32_at(header, 0).ok()? {
            INTERPRETER if info.interpreter.is_none() => {
                info.interpreter = interpreter(&elf, header);
            }
            LOAD => {
                let (offset, _, size) = place(&elf, header).ok()?;
                info.length = info.length.max((offset as u64).saturating_add(size as u64));
            }
            DYNAMIC if info.libraries.is_empty() => {
                info.libraries = libraries(&elf, header).unwrap_or_default();
            }
            _ => {}
        }
    }
    Some(info)
}

/// The machine that a program is for, by its ELF header, the first 64 bytes; none
/// where that is not one of a little-endian program.
pub(crate) fn program_machine(head: &[u8]) -> Option<ElfMachine> {
    let elf = Elf::new(head).ok()?;
    let is_program = matches!(elf.kind().ok()?, EXECUTABLE | SHARED);
    let is_whole = head.len() >= if elf.wide { 64 } else { 52 };
    (is_program && is_whole).then_some(elf.machine().ok()?)
}

/// Where a segment is in the file, where in memory, and how long it is.
fn place(elf: &Elf<'_>, header: &[u8]) -> Result<(usize, usize, usize), ModuleFileError> {
    let (offset, address, size) = if elf.wide { (8, 16, 32) } else { (4, 8, 16) };
    Ok((
        elf.word(header, offset)?,
        elf.word(header, address)?,
        elf.word(header, size)?,
    ))
}

fn interpreter(elf: &Elf<'_>, header: &[u8]) -> Option<Vec<u8>> {
    let (offset, _, size) = place(elf, header).ok()?;
    let name = elf.slice(offset, Some(size.min(INTERPRETER_MAX))).ok()?;
    let name = name.split(|byte| *byte == 0).next()?;
    (!name.is_empty()).then(|| name.to_vec())
}

fn libraries(elf: &Elf<'_>, header: &[u8]) -> Result<Vec<Vec<u8>>, ModuleFileError> {
    let (offset, _, size) = place(elf, header)?;
    let word = if elf.wide { 8 } else { 4 };
    let mut names = Vec::new();
    let mut strings = None;
    for entry in elf.slice(offset, Some(size))?.chunks_exact(2 * word) {
        match elf.word(entry, 0)? {
            0 => break,
            NEEDED if names.len() < NEEDED_MAX => names.push(elf.word(entry, word)?),
            STRINGS => strings = Some(elf.word(entry, word)?),
            _ => {}
        }
    }
    let Some(strings) = strings.filter(|_| !names.is_empty()) else {
        return Ok(Vec::new());
    };
    let strings = offset_of(elf, strings)?;
    let name = |at: usize| {
        let rest = elf.rest(strings.saturating_add(at));
        let name = rest.iter().take(LIBRARY_MAX + 1);
        let name: Vec<u8> = name.copied().take_while(|byte| *byte != 0).collect();
        (1..=LIBRARY_MAX).contains(&name.len()).then_some(name)
    };
    Ok(names.into_iter().filter_map(name).collect())
}

/// Where in the file an address is.
fn offset_of(elf: &Elf<'_>, address: usize) -> Result<usize, ModuleFileError> {
    for header in elf.segments()? {
        if u32_at(header, 0)? == LOAD {
            let (offset, start, size) = place(elf, header)?;
            let within = address.checked_sub(start).filter(|within| *within < size);
            if let Some(within) = within {
                return offset.checked_add(within).ok_or(ModuleFileError::Truncated);
            }
        }
    }
    Err(ModuleFileError::Truncated)
}

/// Whether a script's first line ends in a carriage return. `load_script` hands that
/// on as a part of the interpreter's name, or of its argument.
pub(crate) fn has_carriage_return(head: &[u8]) -> bool {
    let line = head.split(|byte| *byte == b'\n').next();
    head.starts_with(b"#!") && line.is_some_and(|line| line.ends_with(b"\r"))
}

/// What a script's first line names, by the rules of `load_script`. None when
/// Linux does not start it: the line has no name, or more than 256 bytes.
pub(crate) fn script_interpreter(head: &[u8]) -> Option<&[u8]> {
    let head = &head[..head.len().min(SCRIPT_HEAD)];
    let line = head.strip_prefix(b"#!")?;
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let is_end = |byte: &u8| matches!(byte, b'\n' | 0);
    let end = line.iter().position(is_end);
    let is_cut = end.is_none() && head.len() == SCRIPT_HEAD;
    let line = &line[..end.unwrap_or(line.len())];
    let start = line.iter().position(|byte| !is_blank(byte))?;
    let line = &line[start..];
    match line.iter().position(is_blank) {
        Some(end) => Some(&line[..end]),
        None if is_cut => None,
        None => Some(line),
    }
}
