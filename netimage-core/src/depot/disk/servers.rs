//! What is written down of the programs that serve a depot.

use std::path::{Path, PathBuf};

use rustix::fs::{Access, FileType, access, stat};

use super::depot::Depot;
use super::error::DepotError;
use super::locked::LockedDepot;
use super::replace::Replacement;
use crate::depot::layout;
use crate::depot::serve::{Installed, Program};

/// How the hook begins, up to the program that it calls.
const HOOK: &str = "#!/bin/sh\nexec '";

/// Bytes of the hook that are read.
const HOOK_LENGTH_MAX: u64 = 16 << 10;

impl LockedDepot<'_> {
    /// Writes down that configuration was written for a program, by which one can tell
    /// later whether it is older than the machines.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when it cannot be written.
    pub fn note_server(&self, program: Program, installed: Installed) -> Result<(), DepotError> {
        let mut servers = self.depot.servers()?;
        servers.insert(program, installed);
        let mut replacement = Replacement::of(&self.depot.directory);
        replacement.add_json(PathBuf::from("."), layout::SERVERS, &servers)?;
        Ok(replacement.commit()?)
    }

    /// Writes the program that dnsmasq calls: a script, as dnsmasq gives no arguments
    /// of ours to it. It calls `program`, and returns where it is.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when it cannot be written.
    pub fn write_hook(&self, program: &Path) -> Result<PathBuf, DepotError> {
        let depot = self.depot.path();
        let words = [program, Path::new("hook"), depot].map(|word| quoted(&word.to_string_lossy()));
        let words = words.join(" ");
        let script = format!("{HOOK}{} \"$@\"\n", words.trim_start_matches('\''));
        let mut replacement = Replacement::of(&self.depot.directory);
        replacement.add_program(PathBuf::from("."), layout::HOOK, script);
        replacement.commit()?;
        Ok(depot.join(layout::HOOK))
    }
}

impl Depot {
    /// Whether dnsmasq's hook is there, and calls a program that is there, too; both can
    /// be run.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when it cannot be read.
    pub fn has_hook(&self) -> Result<bool, DepotError> {
        let script = self.tree.read(layout::HOOK.as_ref(), HOOK_LENGTH_MAX)?;
        let script = script.and_then(|bytes| String::from_utf8(bytes).ok());
        let called = script.as_deref().and_then(|script| {
            let words = script.strip_prefix(HOOK)?;
            Some(words.split_once("' 'hook' ")?.0.replace(r"'\''", "'"))
        });
        let hook = self.path().join(layout::HOOK);
        Ok(called.is_some_and(|program| is_program(Path::new(&program)) && is_program(&hook)))
    }
}

fn is_program(path: &Path) -> bool {
    let file =
        stat(path).is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile);
    file && access(path, Access::EXEC_OK).is_ok()
}

/// One word of a shell's.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
