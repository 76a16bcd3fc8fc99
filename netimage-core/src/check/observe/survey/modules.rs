//! What the kernel of the root has, by the lists beside its modules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::Survey;
use crate::boot::Board;
use crate::check::facts::SupplierSurvey;
use crate::device_tree::{DEVICE_TREE_SIZE_MAX, DeviceTree};
use crate::fs::{Enclosed, FsError, ServedDirectory};
use crate::initrd::{ModuleIndex, ModuleName, modules_for};
use crate::tree::TargetName;

/// Most bytes of `modules.builtin`; that of nixpkgs' kernel has 40 KiB.
const BUILT_IN_MAX: u64 = 1 << 20;

/// Most bytes of `modules.dep` and of `modules.alias`; those of Debian's kernel have
/// 0.6 and 1.5 MiB.
const LIST_MAX: u64 = 8 << 20;

/// All that the kernel of a board has as modules.
#[derive(Debug)]
pub(super) struct KernelModules {
    /// Of its `modules.dep`.
    pub index: ModuleIndex,
    /// Its `modules.alias`.
    pub aliases: Vec<u8>,
}

impl KernelModules {
    /// The modules of the devices that a board's Ethernet needs by its device tree,
    /// of each device any one, and whether it never comes up without.
    ///
    /// Of a device whose driver is built in, no module is said to be.
    fn of_ethernet(&self, tree: &DeviceTree<'_>) -> BTreeMap<Vec<ModuleName>, bool> {
        let Some(path) = tree.property("/aliases", "ethernet0") else {
            return BTreeMap::new();
        };
        let devices = tree.suppliers(path.string()).into_iter();
        let devices: Vec<(BTreeSet<&[u8]>, bool)> = devices
            .filter_map(|device| {
                let compatible = device.node.property("compatible")?;
                Some((compatible.strings().collect(), device.is_vital))
            })
            .collect();
        let strings = devices.iter().flat_map(|(strings, _)| strings).copied();
        let modules = modules_for(&self.aliases, &strings.collect());
        let mut drivers = BTreeMap::new();
        for (strings, is_vital) in devices {
            let own = strings.iter().filter_map(|string| modules.get(string));
            let own: BTreeSet<_> = own.flatten().cloned().collect();
            if !own.is_empty() {
                *drivers.entry(own.into_iter().collect()).or_default() |= is_vital;
            }
        }
        drivers
    }
}

impl Survey {
    /// What the root's kernel has built in.
    pub(super) fn built_in(
        &self,
        root: Option<&Enclosed>,
        release: Option<&str>,
    ) -> Result<Option<Vec<u8>>, FsError> {
        self.beside_modules(root, release, "modules.builtin", BUILT_IN_MAX)
    }

    /// What the root's kernel has as modules.
    pub(super) fn kernel_modules(
        &self,
        root: Option<&Enclosed>,
        release: Option<&str>,
    ) -> Result<Option<KernelModules>, FsError> {
        let file = |name| self.beside_modules(root, release, name, LIST_MAX);
        let (Some(list), Some(aliases)) = (file("modules.dep")?, file("modules.alias")?) else {
            return Ok(None);
        };
        let mut index = ModuleIndex::new();
        let is_whole = index.add_modules_dep(&list).is_ok();
        Ok(is_whole.then_some(KernelModules { index, aliases }))
    }

    /// Which of these modules the Ethernet of each board needs, by its device tree.
    pub(super) fn suppliers(
        &self,
        boot: &ServedDirectory,
        boards: &[Board],
        modules: Option<&KernelModules>,
    ) -> Result<Vec<SupplierSurvey>, FsError> {
        let mut suppliers = Vec::new();
        let loads = self.loads.iter();
        for load in loads.filter(|load| boards.contains(&load.board)) {
            let (Some(modules), Some(name)) = (modules, &load.device_tree) else {
                continue;
            };
            let limit = u64::from(DEVICE_TREE_SIZE_MAX) + 1;
            let bytes = boot.contents(name, limit)?.unwrap_or_default();
            let Ok(tree) = DeviceTree::parse(&bytes) else {
                continue;
            };
            let needed = modules.of_ethernet(&tree).into_iter();
            suppliers.extend(needed.map(|(modules, is_vital)| SupplierSurvey {
                board: load.board,
                modules,
                is_vital,
            }));
        }
        Ok(suppliers)
    }

    /// A file that depmod or the kernel's build puts beside the modules, where NixOS
    /// and others have them.
    fn beside_modules(
        &self,
        root: Option<&Enclosed>,
        release: Option<&str>,
        name: &str,
        limit: u64,
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
            let file = modules.join(release.as_path()).join(name);
            if let Some(text) = root.read(&file, limit)? {
                return Ok(Some(text));
            }
        }
        Ok(None)
    }
}
