//! Paths among the files of an initrd, by the rules of `fs/namei.c`.

use std::ops::Bound;

use super::files::{FileId, Files, Kind, NAME_MAX, ROOT};

/// Linux follows no more symbolic links for one path (`fs/namei.c`).
const LINKS_MAX: usize = 40;
/// Linux's `PATH_MAX`.
const PATH_MAX: usize = 4096;
/// Components that symbolic links may add to one path. Linux has no such limit;
/// with it, the time stays linear whatever the links say.
const EXPANDED_MAX: usize = 256;

impl Files {
    /// The directory that a name is in, and its last component: none if that is
    /// the directory itself.
    pub(super) fn parent_of<'n>(&self, name: &'n [u8]) -> Option<(FileId, Option<&'n [u8]>)> {
        if name.is_empty() {
            return None;
        }
        let end = name.iter().rposition(|byte| *byte != b'/');
        let Some(end) = end else {
            return Some((ROOT, None));
        };
        let name = &name[..=end];
        let start = name.iter().rposition(|byte| *byte == b'/');
        let (above, last) = name.split_at(start.map_or(0, |slash| slash + 1));
        if last.len() > NAME_MAX {
            return None;
        }
        let directory = self.resolve(ROOT, above, true)?;
        match last {
            b"." | b".." => Some((self.resolve(directory, last, true)?, None)),
            _ if self.is_directory(directory) => Some((directory, Some(last))),
            _ => None,
        }
    }

    fn is_directory(&self, id: FileId) -> bool {
        matches!(self.kind(id), Kind::Directory { .. })
    }

    /// The file that a path leads to from a directory. Links are followed, the
    /// last one only if `follow`; a path that begins with `/` is one from the
    /// root, above which there is nothing.
    pub(super) fn resolve(&self, from: FileId, path: &[u8], follow: bool) -> Option<FileId> {
        // What is left to walk, innermost last. Every link adds one.
        let mut pending = vec![path];
        let mut at = if path.starts_with(b"/") { ROOT } else { from };
        let mut links = 0;
        let mut expanded = 0;
        while let Some(rest) = pending.pop() {
            let (component, rest) = next_component(rest);
            let Some(component) = component else {
                continue;
            };
            expanded += usize::from(links > 0);
            if expanded > EXPANDED_MAX {
                return None;
            }
            if rest.iter().any(|byte| *byte != b'/') {
                pending.push(rest);
            }
            let Kind::Directory { parent, .. } = *self.kind(at) else {
                return None;
            };
            let next = match component {
                b"." => at,
                b".." => parent,
                name => self.child(at, name)?,
            };
            match self.kind(next) {
                Kind::Symlink(target) if follow || !pending.is_empty() => {
                    links += 1;
                    if links > LINKS_MAX || target.is_empty() {
                        return None;
                    }
                    if target.starts_with(b"/") {
                        at = ROOT;
                    }
                    pending.push(target);
                }
                _ => at = next,
            }
        }
        Some(at)
    }

    /// Visits every file below a directory, each with its path from there,
    /// directories before what is in them. A path longer than `PATH_MAX`, which
    /// no program could open, is left out with what is below it.
    pub(super) fn walk(&self, root: FileId, mut visit: impl FnMut(&[u8], FileId)) {
        let mut path = Vec::new();
        let mut open = vec![(root, self.children(root), 0)];
        while let Some((_, children, length)) = open.last_mut() {
            path.truncate(*length);
            let Some((name, id)) = children.next() else {
                open.pop();
                continue;
            };
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(name);
            if path.len() > PATH_MAX {
                continue;
            }
            visit(&path, id);
            if self.is_directory(id) {
                let length = path.len();
                open.push((id, self.children(id), length));
            }
        }
    }

    /// Every name, with the directory that it is in.
    pub(super) fn names(&self) -> impl Iterator<Item = (FileId, &[u8])> {
        self.names.keys().filter_map(|key| {
            let (directory, name) = key.split_first_chunk()?;
            Some((FileId(u32::from_be_bytes(*directory)), name))
        })
    }

    fn children(&self, directory: FileId) -> impl Iterator<Item = (&[u8], FileId)> {
        let prefix = directory.0.to_be_bytes();
        self.names
            .range::<[u8], _>((Bound::Included(&prefix[..]), Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(&prefix))
            .map(|(key, id)| (&key[4..], *id))
    }
}

/// The directory of a path, without the slash after it, and its last name.
pub(crate) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(at) => (&path[..at], &path[at + 1..]),
        None => (b"", path),
    }
}

fn next_component(path: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let start = path.iter().position(|byte| *byte != b'/');
    let Some(start) = start else {
        return (None, &[]);
    };
    let path = &path[start..];
    let end = path.iter().position(|byte| *byte == b'/');
    let (component, rest) = path.split_at(end.unwrap_or(path.len()));
    (Some(component), rest)
}
