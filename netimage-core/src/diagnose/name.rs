//! What the files are that boards ask for, by their names.

use crate::boot::Serial;
use crate::boot::requests::{MacAddress, Purpose};
use crate::words::Words;

/// Bytes of a name that are kept.
const NAME_MAX: usize = 200;

const UPDATES: Words = Words("vl805.sig vl805.bin pieeprom.sig pieeprom.upd pieeprom.bin");
const EXTRAS: Words =
    Words("bootsig.bin autoboot.txt dt-blob.bin bootcfg.txt tryboot.txt boot.sig config.sig");

const AUTOMATIC: Words =
    Words("initramfs initramfs7 initramfs7l initramfs8 initramfs8-32 initramfs_2712");

/// The name of a file as a log has it, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// All of it; what is no UTF-8 is replaced.
    pub(super) full: String,
    /// What the file is asked for, as far as its name tells. Those of kernels and initial
    /// RAM disks are anybody's to choose: they are known by what they are mostly called.
    pub(super) purpose: Option<Purpose>,
    /// The bytes of it up to the last component, or to `overlays/`.
    directory: usize,
}

impl Name {
    pub(super) fn new(text: &str) -> Self {
        let mut end = text.len().min(NAME_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let full = text[..end].to_owned();
        let base = full.rfind('/').map_or(0, |slash| slash + 1);
        let directory = full[..base]
            .strip_suffix("overlays/")
            .map_or(base, str::len);
        Self {
            purpose: purpose(&full[directory..]),
            full,
            directory,
        }
    }

    /// The directory that it is in, with a slash after it; that of an overlay is the one
    /// in which `overlays/` is.
    pub(super) fn directory(&self) -> &str {
        &self.full[..self.directory]
    }

    /// The name in it.
    pub(super) fn base(&self) -> &str {
        &self.full[self.directory..]
    }

    /// The board's own directory, if one of the name is called like a serial number.
    pub(super) fn serial(&self) -> Option<Serial> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        let mut parts = self.directory().split('/');
        let own = parts.find(|part| part.len() == 8 && part.bytes().all(is_digit))?;
        own.parse().ok()
    }

    /// The same for an Ethernet address.
    pub(super) fn mac(&self) -> Option<MacAddress> {
        let mut parts = self.directory().split('/');
        let own = parts.find(|part| part.len() == 17 && part.matches('-').count() == 5)?;
        own.parse().ok()
    }

    /// The name below the server's root, as far as that can be told: from the board's own
    /// directory on, which has a slash after it, or without any.
    pub(super) fn below_root(&self, own: &str) -> &str {
        let is_own = |start: &usize| *start == 0 || self.full[..*start].ends_with('/');
        let directory = self.directory();
        let start = directory.rfind(own).filter(|_| !own.is_empty());
        let start = start.filter(is_own);
        start.map_or_else(|| self.base(), |start| &self.full[start..])
    }

    /// Whether a Raspberry Pi asks for it and hardly anybody else. Kernels, initial RAM
    /// disks and device trees are for other machines as well, unless they are in a
    /// directory called like a serial number, and not like a day.
    pub(super) fn is_of_raspberry_pi(&self) -> bool {
        let by_name = match self.purpose {
            // With a prefix that names no directory.
            None => self.base().ends_with("start4.elf"),
            Some(Purpose::Initramfs | Purpose::Overlay | Purpose::Recovery) => false,
            Some(Purpose::Kernel) => is_of_firmware(self.base()),
            Some(Purpose::DeviceTree) => self.base().starts_with("bcm2"),
            Some(_) => true,
        };
        let is_day = |serial: Serial| serial.to_string().bytes().all(|byte| byte.is_ascii_digit());
        by_name || self.serial().is_some_and(|serial| !is_day(serial))
    }

    /// Whether it needs no command line of the firmware's.
    pub(super) fn is_loader(&self) -> bool {
        is_called_loader(self.base())
    }

    /// Whether the firmware looks for it by itself (`auto_initramfs`), and goes on
    /// without.
    pub(super) fn is_automatic(&self) -> bool {
        AUTOMATIC.contains(self.base())
    }
}

fn purpose(base: &str) -> Option<Purpose> {
    let is = |start: &str, end: &str| base.starts_with(start) && base.ends_with(end);
    Some(match base {
        "bootcode.bin" => Purpose::Bootcode,
        "config.txt" => Purpose::Config,
        "cmdline.txt" => Purpose::CommandLine,
        "boot.img" => Purpose::Ramdisk,
        "overlays/overlay_map.dtb" => Purpose::OverlayMap,
        "overlays/README" => Purpose::OsPrefixProbe,
        "recover4.elf" => Purpose::Recovery,
        _ if base.starts_with("recovery") => Purpose::Recovery,
        _ if UPDATES.contains(base) => Purpose::Update,
        _ if EXTRAS.contains(base) => Purpose::Extra,
        _ if is("start", ".elf") => Purpose::Firmware,
        _ if is("fixup", ".dat") => Purpose::Fixup,
        _ if is("armstub", ".bin") => Purpose::Armstub,
        _ if is("overlays/", "") || is("", ".dtbo") => Purpose::Overlay,
        _ if is("", ".dtb") => Purpose::DeviceTree,
        _ if base.contains("initr") || base.contains("ramfs") => Purpose::Initramfs,
        _ if is_called_kernel(base) || is_called_loader(base) => Purpose::Kernel,
        _ => return None,
    })
}

fn is_called_kernel(base: &str) -> bool {
    let base = base.to_ascii_lowercase();
    ["kernel", "vmlinu", "image", "linux"]
        .iter()
        .any(|word| base.contains(word))
}

/// Whether it is what the firmware starts in the place of a kernel, to start one itself:
/// U-Boot, or a UEFI (`armstub=RPI_EFI.fd`).
fn is_called_loader(base: &str) -> bool {
    let base = base.to_ascii_lowercase();
    base.starts_with("u-boot") || base == "rpi_efi.fd"
}

/// Whether a kernel is called as the firmware calls them: `kernel7l.img`.
fn is_of_firmware(base: &str) -> bool {
    let kind = base.strip_prefix("kernel");
    let kind = kind.and_then(|rest| rest.strip_suffix(".img"));
    kind.is_some_and(|kind| {
        kind.bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'l' | b'_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::Board;
    use crate::boot::requests::{Prefix, Requests};
    use crate::tree::TargetName;
    use std::collections::BTreeMap;

    #[test]
    fn names_are_taken_apart() {
        for (text, directory, base, serial) in [
            (
                "/srv/tftp/1234abcd/config.txt",
                "/srv/tftp/1234abcd/",
                "config.txt",
                "1234abcd",
            ),
            (
                "1234abcd/overlays/a.dtbo",
                "1234abcd/",
                "overlays/a.dtbo",
                "1234abcd",
            ),
            ("config.txt", "", "config.txt", ""),
            (
                "/tftp/1234abcd/g3/kernel",
                "/tftp/1234abcd/g3/",
                "kernel",
                "1234abcd",
            ),
            ("/tftp/1234ABCD/kernel", "/tftp/1234ABCD/", "kernel", ""),
        ] {
            let name = Name::new(text);
            assert_eq!((name.directory(), name.base()), (directory, base));
            let found = name.serial().map(|serial| serial.to_string());
            assert_eq!(found.unwrap_or_default(), serial, "{text}");
        }
        let mac = Name::new("dc-a6-32-01-36-c2/config.txt").mac().unwrap();
        assert_eq!(mac.to_string(), "dc-a6-32-01-36-c2");
        assert_eq!(Name::new(&"ä".repeat(300)).full.len(), NAME_MAX);
    }

    /// What the simulation says of a request, its name alone tells.
    #[test]
    fn purposes_are_those_of_the_simulation() {
        let prefix = Prefix::Serial("1234abcd".parse().unwrap());
        for board in Board::ALL {
            let mut files: BTreeMap<TargetName, Vec<u8>> = BTreeMap::new();
            loop {
                let requests = Requests::of(board).prefix(&prefix).simulate(&files);
                for request in &requests.asked {
                    let expected = match request.purpose {
                        Purpose::PrefixProbe => Purpose::Firmware,
                        Purpose::KernelProbe => Purpose::Kernel,
                        purpose => purpose,
                    };
                    let found = Name::new(&request.name).purpose;
                    assert_eq!(found, Some(expected), "{board}: {}", request.name);
                }
                // One more file each time, but none that leads to another boot.
                let next = requests
                    .asked
                    .iter()
                    .find(|request| request.size.is_none() && request.purpose != Purpose::Recovery);
                let Some(next) = next else { break };
                files.insert(next.name.parse().unwrap(), b"x".to_vec());
            }
        }
    }
}
