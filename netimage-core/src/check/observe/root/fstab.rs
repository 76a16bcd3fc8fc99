//! Reads the root's table of mounts.

use std::path::{Path, PathBuf};

use super::RootReader;
use crate::check::facts::{DiskMount, is_disk};
use crate::fs::FsError;
use crate::store::StorePath;

/// Most bytes of a table that are read.
const FSTAB_MAX: u64 = 1 << 20;

const FSTAB: &str = "etc/fstab";

/// Options with which the boot does not wait for a disk (systemd.mount(5)).
const NOT_AWAITED: [&str; 3] = ["noauto", "nofail", "x-systemd.automount"];

impl RootReader<'_> {
    /// The disks that the system waits for. The table of a toplevel is put in the
    /// place of the root's.
    pub(super) fn read_disks(
        &self,
        toplevel: Option<&StorePath>,
    ) -> Result<Vec<DiskMount>, FsError> {
        let own = toplevel.map(|path| Path::new(&self.store_dir.display(path)).join(FSTAB));
        for path in own.into_iter().chain([PathBuf::from(FSTAB)]) {
            if let Some(text) = self.root.read(&path, FSTAB_MAX)? {
                let file = path.to_string_lossy();
                return Ok(disks(&file, &String::from_utf8_lossy(&text)));
            }
        }
        Ok(Vec::new())
    }
}

/// The lines of a table that are for disks, but that of `/`, which is mounted
/// already.
fn disks(file: &str, text: &str) -> Vec<DiskMount> {
    let lines = (1..).zip(text.lines());
    let mounts = lines.filter_map(|(line, text)| {
        let mut fields = text.split_ascii_whitespace();
        let (device, place) = (fields.next()?, fields.next()?);
        let options = fields.nth(1).unwrap_or_default();
        let is_awaited = !options
            .split(',')
            .any(|option| NOT_AWAITED.contains(&option));
        (is_disk(device) && place != "/" && is_awaited).then(|| DiskMount {
            file: file.to_owned(),
            line,
            device: device.to_owned(),
        })
    });
    mounts.collect()
}

#[cfg(test)]
mod tests {
    use super::disks;
    use proptest::prelude::*;

    #[test]
    fn only_disks_that_are_awaited_are_named() {
        for (line, awaited) in [
            ("PARTUUID=1234-01 /boot/firmware vfat defaults 0 2", true),
            ("/dev/mmcblk0p1 /boot", true),
            ("LABEL=swap none swap sw", true),
            ("UUID=1 /data ext4 defaults,nofail", false),
            ("UUID=1 /data ext4 noauto", false),
            ("UUID=1 /data ext4 x-systemd.automount", false),
            ("PARTUUID=1234-02 / ext4 defaults 0 1", false),
            ("#PARTUUID=1234-01 /boot vfat defaults", false),
            ("proc /proc proc defaults", false),
            ("192.0.2.1:/srv /srv nfs defaults", false),
            ("LABEL=x", false),
        ] {
            assert_eq!(!disks("etc/fstab", line).is_empty(), awaited, "{line}");
        }
        assert_eq!(disks("etc/fstab", "\n\nUUID=1 /a")[0].line, 3);
    }

    proptest! {
        #[test]
        fn any_table_is_read(text in "(UUID=|/dev/sda|[#/a-z,\t \n\u{a0}]){0,30}") {
            let lines = text.lines().count();
            let found = disks("etc/fstab", &text);
            prop_assert!(found.iter().all(|mount| mount.line as usize <= lines));
        }
    }
}
