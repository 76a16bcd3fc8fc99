//! Puts files in their places, whole or not at all.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Mode, fchmod, fsync, renameat, symlinkat, syncfs, unlinkat};
use rustix::io::Errno;
use serde::Serialize;

use super::file_systems::FileSystems;
use crate::fs::{FsError, OpenDirectory, failed, list};

/// From so many files on, the whole file system is synced at once.
const MANY: usize = 8;

/// Files that are to be replaced, each by one rename. All are synced before the
/// first is renamed, and all renames are synced at the end.
pub(in crate::depot) struct Replacement<'depot> {
    depot: &'depot OpenDirectory,
    entries: Vec<Entry>,
}

struct Entry {
    directory: PathBuf,
    name: &'static str,
    contents: Contents,
}

enum Contents {
    File(Vec<u8>),
    Program(Vec<u8>),
    Link(String),
}

/// How the names of files end that have not got theirs.
const UNFINISHED: &str = ".new";

/// How a file is called until it gets its name.
pub(in crate::depot) fn unfinished(name: &str) -> String {
    format!(".{name}{UNFINISHED}")
}

/// The names in a directory of files that have not got theirs.
pub(in crate::depot) fn unfinished_in(directory: &OpenDirectory) -> Result<Vec<String>, FsError> {
    let names = list(directory).map_err(failed("read", directory.path()))?;
    let names = names
        .into_iter()
        .filter_map(|(name, _)| name.into_string().ok());
    let is_unfinished = |name: &String| name.starts_with('.') && name.ends_with(UNFINISHED);
    Ok(names.filter(is_unfinished).collect())
}

impl<'depot> Replacement<'depot> {
    pub(in crate::depot) const fn of(depot: &'depot OpenDirectory) -> Self {
        Self {
            depot,
            entries: Vec::new(),
        }
    }

    pub(in crate::depot) fn add_file(
        &mut self,
        directory: PathBuf,
        name: &'static str,
        bytes: Vec<u8>,
    ) {
        self.add(directory, name, Contents::File(bytes));
    }

    pub(in crate::depot) fn add_program(
        &mut self,
        directory: PathBuf,
        name: &'static str,
        script: String,
    ) {
        self.add(directory, name, Contents::Program(script.into_bytes()));
    }

    pub(in crate::depot) fn add_json(
        &mut self,
        directory: PathBuf,
        name: &'static str,
        value: &impl Serialize,
    ) -> Result<(), FsError> {
        let path = self.depot.path_of(&directory).join(name);
        let mut bytes = serde_json::to_vec_pretty(value).map_err(failed("write", &path))?;
        bytes.push(b'\n');
        self.add_file(directory, name, bytes);
        Ok(())
    }

    pub(in crate::depot) fn add_link(
        &mut self,
        directory: PathBuf,
        name: &'static str,
        target: String,
    ) {
        self.add(directory, name, Contents::Link(target));
    }

    fn add(&mut self, directory: PathBuf, name: &'static str, contents: Contents) {
        self.entries.push(Entry {
            directory,
            name,
            contents,
        });
    }

    /// Replaces them.
    pub(in crate::depot) fn commit(self) -> Result<(), FsError> {
        let at_once = self.entries.len() >= MANY;
        let directories = self.entries.iter().map(|entry| entry.directory.as_path());
        let file_systems = FileSystems::of(self.depot, directories.filter(|_| at_once))?;
        for entry in &self.entries {
            let directory = self.depot.open_in(&entry.directory)?;
            entry.write(&directory, at_once)?;
        }
        file_systems.sync()?;
        for entry in &self.entries {
            let directory = self.depot.open_in(&entry.directory)?;
            let unfinished = unfinished(entry.name);
            renameat(&directory, &unfinished, &directory, entry.name)
                .map_err(failed("replace", &directory.path().join(entry.name)))?;
        }
        let directories = self.entries.iter().map(|entry| &entry.directory);
        let directories: BTreeSet<_> = directories.filter(|_| !at_once).collect();
        for directory in directories {
            sync(&self.depot.open_in(directory)?)?;
        }
        file_systems.sync()
    }
}

impl Entry {
    fn write(&self, directory: &OpenDirectory, at_once: bool) -> Result<(), FsError> {
        let name = unfinished(self.name);
        remove(directory, &name)?;
        match &self.contents {
            Contents::Link(target) => symlinkat(target.as_str(), directory, &name)
                .map_err(failed("create", &directory.path().join(&name))),
            Contents::File(bytes) | Contents::Program(bytes) => {
                let mode = Mode::from_raw_mode(match self.contents {
                    Contents::Program(_) => 0o755,
                    _ => 0o644,
                });
                let mut file = directory.create(name.as_ref(), mode)?;
                let path = directory.path().join(&name);
                file.write_all(bytes).map_err(failed("write", &path))?;
                if !at_once {
                    fsync(&file).map_err(failed("sync", &path))?;
                }
                Ok(())
            }
        }
    }
}

/// Removes a file or a link, if it is there.
pub(in crate::depot) fn remove(directory: &OpenDirectory, name: &str) -> Result<(), FsError> {
    match unlinkat(directory, name, AtFlags::empty()) {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(FsError::io("remove", directory.path().join(name), error)),
    }
}

/// Makes what was renamed in a directory last.
pub(in crate::depot) fn sync(directory: &OpenDirectory) -> Result<(), FsError> {
    let synced = directory.sync_names();
    synced.map_err(failed("sync", directory.path()))
}

/// Opens a directory to others that was made under another name, and gives it its own.
pub(in crate::depot) fn settle(
    parent: &OpenDirectory,
    made: &OpenDirectory,
    name: &Path,
) -> Result<(), FsError> {
    fchmod(made, Mode::from_raw_mode(0o755)).map_err(failed("set the mode of", made.path()))?;
    syncfs(made).map_err(failed("sync", made.path()))?;
    renameat(parent, made.name(), parent, name).map_err(failed("create", &parent.path_of(name)))?;
    sync(parent)
}
