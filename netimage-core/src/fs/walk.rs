//! Walks a tree in the order of its NAR: depth first, names in byte order.

use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs::File;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, Stat, openat, readlinkat, statat};

use super::directories::Directories;
use super::error::{FsError, failed};
use crate::progress::Observer;

/// A node of the walked tree.
#[derive(Clone, Copy)]
pub(crate) struct Entry<'walk> {
    /// Its name in its directory; none for the root of the walk.
    pub(crate) name: Option<&'walk CStr>,
    /// Its path below the root of the walk, empty for the root.
    pub(crate) relative: &'walk Path,
    /// The root of the walk.
    pub(crate) root: &'walk Path,
}

impl Entry<'_> {
    /// The path to name in messages.
    pub(crate) fn path(&self) -> PathBuf {
        join(self.root, self.relative)
    }

    /// The name as the file system has it, `None` for the root.
    pub(crate) fn os_name(&self) -> Option<&OsStr> {
        self.name.map(|name| OsStr::from_bytes(name.to_bytes()))
    }
}

/// A path below a root, or the root itself: an empty path would be joined as a
/// slash at the end.
pub(crate) fn join(root: &Path, relative: &Path) -> PathBuf {
    if relative.as_os_str().is_empty() {
        root.to_owned()
    } else {
        root.join(relative)
    }
}

/// What is known of a regular file once it is open.
#[derive(Clone, Copy)]
pub(crate) struct FileMeta {
    /// Bytes.
    pub(crate) size: u64,
    /// Whether its owner may execute it, the one mode bit that Nix keeps.
    pub(crate) executable: bool,
    /// Whether it occupies less than its size.
    pub(crate) sparse: bool,
    /// Device and inode, when it has more than one name.
    pub(crate) linked: Option<(u64, u64)>,
}

impl FileMeta {
    #[allow(
        clippy::useless_conversion,
        reason = "the types of Stat differ by platform"
    )]
    pub(crate) fn new(stat: &Stat) -> Self {
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        let blocks = u64::try_from(stat.st_blocks).unwrap_or(0);
        Self {
            size,
            executable: stat.st_mode & Mode::XUSR.bits() != 0,
            sparse: blocks.saturating_mul(512) < size,
            linked: (u64::from(stat.st_nlink) > 1)
                .then_some((u64::from(stat.st_dev), u64::from(stat.st_ino))),
        }
    }
}

/// Opens a file that has to be a regular one, following links, and never waits
/// for the other end of a FIFO.
pub(crate) fn open_regular(path: &Path) -> Result<(File, FileMeta), FsError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(failed("open", path))?;
    let file = File::from(file);
    let meta = regular(&file, || path.to_owned())?;
    Ok((file, meta))
}

fn regular(file: &File, path: impl Fn() -> PathBuf) -> Result<FileMeta, FsError> {
    let stat = rustix::fs::fstat(file).map_err(|error| FsError::io("read", path(), error))?;
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(FileMeta::new(&stat)),
        kind => Err(FsError::Special {
            path: path(),
            kind: kind_name(kind),
        }),
    }
}

/// Takes the nodes of a walk, a directory before what is in it.
pub(crate) trait TreeSink {
    fn directory(&mut self, entry: Entry<'_>) -> Result<(), FsError>;
    fn end_directory(&mut self, entry: Entry<'_>) -> Result<(), FsError>;
    fn symlink(&mut self, entry: Entry<'_>, target: &OsStr) -> Result<(), FsError>;
    fn file(&mut self, entry: Entry<'_>, file: &File, meta: &FileMeta) -> Result<(), FsError>;
    /// A name in the directory `entry`, in no order, before any of them is visited.
    fn listed(&mut self, _entry: Entry<'_>) -> Result<(), FsError> {
        Ok(())
    }
}

/// Bytes of names and their kinds that the kernel lists at a time.
const LISTING_LENGTH: usize = 32 * 1024;

/// A directory that is being walked: what is left of it, last first.
struct Frame {
    children: Vec<(CString, FileType)>,
    name: Option<CString>,
}

/// Walks what is at `root`, which may itself be a file or a link.
pub(crate) fn walk(
    root: &Path,
    sink: &mut impl TreeSink,
    observer: &dyn Observer,
) -> Result<(), FsError> {
    walk_in(CWD, root, root, sink, observer)
}

/// Walks what has this name in an open directory; messages call it `root`.
pub(crate) fn walk_in(
    directory: BorrowedFd<'_>,
    name: &Path,
    root: &Path,
    sink: &mut impl TreeSink,
    observer: &dyn Observer,
) -> Result<(), FsError> {
    let mut walk = Walk {
        base: directory,
        root,
        relative: PathBuf::new(),
        frames: Vec::new(),
        directories: Directories::default(),
    };
    let mut listing = Vec::with_capacity(LISTING_LENGTH);
    let name = CString::new(name.as_os_str().as_bytes())
        .map_err(|_| FsError::io("open", root, rustix::io::Errno::INVAL))?;
    walk.visit(sink, &mut listing, &name, FileType::Unknown)?;
    while let Some(frame) = walk.frames.last_mut() {
        if observer.is_cancelled() {
            return Err(FsError::Cancelled);
        }
        if let Some((name, kind)) = frame.children.pop() {
            walk.relative.push(OsStr::from_bytes(name.to_bytes()));
            let depth = walk.frames.len();
            walk.visit(sink, &mut listing, &name, kind)?;
            if walk.frames.len() == depth {
                walk.relative.pop();
            }
        } else if let Some(frame) = walk.frames.pop() {
            let entry = walk.entry(frame.name.as_deref());
            sink.end_directory(entry)?;
            walk.directories
                .pop()
                .map_err(|error| FsError::io("leave", join(root, &walk.relative), error))?;
            walk.relative.pop();
        }
    }
    if observer.is_cancelled() {
        return Err(FsError::Cancelled);
    }
    Ok(())
}

struct Walk<'root> {
    base: BorrowedFd<'root>,
    root: &'root Path,
    relative: PathBuf,
    frames: Vec<Frame>,
    directories: Directories,
}

impl Walk<'_> {
    fn entry<'walk>(&'walk self, name: Option<&'walk CStr>) -> Entry<'walk> {
        Entry {
            name,
            relative: &self.relative,
            root: self.root,
        }
    }

    /// Hands one node to the sink; a directory becomes the innermost frame.
    fn visit(
        &mut self,
        sink: &mut impl TreeSink,
        listing: &mut Vec<u8>,
        name: &CStr,
        kind: FileType,
    ) -> Result<(), FsError> {
        let parent = self.directories.last();
        let entry = self.entry(parent.map(|_| name));
        let at = parent.unwrap_or(self.base);
        let kind = match kind {
            FileType::Unknown => {
                let stat = statat(at, name, AtFlags::SYMLINK_NOFOLLOW)
                    .map_err(|error| FsError::io("read", entry.path(), error))?;
                FileType::from_raw_mode(stat.st_mode)
            }
            known => known,
        };
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        match kind {
            FileType::Directory => {
                let directory = openat(at, name, flags | OFlags::DIRECTORY, Mode::empty())
                    .map_err(|error| FsError::io("open", entry.path(), error))?;
                sink.directory(entry)?;
                let children = children(&directory, listing, entry, sink)?;
                let name = entry.name.map(CStr::to_owned);
                self.frames.push(Frame { children, name });
                self.directories
                    .push(directory)
                    .map_err(|error| FsError::io("read", join(self.root, &self.relative), error))
            }
            FileType::Symlink => {
                let target = readlinkat(at, name, Vec::new())
                    .map_err(|error| FsError::io("read", entry.path(), error))?;
                sink.symlink(entry, &OsString::from_vec(target.into_bytes()))
            }
            FileType::RegularFile => {
                let file = openat(at, name, flags, Mode::empty())
                    .map_err(|error| FsError::io("open", entry.path(), error))?;
                let file = File::from(file);
                let meta = regular(&file, || entry.path())?;
                sink.file(entry, &file, &meta)
            }
            other => Err(FsError::Special {
                path: entry.path(),
                kind: kind_name(other),
            }),
        }
    }
}

/// The names in a directory, the first in byte order last.
fn children(
    directory: &OwnedFd,
    listing: &mut Vec<u8>,
    entry: Entry<'_>,
    sink: &mut impl TreeSink,
) -> Result<Vec<(CString, FileType)>, FsError> {
    let mut children = Vec::new();
    let mut directory = RawDir::new(directory, listing.spare_capacity_mut());
    while let Some(child) = directory.next() {
        let child = child.map_err(|error| FsError::io("read", entry.path(), error))?;
        if !matches!(child.file_name().to_bytes(), b"." | b"..") {
            sink.listed(entry)?;
            children.push((child.file_name().to_owned(), child.file_type()));
        }
    }
    children.sort_unstable_by(|one, other| other.0.cmp(&one.0));
    Ok(children)
}

pub(crate) fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::Fifo => "a FIFO",
        FileType::Socket => "a socket",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Directory => "a directory",
        _ => "a special file",
    }
}
