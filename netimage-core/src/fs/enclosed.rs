//! A directory out of which no name leads.

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

use rustix::fs::{FileType, Mode, OFlags, open, readlinkat};
use rustix::io::Errno;

use super::chase::{Links, chase, open_below};
use super::error::{FsError, failed};
use super::looked::{Looked, kind_name};
use super::open_directory::{OpenDirectory, entries};
use super::walk::join;
use crate::store::StoreDir;

/// A directory that is read as somebody else sees it: neither `..` nor a
/// symbolic link leads out of it, and nothing but regular files is opened. The
/// kernel sees to that, or [`super::chase`].
#[derive(Debug)]
pub(crate) struct Enclosed {
    path: PathBuf,
    root: OwnedFd,
    links: Links,
    /// A link that may lead out, and the directory that it leads to.
    followed: Option<(PathBuf, Box<Self>)>,
    /// A directory that stands in for the one of this absolute path.
    graft: Option<(PathBuf, OwnedFd)>,
}

/// What a name stands for, links followed.
#[derive(Debug)]
pub(crate) enum Found {
    /// A regular file and its bytes, by count.
    File(File, u64),
    /// A directory.
    Directory,
    /// "a FIFO" or the like, which is not opened.
    Special(&'static str),
    /// Nothing, or a link that leads to nothing within.
    Nothing,
}

impl Enclosed {
    /// Opens a directory.
    pub(crate) fn open(path: &Path, links: Links) -> Result<Self, FsError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = open(path, flags, Mode::empty()).map_err(failed("open", path))?;
        Ok(Self {
            path: path.to_owned(),
            root,
            links,
            followed: None,
            graft: None,
        })
    }

    /// The same directory, in which this name may lead out if it is a link to a
    /// directory: whoever has linked it means to serve what it leads to.
    pub(crate) fn following(mut self, name: &Path) -> Result<Self, FsError> {
        let target = self.path.join(name);
        let is_below = name
            .components()
            .all(|step| matches!(step, Component::Normal(_)));
        let leads_out = is_below && self.look_up(name) == Err(Errno::XDEV);
        if leads_out && target.is_symlink() && target.is_dir() {
            let target = Box::new(Self::open(&target, self.links)?);
            self.followed = Some((name.to_owned(), target));
        }
        Ok(self)
    }

    /// Opens a directory below one that is held open, through no link.
    pub(crate) fn open_in(
        directory: &OpenDirectory,
        name: &Path,
        links: Links,
    ) -> Result<Self, FsError> {
        let path = directory.path_of(name);
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let root = open_below(directory.as_fd(), name, flags, Links::Refused);
        Ok(Self {
            root: root.map_err(failed("open", &path))?,
            path,
            links,
            followed: None,
            graft: None,
        })
    }

    /// The same directory, in which a store directory leads into the directory in which
    /// its store paths lie: absolute links lead there, too.
    pub(crate) fn with_store(mut self, store: Option<(&StoreDir, &Path)>) -> Result<Self, FsError> {
        if let Some((place, directory)) = store {
            let directory = OpenDirectory::open(directory)?.into();
            self.graft = Some((place.as_path().to_owned(), directory));
        }
        Ok(self)
    }

    /// Whether its store lies elsewhere.
    pub(crate) const fn has_store(&self) -> bool {
        self.graft.is_some()
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// What a name leads to. Something that leads out is [`Errno::XDEV`], a
    /// circle of links [`Errno::LOOP`].
    pub(crate) fn look_up(&self, name: &Path) -> Result<Looked, Errno> {
        Looked::of(self.open_within(name, OFlags::PATH)?)
    }

    /// What a name is itself, should it be a link.
    pub(crate) fn look_at(&self, name: &Path) -> Result<Looked, Errno> {
        Looked::of(self.open_itself(name)?)
    }

    /// What stands in a symbolic link.
    pub(crate) fn link_target(&self, name: &Path) -> Result<OsString, Errno> {
        let target = readlinkat(self.open_itself(name)?, c"", Vec::new())?;
        Ok(OsString::from_vec(target.into_bytes()))
    }

    fn open_itself(&self, name: &Path) -> Result<OwnedFd, Errno> {
        self.open_within(name, OFlags::PATH | OFlags::NOFOLLOW)
    }

    /// Opens what was looked up; nothing if it is something else by now.
    pub(crate) fn open_looked(&self, name: &Path, looked: &Looked) -> Result<Option<File>, Errno> {
        // Does not wait, should there now be a FIFO.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY;
        let file = self.open_within(name, flags)?;
        let opened = Looked::of(&file)?;
        let is_same = opened.kind == looked.kind && opened.is_same_file(looked);
        Ok(is_same.then(|| File::from(file)))
    }

    /// A directory, to be listed; without a name, the whole.
    pub(crate) fn open_directory(&self, name: &Path) -> Result<OwnedFd, Errno> {
        let is_whole = name.as_os_str().is_empty();
        let name = if is_whole { Path::new(".") } else { name };
        self.open_within(name, OFlags::RDONLY | OFlags::DIRECTORY)
    }

    /// The names in a directory that are text, sorted, but no more than `max`.
    pub(crate) fn list(&self, name: &Path, max: usize) -> Result<Vec<String>, FsError> {
        let path = join(&self.path, name);
        let directory = self.open_directory(name).map_err(failed("open", &path))?;
        let names = entries(directory).and_then(|names| {
            let names = names.map(|entry| entry.map(|(name, _)| name.into_string().ok()));
            names.filter_map(Result::transpose).take(max).collect()
        });
        let mut names: Vec<_> = names.map_err(failed("read", &path))?;
        names.sort_unstable();
        Ok(names)
    }

    fn open_within(&self, name: &Path, flags: OFlags) -> Result<OwnedFd, Errno> {
        if let Some((link, target)) = &self.followed
            && let Ok(rest) = name.strip_prefix(link)
        {
            let is_itself = rest.as_os_str().is_empty();
            return target.open_within(if is_itself { Path::new(".") } else { rest }, flags);
        }
        let root = self.root.as_fd();
        match &self.graft {
            None => open_below(root, name, flags, self.links),
            Some((place, directory)) => {
                let graft = Some((place.as_path(), directory.as_fd()));
                chase((root, graft), name, flags, self.links)
            }
        }
    }

    /// What a name stands for, a file opened.
    ///
    /// # Errors
    ///
    /// When it is there and cannot be opened.
    pub(crate) fn find(&self, name: &Path) -> Result<Found, FsError> {
        let path = self.path.join(name);
        let looked = match self.look_up(name) {
            Ok(looked) => looked,
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::XDEV | Errno::NAMETOOLONG) => {
                return Ok(Found::Nothing);
            }
            Err(error) => return Err(failed("open", &path)(error)),
        };
        match looked.kind {
            FileType::Directory => Ok(Found::Directory),
            FileType::RegularFile => {
                let file = self
                    .open_looked(name, &looked)
                    .map_err(failed("open", &path))?;
                Ok(file.map_or(Found::Nothing, |file| Found::File(file, looked.size)))
            }
            kind => Ok(Found::Special(kind_name(kind))),
        }
    }

    /// A regular file and its bytes, by count.
    ///
    /// # Errors
    ///
    /// When there is none, or it cannot be opened.
    pub(crate) fn open_file(&self, name: &Path) -> Result<(File, u64), FsError> {
        let path = self.path.join(name);
        match self.find(name)? {
            Found::File(file, size) => Ok((file, size)),
            Found::Directory => Err(failed("open", &path)(Errno::ISDIR)),
            Found::Special(kind) => Err(FsError::Special { path, kind }),
            Found::Nothing => Err(failed("open", &path)(Errno::NOENT)),
        }
    }

    /// The bytes of a regular file, but no more than `limit` of them; nothing
    /// where there is no such file.
    pub(crate) fn read(&self, name: &Path, limit: u64) -> Result<Option<Vec<u8>>, FsError> {
        let Found::File(file, _) = self.find(name)? else {
            return Ok(None);
        };
        read_up_to(file, limit, &self.path.join(name)).map(Some)
    }

    /// Whether a name is itself a symbolic link, wherever that leads.
    pub(crate) fn is_link(&self, name: &Path) -> bool {
        let looked = self.look_at(name);
        looked.is_ok_and(|looked| looked.kind == FileType::Symlink)
    }

    /// Whether a name stands for something.
    pub(crate) fn has(&self, name: &Path) -> Result<bool, FsError> {
        Ok(!matches!(self.find(name)?, Found::Nothing))
    }
}

/// The next bytes of an open file, but no more than `limit` of them; `path` is
/// what messages call it.
pub(crate) fn read_up_to(file: impl Read, limit: u64, path: &Path) -> Result<Vec<u8>, FsError> {
    let mut bytes = Vec::new();
    let read = file.take(limit).read_to_end(&mut bytes);
    read.map_err(failed("read", path))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::symlink;

    #[test]
    fn nothing_leads_out() {
        let place = tempfile::tempdir().unwrap();
        let inside = place.path().join("inside");
        fs::create_dir_all(inside.join("etc")).unwrap();
        fs::write(place.path().join("secret"), "secret").unwrap();
        fs::write(inside.join("etc/name"), "pi").unwrap();
        symlink("../../secret", inside.join("etc/out")).unwrap();
        symlink(place.path().join("secret"), inside.join("absolute-out")).unwrap();
        symlink("/etc/name", inside.join("absolute")).unwrap();
        symlink("loop", inside.join("loop")).unwrap();

        let within = Enclosed::open(&inside, Links::WithinRoot).unwrap();
        let read = |tree: &Enclosed, name: &str| tree.read(Path::new(name), 100).unwrap();
        assert_eq!(read(&within, "etc/name"), Some(b"pi".to_vec()));
        assert_eq!(read(&within, "/absolute"), Some(b"pi".to_vec()));
        assert_eq!(read(&within, "../../etc/name"), Some(b"pi".to_vec()));
        for name in [
            "etc/out",
            "absolute-out",
            "loop",
            "etc",
            "none",
            "etc/name/x",
        ] {
            assert_eq!(read(&within, name), None, "{name}");
        }

        let served = Enclosed::open(&inside, Links::Outside).unwrap();
        assert_eq!(read(&served, "etc/name"), Some(b"pi".to_vec()));
        for name in ["absolute", "etc/out", "../secret", "/etc/name"] {
            assert_eq!(read(&served, name), None, "{name}");
        }
        assert_eq!(
            served.read(Path::new("etc/name"), 1).unwrap(),
            Some(b"p".to_vec())
        );
        assert!(matches!(
            served.find(Path::new("etc")).unwrap(),
            Found::Directory
        ));
        assert!(served.has(Path::new("etc")).unwrap());
        assert!(!served.has(Path::new("nothing")).unwrap());
        for (name, is_link) in [("etc/out", true), ("loop", true), ("etc/name", false)] {
            assert_eq!(within.is_link(Path::new(name)), is_link, "{name}");
            assert_eq!(served.is_link(Path::new(name)), is_link, "{name}");
        }
        assert!(!within.is_link(Path::new("nothing")));
    }

    #[test]
    fn no_link_is_followed_where_they_are_refused() {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("etc")).unwrap();
        fs::write(place.path().join("etc/name"), "pi").unwrap();
        symlink("etc", place.path().join("link")).unwrap();
        let tree = Enclosed::open(place.path(), Links::Refused).unwrap();
        let kind = |name: &str| tree.look_at(Path::new(name)).map(|looked| looked.kind);
        assert_eq!(kind("etc/name"), Ok(FileType::RegularFile));
        assert_eq!(kind("link"), Ok(FileType::Symlink));
        assert_eq!(tree.link_target(Path::new("link")).unwrap(), "etc");
        assert_eq!(tree.look_up(Path::new("link")), Err(Errno::LOOP));
        for name in ["link/name", "etc/../link/name"] {
            assert_eq!(kind(name), Err(Errno::LOOP), "{name}");
        }
        assert_eq!(kind("../etc"), Err(Errno::XDEV));
        let name = Path::new("etc/name");
        fs::hard_link(place.path().join(name), place.path().join("same")).unwrap();
        fs::copy(place.path().join(name), place.path().join("copy")).unwrap();
        let look = |name: &str| tree.look_at(Path::new(name)).unwrap();
        assert!(look("etc/name").is_same_file(&look("same")));
        assert!(!look("etc/name").is_same_file(&look("copy")));
    }

    #[test]
    fn one_link_may_be_followed_out() {
        let place = tempfile::tempdir().unwrap();
        let inside = place.path().join("inside");
        fs::create_dir_all(&inside).unwrap();
        fs::create_dir(place.path().join("image")).unwrap();
        fs::write(place.path().join("image/name"), "pi").unwrap();
        fs::write(place.path().join("secret"), "secret").unwrap();
        symlink("../secret", place.path().join("image/out")).unwrap();
        for link in ["own", "other"] {
            symlink("../image", inside.join(link)).unwrap();
        }
        let tree = Enclosed::open(&inside, Links::Outside).unwrap();
        let tree = tree.following(Path::new("own")).unwrap();
        let has = |name: &str| tree.has(Path::new(name)).unwrap();
        assert!(has("own") && has("own/name"));
        assert!(!has("own/out") && !has("other/name") && !has("own/../secret"));
        for name in ["../image", "..", "", "nothing"] {
            let tree = Enclosed::open(&inside, Links::Outside).unwrap();
            assert!(tree.following(Path::new(name)).unwrap().followed.is_none());
        }
    }

    #[test]
    fn a_store_may_lie_elsewhere() {
        let place = tempfile::tempdir().unwrap();
        let (tree, store) = (place.path().join("tree"), place.path().join("real"));
        fs::create_dir_all(tree.join("nix/store")).unwrap();
        fs::create_dir_all(store.join("a")).unwrap();
        fs::write(store.join("a/file"), "a").unwrap();
        fs::write(place.path().join("secret"), "secret").unwrap();
        symlink("/nix/store/a/file", tree.join("link")).unwrap();
        symlink("/nix/store/a", store.join("b")).unwrap();
        symlink("../secret", store.join("out")).unwrap();
        let store_dir = StoreDir::default();
        for links in [Links::Outside, Links::WithinRoot] {
            let tree = Enclosed::open(&tree, links).unwrap();
            let tree = tree.with_store(Some((&store_dir, &store))).unwrap();
            let read = |name: &str| tree.read(Path::new(name), 9).unwrap();
            for name in ["link", "/nix/store/a/file", "/nix/store/b/file"] {
                assert_eq!(read(name), Some(b"a".to_vec()), "{name}");
            }
            for name in [
                "/nix/store/out",
                "/nix/store/../../secret",
                "nix/store/a/file",
            ] {
                assert_eq!(read(name), None, "{name}");
            }
            assert_eq!(
                tree.list(Path::new("/nix/store"), 9).unwrap(),
                ["a", "b", "out"]
            );
        }
    }

    #[test]
    fn a_fifo_is_not_waited_for() {
        let place = tempfile::tempdir().unwrap();
        let fifo = place.path().join("fifo");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &fifo,
            FileType::Fifo,
            Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        let tree = Enclosed::open(place.path(), Links::Outside).unwrap();
        assert!(matches!(
            tree.find(Path::new("fifo")).unwrap(),
            Found::Special("a FIFO")
        ));
        assert_eq!(tree.read(Path::new("fifo"), 1).unwrap(), None);
    }
}
