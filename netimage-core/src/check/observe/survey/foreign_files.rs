//! The toplevel's own kernel and initrd, held against what is loaded.

use super::Survey;
use crate::check::facts::{ForeignFile, Likeness, Load};
use crate::check::observe::root::RootReader;
use crate::fs::{FsError, ServedDirectory};

impl Survey {
    /// Finds the kernels and initrds that are loaded and are not the toplevel's.
    pub(super) fn compare_with_toplevel(
        &mut self,
        boot: &ServedDirectory,
        reader: &RootReader<'_>,
    ) -> Result<(), FsError> {
        let Some(toplevel) = self.toplevel.clone() else {
            return Ok(());
        };
        let is_linux = |load: &Load| !self.starts_loader(load.board);
        let kernels = self.boards_by(|load| load.kernel.clone().filter(|_| is_linux(load)));
        let initrds = self.boards_by(|load| match &load.initramfs[..] {
            [initrd] if is_linux(load) => Some(initrd.clone()),
            _ => None,
        });
        for (is_kernel, own, by_name) in [(true, "kernel", kernels), (false, "initrd", initrds)] {
            for (name, boards) in by_name {
                let Some(file) = boot.open_file(&name)? else {
                    continue;
                };
                let more = match reader.compare_with_toplevel(&toplevel, own, file)? {
                    None | Some(Likeness::Same) => continue,
                    Some(Likeness::Longer { more }) => Some(more),
                    Some(Likeness::Other) => None,
                };
                self.of_toplevel.push(ForeignFile {
                    name,
                    boards,
                    is_kernel,
                    more,
                });
            }
        }
        Ok(())
    }
}
