//! Reads what a check has to know of the root. Every name is looked up as the
//! board will, with the root as `/`.

mod database;
mod fstab;
mod kernel;
mod toplevel;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

use crate::boot::KernelReadError;
use crate::check::facts::{DATABASE, InitSurvey, Likeness, Registered, RootSurvey, Standing};
use crate::check::finding::explained;
use crate::check::subject::Subject;
use crate::closure::{Closure, parse_registration};
use crate::fs::{Enclosed, Found, FsError, begins_or_ends_with, same_bytes};
use crate::image::REGISTRATION;
use crate::store::{StoreDir, StorePath};
use kernel::same_kernels;

/// What a root that is mounted read-only has to have, as nothing can make it then.
const DIRECTORIES: [&str; 7] = ["dev", "etc", "proc", "run", "sys", "tmp", "var"];

/// Most bytes of a registration that are read, and store paths that it is
/// compared with: ten times what a large system has.
const REGISTRATION_MAX: u64 = 24 << 20;
const STORE_PATHS_MAX: usize = 100_000;

/// A root as a check reads it.
pub(in crate::check) struct RootReader<'root> {
    root: &'root Enclosed,
    store_dir: &'root StoreDir,
}

impl<'root> RootReader<'root> {
    pub(in crate::check) fn new(root: &'root Enclosed, subject: &'root Subject) -> Self {
        Self {
            root,
            store_dir: &subject.store_dir,
        }
    }

    /// All but what depends on a command line.
    pub(in crate::check) fn read(
        &self,
        toplevel: Option<&StorePath>,
    ) -> Result<RootSurvey, FsError> {
        let store = self.store_dir.as_path();
        let missing =
            DIRECTORIES
                .into_iter()
                .filter_map(|name| match self.root.find(Path::new(name)) {
                    Ok(Found::Directory) => None,
                    Ok(_) => Some(Ok(name)),
                    Err(error) => Some(Err(error)),
                });
        let mut default_inits = Vec::new();
        for name in ["init", "sbin/init"] {
            if self.root.has(Path::new(name))? {
                default_inits.push(name);
            }
        }
        let disks = self.read_disks(toplevel)?;
        let toplevel = toplevel.map(|path| self.read_toplevel(path)).transpose()?;
        Ok(RootSurvey {
            is_nixos: matches!(self.root.find(store)?, Found::Directory),
            default_inits,
            missing_directories: missing.collect::<Result<_, _>>()?,
            has_database: self.root.has(Path::new(DATABASE))?,
            database: self.read_database()?,
            registered: self.read_registration()?,
            toplevel,
            disks,
        })
    }

    /// What `init=` names.
    pub(in crate::check) fn read_init(&self, init: &str) -> Result<InitSurvey, FsError> {
        let below = self.store_dir.strip(init);
        let base_name = below.and_then(|below| below.split('/').next());
        Ok(InitSurvey {
            exists: matches!(self.root.find(Path::new(init))?, Found::File(..)),
            store_path: base_name.and_then(|name| name.parse().ok()),
        })
    }

    /// How a file compares with the toplevel's file of this name: whether it has its
    /// bytes, or, of a kernel, whether it unpacks to the same; nothing where the
    /// toplevel has none.
    pub(in crate::check) fn compare_with_toplevel(
        &self,
        toplevel: &StorePath,
        name: &str,
        (file, size): (File, u64),
    ) -> Result<Option<Likeness>, FsError> {
        let path = Path::new(&self.store_dir.display(toplevel)).join(name);
        let Found::File(own, own_size) = self.root.find(&path)? else {
            return Ok(None);
        };
        let failed = |error| FsError::io("read", self.root.path().join(&path), error);
        let (mut one, mut other) = (&file, &own);
        // Others may have been put before or after it, as secrets are.
        let same = if name == "initrd" && size > own_size && own_size > 0 {
            let begins_or_ends = begins_or_ends_with((one, size), (other, own_size));
            if begins_or_ends.map_err(failed)? {
                let more = size - own_size;
                return Ok(Some(Likeness::Longer { more }));
            }
            false
        } else {
            same_bytes((one, size), (other, own_size)).map_err(failed)?
        };
        if same || name != "kernel" {
            return Ok(Some(Likeness::of(same)));
        }
        // What differs may be packed otherwise.
        one.rewind().map_err(failed)?;
        other.rewind().map_err(failed)?;
        match same_kernels(one, other) {
            Err(KernelReadError::Read(error)) => Err(failed(error)),
            same => Ok(Some(Likeness::of(same.unwrap_or(false)))),
        }
    }

    fn read_registration(&self) -> Result<Registered, FsError> {
        let path = Path::new(REGISTRATION);
        let Found::File(file, size) = self.root.find(path)? else {
            return Ok(match self.standing(path)? {
                Standing::Dangling => Registered::Broken("it is a link to nothing".to_owned()),
                Standing::Other(kind) => Registered::Broken(format!("it is {kind}")),
                Standing::Absent | Standing::File => Registered::Absent,
            });
        };
        let present = self.root.list(self.store_dir.as_path(), STORE_PATHS_MAX);
        let present: BTreeSet<String> = present.unwrap_or_default().into_iter().collect();
        if size > REGISTRATION_MAX || present.len() >= STORE_PATHS_MAX {
            return Ok(Registered::TooLarge);
        }
        let file = file.take(REGISTRATION_MAX);
        let closure = parse_registration(BufReader::new(file), self.store_dir)
            .map_err(|error| explained(&error).problem)
            .and_then(|infos| {
                Closure::new(self.store_dir.clone(), infos, [])
                    .map_err(|error| explained(&error).problem)
            });
        let closure = match closure {
            Ok(closure) => closure,
            Err(error) => return Ok(Registered::Broken(error)),
        };
        let registered: BTreeSet<&str> = closure
            .paths()
            .iter()
            .map(|info| info.path.base_name())
            .collect();
        let missing = registered
            .iter()
            .filter(|name| !present.contains(**name))
            .map(|name| (*name).to_owned());
        // The store of a lean image holds others' paths, too.
        let is_own = !self.root.has_store();
        let unregistered = present
            .iter()
            .filter(|_| is_own)
            .filter(|name| !registered.contains(name.as_str()))
            .filter(|name| name.parse::<StorePath>().is_ok());
        Ok(Registered::Closure {
            missing: missing.collect(),
            unregistered: unregistered.cloned().collect(),
        })
    }
}
