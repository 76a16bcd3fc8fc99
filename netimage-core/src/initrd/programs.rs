//! The programs of an initrd, as far as they were looked into.

use std::collections::HashMap;
use std::io::Read;

use super::files::FileId;
use super::program::{ProgramInfo, SCRIPT_HEAD, parse_program, script_interpreter};

/// What tells programs from other files.
const MAGIC: usize = 4;
/// Of a program that is larger than is looked into whole, what has its headers.
const HEAD: usize = 64 * 1024;
/// Bytes that are kept of all programs, with what it takes to keep them.
const KEPT_MAX: usize = 1 << 20;
/// What it takes to keep one.
const KEPT_EACH: usize = 160;

/// How a file begins that Linux may start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Start {
    Elf(ProgramInfo),
    Script(Vec<u8>),
    /// It begins as one of them, and Linux does not take it for one, or it is cut.
    NoProgram,
}

/// What was kept of programs.
#[derive(Debug, Default)]
pub(super) struct Programs {
    pub(super) starts: HashMap<FileId, Start>,
    kept: usize,
    /// Whether there was no room for some.
    pub(super) is_full: bool,
}

impl Programs {
    /// Looks at a file of this size, of which it reads as little as it has to, and
    /// never more than `limit`. Gives back what was read.
    pub(super) fn look(
        &mut self,
        id: FileId,
        size: usize,
        limit: usize,
        body: &mut impl Read,
    ) -> Vec<u8> {
        self.starts.remove(&id);
        let mut bytes = Vec::new();
        read_up_to(body, &mut bytes, size.min(MAGIC));
        let start = if bytes.starts_with(b"\x7fELF") {
            let most = if size > limit { HEAD.min(limit) } else { size };
            read_up_to(body, &mut bytes, most);
            parse_program(&bytes)
                .filter(|info| info.length <= size as u64)
                .map_or(Start::NoProgram, Start::Elf)
        } else if bytes.starts_with(b"#!") {
            read_up_to(body, &mut bytes, size.min(SCRIPT_HEAD));
            script_interpreter(&bytes).map_or(Start::NoProgram, |name| Start::Script(name.to_vec()))
        } else {
            return bytes;
        };
        self.keep(id, start);
        bytes
    }

    fn keep(&mut self, id: FileId, start: Start) {
        let length = match &start {
            Start::Elf(info) => {
                let libraries = info.libraries.iter().map(|name| name.len() + KEPT_EACH / 4);
                libraries.sum::<usize>() + info.interpreter.as_ref().map_or(0, Vec::len)
            }
            Start::Script(name) => name.len(),
            Start::NoProgram => 0,
        };
        // What is forgotten still counts: an initrd says few things twice.
        self.kept += length + KEPT_EACH;
        if self.kept > KEPT_MAX {
            self.is_full = true;
        } else {
            self.starts.insert(id, start);
        }
    }
}

fn read_up_to(body: &mut impl Read, bytes: &mut Vec<u8>, most: usize) {
    let left = most.saturating_sub(bytes.len());
    bytes.reserve_exact(left);
    // The archive says so itself when it ends too early.
    let _ = body.take(left as u64).read_to_end(bytes);
}
