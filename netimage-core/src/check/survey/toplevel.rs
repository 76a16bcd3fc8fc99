//! The toplevel's own kernel and initrd, held against what is loaded.

use std::path::{Path, PathBuf};

use super::Survey;
use crate::check::facts::ForeignFile;
use crate::check::load::Load;
use crate::check::read_boot::BootReader;
use crate::check::read_root::{Likeness, RootReader};
use crate::fs::{Enclosed, FsError};
use crate::tree::TargetName;

/// Most bytes of `modules.builtin`; that of nixpkgs' kernel has 40 KiB.
const BUILT_IN_MAX: u64 = 1 << 20;

impl Survey {
    /// What the root's kernel has built in, as NixOS and as others keep it.
    pub(super) fn built_in(
        &self,
        root: Option<&Enclosed>,
        release: Option<&str>,
    ) -> Result<Option<Vec<u8>>, FsError> {
        let (Some(root), Some(release)) = (root, release) else {
            return Ok(None);
        };
        // A release is one name.
        let Ok(release) = TargetName::new(release) else {
            return Ok(None);
        };
        let toplevel = self.toplevel.as_ref();
        let own = toplevel.map(|path| {
            Path::new(&self.store_dir.display(path)).join("kernel-modules/lib/modules")
        });
        let places = [PathBuf::from("lib/modules"), "usr/lib/modules".into()];
        for modules in own.into_iter().chain(places) {
            let file = modules.join(release.as_path()).join("modules.builtin");
            if let Some(text) = root.read(&file, BUILT_IN_MAX)? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// Finds the kernels and initrds that are loaded and are not the toplevel's.
    pub(super) fn compare_with_toplevel(
        &mut self,
        boot: &BootReader<'_>,
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
                let Some(file) = boot.open(&name)? else {
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
