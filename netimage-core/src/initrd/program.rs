//! What a program says of how it is started: an ELF file or a script.

use object::LittleEndian;
use object::elf::{
    DT_NEEDED, DT_NULL, DT_STRTAB, ET_DYN, ET_EXEC, FileHeader32, FileHeader64, PT_DYNAMIC,
    PT_INTERP, PT_LOAD,
};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

use super::elf::ElfMachine;

/// `BINPRM_BUF_SIZE` (`include/uapi/linux/binfmts.h`): of a script Linux looks at
/// no more.
pub(crate) const SCRIPT_HEAD: usize = 256;
/// `PATH_MAX`, for the name of a program interpreter.
const INTERPRETER_MAX: usize = 4096;
/// More libraries than any program asks for itself.
const NEEDED_MAX: usize = 256;
/// `NAME_MAX`: a library of a longer name is none.
const LIBRARY_MAX: usize = 255;

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
    match bytes.get(4)? {
        1 => parse::<FileHeader32<LittleEndian>>(bytes),
        2 => parse::<FileHeader64<LittleEndian>>(bytes),
        _ => None,
    }
}

/// The machine that a program is for, by its ELF header, the first 64 bytes; none
/// where that is not one of a little-endian program.
pub(crate) fn program_machine(head: &[u8]) -> Option<ElfMachine> {
    match head.get(4)? {
        1 => machine::<FileHeader32<LittleEndian>>(head),
        2 => machine::<FileHeader64<LittleEndian>>(head),
        _ => None,
    }
}

fn machine<Elf: FileHeader<Endian = LittleEndian>>(bytes: &[u8]) -> Option<ElfMachine> {
    let header = Elf::parse(bytes).ok()?;
    let is_program = matches!(header.e_type(LittleEndian), ET_EXEC | ET_DYN);
    let machine = header.e_machine(LittleEndian).into();
    (is_program && header.is_little_endian()).then_some(machine)
}

fn parse<Elf: FileHeader<Endian = LittleEndian>>(bytes: &[u8]) -> Option<ProgramInfo> {
    let machine = machine::<Elf>(bytes)?;
    let header = Elf::parse(bytes).ok()?;
    let segments = header.program_headers(LittleEndian, bytes).ok()?;
    if segments.is_empty() {
        return None;
    }
    let of_type = |wanted| {
        let segments = segments.iter();
        segments.filter(move |segment| segment.p_type(LittleEndian) == wanted)
    };
    let ends = of_type(PT_LOAD).map(|segment| {
        let (offset, size) = segment.file_range(LittleEndian);
        offset.saturating_add(size)
    });
    let interpreter = of_type(PT_INTERP).find_map(|segment| {
        let name = segment.interpreter(LittleEndian, bytes).ok()??;
        let is_name = (1..=INTERPRETER_MAX).contains(&name.len());
        is_name.then(|| name.to_vec())
    });
    let libraries = of_type(PT_DYNAMIC).find_map(|segment| libraries(segment, segments, bytes));
    Some(ProgramInfo {
        machine,
        interpreter,
        libraries: libraries.unwrap_or_default(),
        length: ends.max().unwrap_or(0),
    })
}

/// What a `PT_DYNAMIC` asks for by `DT_NEEDED`.
fn libraries<Segment: ProgramHeader<Endian = LittleEndian>>(
    dynamic: &Segment,
    segments: &[Segment],
    bytes: &[u8],
) -> Option<Vec<Vec<u8>>> {
    let entries = dynamic.dynamic(LittleEndian, bytes).ok()??.iter();
    let entries = entries.take_while(|entry| entry.tag(LittleEndian) != DT_NULL);
    let values = |tag| {
        let of_tag = entries.clone();
        let of_tag = of_tag.filter(move |entry| entry.tag(LittleEndian) == tag);
        of_tag.map(|entry| entry.val(LittleEndian))
    };
    let strings = offset_of(values(DT_STRTAB).last()?, segments)?;
    let name = |at: u64| {
        let start = usize::try_from(strings.checked_add(at)?).ok()?;
        let name = bytes.get(start..)?.iter().take(LIBRARY_MAX + 1);
        let name: Vec<u8> = name.copied().take_while(|byte| *byte != 0).collect();
        (1..=LIBRARY_MAX).contains(&name.len()).then_some(name)
    };
    let names = values(DT_NEEDED).take(NEEDED_MAX);
    Some(names.filter_map(name).collect())
}

/// Where in the file an address is.
fn offset_of<Segment: ProgramHeader<Endian = LittleEndian>>(
    address: u64,
    segments: &[Segment],
) -> Option<u64> {
    let mut loaded = segments.iter();
    loaded.find_map(|segment| {
        let (offset, size) = segment.file_range(LittleEndian);
        let start: u64 = segment.p_vaddr(LittleEndian).into();
        let within = address.checked_sub(start)?;
        let is_here = segment.p_type(LittleEndian) == PT_LOAD && within < size;
        is_here.then(|| offset.checked_add(within))?
    })
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
