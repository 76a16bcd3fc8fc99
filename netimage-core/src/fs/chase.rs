//! Opens names out of which nothing leads.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, fstat, openat, openat2, readlinkat};
use rustix::io::{Errno, Result, dup};

/// Links that are followed for one name, as Linux does (`path_resolution(7)`).
const LINKS_MAX: usize = 40;

/// How often a name is looked up while others rename what it leads through.
const ATTEMPTS: usize = 8;

/// What absolute links in a directory refer to, if links are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Links {
    /// The directory itself, as for a system whose root it is.
    WithinRoot,
    /// Some other place, so that they are as good as dangling.
    Outside,
    /// No link is followed, not even one that stays within.
    Refused,
}

/// Opens a name below `root`, out of which neither `..` nor a link leads, whoever
/// renames what meanwhile: by openat2(2), or where that is missing (before Linux 5.6)
/// step by step.
pub(super) fn open_below(
    root: BorrowedFd<'_>,
    name: &Path,
    flags: OFlags,
    links: Links,
) -> Result<OwnedFd> {
    let flags = flags | OFlags::CLOEXEC;
    let resolve = match links {
        Links::WithinRoot => ResolveFlags::IN_ROOT,
        Links::Outside => ResolveFlags::BENEATH,
        Links::Refused => ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
    };
    let resolve = resolve | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..ATTEMPTS {
        match openat2(root, name, flags, Mode::empty(), resolve) {
            // Something was renamed meanwhile.
            Err(Errno::AGAIN) => {}
            // PERM is what some sandboxes say of calls that they do not know.
            Err(Errno::NOSYS | Errno::PERM) => return chase((root, None), name, flags, links),
            other => return other,
        }
    }
    Err(Errno::AGAIN)
}

/// A directory that stands in for the one of an absolute path, which it need not be.
pub(super) type Graft<'root> = (&'root Path, BorrowedFd<'root>);

/// The same without openat2(2), perhaps with another directory grafted on. Every step
/// is taken from an open directory.
pub(super) fn chase(
    (root, graft): (BorrowedFd<'_>, Option<Graft<'_>>),
    name: &Path,
    flags: OFlags,
    links: Links,
) -> Result<OwnedFd> {
    let mut chase = Chase {
        root,
        graft,
        links,
        places: Vec::new(),
        steps: VecDeque::new(),
        followed: 0,
    };
    chase.insert(name.as_os_str())?;
    while let Some(step) = chase.steps.pop_front() {
        match step.as_bytes() {
            b"." => {}
            b".." if chase.places.pop().is_some() || links == Links::WithinRoot => {}
            b".." => return Err(Errno::XDEV),
            _ => {
                let is_last = chase.steps.is_empty();
                if let Some(opened) = chase.take(&step, is_last.then_some(flags))? {
                    return Ok(opened);
                }
            }
        }
    }
    openat(chase.place(), ".", flags | OFlags::CLOEXEC, Mode::empty())
}

struct Chase<'root> {
    root: BorrowedFd<'root>,
    graft: Option<Graft<'root>>,
    links: Links,
    /// The directories from the root to where it is, without the root.
    places: Vec<OwnedFd>,
    steps: VecDeque<OsString>,
    followed: usize,
}

impl Chase<'_> {
    fn place(&self) -> BorrowedFd<'_> {
        self.places.last().map_or(self.root, AsFd::as_fd)
    }

    /// Puts a name, or what a link says, before the steps that are left.
    fn insert(&mut self, name: &OsStr) -> Result<()> {
        // The slash at an end asks for a directory.
        let bytes = name.as_bytes();
        let is_directory = bytes.ends_with(b"/") || bytes.ends_with(b"/.");
        let mut steps: Vec<OsString> = Vec::new();
        let mut name = Path::new(name);
        if let Some((place, directory)) = self.graft
            && let Ok(below) = name.strip_prefix(place)
        {
            self.places = vec![dup(directory)?];
            name = below;
        }
        for component in name.components() {
            match component {
                Component::RootDir if self.links == Links::WithinRoot => self.places.clear(),
                Component::RootDir | Component::Prefix(_) => return Err(Errno::XDEV),
                step => steps.push(step.as_os_str().to_owned()),
            }
        }
        steps.extend(is_directory.then(|| ".".into()));
        for step in steps.into_iter().rev() {
            self.steps.push_front(step);
        }
        Ok(())
    }

    /// Takes one step; `last` are the flags to open the last one with.
    fn take(&mut self, step: &OsStr, last: Option<OFlags>) -> Result<Option<OwnedFd>> {
        let look = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let found = openat(self.place(), step, look, Mode::empty())?;
        let kind = FileType::from_raw_mode(fstat(&found)?.st_mode);
        let follows = last.is_none_or(|flags| !flags.contains(OFlags::NOFOLLOW));
        if kind == FileType::Symlink && follows {
            self.followed += 1;
            if self.links == Links::Refused || self.followed > LINKS_MAX {
                return Err(Errno::LOOP);
            }
            let target = readlinkat(&found, "", Vec::new())?;
            self.insert(OsStr::from_bytes(target.as_bytes()))?;
        } else if let Some(flags) = last {
            let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            return openat(self.place(), step, flags, Mode::empty()).map(Some);
        } else if kind == FileType::Directory {
            self.places.push(found);
        } else {
            return Err(Errno::NOTDIR);
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::open;
    use std::fs;
    use std::os::unix::fs::symlink;

    fn identity(opened: Result<OwnedFd>) -> std::result::Result<(u64, u32), Errno> {
        let stat = opened.and_then(|file| fstat(&file))?;
        Ok((stat.st_ino, stat.st_mode))
    }

    #[test]
    fn it_leads_where_the_kernel_leads() {
        let outer = tempfile::tempdir().unwrap();
        let inside = outer.path().join("inside");
        fs::create_dir_all(inside.join("etc/deep")).unwrap();
        fs::write(outer.path().join("secret"), "").unwrap();
        fs::write(inside.join("etc/name"), "pi").unwrap();
        for (link, target) in [
            ("etc/up", "../etc/name"),
            ("etc/out", "../../secret"),
            ("absolute", "/etc/name"),
            ("root", "/"),
            ("circle", "circle"),
            ("dangling", "gone"),
            ("chain", "etc/up"),
            ("directory", "etc/deep/"),
            ("file-as-directory", "etc/name/"),
            ("elsewhere", outer.path().to_str().unwrap()),
        ] {
            symlink(target, inside.join(link)).unwrap();
        }
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        let root = open(&inside, flags | OFlags::DIRECTORY, Mode::empty()).unwrap();
        for name in [
            ".",
            "/",
            "etc",
            "etc/",
            "etc/.",
            "etc/..",
            "..",
            "../..",
            "etc/name",
            "/etc/name",
            "etc/name/",
            "etc/name/x",
            "etc/up",
            "etc/out",
            "absolute",
            "root/etc/name",
            "circle",
            "dangling",
            "chain",
            "directory",
            "directory/../name",
            "file-as-directory",
            "elsewhere",
            "elsewhere/secret",
            "etc/deep/../../../secret",
            "gone/..",
        ] {
            for (links, resolve) in [
                (Links::WithinRoot, ResolveFlags::IN_ROOT),
                (Links::Outside, ResolveFlags::BENEATH),
                (
                    Links::Refused,
                    ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS,
                ),
            ] {
                for more in [
                    OFlags::empty(),
                    OFlags::NOFOLLOW,
                    OFlags::RDONLY | OFlags::DIRECTORY,
                ] {
                    let flags = flags | more;
                    let expected = openat2(&root, name, flags, Mode::empty(), resolve);
                    let chased = chase((root.as_fd(), None), Path::new(name), flags, links);
                    let case = format!("{name} {links:?} {more:?}");
                    assert_eq!(identity(chased), identity(expected), "{case}");
                }
            }
        }
    }

    #[test]
    fn a_directory_that_is_found_can_be_listed() {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("file"), "").unwrap();
        let root = open(place.path(), OFlags::PATH, Mode::empty()).unwrap();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        let root = (root.as_fd(), None);
        let listed = chase(root, Path::new("."), flags, Links::Outside).unwrap();
        assert_eq!(super::super::list(&listed).unwrap().len(), 1);
    }
}
