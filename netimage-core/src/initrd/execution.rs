//! Whether Linux starts the programs of an initrd.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::elf::ElfMachine;
use super::files::{EntryKind, FileId, ROOT};
use super::paths::split;
use super::program::ProgramInfo;
use super::programs::Start;
use super::read::Initrd;

/// A script's interpreter may be a script in turn, this often (`exec_binprm`).
const SCRIPTS_MAX: usize = 5;
/// Libraries of one program that are followed. systemd has about 40.
const LIBRARIES_MAX: usize = 1024;

/// What keeps Linux from starting a program.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Obstacle {
    /// There is no such file.
    Missing,
    /// It is a link that leads nowhere.
    Dangling {
        /// Its target.
        target: Vec<u8>,
    },
    /// It is a directory, a device, a FIFO or a socket.
    NoFile,
    /// Nobody may execute it.
    NotExecutable,
    /// It has no bytes.
    Empty,
    /// It is neither a script nor an ELF program, or one that is damaged.
    NoProgram,
    /// It is the interpreter of a script that is that of a script, and so on.
    TooManyScripts,
}

/// A library that a program asks for and that is nowhere in the initrd.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct MissingLibrary {
    /// Its name.
    pub name: Vec<u8>,
    /// What asks for it: the program, or a library of it.
    pub needed_by: Vec<u8>,
}

/// What comes of starting a program of an initrd, as far as its files tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Execution {
    /// The files that are started: the program, the interpreters of scripts, and
    /// the loader of an ELF program, as far as it came.
    pub files: Vec<Vec<u8>>,
    /// The ELF programs among them, by what they are for.
    pub machines: Vec<(Vec<u8>, ElfMachine)>,
    /// What is in the way, of the last file.
    pub obstacle: Option<Obstacle>,
    /// What the loader will not find.
    pub missing: Vec<MissingLibrary>,
}

impl Initrd {
    /// Starts a program in mind: by the rules of `fs/exec.c`, `fs/binfmt_script.c`
    /// and `fs/binfmt_elf.c`, and of its libraries those of `ld.so(8)`. A library
    /// counts as found when anything in the initrd has its name.
    #[must_use]
    pub fn execution(&self, path: &[u8]) -> Execution {
        let mut execution = Execution::default();
        let mut path = path.to_vec();
        for _ in 0..=SCRIPTS_MAX {
            let start = self.start_of(&path);
            execution.files.push(path.clone());
            match start {
                Err(obstacle) => {
                    execution.obstacle = Some(obstacle);
                    return execution;
                }
                Ok(None) => return execution,
                Ok(Some(Start::Script(interpreter))) => path.clone_from(interpreter),
                Ok(Some(Start::Elf(info))) => {
                    self.load(path, info, &mut execution);
                    return execution;
                }
                Ok(Some(Start::NoProgram)) => {
                    execution.obstacle = Some(Obstacle::NoProgram);
                    return execution;
                }
            }
        }
        execution.obstacle = Some(Obstacle::TooManyScripts);
        execution
    }

    /// What a file is to Linux when it starts it; nothing if that is not known.
    fn start_of(&self, path: &[u8]) -> Result<Option<&Start>, Obstacle> {
        let Some(id) = self.files.resolve(ROOT, path, true) else {
            let link = self.files.resolve(ROOT, path, false);
            return Err(match link.map(|id| self.files.entry(id).kind) {
                Some(EntryKind::Symlink { target }) => Obstacle::Dangling {
                    target: target.to_vec(),
                },
                _ => Obstacle::Missing,
            });
        };
        let entry = self.files.entry(id);
        let EntryKind::Regular { size } = entry.kind else {
            return Err(Obstacle::NoFile);
        };
        if !entry.is_executable() {
            return Err(Obstacle::NotExecutable);
        }
        if size == 0 {
            return Err(Obstacle::Empty);
        }
        match self.programs.starts.get(&id) {
            None if !self.programs.is_full => Err(Obstacle::NoProgram),
            start => Ok(start),
        }
    }

    /// An ELF program, its loader and its libraries.
    fn load(&self, path: Vec<u8>, info: &ProgramInfo, execution: &mut Execution) {
        execution.machines.push((path.clone(), info.machine));
        let Some(loader) = &info.interpreter else {
            // A static program may still have a table, which nobody reads.
            return;
        };
        execution.files.push(loader.clone());
        match self.start_of(loader) {
            Err(obstacle) => {
                execution.obstacle = Some(obstacle);
                return;
            }
            Ok(Some(Start::Elf(info))) => execution.machines.push((loader.clone(), info.machine)),
            Ok(Some(_)) => {
                execution.obstacle = Some(Obstacle::NoProgram);
                return;
            }
            Ok(None) => {}
        }
        execution.missing = self.missing_libraries(path, info, loader);
    }

    fn missing_libraries(
        &self,
        path: Vec<u8>,
        info: &ProgramInfo,
        loader: &[u8],
    ) -> Vec<MissingLibrary> {
        let named = self.libraries();
        let is_musl = base_name(loader).starts_with(b"ld-musl-");
        let mut missing = Vec::new();
        let mut seen = BTreeSet::new();
        let mut pending = VecDeque::from([(path, info)]);
        while let Some((needed_by, info)) = pending.pop_front() {
            for library in &info.libraries {
                let name = base_name(library);
                let is_known = is_of_loader(name, is_musl) || !is_library(name);
                if is_known || seen.len() >= LIBRARIES_MAX || !seen.insert(name) {
                    continue;
                }
                match named.get(name).map(Vec::as_slice) {
                    None => missing.push(MissingLibrary {
                        name: name.to_vec(),
                        needed_by: needed_by.clone(),
                    }),
                    // Which of several would be found hangs on where they are.
                    Some([id]) => {
                        if let Some(Start::Elf(info)) = self.programs.starts.get(id) {
                            pending.push_back((name.to_vec(), info));
                        }
                    }
                    Some(_) => {}
                }
            }
        }
        missing
    }

    /// The files with names of libraries, and up to two that each leads to.
    fn libraries(&self) -> BTreeMap<&[u8], Vec<FileId>> {
        let mut named: BTreeMap<&[u8], Vec<FileId>> = BTreeMap::new();
        for (directory, name) in self.files.names() {
            if is_library(name) {
                let ids = named.entry(name).or_default();
                if let Some(id) = self.files.resolve(directory, name, true)
                    && ids.len() < 2
                    && !ids.contains(&id)
                {
                    ids.push(id);
                }
            }
        }
        named
    }
}

fn is_library(name: &[u8]) -> bool {
    name.windows(3).any(|part| part == b".so")
}

fn base_name(path: &[u8]) -> &[u8] {
    split(path).1
}

/// What the loader is itself. That of musl stands for the whole C library
/// (`ldso/dynlink.c`, `load_library`).
fn is_of_loader(name: &[u8], is_musl: bool) -> bool {
    const OF_MUSL: [&[u8]; 8] = [
        b"libc.",
        b"libpthread.",
        b"librt.",
        b"libm.",
        b"libdl.",
        b"libutil.",
        b"libxnet.",
        b"libcrypt.",
    ];
    let loader: [&[u8]; 3] = [b"ld-", b"ld.so", b"ld64.so"];
    loader.iter().any(|start| name.starts_with(start))
        || (is_musl && OF_MUSL.iter().any(|start| name.starts_with(start)))
}
