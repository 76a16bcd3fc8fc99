//! How far a machine came with a generation that is bad.

use std::path::Path;

use super::depot::Depot;
use super::error::DepotError;
use crate::depot::{BootNames, GenerationNumber, MachineName, layout};
use crate::diagnose::{Account, SentFile};

impl Depot {
    /// What the machine was sent last in the boot in which a generation did not come up;
    /// nothing where no such boot is remembered.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when what was written down of it cannot be read.
    pub fn account(
        &self,
        machine: &MachineName,
        generation: GenerationNumber,
    ) -> Result<Option<Account>, DepotError> {
        let boots = self.boots(machine)?;
        let Some(boot) = boots.failed(generation) else {
            return Ok(None);
        };
        let path = layout::boot_names(machine, generation);
        let names: Option<BootNames> = self.read_json(&path)?;
        let directory = layout::boot_directory(generation);
        let is_all = boot.names.len() as u64 == boot.files;
        let needed = names.into_iter().flat_map(|names| {
            // Of older files nobody knows which they were.
            let command_line = is_all.then_some(names.command_line);
            let kernel = boot.kernel.is_none().then_some(names.kernel);
            [command_line, kernel].into_iter().flatten()
        });
        let needed: Vec<String> = needed
            .map(|name| Path::new(&directory).join(name).display().to_string())
            .collect();
        let needed: Vec<&str> = needed.iter().map(String::as_str).collect();
        let at = boot.sent.map_or(0, |sent| sent.0);
        let sent: Vec<_> = boot
            .names
            .iter()
            .map(|name| SentFile::new(name, at, 0))
            .collect();
        Ok(Some(Account::of(&sent, &needed)))
    }
}
