//! How far a machine came in a boot.

use super::depot::Depot;
use super::error::DepotError;
use crate::boot::requests::BootFiles;
use crate::depot::{Boot, BootNames, Machine, layout};
use crate::diagnose::Account;
use crate::fs::ServedDirectory;
use crate::tree::TargetName;

impl Depot {
    /// How far a boot came, by what the machine was sent and what is served.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when what is served cannot be read.
    pub fn account(&self, machine: &Machine, boot: &Boot) -> Result<Account, DepotError> {
        let own = machine.tftp_directory().unwrap_or_default();
        let tftp = self.path().join(layout::TFTP);
        let directory = ServedDirectory::open_for(&tftp, own.as_ref())?;
        let generation = boot.generation;
        let names: Option<BootNames> = generation
            .map(|number| self.read_json(&layout::boot_names(&machine.name, number)))
            .transpose()?
            .flatten();
        let files = ServedThen {
            directory,
            config: format!("{own}/{}", layout::CONFIG),
            named: generation.map(|number| {
                let generation = layout::boot_directory(number);
                format!("{own}/{generation}/{}", layout::CONFIG)
            }),
        };
        Ok(Account::of(machine, boot, names.as_ref(), &files))
    }
}

/// What was served when `config.txt` was that of a generation.
struct ServedThen {
    directory: ServedDirectory,
    config: String,
    /// The generation's own `config.txt`.
    named: Option<String>,
}

impl ServedThen {
    fn place(&self, name: &TargetName) -> TargetName {
        let is_config = name.as_path().as_os_str() == &*self.config;
        let named = self.named.as_ref().filter(|_| is_config);
        let named = named.and_then(|named| named.parse().ok());
        // A generation that is gone leaves what there is.
        named
            .filter(|named| self.directory.size(named).is_some())
            .unwrap_or_else(|| name.clone())
    }
}

impl BootFiles for ServedThen {
    fn size(&self, name: &TargetName) -> Option<u64> {
        self.directory.size(&self.place(name))
    }

    fn read(&self, name: &TargetName, limit: usize) -> Option<Vec<u8>> {
        self.directory.read(&self.place(name), limit)
    }
}
