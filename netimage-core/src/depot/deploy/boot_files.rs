//! Which boot files of an image go where.

use std::os::unix::ffi::OsStrExt;

use super::error::DeployRefusal;
use crate::boot::requests::BootFiles;
use crate::depot::{GenerationNumber, layout};
use crate::image::BootFile;
use crate::tree::TargetName;

/// The boot files of an image.
#[derive(Debug, Clone)]
pub(super) struct BootParts<'image> {
    /// What `os_prefix` is put before, for the generation's own directory.
    pub(super) generation: Vec<&'image BootFile>,
    /// What it is not put before, so that it is the same in all generations.
    pub(super) firmware: Vec<&'image BootFile>,
}

impl<'image> BootParts<'image> {
    /// Sorts them out, without `config.txt`, of which each generation has its own.
    pub(super) fn of(boot: &'image [BootFile]) -> Result<Self, DeployRefusal> {
        let mut parts = Self {
            generation: Vec::new(),
            firmware: Vec::new(),
        };
        let mut has_config = false;
        for file in boot {
            if is_config(&file.name) {
                has_config = true;
            } else if writes_eeprom(&file.name) {
                return Err(DeployRefusal::Eeprom(file.name.clone()));
            } else if layout::is_firmware(&file.name) {
                parts.firmware.push(file);
            } else {
                parts.generation.push(file);
            }
        }
        if has_config {
            Ok(parts)
        } else {
            Err(DeployRefusal::NoConfig)
        }
    }
}

fn is_config(name: &TargetName) -> bool {
    name.as_path().as_os_str() == layout::CONFIG
}

/// What makes a board write its EEPROM, or starts another system (Raspberry Pi
/// documentation, "bootloader update").
fn writes_eeprom(name: &TargetName) -> bool {
    let name = name.as_path().as_os_str().as_bytes();
    let starts: [&[u8]; 4] = [b"pieeprom.", b"vl805.", b"recovery", b"recover4.elf"];
    !name.contains(&b'/') && starts.iter().any(|start| name.starts_with(start))
}

/// The boot files of an image as a board finds them that gets a generation of it.
pub(super) struct AsGeneration<'image> {
    pub(super) image: &'image dyn BootFiles,
    pub(super) number: GenerationNumber,
    pub(super) config: &'image str,
}

enum Place {
    Config,
    Image(TargetName),
}

impl AsGeneration<'_> {
    fn place(&self, name: &TargetName) -> Option<Place> {
        if is_config(name) {
            return Some(Place::Config);
        } else if layout::is_firmware(name) {
            return Some(Place::Image(name.clone()));
        }
        let directory = TargetName::new(layout::boot_directory(self.number)).ok()?;
        name.strip_prefix(&directory).map(Place::Image)
    }
}

impl BootFiles for AsGeneration<'_> {
    fn size(&self, name: &TargetName) -> Option<u64> {
        match self.place(name)? {
            Place::Config => Some(self.config.len() as u64),
            Place::Image(name) => self.image.size(&name),
        }
    }

    fn read(&self, name: &TargetName, limit: usize) -> Option<Vec<u8>> {
        match self.place(name)? {
            Place::Config => {
                let config = self.config.as_bytes();
                Some(config[..config.len().min(limit)].to_owned())
            }
            Place::Image(name) => self.image.read(&name, limit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::FileHash;

    fn parts(names: &[&str]) -> Result<(Vec<String>, Vec<String>), DeployRefusal> {
        let files: Vec<BootFile> = names
            .iter()
            .map(|name| BootFile {
                name: name.parse().unwrap(),
                sha256: FileHash::from_bytes([0; 32]),
                size: 1,
            })
            .collect();
        let names = |files: &[&BootFile]| -> Vec<String> {
            files.iter().map(|file| file.name.to_string()).collect()
        };
        let parts = BootParts::of(&files)?;
        Ok((names(&parts.generation), names(&parts.firmware)))
    }

    #[test]
    fn firmware_is_no_generation_s() {
        let (generation, firmware) = parts(&[
            "bootcode.bin",
            "config.txt",
            "fixup4.dat",
            "kernel8.img",
            "overlays/config.txt",
            "overlays/start4.elf",
            "start4.elf",
            "starting",
        ])
        .unwrap();
        assert_eq!(firmware, ["bootcode.bin", "fixup4.dat", "start4.elf"]);
        let rest = [
            "kernel8.img",
            "overlays/config.txt",
            "overlays/start4.elf",
            "starting",
        ];
        assert_eq!(generation, rest);
    }

    #[test]
    fn what_writes_an_eeprom_is_refused() {
        for name in ["pieeprom.upd", "vl805.sig", "recovery.bin", "recover4.elf"] {
            let refusal = DeployRefusal::Eeprom(name.parse().unwrap());
            assert_eq!(parts(&["config.txt", name]), Err(refusal));
        }
        assert_eq!(parts(&["kernel8.img"]), Err(DeployRefusal::NoConfig));
    }
}
