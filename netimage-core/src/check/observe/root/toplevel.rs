//! Reads what a check has to know of the toplevel.

use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::RootReader;
use crate::check::facts::{Bootspec, Standing, ToplevelSurvey};
use crate::fs::{Found, FsError, read_up_to};
use crate::initrd::{
    ElfMachine, SCRIPT_HEAD, has_carriage_return, program_machine, script_interpreter,
};
use crate::store::StorePath;

/// Most bytes of `boot.json` and `system`.
const SMALL_MAX: u64 = 1 << 20;

impl RootReader<'_> {
    pub(super) fn read_toplevel(&self, toplevel: &StorePath) -> Result<ToplevelSurvey, FsError> {
        let directory = PathBuf::from(self.store_dir.display(toplevel));
        let exists = matches!(self.root.find(&directory)?, Found::Directory);
        let system = self.root.read(&directory.join("system"), SMALL_MAX)?;
        let system = system.and_then(|bytes| String::from_utf8(bytes).ok());
        let bootspec = self.read_bootspec(&directory)?;
        let of_bootspec = bootspec.as_ref().and_then(|known| known.system.clone());
        Ok(ToplevelSurvey {
            path: toplevel.clone(),
            exists,
            init: self.standing(&directory.join("init"))?,
            init_fault: self.init_fault(&directory.join("init"))?,
            kernel: self.standing(&directory.join("kernel"))?,
            initrd: self.standing(&directory.join("initrd"))?,
            system: system.map(|text| text.trim().to_owned()).or(of_bootspec),
            bootspec,
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

    /// Why the kernel does not start the init, if that is a file.
    fn init_fault(&self, path: &Path) -> Result<Option<String>, FsError> {
        let Found::File(file, _) = self.root.find(path)? else {
            return Ok(None);
        };
        let init = Program::read(file, &self.root.path().join(path))?;
        let (None, Some(name)) = (&init.fault, init.interpreter) else {
            return Ok(init.fault);
        };
        let path = Path::new(&name);
        let fault = match self.root.find(path)? {
            Found::File(file, _) => Program::read(file, &self.root.path().join(path))?.fault,
            Found::Nothing => Some("is not in the root".to_owned()),
            _ => Some("is not a file".to_owned()),
        };
        Ok(fault.map(|fault| format!("names {name} in its first line, which {fault}")))
    }

    /// What `boot.json` says, if that can be read.
    fn read_bootspec(&self, toplevel: &Path) -> Result<Option<Bootspec>, FsError> {
        let text = self.root.read(&toplevel.join("boot.json"), SMALL_MAX)?;
        let document = text.and_then(|text| serde_json::from_slice::<Document>(&text).ok());
        Ok(document.map(|document| document.v1))
    }
}

/// `boot.json` (NixOS RFC 125).
#[derive(Deserialize)]
struct Document {
    #[serde(rename = "org.nixos.bootspec.v1")]
    v1: Bootspec,
}

/// A file that the kernel is to start.
struct Program {
    /// Why it does not.
    fault: Option<String>,
    /// What starts it, if it is a script that names that by a whole path.
    interpreter: Option<String>,
}

impl Program {
    fn read(file: File, place: &Path) -> Result<Self, FsError> {
        let metadata = file.metadata();
        let metadata = metadata.map_err(|error| FsError::io("read", place, error))?;
        let head = read_up_to(file, SCRIPT_HEAD as u64, place)?;
        let script = script_interpreter(&head);
        let fault = if metadata.permissions().mode() & 0o111 == 0 {
            Some("is not executable".to_owned())
        } else if has_carriage_return(&head) {
            Some("has a carriage return at the end of its first line".to_owned())
        } else if script.is_some() {
            None
        } else {
            match program_machine(&head) {
                Some(ElfMachine::Aarch64 | ElfMachine::Arm) => None,
                Some(machine) => Some(format!("is for {machine}, which no board runs")),
                None => Some("is neither a whole program nor a script with #!".to_owned()),
            }
        };
        let name = script.and_then(|name| std::str::from_utf8(name).ok());
        let interpreter = name.filter(|name| name.starts_with('/'));
        Ok(Self {
            fault,
            interpreter: interpreter.map(str::to_owned),
        })
    }
}
