//! Reads what a check has to know of the toplevel.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::RootReader;
use crate::check::facts::{Bootspec, InitProgram, Standing, Start, ToplevelSurvey};
use crate::fs::{Found, FsError, read_up_to};
use crate::initrd::{SCRIPT_HEAD, has_carriage_return, program_machine, script_interpreter};
use crate::store::StorePath;

/// Most bytes of `boot.json` and `system`.
const SMALL_MAX: u64 = 1 << 20;

impl RootReader<'_> {
    pub(super) fn read_toplevel(&self, toplevel: &StorePath) -> Result<ToplevelSurvey, FsError> {
        let directory = PathBuf::from(self.store_dir.display(toplevel));
        let exists = matches!(self.root.find(&directory)?, Found::Directory);
        let system = self.root.read(&directory.join("system"), SMALL_MAX)?;
        let system = system.and_then(|bytes| String::from_utf8(bytes).ok());
        let (bootspec, bootspec_faults) = self.read_bootspec(&directory)?;
        let of_bootspec = bootspec.as_ref().and_then(|known| known.system.clone());
        Ok(ToplevelSurvey {
            path: toplevel.clone(),
            exists,
            init: self.standing(&directory.join("init"))?,
            program: self.read_program(&directory.join("init"))?,
            kernel: self.standing(&directory.join("kernel"))?,
            initrd: self.standing(&directory.join("initrd"))?,
            system: system.map(|text| text.trim().to_owned()).or(of_bootspec),
            bootspec,
            bootspec_faults,
        })
    }

    /// What there is where a regular file should be.
    pub(super) fn standing(&self, path: &Path) -> Result<Standing, FsError> {
        Ok(match self.root.find(path)? {
            Found::File(..) => Standing::File,
            Found::Directory => Standing::Other("a directory"),
            Found::Special(kind) => Standing::Other(kind),
            Found::Nothing if self.root.is_link(path) => Standing::Dangling,
            Found::Nothing => Standing::Absent,
        })
    }

    fn read_program(&self, path: &Path) -> Result<Option<InitProgram>, FsError> {
        let Found::File(file, _) = self.root.find(path)? else {
            return Ok(None);
        };
        let failed = |error| FsError::io("read", self.root.path().join(path), error);
        let metadata = file.metadata().map_err(failed)?;
        let head = read_up_to(file, SCRIPT_HEAD as u64, &self.root.path().join(path))?;
        let interpreter = interpreter(&head).map(|interpreter| {
            let start = self.read_interpreter(Path::new(&interpreter))?;
            Ok((interpreter, start))
        });
        Ok(Some(InitProgram {
            is_executable: is_executable(&metadata),
            has_carriage_return: has_carriage_return(&head),
            start: start_of(&head),
            interpreter: interpreter.transpose()?,
        }))
    }

    /// How the interpreter of a script begins, or why it is of no use.
    fn read_interpreter(&self, path: &Path) -> Result<Result<Start, &'static str>, FsError> {
        let place = self.root.path().join(path);
        Ok(match self.root.find(path)? {
            Found::File(file, _) => {
                let metadata = file.metadata();
                let metadata = metadata.map_err(|error| FsError::io("read", &place, error))?;
                if is_executable(&metadata) {
                    Ok(start_of(&read_up_to(file, SCRIPT_HEAD as u64, &place)?))
                } else {
                    Err("cannot be executed")
                }
            }
            Found::Directory => Err("is a directory"),
            Found::Special(_) => Err("is a special file"),
            Found::Nothing => Err("is not in the root"),
        })
    }

    /// What `boot.json` says, and what is wrong with it.
    fn read_bootspec(&self, toplevel: &Path) -> Result<(Option<Bootspec>, Vec<String>), FsError> {
        let path = toplevel.join("boot.json");
        let bytes = match self.root.find(&path)? {
            Found::File(_, size) if size > SMALL_MAX => {
                return Ok((None, vec![format!("it has {size} bytes")]));
            }
            Found::File(..) => self.root.read(&path, SMALL_MAX)?.unwrap_or_default(),
            // boot.bootspec.enable = false makes none.
            Found::Nothing if !self.root.is_link(&path) => return Ok((None, Vec::new())),
            Found::Nothing => return Ok((None, vec!["it is a link to nothing".to_owned()])),
            Found::Directory => return Ok((None, vec!["it is a directory".to_owned()])),
            Found::Special(kind) => return Ok((None, vec![format!("it is {kind}")])),
        };
        let document = match serde_json::from_slice::<Document>(&bytes) {
            Ok(document) => document.v1,
            Err(error) => return Ok((None, vec![format!("it is no bootspec: {error}")])),
        };
        let mut faults = document.missing();
        for (name, path, is_directory) in document.paths() {
            if let Some(fault) = self.fault_of(path, is_directory)? {
                faults.push(format!("its {name} {path} {fault}"));
            }
        }
        if let Some(own) = &document.toplevel
            && Path::new(own) != toplevel
        {
            faults.push(format!("its toplevel {own} is not the one that it lies in"));
        }
        let bootspec = document.init.map(|init| Bootspec {
            init,
            kernel_params: document.kernel_params.unwrap_or_default(),
            system: document.system,
        });
        Ok((bootspec, faults))
    }

    fn fault_of(&self, path: &str, is_directory: bool) -> Result<Option<String>, FsError> {
        let store_dir = self.store_dir;
        if store_dir.strip(path).is_none() {
            return Ok(Some(format!("is not in {}", store_dir.as_str())));
        }
        Ok(match (self.root.find(Path::new(path))?, is_directory) {
            (Found::File(..), false) | (Found::Directory, true) => None,
            (Found::Nothing, _) => Some("is not in the root".to_owned()),
            (Found::Special(kind), _) => Some(format!("is {kind}")),
            (Found::File(..), true) => Some("is no directory".to_owned()),
            (Found::Directory, false) => Some("is a directory".to_owned()),
        })
    }
}

/// `boot.json`, every member of version 1 for itself (NixOS RFC 125).
#[derive(Deserialize)]
struct Document {
    #[serde(rename = "org.nixos.bootspec.v1")]
    v1: V1,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct V1 {
    init: Option<String>,
    initrd: Option<String>,
    kernel: Option<String>,
    kernel_params: Option<Vec<String>>,
    label: Option<String>,
    system: Option<String>,
    toplevel: Option<String>,
}

impl V1 {
    fn missing(&self) -> Vec<String> {
        let known = [
            ("init", self.init.is_some()),
            ("kernel", self.kernel.is_some()),
            ("kernelParams", self.kernel_params.is_some()),
            ("label", self.label.is_some()),
            ("system", self.system.is_some()),
            ("toplevel", self.toplevel.is_some()),
        ];
        let missing = known.into_iter().filter(|(_, is_there)| !is_there);
        missing
            .map(|(name, _)| format!("it has no {name}"))
            .collect()
    }

    /// The paths, and whether each is of a directory.
    fn paths(&self) -> impl Iterator<Item = (&'static str, &str, bool)> {
        let paths = [
            ("init", &self.init, false),
            ("initrd", &self.initrd, false),
            ("kernel", &self.kernel, false),
            ("toplevel", &self.toplevel, true),
        ];
        paths
            .into_iter()
            .filter_map(|(name, path, is_directory)| Some((name, path.as_deref()?, is_directory)))
    }
}

fn is_executable(metadata: &std::fs::Metadata) -> bool {
    metadata.permissions().mode() & 0o111 != 0
}

fn start_of(head: &[u8]) -> Start {
    if head.is_empty() {
        Start::Empty
    } else if script_interpreter(head).is_some() {
        Start::Script
    } else {
        program_machine(head).map_or(Start::Other, Start::Elf)
    }
}

/// The program that the kernel starts a script with, if it is named by a whole
/// path.
fn interpreter(head: &[u8]) -> Option<String> {
    let name = std::str::from_utf8(script_interpreter(head)?).ok()?;
    name.starts_with('/').then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::interpreter;
    use proptest::prelude::*;

    #[test]
    fn interpreters_are_named_as_the_kernel_reads_them() {
        let long = format!("#!/{}", "x".repeat(254));
        for (head, expected) in [
            ("#!/bin/sh\n", Some("/bin/sh")),
            ("#! \t/bin/sh -e\n", Some("/bin/sh")),
            ("#!/bin/sh\t-e", Some("/bin/sh")),
            ("#!/bin/sh", Some("/bin/sh")),
            ("#!/bin/sh\0\n", Some("/bin/sh")),
            ("#!sh\n", None),
            ("#!\n", None),
            ("#!", None),
            ("# !/bin/sh", None),
            ("\x7fELF", None),
            ("", None),
            (&long[..256], None),
        ] {
            assert_eq!(interpreter(head.as_bytes()).as_deref(), expected, "{head}");
        }
    }

    proptest! {
        #[test]
        fn any_head_is_read(head in proptest::collection::vec(any::<u8>(), 0..256)) {
            let script = [b"#!", &head[..]].concat();
            let name = interpreter(&script);
            prop_assert!(name.is_none_or(|name| name.starts_with('/')));
        }
    }
}
