//! What is written down of the programs that serve a depot.

use std::path::{Path, PathBuf};

use super::error::DepotError;
use super::locked::LockedDepot;
use super::replace::Replacement;
use crate::depot::layout;
use crate::depot::serve::{Installed, Program};

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
        let script = format!("#!/bin/sh\nexec {} \"$@\"\n", words.join(" "));
        let mut replacement = Replacement::of(&self.depot.directory);
        replacement.add_program(PathBuf::from("."), layout::HOOK, script);
        replacement.commit()?;
        Ok(depot.join(layout::HOOK))
    }
}

/// One word of a shell's.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
