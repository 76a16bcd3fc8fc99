//! Holds the names of a directory against those that are to be there.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use rustix::fs::FileType;

use super::discrepancy::Discrepancy;
use super::extra::extra;
use crate::fs::{Buffer, Enclosed, FsError, failed, hash_file, kind_name};
use crate::image::{FileHash, RootNode};
use crate::progress::Observer;

/// What a name is to stand for.
pub(super) struct Expected<'manifest> {
    pub(super) node: Cow<'manifest, RootNode>,
    /// Whether it matters that it is executable.
    pub(super) is_marked: bool,
}

impl Expected<'_> {
    pub(super) const fn directory() -> Self {
        Self {
            node: Cow::Owned(RootNode::Directory),
            is_marked: true,
        }
    }

    pub(super) const fn unmarked(sha256: FileHash, size: u64) -> Self {
        Self {
            node: Cow::Owned(RootNode::File {
                sha256,
                size,
                executable: false,
            }),
            is_marked: false,
        }
    }

    /// What there is instead, if it is something else.
    fn look(
        &self,
        (tree, store): (&Enclosed, Option<&Enclosed>),
        name: &Path,
        how: (&mut Buffer, &dyn Observer),
    ) -> Result<Option<String>, FsError> {
        let path = tree.path().join(name);
        let mut tree = tree;
        let mut looked = tree.look_at(name).map_err(failed("read", &path))?;
        let is_linked = looked.kind == FileType::Symlink;
        let is_file = matches!(&*self.node, RootNode::File { .. });
        if let Some(store) = store.filter(|_| is_linked && is_file) {
            looked = store.look_up(name).map_err(failed("read", &path))?;
            tree = store;
        }
        let actual = match (looked.kind, &*self.node) {
            (FileType::Directory, _) => RootNode::Directory,
            (FileType::Symlink, _) => RootNode::Symlink {
                target: tree.link_target(name).map_err(failed("read", &path))?,
            },
            (FileType::RegularFile, RootNode::File { size, .. }) if looked.size == *size => {
                let opened = tree.open_looked(name, &looked);
                let file = opened.map_err(failed("open", &path))?;
                let file = file.ok_or_else(|| FsError::Changed { path: path.clone() })?;
                RootNode::File {
                    sha256: FileHash::from_bytes(hash_file(&file, *size, &path, how)?),
                    size: *size,
                    executable: self.is_marked && !is_linked && looked.is_executable(),
                }
            }
            (FileType::RegularFile, _) => {
                return Ok(Some(format!("a file of {} bytes", looked.size)));
            }
            (kind, _) => return Ok(Some(kind_name(kind).to_owned())),
        };
        Ok((actual != *self.node).then(|| actual.to_string()))
    }
}

/// What is to be in a directory, by name.
pub(super) struct Names<'names> {
    pub(super) tree: &'names Enclosed,
    /// The same, in which links lead into the store of a lean image.
    pub(super) linked: Option<&'names Enclosed>,
    pub(super) expected: BTreeMap<PathBuf, Expected<'names>>,
    /// What else is to be there.
    pub(super) others: &'names [&'names str],
    /// A directory of which somebody else looks at what is in it.
    pub(super) elsewhere: Option<&'names Path>,
}

impl Names<'_> {
    /// What is wrong. Nothing is said of what should be in a directory that is not there.
    pub(super) fn compare(&self, observer: &dyn Observer) -> Result<Vec<Discrepancy>, FsError> {
        let mut findings = Vec::new();
        let mut buffer = Buffer::default();
        let mut absent: Option<&Path> = None;
        let mut directories = vec![Path::new("")];
        for (name, expected) in &self.expected {
            if absent.is_some_and(|above| name.starts_with(above)) {
                continue;
            }
            let actual = expected.look((self.tree, self.linked), name, (&mut buffer, observer));
            let path = self.tree.path().join(name);
            let wanted = || expected.node.to_string();
            if let Some(finding) = Discrepancy::of_look(name.clone(), &path, actual, wanted)? {
                findings.push(finding);
                absent = Some(name);
            } else if *expected.node == RootNode::Directory {
                directories.push(name);
            }
        }
        for directory in directories {
            let is_top = directory.as_os_str().is_empty();
            let is_ours = |name: &OsStr| {
                (is_top && self.others.iter().any(|other| name == *other))
                    || self.expected.contains_key(&directory.join(name))
            };
            if self.elsewhere != Some(directory) {
                findings.extend(extra(self.tree, directory, is_ours, observer)?);
            }
        }
        Ok(findings)
    }
}
