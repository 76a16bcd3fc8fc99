//! Names of kernel modules, and what they need.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

/// More modules than any kernel has.
const MODULES_MAX: usize = 16_384;
/// More dependencies than all modules of any kernel have together.
const DEPENDENCIES_MAX: usize = 262_144;
/// `MODULE_NAME_LEN` (`include/linux/module.h`) on 64-bit machines, less the NUL.
const NAME_LENGTH_MAX: usize = 55;

/// The name of a kernel module. `-` and `_` are the same in it (`modprobe(8)`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ModuleName(Arc<str>);

impl ModuleName {
    /// The module of this name, unless that is no name for one: 1 to 55
    /// letters, digits, `-`, `_`, `.` and `+`.
    #[must_use]
    pub fn new(name: impl AsRef<[u8]>) -> Option<Self> {
        let name = name.as_ref();
        let plain =
            |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'+');
        if name.is_empty() || name.len() > NAME_LENGTH_MAX || !name.iter().all(plain) {
            return None;
        }
        let name = str::from_utf8(name).ok()?;
        Some(Self(name.replace('-', "_").into()))
    }

    /// The module in a file of this path: what is before `.ko`, `.ko.gz`,
    /// `.ko.xz` or `.ko.zst` in its last component.
    #[must_use]
    pub fn from_path(path: impl AsRef<[u8]>) -> Option<Self> {
        let name = path.as_ref().rsplit(|byte| *byte == b'/').next()?;
        let suffixes: [&[u8]; 4] = [b".ko", b".ko.gz", b".ko.xz", b".ko.zst"];
        Self::new(
            suffixes
                .iter()
                .find_map(|suffix| name.strip_suffix(*suffix))?,
        )
    }

    /// The name, with `_` for `-`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a list of modules cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ModuleIndexError {
    /// More modules than any kernel has.
    #[error("the list names more than {MODULES_MAX} modules; make it anew with depmod")]
    Modules,
    /// More dependencies than any kernel has.
    #[error("the list has more than {DEPENDENCIES_MAX} dependencies; make it anew with depmod")]
    Dependencies,
}

/// The modules that a kernel has built in, from its `modules.builtin`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BuiltInModules(BTreeSet<ModuleName>);

impl BuiltInModules {
    /// Reads `modules.builtin`: a path of a module on each line.
    ///
    /// # Errors
    ///
    /// [`ModuleIndexError`] when there are more than 16 384.
    pub fn parse(text: &[u8]) -> Result<Self, ModuleIndexError> {
        let mut names = BTreeSet::new();
        for line in lines(text) {
            names.extend(ModuleName::from_path(line));
            if names.len() > MODULES_MAX {
                return Err(ModuleIndexError::Modules);
            }
        }
        Ok(Self(names))
    }

    /// Whether the kernel has this module built in.
    #[must_use]
    pub fn contains(&self, name: &ModuleName) -> bool {
        self.0.contains(name)
    }
}

impl FromIterator<ModuleName> for BuiltInModules {
    fn from_iter<I: IntoIterator<Item = ModuleName>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

/// Whether a module can be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Availability {
    /// The kernel has it built in.
    BuiltIn,
    /// It is there with every module that it needs.
    Present,
    /// It is there, but of the modules that it needs these are neither there nor
    /// built in.
    MissingDependencies(BTreeSet<ModuleName>),
    /// It is there, but what it needs is not known: `modules.dep` does not have
    /// it, so modprobe will not find it either, and it was not opened.
    Unlisted,
    /// It is not there.
    Absent,
}

#[derive(Debug, Clone, Default)]
struct Node {
    present: bool,
    listed: bool,
    opened: bool,
    needs: Vec<ModuleName>,
}

/// The modules of one release of a kernel and what they need.
///
/// Takes a few MiB at most: [`ModuleIndexError`] says the limits.
#[derive(Debug, Clone, Default)]
pub struct ModuleIndex {
    nodes: BTreeMap<ModuleName, Node>,
    dependencies: usize,
}

impl ModuleIndex {
    /// An index without modules.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a module of which there is a file, with the `depends` of that file
    /// if it was opened.
    ///
    /// # Errors
    ///
    /// [`ModuleIndexError`] when there are too many.
    pub fn add_file(
        &mut self,
        name: &ModuleName,
        depends: Option<&[ModuleName]>,
    ) -> Result<(), ModuleIndexError> {
        let node = self.node(name)?;
        node.present = true;
        node.opened |= depends.is_some();
        self.add_needs(name, depends.into_iter().flatten().cloned())
    }

    /// Adds what `modules.dep` says: `path: path path …` on each line.
    ///
    /// # Errors
    ///
    /// [`ModuleIndexError`] when there are too many modules in it.
    pub fn add_modules_dep(&mut self, text: &[u8]) -> Result<(), ModuleIndexError> {
        for line in lines(text) {
            let mut halves = line.splitn(2, |byte| *byte == b':');
            let (Some(path), Some(needs)) = (halves.next(), halves.next()) else {
                continue;
            };
            let Some(name) = ModuleName::from_path(path) else {
                continue;
            };
            self.node(&name)?.listed = true;
            let paths = needs.split(u8::is_ascii_whitespace);
            self.add_needs(&name, paths.filter_map(ModuleName::from_path))?;
        }
        Ok(())
    }

    fn add_needs(
        &mut self,
        name: &ModuleName,
        needs: impl Iterator<Item = ModuleName>,
    ) -> Result<(), ModuleIndexError> {
        for need in needs {
            if self.dependencies >= DEPENDENCIES_MAX {
                return Err(ModuleIndexError::Dependencies);
            }
            self.dependencies += 1;
            self.node(&need)?;
            // All that need it share its name.
            let known = self.nodes.get_key_value(&need);
            let need = known.map(|(known, _)| known.clone()).unwrap_or(need);
            self.node(name)?.needs.push(need);
        }
        Ok(())
    }

    fn node(&mut self, name: &ModuleName) -> Result<&mut Node, ModuleIndexError> {
        if self.nodes.len() >= MODULES_MAX && !self.nodes.contains_key(name) {
            return Err(ModuleIndexError::Modules);
        }
        Ok(self.nodes.entry(name.clone()).or_default())
    }

    /// Whether `modules.dep` has a module, so that modprobe finds it.
    #[must_use]
    pub fn lists(&self, name: &ModuleName) -> bool {
        self.nodes.get(name).is_some_and(|node| node.listed)
    }

    /// Whether a module can be loaded, given what the kernel has built in. What
    /// a module needs, it needs with all that needs in turn.
    #[must_use]
    pub fn availability(&self, name: &ModuleName, built_in: &BuiltInModules) -> Availability {
        if built_in.contains(name) {
            return Availability::BuiltIn;
        }
        let Some(node) = self.nodes.get(name).filter(|node| node.present) else {
            return Availability::Absent;
        };
        if !node.listed && !node.opened {
            return Availability::Unlisted;
        }
        let is_there = |name: &ModuleName| {
            built_in.contains(name) || self.nodes.get(name).is_some_and(|node| node.present)
        };
        let mut missing = self.needs(name);
        missing.retain(|need| !is_there(need));
        if missing.is_empty() {
            Availability::Present
        } else {
            Availability::MissingDependencies(missing)
        }
    }

    /// All that a module needs, with what that needs in turn.
    #[must_use]
    pub fn needs(&self, name: &ModuleName) -> BTreeSet<ModuleName> {
        let mut reached = BTreeSet::from([name]);
        let mut pending = vec![name];
        while let Some(name) = pending.pop() {
            let needs = self
                .nodes
                .get(name)
                .into_iter()
                .flat_map(|node| &node.needs);
            pending.extend(needs.filter(|need| reached.insert(need)));
        }
        reached.remove(name);
        reached.into_iter().cloned().collect()
    }
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii)
}
