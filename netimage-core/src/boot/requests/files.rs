//! What a TFTP server has.

use std::collections::BTreeMap;

use crate::tree::TargetName;

/// The files that a server would give.
pub trait BootFiles {
    /// The size of a regular file, if there is one of this name.
    fn size(&self, name: &TargetName) -> Option<u64>;

    /// Its first bytes, at most so many.
    fn read(&self, name: &TargetName, limit: usize) -> Option<Vec<u8>>;
}

impl BootFiles for BTreeMap<TargetName, Vec<u8>> {
    fn size(&self, name: &TargetName) -> Option<u64> {
        self.get(name).map(|bytes| bytes.len() as u64)
    }

    fn read(&self, name: &TargetName, limit: usize) -> Option<Vec<u8>> {
        let bytes = self.get(name)?;
        Some(bytes[..bytes.len().min(limit)].to_owned())
    }
}

/// A tree that will be put into a directory of its own.
///
/// The tree is served below the prefix, and `bootcode.bin` also at the root,
/// where a Pi 3 asks for it. Other names at the root are not there.
pub struct Below<'a, F: ?Sized> {
    prefix: String,
    files: &'a F,
}

impl<'a, F: BootFiles + ?Sized> Below<'a, F> {
    /// The tree below a directory, whose name may end with a slash.
    #[must_use]
    pub fn new(prefix: &str, files: &'a F) -> Self {
        let slash = if prefix.ends_with('/') { "/" } else { "" };
        let plain = served_name(prefix).map(|name| format!("{name}{slash}"));
        Self {
            prefix: plain.unwrap_or_default(),
            files,
        }
    }

    fn inner(&self, name: &TargetName) -> Option<TargetName> {
        let bootcode = TargetName::constant("bootcode.bin");
        if *name == bootcode {
            return Some(bootcode);
        }
        let path = name.as_path().to_str()?;
        served_name(path.strip_prefix(&*self.prefix)?)
    }
}

impl<F: BootFiles + ?Sized> BootFiles for Below<'_, F> {
    fn size(&self, name: &TargetName) -> Option<u64> {
        self.files.size(&self.inner(name)?)
    }

    fn read(&self, name: &TargetName, limit: usize) -> Option<Vec<u8>> {
        self.files.read(&self.inner(name)?, limit)
    }
}

/// The file that a server finds under a name: slashes count once, `.` is
/// nothing, and what would climb with `..` is not there.
#[must_use]
pub fn served_name(name: &str) -> Option<TargetName> {
    let parts = name.split('/').filter(|part| !matches!(*part, "" | "."));
    TargetName::new(parts.collect::<Vec<_>>().join("/")).ok()
}
