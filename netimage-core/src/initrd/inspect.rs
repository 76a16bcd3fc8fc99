//! What an initrd has, by name.

use std::collections::BTreeSet;

use super::files::{Entry, EntryKind, FileId, ROOT};
use super::module_index::{ModuleIndex, ModuleIndexError};
use super::modules::{Module, release_of};
use super::read::Initrd;

/// Where a program is looked for without a path.
const SEARCHED: [&[u8]; 4] = [b"bin/", b"sbin/", b"usr/bin/", b"usr/sbin/"];

/// Which script an initrd starts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Script {
    /// The scripted stage 1 of `NixOS` (nixos/modules/system/boot/stage-1-init.sh).
    NixOs,
    /// Debian's initramfs-tools.
    InitramfsTools,
    /// Another one, or one that is too long to have been kept.
    Other,
}

/// What Linux starts from an initrd: `/init`, or what `rdinit=` names.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Init {
    /// There is no such file.
    Missing,
    /// It is a link that leads nowhere.
    Dangling {
        /// Its target.
        target: Vec<u8>,
    },
    /// It is a file that cannot be executed, or no file.
    NotExecutable,
    /// It is systemd: its file is named so.
    Systemd,
    /// It is a script.
    Script(Script),
    /// It is another program.
    Program,
}

impl Initrd {
    /// The file that a path leads to, through symbolic links inside the initrd.
    /// None if there is none, or if links lead in circles.
    #[must_use]
    pub fn resolve(&self, path: &[u8]) -> Option<Entry<'_>> {
        Some(self.files.entry(self.find(path, true)?))
    }

    /// As [`Initrd::resolve`], but a link in the last place is what it is.
    #[must_use]
    pub fn lookup(&self, path: &[u8]) -> Option<Entry<'_>> {
        Some(self.files.entry(self.find(path, false)?))
    }

    fn find(&self, path: &[u8], follow: bool) -> Option<FileId> {
        self.files.resolve(ROOT, path, follow)
    }

    /// The text of a file, through links: at most 1 MiB of a file of interest
    /// (`modules.dep`, `modules.builtin`, `*fstab`, `*init`, `*init.sh`,
    /// `*-release`), 32 KiB of another, 1.5 MiB of all, and none with a NUL.
    #[must_use]
    pub fn text(&self, path: &[u8]) -> Option<&[u8]> {
        self.files.text(self.find(path, true)?)
    }

    /// Visits every file by its path from the root, without a leading `/`.
    pub fn walk(&self, mut visit: impl FnMut(&[u8], Entry<'_>)) {
        self.files
            .walk(ROOT, |path, id| visit(path, self.files.entry(id)));
    }

    /// The path of the program of this name, like `mount.nfs`, in `/bin`, `/sbin`,
    /// `/usr/bin` or `/usr/sbin`.
    #[must_use]
    pub fn program(&self, name: &[u8]) -> Option<Vec<u8>> {
        let mut paths = SEARCHED.iter().map(|directory| [directory, name].concat());
        paths.find(|path| self.executable(path))
    }

    fn executable(&self, path: &[u8]) -> bool {
        self.resolve(path)
            .is_some_and(|entry| entry.is_executable())
    }

    /// Whether it says that it is one of systemd's (`/etc/initrd-release`,
    /// bootup(7)). Then systemd, not a script, mounts the root.
    #[must_use]
    pub fn has_initrd_release(&self) -> bool {
        self.resolve(b"/etc/initrd-release").is_some()
    }

    /// What Linux starts: `/init` (`init/main.c`, `ramdisk_execute_command`).
    #[must_use]
    pub fn init(&self) -> Init {
        self.init_at(b"/init")
    }

    /// What Linux starts when `rdinit=` on its command line names another file.
    #[must_use]
    pub fn init_at(&self, path: &[u8]) -> Init {
        let Some(link) = self.lookup(path) else {
            return Init::Missing;
        };
        let Some(id) = self.find(path, true) else {
            let target = match link.kind {
                EntryKind::Symlink { target } => target.to_vec(),
                _ => Vec::new(),
            };
            return Init::Dangling { target };
        };
        if !self.files.entry(id).is_executable() {
            return Init::NotExecutable;
        }
        match self.files.text(id) {
            Some(text) if text.starts_with(b"#!") => Init::Script(self.script(text)),
            _ if self.is_systemd(path, id) => Init::Systemd,
            _ => Init::Program,
        }
    }

    fn is_systemd(&self, path: &[u8], id: FileId) -> bool {
        let places: [&[u8]; 4] = [
            b"/lib/systemd/systemd",
            b"/usr/lib/systemd/systemd",
            b"/bin/systemd",
            b"/usr/bin/systemd",
        ];
        let named = matches!(
            self.lookup(path).map(|entry| entry.kind),
            Some(EntryKind::Symlink { target }) if target.ends_with(b"/systemd")
        );
        named || places.iter().any(|path| self.find(path, true) == Some(id))
    }

    fn script(&self, text: &[u8]) -> Script {
        if contains(text, b"targetRoot=/mnt-root") {
            Script::NixOs
        } else if contains(text, b"/scripts/functions")
            && self.resolve(b"/scripts/functions").is_some()
        {
            Script::InitramfsTools
        } else {
            Script::Other
        }
    }
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

impl Initrd {
    /// The kernel modules in it, by their paths. A module with several hard
    /// links has its details at the first one only.
    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The releases of the kernels that it has modules for.
    #[must_use]
    pub fn releases(&self) -> BTreeSet<&[u8]> {
        let releases = self.modules.iter().map(|module| &*module.release);
        releases.collect()
    }

    /// What the modules for a release need, from `modules.dep` beside them and
    /// from those that were opened.
    ///
    /// # Errors
    ///
    /// [`ModuleIndexError`] when `modules.dep` names more modules than any
    /// kernel has.
    pub fn module_index(&self, release: &[u8]) -> Result<ModuleIndex, ModuleIndexError> {
        let mut index = ModuleIndex::new();
        let mut directories = BTreeSet::new();
        for module in self
            .modules
            .iter()
            .filter(|module| module.release == release)
        {
            let depends = match &module.info {
                Some(Ok(info)) => Some(&*info.depends),
                _ => None,
            };
            index.add_file(&module.name, depends)?;
            if let Some((length, _)) = release_of(&module.path) {
                directories.insert(&module.path[..length]);
            }
        }
        for directory in directories {
            if let Some(text) = self.text(&[directory, b"/modules.dep"].concat()) {
                index.add_modules_dep(text)?;
            }
        }
        Ok(index)
    }
}
