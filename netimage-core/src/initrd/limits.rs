//! How much an initrd may take.

use std::collections::BTreeSet;

use super::module_index::ModuleName;

const MIB: usize = 1024 * 1024;

/// The most that reading an initrd may take, whatever its sizes claim.
///
/// With the defaults, memory stays below about 55 MiB.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes that all segments and compressed modules together unpack to. 4 GiB.
    pub unpacked: u64,
    /// Bytes of the window (dictionary) of a compressed segment. 32 MiB: `zstd
    /// -19` wants 8, `zstd --ultra -20` 32, `xz` 8, `xz -8` 32, `xz -9` 64.
    pub window: u64,
    /// Segments. 64.
    pub segments: usize,
    /// Entries that make a file, over all segments. 20 000.
    pub entries: usize,
    /// Bytes of all names, link targets, paths and details of modules. 2 MiB.
    pub names: usize,
    /// Bytes of the text of one file of interest, like `modules.dep`. 1 MiB.
    pub kept_file: usize,
    /// Bytes of the text of any other file. 32 KiB.
    pub kept_small_file: usize,
    /// Bytes of all text that is kept. 1.5 MiB.
    pub kept: usize,
    /// Bytes of one module, unpacked. 3 MiB: Debian's btrfs has more than 2.
    pub module: usize,
    /// Bytes of the window (dictionary) that a module is packed with. 8 MiB, as
    /// xz takes unless it is told otherwise; the kernel's own build takes 1.
    pub module_window: u64,
    /// Bytes of a program or library of which all is looked into. 8 MiB; of a
    /// larger one only the start is.
    pub program: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            unpacked: 4 << 30,
            window: 32 << 20,
            segments: 64,
            entries: 20_000,
            names: 2 * MIB,
            kept_file: MIB,
            kept_small_file: 32 * 1024,
            kept: 3 * MIB / 2,
            module: 3 * MIB,
            module_window: 8 << 20,
            program: 8 * MIB,
        }
    }
}

/// What to read of an initrd, and how much.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The most it may take.
    pub limits: Limits,
    /// The kernel modules that are opened for their `.modinfo`; without a list it is
    /// every one. The others are listed only. Those compressed with xz take about a
    /// second for every 70 MB that they unpack to.
    pub modules: Option<BTreeSet<ModuleName>>,
}

impl ReadOptions {
    /// Opens only the modules of these names.
    #[must_use]
    pub fn for_modules(names: impl IntoIterator<Item = ModuleName>) -> Self {
        Self {
            modules: Some(names.into_iter().collect()),
            ..Self::default()
        }
    }
}
