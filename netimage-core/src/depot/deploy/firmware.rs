//! Firmware: what lies outside of `os_prefix`, so that a machine has one for all its
//! generations.

use std::path::{Path, PathBuf};

use super::error::{DeployError, DeployRefusal};
use super::file_store::{FileStore, StoredFile};
use crate::depot::layout;
use crate::fs::{FileContents, FsError, OpenDirectory};
use crate::image::{BootFile, FileHash, Image};
use crate::progress::Observer;
use crate::tree::TargetName;

/// Where a machine's board looks for its firmware.
pub(super) struct FirmwarePlaces<'place> {
    /// The TFTP server's directory, where boards without an EEPROM find `bootcode.bin`
    /// before they ask for anything by a prefix.
    pub(super) root: &'place OpenDirectory,
    /// The machine's own.
    pub(super) machine: &'place OpenDirectory,
    /// Whether it is such a board.
    pub(super) needs_bootcode: bool,
}

/// Firmware that a machine has otherwise than an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OtherFirmware {
    pub(super) name: TargetName,
    /// What the machine has.
    pub(super) sha256: FileHash,
}

impl FirmwarePlaces<'_> {
    /// The directory of a file; none for one that the board never asks for.
    pub(super) fn of(&self, name: &TargetName) -> Option<&OpenDirectory> {
        match (layout::is_bootcode(name), self.needs_bootcode) {
            (false, _) => Some(self.machine),
            (true, true) => Some(self.root),
            (true, false) => None,
        }
    }

    /// Puts there what is missing.
    pub(super) fn add_missing(
        &self,
        files: &FileStore,
        firmware: &[&BootFile],
    ) -> Result<(), FsError> {
        for file in firmware {
            if let Some(directory) = self.of(&file.name)
                && !directory.has(file.name.as_path())?
            {
                files.serve(file.sha256, (directory, file.name.as_path()))?;
            }
        }
        Ok(())
    }

    /// What is there, but is another file.
    pub(super) fn others(
        &self,
        files: &FileStore,
        firmware: &[&BootFile],
    ) -> Result<Vec<OtherFirmware>, FsError> {
        let mut others = Vec::new();
        for file in firmware {
            let name = file.name.as_path();
            if let Some(directory) = self.of(&file.name)
                && directory.has(name)?
                && let Some(sha256) = files.other(file.sha256, (directory, name))?
            {
                others.push(OtherFirmware {
                    name: file.name.clone(),
                    sha256,
                });
            }
        }
        Ok(others)
    }
}

/// The firmware of an image in the order in which boards read it, so that one that boots
/// while it is changed is the less likely to read parts of two releases.
pub(super) fn release(boot: &[BootFile]) -> Result<Vec<&BootFile>, DeployRefusal> {
    let mut firmware: Vec<&BootFile> = boot
        .iter()
        .filter(|file| layout::is_firmware(&file.name))
        .collect();
    if firmware.is_empty() {
        return Err(DeployRefusal::NoFirmware);
    }
    for file in &firmware {
        if let Some(other) = counterpart(&file.name)
            && !firmware
                .iter()
                .any(|one| one.name.as_path() == Path::new(&other))
        {
            return Err(DeployRefusal::HalfFirmware {
                name: file.name.clone(),
                other,
            });
        }
    }
    firmware.sort_by_key(|file| match counterpart(&file.name) {
        None => 0,
        Some(other) if other.starts_with("fixup") => 1,
        Some(_) => 2,
    });
    Ok(firmware)
}

/// Puts the firmware into the depot, all of it proved.
pub(super) fn add(
    files: &mut FileStore,
    image: &Image,
    firmware: &[&BootFile],
    observer: &dyn Observer,
) -> Result<(), DeployError> {
    let paths: Vec<PathBuf> = firmware
        .iter()
        .map(|file| image.boot.join(file.name.as_path()))
        .collect();
    let stored: Vec<_> = firmware
        .iter()
        .zip(&paths)
        .map(|(file, path)| StoredFile {
            sha256: file.sha256,
            contents: FileContents::Path(path),
        })
        .collect();
    files.add(&stored, observer)
}

/// The file of the same release that a board reads with this one: `fixup4.dat` with
/// `start4.elf` (Raspberry Pi documentation, "Boot folder contents").
fn counterpart(name: &TargetName) -> Option<String> {
    let name = name.as_path().as_os_str().to_str()?;
    let middle = |start, end| name.strip_prefix(start)?.strip_suffix(end);
    let fixup = middle("start", ".elf").map(|middle| format!("fixup{middle}.dat"));
    fixup.or_else(|| middle("fixup", ".dat").map(|middle| format!("start{middle}.elf")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(boot: &[&str]) -> Result<Vec<String>, DeployRefusal> {
        let boot: Vec<_> = boot
            .iter()
            .map(|name| BootFile {
                name: name.parse().unwrap(),
                sha256: FileHash::from_bytes([0; 32]),
                size: 1,
            })
            .collect();
        let release = release(&boot)?;
        Ok(release.iter().map(|file| file.name.to_string()).collect())
    }

    #[test]
    fn a_release_is_whole_and_in_the_order_of_reading() {
        let all = [
            "bootcode.bin",
            "config.txt",
            "fixup.dat",
            "fixup4.dat",
            "overlays/start.elf",
            "start.elf",
            "start4.elf",
        ];
        let expected = [
            "bootcode.bin",
            "start.elf",
            "start4.elf",
            "fixup.dat",
            "fixup4.dat",
        ];
        assert_eq!(names(&all).unwrap(), expected);
        assert_eq!(names(&["config.txt"]), Err(DeployRefusal::NoFirmware));
        for (name, other) in [("start4x.elf", "fixup4x.dat"), ("fixup.dat", "start.elf")] {
            let refusal = DeployRefusal::HalfFirmware {
                name: name.parse().unwrap(),
                other: other.to_owned(),
            };
            assert_eq!(names(&[name, "fixup4.dat", "start4.elf"]), Err(refusal));
        }
    }
}
