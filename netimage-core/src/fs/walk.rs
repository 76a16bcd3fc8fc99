//! Walks a tree in the order of its NAR: depth first, names in byte order.

use std::ffi::{CStr, CString, OsStr, OsString};
use std::fs::File;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RawDir, openat, readlinkat, statat};
use rustix::io::Errno;

use super::directories::Directories;
use super::error::{FsError, failed};
use super::looked::{Looked, kind_name};
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

/// Opens a file that has to be a regular one, following links, and never waits
/// for the other end of a FIFO.
pub(crate) fn open_regular(path: &Path) -> Result<(File, Looked), FsError> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let file = rustix::fs::open(path, flags, Mode::empty()).map_err(failed("open", path))?;
    let file = File::from(file);
    let meta = regular(&file, || path.to_owned())?;
    Ok((file, meta))
}

fn regular(file: &File, path: impl Fn() -> PathBuf) -> Result<Looked, FsError> {
    let looked = Looked::of(file).map_err(|error| FsError::io("read", path(), error))?;
    match looked.kind {
        FileType::RegularFile => Ok(looked),
        kind => Err(FsError::Special {
            path: path(),
            kind: kind_name(kind),
        }),
    }
}

/// Bytes of names and their kinds that the kernel lists at a time.
const LISTING_LENGTH: usize = 32 * 1024;

/// A walk through a tree. No link is followed, and every directory is opened in the
/// one above it.
pub(crate) struct Walk<'root> {
    base: BorrowedFd<'root>,
    root: &'root Path,
    /// The name of the root, until that is reached.
    top: Option<CString>,
    relative: PathBuf,
    /// What was reached last, unless it was entered.
    last: Option<(CString, FileType)>,
    frames: Vec<Frame>,
    directories: Directories,
    listing: Vec<u8>,
    names_left: usize,
}

/// A directory that is being walked: what is left of it, last first.
struct Frame {
    children: Vec<(CString, FileType)>,
    name: CString,
}

/// What a walk comes to.
pub(crate) enum Step<'walk> {
    /// A node. What is in a directory follows if [`Walk::enter`] is called.
    Node(Node<'walk>),
    /// The end of a directory that was entered.
    End(Node<'walk>),
}

/// A node in its open directory.
pub(crate) struct Node<'walk> {
    pub(crate) entry: Entry<'walk>,
    pub(crate) kind: FileType,
    /// Where it lies.
    pub(super) directory: BorrowedFd<'walk>,
    pub(super) name: &'walk CStr,
}

impl Node<'_> {
    /// Opens it as a regular file.
    pub(crate) fn open(&self) -> Result<(File, Looked), FsError> {
        let file = File::from(self.open_with(OFlags::NONBLOCK)?);
        let meta = regular(&file, || self.entry.path())?;
        Ok((file, meta))
    }

    /// Opens it as a directory.
    pub(super) fn open_directory(&self) -> Result<OwnedFd, FsError> {
        self.open_with(OFlags::DIRECTORY)
    }

    fn open_with(&self, flags: OFlags) -> Result<OwnedFd, FsError> {
        let flags = flags | OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        openat(self.directory, self.name, flags, Mode::empty())
            .map_err(|error| FsError::io("open", self.entry.path(), error))
    }

    /// What stands in it as a symbolic link.
    pub(crate) fn link_target(&self) -> Result<OsString, FsError> {
        let target = readlinkat(self.directory, self.name, Vec::new());
        let target = target.map_err(|error| FsError::io("read", self.entry.path(), error))?;
        Ok(OsString::from_vec(target.into_bytes()))
    }

    /// What it is itself, should it be a link.
    pub(crate) fn look_at(&self) -> Result<Looked, FsError> {
        self.look(AtFlags::SYMLINK_NOFOLLOW)
    }

    /// What it leads to, wherever that lies.
    pub(crate) fn look_up(&self) -> Result<Looked, FsError> {
        self.look(AtFlags::empty())
    }

    fn look(&self, flags: AtFlags) -> Result<Looked, FsError> {
        statat(self.directory, self.name, flags)
            .map(|stat| Looked::new(&stat))
            .map_err(|error| FsError::io("read", self.entry.path(), error))
    }
}

impl<'root> Walk<'root> {
    /// A walk of what has this name in an open directory, be it a file or a link;
    /// messages call it `root`. No more than `names_max` names are listed.
    pub(crate) fn new(
        directory: BorrowedFd<'root>,
        name: &Path,
        root: &'root Path,
        names_max: usize,
    ) -> Result<Self, FsError> {
        let name = CString::new(name.as_os_str().as_bytes());
        Ok(Self {
            base: directory,
            root,
            top: Some(name.map_err(|_| FsError::io("open", root, Errno::INVAL))?),
            relative: PathBuf::new(),
            last: None,
            frames: Vec::new(),
            directories: Directories::default(),
            listing: Vec::with_capacity(LISTING_LENGTH),
            names_left: names_max,
        })
    }

    /// A walk of what is in an open directory, without that itself.
    pub(crate) fn within(
        directory: OwnedFd,
        root: &'root Path,
        names_max: usize,
    ) -> Result<Self, FsError> {
        let mut walk = Self::new(CWD, Path::new("."), root, names_max)?;
        walk.top = None;
        walk.go_into(directory)?;
        Ok(walk)
    }

    /// The next step; none at the end.
    pub(crate) fn step(&mut self) -> Result<Option<Step<'_>>, FsError> {
        if self.last.take().is_some() {
            self.relative.pop();
        }
        let (name, kind) = match self.frames.last_mut() {
            None => match self.top.take() {
                Some(top) => (top, FileType::Unknown),
                None => return Ok(None),
            },
            Some(frame) => match frame.children.pop() {
                Some(child) => child,
                None => return self.leave(),
            },
        };
        if !self.frames.is_empty() {
            self.relative.push(OsStr::from_bytes(name.to_bytes()));
        }
        self.last = Some((name, kind));
        if kind == FileType::Unknown {
            let looked = self.node().map(|node| node.look_at()).transpose()?;
            if let (Some((_, kind)), Some(looked)) = (&mut self.last, looked) {
                *kind = looked.kind;
            }
        }
        Ok(self.node().map(Step::Node))
    }

    fn leave(&mut self) -> Result<Option<Step<'_>>, FsError> {
        let frame = self.frames.pop();
        self.last = frame.map(|frame| (frame.name, FileType::Directory));
        self.directories
            .pop()
            .map_err(|error| FsError::io("leave", self.here().path(), error))?;
        Ok(self.node().map(Step::End))
    }

    /// Leads into the directory that was reached last; gives how many names are listed.
    pub(crate) fn enter(&mut self) -> Result<usize, FsError> {
        let Some(node) = self.node() else {
            return Ok(0);
        };
        let directory = node.open_directory()?;
        self.go_into(directory)
    }

    /// The directory that was entered last, right after that.
    pub(crate) fn here(&self) -> Entry<'_> {
        Entry {
            name: None,
            relative: &self.relative,
            root: self.root,
        }
    }

    fn node(&self) -> Option<Node<'_>> {
        let (name, kind) = self.last.as_ref()?;
        let is_root = self.relative.as_os_str().is_empty();
        Some(Node {
            entry: Entry {
                name: (!is_root).then_some(name),
                ..self.here()
            },
            kind: *kind,
            directory: self.directories.last().unwrap_or(self.base),
            name,
        })
    }

    fn go_into(&mut self, directory: OwnedFd) -> Result<usize, FsError> {
        let children = self
            .list(&directory)
            .map_err(|error| FsError::io("read", self.here().path(), error))?;
        let names = children.len();
        let name = self.last.take().map(|(name, _)| name).unwrap_or_default();
        self.frames.push(Frame { children, name });
        self.directories
            .push(directory)
            .map_err(|error| FsError::io("read", self.here().path(), error))?;
        Ok(names)
    }

    /// The names in a directory, the first in byte order last.
    fn list(&mut self, directory: &OwnedFd) -> rustix::io::Result<Vec<(CString, FileType)>> {
        let mut children = Vec::new();
        let mut directory = RawDir::new(directory, self.listing.spare_capacity_mut());
        while self.names_left > 0
            && let Some(child) = directory.next()
        {
            let child = child?;
            if !matches!(child.file_name().to_bytes(), b"." | b"..") {
                self.names_left -= 1;
                children.push((child.file_name().to_owned(), child.file_type()));
            }
        }
        children.sort_unstable_by(|one, other| other.0.cmp(&one.0));
        Ok(children)
    }
}

/// Takes the nodes of a tree that is read as a whole, a directory before what is in it.
pub(crate) trait TreeSink {
    fn directory(&mut self, entry: Entry<'_>) -> Result<(), FsError>;
    fn end_directory(&mut self, entry: Entry<'_>) -> Result<(), FsError>;
    fn symlink(&mut self, entry: Entry<'_>, target: &OsStr) -> Result<(), FsError>;
    fn file(&mut self, entry: Entry<'_>, file: &File, meta: &Looked) -> Result<(), FsError>;
    /// How many names there are in the directory `entry`, before any of them is visited.
    fn listed(&mut self, _entry: Entry<'_>, _names: usize) -> Result<(), FsError> {
        Ok(())
    }
}

/// Hands a sink what is at `root`, which may itself be a file or a link.
pub(crate) fn read_tree(
    root: &Path,
    sink: &mut impl TreeSink,
    observer: &dyn Observer,
) -> Result<(), FsError> {
    read_walk(Walk::new(CWD, root, root, usize::MAX)?, sink, observer)
}

/// Hands a sink all that a walk comes to, which has to be files, directories and links.
pub(crate) fn read_walk(
    mut walk: Walk<'_>,
    sink: &mut impl TreeSink,
    observer: &dyn Observer,
) -> Result<(), FsError> {
    while !observer.is_cancelled() {
        let node = match walk.step()? {
            None => return Ok(()),
            Some(Step::End(node)) => {
                sink.end_directory(node.entry)?;
                continue;
            }
            Some(Step::Node(node)) => node,
        };
        match node.kind {
            FileType::Directory => {
                sink.directory(node.entry)?;
                let names = walk.enter()?;
                sink.listed(walk.here(), names)?;
            }
            FileType::Symlink => sink.symlink(node.entry, &node.link_target()?)?,
            FileType::RegularFile => {
                let (file, meta) = node.open()?;
                sink.file(node.entry, &file, &meta)?;
            }
            kind => {
                let (path, kind) = (node.entry.path(), kind_name(kind));
                return Err(FsError::Special { path, kind });
            }
        }
    }
    Err(FsError::Cancelled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    /// What a walk of `place` comes to that enters directories unless `before` says no.
    fn steps(
        place: &Path,
        names_max: usize,
        mut before: impl FnMut(&Node<'_>) -> bool,
    ) -> Vec<String> {
        let directory = File::open(place).unwrap();
        let mut walk = Walk::within(directory.into(), place, names_max).unwrap();
        let mut steps = Vec::new();
        while let Some(step) = walk.step().unwrap() {
            match step {
                Step::End(node) => steps.push(format!("end {}", node.entry.relative.display())),
                Step::Node(node) => {
                    steps.push(node.entry.relative.display().to_string());
                    let is_directory = node.kind == FileType::Directory;
                    if before(&node) && is_directory && walk.enter().is_err() {
                        steps.push("error".to_owned());
                    }
                }
            }
        }
        steps
    }

    fn tree() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        for directory in ["a/deep", "b", "c"] {
            fs::create_dir_all(place.path().join(directory)).unwrap();
        }
        for file in ["a/deep/file", "b/file", "z"] {
            fs::write(place.path().join(file), "").unwrap();
        }
        symlink("../a", place.path().join("c/link")).unwrap();
        place
    }

    #[test]
    fn only_what_is_entered_is_walked_and_no_link() {
        let place = tree();
        let entered = steps(place.path(), usize::MAX, |node| {
            node.entry.relative != Path::new("b")
        });
        let expected = [
            "a",
            "a/deep",
            "a/deep/file",
            "end a/deep",
            "end a",
            "b",
            "c",
            "c/link",
            "end c",
            "z",
            "end ",
        ];
        assert_eq!(entered, expected);
    }

    #[test]
    fn a_directory_that_cannot_be_entered_does_not_end_the_walk() {
        let place = tree();
        let victim = place.path().join("b");
        let steps = steps(place.path(), usize::MAX, |node| {
            if node.entry.relative == Path::new("b") {
                fs::remove_dir_all(&victim).unwrap();
                symlink("a", &victim).unwrap();
            }
            true
        });
        assert_eq!(steps[5..8], ["b", "error", "c"]);
    }

    #[test]
    fn no_more_names_are_listed_than_may_be() {
        let place = tree();
        for (names_max, expected) in [(0, 0), (4, 4), (6, 6), (100, 8)] {
            let steps = steps(place.path(), names_max, |_| true);
            let names = steps.iter().filter(|step| !step.starts_with("end "));
            assert_eq!(names.count(), expected, "{names_max}");
        }
    }
}
