//! The kernel modules in an initrd.

use std::collections::HashMap;
use std::io::{self, BufRead, Read};

use super::archive::{Body, Budget};
use super::compression::Compression;
use super::decode::Decoder;
use super::files::{EntryKind, FileId, Files, ROOT};
use super::input::Input;
use super::limits::Limits;
use super::module_index::ModuleName;
use super::module_info::{ModuleFileError, ModuleInfo, parse_module};
use super::segments::{self, HEAD_LENGTH};

const BUFFER: usize = 16 * 1024;

/// A kernel module in an initrd.
#[derive(Debug)]
#[non_exhaustive]
pub struct Module {
    /// Its name, from its file's.
    pub name: ModuleName,
    /// Its path from the root, without a leading `/`.
    pub path: Vec<u8>,
    /// The release of the kernel that its directory is for: what follows
    /// `lib/modules/` in its path.
    pub release: Vec<u8>,
    /// What it says of itself, if it was opened or is empty.
    pub info: Option<Result<ModuleInfo, ModuleFileError>>,
}

/// Reads a module from an archive, unpacking it if it is compressed.
pub(super) fn open<R: BufRead>(
    body: Body<'_, '_, R>,
    limits: &Limits,
    budget: &Budget,
) -> Result<ModuleInfo, ModuleFileError> {
    let mut input = Input::new(body, BUFFER);
    let head = input.peek(HEAD_LENGTH).map_err(ModuleFileError::Unpack)?;
    let Ok(compression) = segments::compression(head) else {
        return parse_module(&read(&mut input, limits.module)?);
    };
    let objection = segments::objection(compression, head);
    let bytes = unpack(&mut input, compression, limits, budget)?;
    let mut info = parse_module(&bytes)?;
    info.objection = objection;
    Ok(info)
}

fn unpack<R: Read>(
    input: &mut Input<R>,
    compression: Compression,
    limits: &Limits,
    budget: &Budget,
) -> Result<Vec<u8>, ModuleFileError> {
    let limit = limits.module;
    let unpack = |error: io::Error| match error.kind() {
        io::ErrorKind::OutOfMemory => ModuleFileError::too_large(limit),
        _ => ModuleFileError::Unpack(error),
    };
    let mut decoder = Decoder::new(compression, input, limits.module_window).map_err(unpack)?;
    let bytes = read(&mut decoder, limit)?;
    // The archive stops at the same limit when it goes on.
    let spent = budget.spend(bytes.len() as u64);
    spent.map_err(|_| ModuleFileError::too_large(limit))?;
    Ok(bytes)
}

fn read(reader: &mut impl Read, limit: usize) -> Result<Vec<u8>, ModuleFileError> {
    let mut bytes = Vec::new();
    let most = (limit as u64).saturating_add(1);
    match reader.take(most).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() > limit => Err(ModuleFileError::too_large(limit)),
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == io::ErrorKind::OutOfMemory => {
            Err(ModuleFileError::too_large(limit))
        }
        Err(error) => Err(ModuleFileError::Unpack(error)),
    }
}

/// Every module below a `lib/modules/RELEASE`, and whether there was no room for
/// the names of all.
pub(super) fn collect(
    files: &Files,
    mut infos: HashMap<FileId, Result<ModuleInfo, ModuleFileError>>,
) -> (Vec<Module>, bool) {
    let mut modules = Vec::new();
    let mut left = files.names_left();
    let mut is_cut = false;
    files.walk(ROOT, |path, id| {
        let Some((directory, release)) = release_of(path) else {
            return;
        };
        let Some(name) = ModuleName::from_path(path) else {
            return;
        };
        let EntryKind::Regular { size } = files.entry(id).kind else {
            return;
        };
        if path.len() == directory {
            return;
        }
        let length = size_of::<Module>() + path.len() + release.len() + name.as_str().len();
        let Some(rest) = left.checked_sub(length) else {
            is_cut = true;
            return;
        };
        left = rest;
        modules.push(Module {
            name,
            path: path.to_vec(),
            release: release.to_vec(),
            info: match size {
                0 => Some(Err(ModuleFileError::empty())),
                _ => infos.remove(&id),
            },
        });
    });
    (modules, is_cut)
}

/// The length of the directory of the modules of a release, and the release.
pub(super) fn release_of(path: &[u8]) -> Option<(usize, &[u8])> {
    const ABOVE: &[u8] = b"lib/modules/";
    let start = (0..path.len())
        .find(|at| path[*at..].starts_with(ABOVE) && (*at == 0 || path[at - 1] == b'/'))?
        + ABOVE.len();
    let release = path[start..].split(|byte| *byte == b'/').next()?;
    Some((start + release.len(), release))
}
