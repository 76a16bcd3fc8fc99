//! SSH host keys, made before a machine's first boot so that secrets can be
//! encrypted for it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::depot::Depot;
use super::error::DepotError;
use super::locked::LockedDepot;
use super::replace::Replacement;
use crate::depot::{MachineName, layout};
use crate::fs::OpenDirectory;

/// Bytes of a key that are read.
const KEY_LENGTH_MAX: u64 = 16 << 10;

/// Makes a key pair in a machine's directory.
pub(super) fn make(directory: &OpenDirectory, machine: &MachineName) -> Result<(), DepotError> {
    let output = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", ""])
        .arg("-C")
        .arg(format!("root@{machine}"))
        .arg("-f")
        .arg(directory.path().join(layout::HOST_KEY))
        .stdin(Stdio::null())
        .output();
    let output = output.map_err(DepotError::HostKey)?;
    if output.status.success() {
        return Ok(());
    }
    let told = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(DepotError::HostKey(std::io::Error::other(told)))
}

/// The names of the two halves.
pub(super) fn halves() -> [String; 2] {
    [
        layout::HOST_KEY.to_owned(),
        format!("{}.pub", layout::HOST_KEY),
    ]
}

impl Depot {
    /// The public half of a machine's SSH host key, as it stands in `known_hosts`
    /// behind the name; nothing if none was asked for.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when it cannot be read.
    pub fn host_key(&self, machine: &MachineName) -> Result<Option<String>, DepotError> {
        let [_, public] = halves();
        let path = layout::machine(machine).join(public);
        let bytes = self.tree.read(&path, KEY_LENGTH_MAX)?;
        Ok(bytes.map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned()))
    }

    /// Both halves in a machine's directory, private first.
    pub(super) fn host_key_files(
        &self,
        directory: &Path,
    ) -> Result<Option<[Vec<u8>; 2]>, DepotError> {
        let [private, public] =
            halves().map(|name| self.tree.read(&directory.join(name), KEY_LENGTH_MAX));
        Ok(private?
            .zip(public?)
            .map(|(private, public)| [private, public]))
    }
}

impl LockedDepot<'_> {
    /// The directory with a `known_hosts` that has the machine's SSH host key under its
    /// name, as it was made with the machine; none if none was asked for. What the
    /// machine has in that place by now does not count.
    ///
    /// # Errors
    ///
    /// [`DepotError`] when it cannot be read or written.
    pub fn known_hosts(&self, machine: &MachineName) -> Result<Option<PathBuf>, DepotError> {
        let Some(key) = self.depot.host_key(machine)? else {
            return Ok(None);
        };
        let directory = layout::machine(machine);
        let line = format!("{machine} {key}\n").into_bytes();
        let path = directory.join(layout::KNOWN_HOSTS);
        let present = self.depot.tree.read(&path, KEY_LENGTH_MAX)?;
        if present.as_ref() != Some(&line) {
            let mut replacement = Replacement::of(&self.depot.directory);
            replacement.add_file(directory.clone(), layout::KNOWN_HOSTS, line);
            replacement.commit()?;
        }
        Ok(Some(self.depot.path().join(directory)))
    }
}
