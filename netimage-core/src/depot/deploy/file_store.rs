//! The files that generations share, each once, under its SHA-256.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;

use rustix::fs::{AtFlags, fsync, renameat, statat, syncfs};
use rustix::io::Errno;

use super::error::DeployError;
use crate::depot::disk::{remove, sync, unfinished, unfinished_in};
use crate::depot::layout;
use crate::fs::{
    Buffer, FileContents, FsError, OpenDirectory, failed, hash_file, list, write_file,
};
use crate::image::FileHash;
use crate::progress::Observer;

pub(super) struct FileStore {
    directory: OpenDirectory,
    present: HashSet<String>,
}

/// A file that is to be there, and where its bytes are.
pub(super) struct StoredFile<'source> {
    pub(super) sha256: FileHash,
    pub(super) contents: FileContents<'source>,
}

impl FileStore {
    pub(super) fn open(depot: &OpenDirectory) -> Result<Self, FsError> {
        let directory = depot.open_in(layout::BOOT_FILES.as_ref())?;
        let names = list(&directory).map_err(failed("read", directory.path()))?;
        let names = names.into_iter();
        let present = names.filter_map(|(name, _)| name.into_string().ok());
        Ok(Self {
            present: present.collect(),
            directory,
        })
    }

    pub(super) fn has(&self, sha256: FileHash) -> bool {
        self.present.contains(&sha256.to_string())
    }

    /// Adds those that are missing. Each gets its name when all of it is proved and on
    /// disk.
    pub(super) fn add(
        &mut self,
        files: &[StoredFile<'_>],
        observer: &dyn Observer,
    ) -> Result<(), DeployError> {
        self.remove_leftovers()?;
        let mut added = BTreeSet::new();
        let written = self.write(files, &mut added, observer);
        let directory = &self.directory;
        if let Err(error) = written {
            for name in added {
                remove(directory, &unfinished(&name))?;
            }
            return Err(error);
        }
        if added.is_empty() {
            return Ok(());
        }
        syncfs(directory).map_err(failed("sync", directory.path()))?;
        for name in added {
            renameat(directory, unfinished(&name), directory, &name).map_err(failed(
                "rename what was copied to",
                &directory.path().join(&name),
            ))?;
            self.present.insert(name);
        }
        Ok(sync(directory)?)
    }

    /// Writes those that are missing under temporary names, and adds their own to `added`.
    fn write(
        &self,
        files: &[StoredFile<'_>],
        added: &mut BTreeSet<String>,
        observer: &dyn Observer,
    ) -> Result<(), DeployError> {
        let mut buffer = Buffer::default();
        for file in files {
            let name = file.sha256.to_string();
            if self.present.contains(&name) || !added.insert(name.clone()) {
                continue;
            }
            let temporary = unfinished(&name);
            let place = (&self.directory, Path::new(&temporary));
            let written = write_file(place, false, &file.contents, &mut buffer, observer)?;
            if FileHash::from_bytes(written.0) != file.sha256 {
                let path = file.contents.path();
                let path = path.unwrap_or_else(|| self.directory.path().join(name));
                return Err(DeployError::Corrupted(path));
            }
        }
        Ok(())
    }

    /// Gives a file another name, or copies it where a file system allows no more.
    pub(super) fn link(
        &self,
        sha256: FileHash,
        (directory, name): (&OpenDirectory, &Path),
    ) -> Result<(), FsError> {
        let own = sha256.to_string();
        link((&self.directory, own.as_ref()), (directory, name))
    }

    /// The same for one that is served as soon as it has its name: by then all of it is
    /// on disk.
    pub(super) fn serve(
        &self,
        sha256: FileHash,
        (directory, name): (&OpenDirectory, &Path),
    ) -> Result<(), FsError> {
        let own = sha256.to_string();
        let from = (&self.directory, own.as_ref());
        if is_linked(from, (directory, name))? {
            return Ok(());
        }
        let temporary = unfinished(&name.to_string_lossy());
        remove(directory, &temporary)?;
        copy(from, (directory, temporary.as_ref()))?;
        let path = directory.path_of(name);
        let written = directory.open_file(temporary.as_ref())?;
        fsync(written).map_err(failed("sync", &path))?;
        renameat(directory, &temporary, directory, name).map_err(failed("create", &path))
    }

    /// What a file is, unless it is this one.
    pub(super) fn other(
        &self,
        sha256: FileHash,
        (directory, name): (&OpenDirectory, &Path),
    ) -> Result<Option<FileHash>, FsError> {
        let failed = |error| FsError::io("read", directory.path_of(name), error);
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        let theirs = statat(directory, name, flags).map_err(failed)?;
        let own = statat(&self.directory, sha256.to_string(), flags);
        if own.is_ok_and(|own| (own.st_dev, own.st_ino) == (theirs.st_dev, theirs.st_ino)) {
            return Ok(None);
        }
        // It may have been copied.
        let (file, path) = (directory.open_file(name)?, directory.path_of(name));
        let size = u64::try_from(theirs.st_size).unwrap_or(0);
        let hash = hash_file(&file, size, &path, (&mut Buffer::default(), &()))?;
        Ok(Some(FileHash::from_bytes(hash)).filter(|other| *other != sha256))
    }

    /// Removes what a killed deploy has left, but nothing that a collection has moved aside.
    fn remove_leftovers(&self) -> Result<(), FsError> {
        let leftovers = unfinished_in(&self.directory)?;
        leftovers
            .iter()
            .try_for_each(|name| remove(&self.directory, name))
    }
}

/// Gives a file another name, or copies it where a file system allows no more.
pub(super) fn link(
    from: (&OpenDirectory, &Path),
    to: (&OpenDirectory, &Path),
) -> Result<(), FsError> {
    if is_linked(from, to)? {
        Ok(())
    } else {
        copy(from, to)
    }
}

/// Whether a file could be given another name.
fn is_linked(
    (from, own): (&OpenDirectory, &Path),
    (to, name): (&OpenDirectory, &Path),
) -> Result<bool, FsError> {
    match from.link_into(own, (to, name)) {
        Ok(()) => Ok(true),
        Err(Errno::MLINK | Errno::XDEV | Errno::PERM | Errno::OPNOTSUPP) => Ok(false),
        Err(error) => Err(FsError::io("create", to.path_of(name), error)),
    }
}

fn copy((from, own): (&OpenDirectory, &Path), to: (&OpenDirectory, &Path)) -> Result<(), FsError> {
    let source = from.path_of(own);
    let (contents, mut buffer) = (FileContents::Path(&source), Buffer::default());
    write_file(to, false, &contents, &mut buffer, &()).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, symlink};

    #[test]
    fn no_link_leads_out_on_the_way() {
        let place = tempfile::tempdir().unwrap();
        for directory in ["inside", "outside"] {
            fs::create_dir(place.path().join(directory)).unwrap();
        }
        fs::write(place.path().join("inside/file"), "text").unwrap();
        symlink("../outside", place.path().join("inside/link")).unwrap();
        let inside = OpenDirectory::open(&place.path().join("inside")).unwrap();
        let linked = link((&inside, "file".as_ref()), (&inside, "link/file".as_ref()));
        assert!(linked.is_err());
        assert!(!place.path().join("outside/file").exists());
    }

    #[test]
    fn a_file_is_proved_before_it_has_its_name() {
        let place = tempfile::tempdir().unwrap();
        let directory = place.path().join(layout::BOOT_FILES);
        fs::create_dir(&directory).unwrap();
        fs::write(directory.join(".killed.new"), "half").unwrap();
        let aside = directory.join(".netimage.collected");
        fs::create_dir(&aside).unwrap();
        let depot = OpenDirectory::open(place.path()).unwrap();
        let mut store = FileStore::open(&depot).unwrap();
        let file = |sha256| StoredFile {
            sha256,
            contents: FileContents::Bytes(b"kernel"),
        };
        let wrong = store.add(&[file(FileHash::of(b"other"))], &());
        assert!(matches!(wrong, Err(DeployError::Corrupted(_))));
        // What a collection has moved aside is its own.
        fs::remove_dir(&aside).unwrap();
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 0);
        let right = FileHash::of(b"kernel");
        store.add(&[file(right), file(right)], &()).unwrap();
        for name in ["one", "two"] {
            store.link(right, (&depot, name.as_ref())).unwrap();
        }
        let stored = fs::metadata(directory.join(right.to_string())).unwrap();
        assert_eq!((stored.nlink(), stored.mode() & 0o7777), (3, 0o444));
        assert!(FileStore::open(&depot).unwrap().has(right));
    }
}
