//! The files that the kernel would have unpacked.

use std::collections::{BTreeMap, HashMap};

use super::error::Fault;
use super::header::{DIRECTORY, Header, KIND, REGULAR, SYMLINK};
use super::limits::Limits;

/// Linux's `NAME_MAX`.
pub(super) const NAME_MAX: usize = 255;

/// A file, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct FileId(pub(super) u32);

/// The root directory.
pub(super) const ROOT: FileId = FileId(0);

#[derive(Debug)]
pub(super) enum Kind {
    Directory { parent: FileId, children: u32 },
    Regular { size: u32, text: Option<Box<[u8]>> },
    Symlink(Box<[u8]>),
    Other,
}

#[derive(Debug)]
struct File {
    mode: u32,
    kind: Kind,
}

/// What kind of file an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum EntryKind<'a> {
    /// A directory.
    Directory,
    /// A regular file of so many bytes.
    Regular {
        /// Its bytes.
        size: u64,
    },
    /// A symbolic link to this target, verbatim.
    Symlink {
        /// What it points to.
        target: &'a [u8],
    },
    /// A device, FIFO or socket.
    Other,
}

/// A file of an initrd.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Entry<'a> {
    /// What it is.
    pub kind: EntryKind<'a>,
    /// Its mode, with the bits of its kind (`st_mode`).
    pub mode: u32,
}

impl Entry<'_> {
    /// Whether it is a regular file that someone may execute.
    #[must_use]
    pub fn is_executable(&self) -> bool {
        matches!(self.kind, EntryKind::Regular { .. }) && self.mode & 0o111 != 0
    }
}

/// Why an entry made no file.
#[derive(Debug)]
pub(super) enum Unplaced {
    /// Its directory is missing, or something else is in its way: Linux skips it.
    Skipped,
    /// There are too many files, or their names have too many bytes.
    Fault(Fault),
}

impl From<Fault> for Unplaced {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// A tree that changes as the kernel's rootfs does while it unpacks.
///
/// One map holds all names: the number of the directory, then the name. That
/// takes about 200 bytes an entry besides the name.
#[derive(Debug)]
pub(super) struct Files {
    table: Vec<File>,
    pub(super) names: BTreeMap<Box<[u8]>, FileId>,
    links: HashMap<(u32, (u32, u32), u32), FileId>,
    entries_max: usize,
    names_max: usize,
    /// How many more bytes names may have.
    names_left: usize,
    /// How many more bytes of text may be kept.
    text_left: usize,
    key: Vec<u8>,
}

impl Files {
    pub(super) fn new(limits: &Limits) -> Self {
        let root = File {
            mode: DIRECTORY | 0o755,
            kind: Kind::Directory {
                parent: ROOT,
                children: 0,
            },
        };
        Self {
            table: vec![root],
            names: BTreeMap::new(),
            links: HashMap::new(),
            entries_max: limits.entries,
            names_max: limits.names,
            names_left: limits.names,
            text_left: limits.kept,
            key: Vec::new(),
        }
    }

    /// An archive ended: its hard links do not reach into the next one.
    pub(super) fn end_archive(&mut self) {
        self.links = HashMap::new();
    }

    /// Makes what an entry asks for, but for the bytes of a regular file.
    pub(super) fn place(
        &mut self,
        name: &[u8],
        header: &Header,
        target: &[u8],
    ) -> Result<FileId, Unplaced> {
        let (directory, last) = self.parent_of(name).ok_or(Unplaced::Skipped)?;
        let Some(last) = last else {
            return self.existing_directory(directory, header);
        };
        match header.kind() {
            DIRECTORY => self.place_directory(directory, last, header),
            SYMLINK => {
                self.clear(directory, last, None);
                self.charge(target.len())?;
                let kind = Kind::Symlink(target.into());
                self.create(directory, last, header.mode, kind)
            }
            _ => self.place_linkable(directory, last, header),
        }
    }

    fn existing_directory(&mut self, id: FileId, header: &Header) -> Result<FileId, Unplaced> {
        if header.kind() != DIRECTORY {
            return Err(Unplaced::Skipped);
        }
        self.file_mut(id).mode = header.mode;
        Ok(id)
    }

    fn place_directory(
        &mut self,
        directory: FileId,
        name: &[u8],
        header: &Header,
    ) -> Result<FileId, Unplaced> {
        self.clear(directory, name, Some(DIRECTORY));
        if let Some(id) = self.child(directory, name) {
            return self.existing_directory(id, header);
        }
        let kind = Kind::Directory {
            parent: directory,
            children: 0,
        };
        self.create(directory, name, header.mode, kind)
    }

    /// A regular file or a device, which may be a further name of an earlier one.
    fn place_linkable(
        &mut self,
        directory: FileId,
        name: &[u8],
        header: &Header,
    ) -> Result<FileId, Unplaced> {
        self.clear(directory, name, Some(header.kind()));
        let key = (header.inode, header.device, header.kind());
        let linked = (header.links >= 2)
            .then(|| self.links.get(&key).copied())
            .flatten();
        if let Some(id) = linked {
            self.clear(directory, name, None);
            self.link(directory, name, id)?;
            self.update(id, header, false);
            return Ok(id);
        }
        let id = if let Some(id) = self.child(directory, name) {
            if self.file(id).mode & KIND != header.kind() {
                return Err(Unplaced::Skipped);
            }
            self.update(id, header, true);
            id
        } else {
            let kind = match header.kind() {
                REGULAR => Kind::Regular {
                    size: header.size,
                    text: None,
                },
                _ => Kind::Other,
            };
            self.create(directory, name, header.mode, kind)?
        };
        if header.links >= 2 {
            self.links.insert(key, id);
        }
        Ok(id)
    }

    /// Opens an existing file anew. A further name without bytes leaves them.
    fn update(&mut self, id: FileId, header: &Header, truncate: bool) {
        let file = &mut self.table[id.0 as usize];
        file.mode = header.mode;
        if let Kind::Regular { size, text } = &mut file.kind
            && (truncate || header.size > 0)
        {
            *size = header.size;
            self.text_left += text.take().map_or(0, |text| text.len());
        }
    }

    /// Removes a file of another kind than `keep`, and a directory if it is
    /// empty (`clean_path`).
    fn clear(&mut self, directory: FileId, name: &[u8], keep: Option<u32>) {
        let Some(id) = self.child(directory, name) else {
            return;
        };
        let file = self.file(id);
        let full = matches!(file.kind, Kind::Directory { children, .. } if children > 0);
        if full || keep == Some(file.mode & KIND) {
            return;
        }
        self.set_key(directory, name);
        self.names.remove(&*self.key);
        if let Kind::Directory { children, .. } = &mut self.file_mut(directory).kind {
            *children -= 1;
        }
    }

    fn create(
        &mut self,
        directory: FileId,
        name: &[u8],
        mode: u32,
        kind: Kind,
    ) -> Result<FileId, Unplaced> {
        let id = match u32::try_from(self.table.len()) {
            Ok(id) if self.table.len() <= self.entries_max => FileId(id),
            _ => return Err(Fault::entries(self.entries_max).into()),
        };
        self.link(directory, name, id)?;
        self.table.push(File { mode, kind });
        Ok(id)
    }

    fn link(&mut self, directory: FileId, name: &[u8], id: FileId) -> Result<(), Unplaced> {
        if self.child(directory, name).is_some() {
            return Err(Unplaced::Skipped);
        }
        if self.names.len() >= self.entries_max {
            return Err(Fault::entries(self.entries_max).into());
        }
        self.charge(name.len())?;
        self.set_key(directory, name);
        self.names.insert(self.key.as_slice().into(), id);
        if let Kind::Directory { children, .. } = &mut self.file_mut(directory).kind {
            *children += 1;
        }
        Ok(())
    }

    /// Takes so many bytes of those that names may have.
    pub(super) fn charge(&mut self, bytes: usize) -> Result<(), Fault> {
        let left = self.names_left.checked_sub(bytes);
        self.names_left = left.ok_or_else(|| Fault::names(self.names_max))?;
        Ok(())
    }

    pub(super) fn kind(&self, id: FileId) -> &Kind {
        &self.file(id).kind
    }

    fn file(&self, id: FileId) -> &File {
        &self.table[id.0 as usize]
    }

    fn file_mut(&mut self, id: FileId) -> &mut File {
        &mut self.table[id.0 as usize]
    }

    fn set_key(&mut self, directory: FileId, name: &[u8]) {
        self.key.clear();
        self.key.extend_from_slice(&directory.0.to_be_bytes());
        self.key.extend_from_slice(name);
    }

    /// The file of this name in a directory.
    pub(super) fn child(&self, directory: FileId, name: &[u8]) -> Option<FileId> {
        if name.len() > NAME_MAX {
            return None;
        }
        let mut key = [0; 4 + NAME_MAX];
        key[..4].copy_from_slice(&directory.0.to_be_bytes());
        key[4..][..name.len()].copy_from_slice(name);
        self.names.get(&key[..4 + name.len()]).copied()
    }

    pub(super) fn entry(&self, id: FileId) -> Entry<'_> {
        let file = self.file(id);
        let kind = match &file.kind {
            Kind::Directory { .. } => EntryKind::Directory,
            Kind::Regular { size, .. } => EntryKind::Regular {
                size: (*size).into(),
            },
            Kind::Symlink(target) => EntryKind::Symlink { target },
            Kind::Other => EntryKind::Other,
        };
        Entry {
            kind,
            mode: file.mode,
        }
    }

    /// The text that was kept of a file.
    pub(super) fn text(&self, id: FileId) -> Option<&[u8]> {
        match &self.file(id).kind {
            Kind::Regular { text, .. } => text.as_deref(),
            _ => None,
        }
    }

    /// How many more bytes names may have.
    pub(super) fn names_left(&self) -> usize {
        self.names_left
    }

    /// How many more bytes of text may be kept.
    pub(super) fn text_left(&self) -> usize {
        self.text_left
    }

    /// Keeps a file's text, if there is room.
    pub(super) fn set_text(&mut self, id: FileId, new: Box<[u8]>) {
        if let Kind::Regular { text, .. } = &mut self.table[id.0 as usize].kind {
            self.text_left += text.take().map_or(0, |text| text.len());
            if let Some(left) = self.text_left.checked_sub(new.len()) {
                self.text_left = left;
                *text = Some(new);
            }
        }
    }
}
