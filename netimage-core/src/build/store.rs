//! Puts store paths into a store that others use meanwhile.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{
    AtFlags, CWD, FlockOperation, RenameFlags, flock, renameat, renameat_with, syncfs, unlinkat,
};
use rustix::io::Errno;

use super::objects::{ObjectError, adopt_each, copy_each, nar_size};
use super::options::Verification;
use super::staging::lacks_flags;
use crate::fs::{FsError, OpenDirectory, failed, list, remove_directory};
use crate::image::StoreObject;
use crate::progress::{Observer, Stage};
use crate::store::StorePath;

/// What the names of store paths begin with that are not whole yet. No store path
/// does: its digest has no dot.
const TEMPORARY: &str = ".tmp-";

/// Bytes of NARs after which what was copied is synced and gets its names, so that a
/// run that is killed loses no more.
const BATCH_SIZE: u64 = 1 << 30;

/// What was done of what was asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CopyReport {
    /// Store paths that were copied and proved.
    pub copied: u64,
    /// Bytes of their NARs.
    pub nar_size: u64,
    /// Store paths that were there.
    pub present: u64,
}

/// Copies store paths into the directory `store`, `jobs` at a time, and proves each
/// against its NAR hash. A name that is there is taken as done and not read.
///
/// A store path gets its name when all of it is on disk, and the names are on disk at
/// the end. Until then it has a hidden one beside, which begins with `.tmp-`; what a
/// killed run leaves of these does not matter to later ones, and
/// [`remove_leftovers`] removes it. Several may copy into one store at a time.
///
/// # Errors
///
/// [`ObjectError`]; then what has its name is whole and stays, and nothing else is left.
pub fn copy_objects(
    objects: &[StoreObject],
    store: &Path,
    jobs: NonZeroUsize,
    observer: &dyn Observer,
) -> Result<CopyReport, ObjectError> {
    put_objects(objects, (store, false), observer, |incoming| {
        let name_of = |base_name: &str| incoming.name_of(base_name);
        let how = (jobs, Verification::Full);
        copy_each(incoming.objects, (incoming.store, name_of), how, observer).map(drop)
    })
}

/// Does the same without copying: store paths that lie on the store's file system, and
/// that nobody else needs where they are, are proved and renamed. One that is not what it
/// has to be is removed; after any other error they are where they were.
pub(crate) fn adopt_objects(
    objects: &[StoreObject],
    store: &Path,
    jobs: NonZeroUsize,
    observer: &dyn Observer,
) -> Result<CopyReport, ObjectError> {
    put_objects(objects, (store, true), observer, |incoming| {
        let name_of = |base_name: &str| incoming.name_of(base_name);
        let discard = |name: &OsStr| {
            // Then it stays hidden, and is left over.
            let _ = remove(incoming.store, name);
        };
        let place = (incoming.store, name_of);
        adopt_each(incoming.objects, place, discard, jobs, observer)
    })
}

/// Puts those that are missing into a store, by `write` under the names they have until
/// all of them is on disk; `moves` says whether they are then no longer where they were.
fn put_objects(
    objects: &[StoreObject],
    (store, moves): (&Path, bool),
    observer: &dyn Observer,
    write: impl Fn(&Incoming<'_>) -> Result<(), ObjectError>,
) -> Result<CopyReport, ObjectError> {
    let store = OpenDirectory::open(store)?;
    // For as long as it is open. A file system without locks has none for others, either.
    let _ = flock(&store, FlockOperation::NonBlockingLockShared);
    let mut missing = Vec::new();
    for object in objects {
        if !store.has(object.path.base_name().as_ref())? {
            missing.push(object.clone());
        }
    }
    missing.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    missing.dedup_by(|one, other| one.path == other.path);
    let nar_size = nar_size(&missing);
    observer.begin(Stage::Store, nar_size);
    let mut rest = &missing[..];
    while !rest.is_empty() {
        let (batch, others) = rest.split_at(batch_length(rest));
        put_batch(&Incoming::new(batch, &store, moves), observer, &write)?;
        rest = others;
    }
    // Also those of a run that was killed before it came to this.
    let synced = store.sync_names();
    synced.map_err(failed("write to the disk of", store.path()))?;
    Ok(CopyReport {
        copied: missing.len() as u64,
        nar_size,
        present: (objects.len() - missing.len()) as u64,
    })
}

/// The store paths that a store has, by their names. What else is in it is left out,
/// and so is what is not whole yet.
///
/// # Errors
///
/// [`FsError`] when the store cannot be read.
pub fn present_paths(store: &Path) -> Result<HashSet<StorePath>, FsError> {
    let store = OpenDirectory::open(store)?;
    let names = list(&store).map_err(failed("read", store.path()))?;
    let names = names.iter().filter_map(|(name, _)| name.to_str().ok());
    Ok(names.filter_map(|name| name.parse().ok()).collect())
}

/// Removes what killed runs of [`copy_objects`] have left in a store, and says what it
/// was. Nobody may be copying into the store meanwhile.
///
/// # Errors
///
/// [`FsError`] when the store cannot be read, or something not be removed.
pub fn remove_leftovers(store: &Path) -> Result<Vec<PathBuf>, FsError> {
    let store = OpenDirectory::open(store)?;
    let names = list(&store).map_err(failed("read", store.path()))?;
    let names = names
        .iter()
        .map(|(name, _)| OsStr::from_bytes(name.to_bytes()));
    let mut removed = Vec::new();
    for name in names.filter(|name| is_leftover(name.as_bytes())) {
        remove(&store, name)?;
        removed.push(store.path().join(name));
    }
    removed.sort_unstable();
    Ok(removed)
}

/// Whether a name in a store is one of those that [`remove_leftovers`] removes.
pub(crate) fn is_leftover(name: &[u8]) -> bool {
    name.starts_with(TEMPORARY.as_bytes())
}

/// Whether somebody is copying into a store.
pub(crate) fn is_in_use(store: &Path) -> Result<bool, FsError> {
    let store = OpenDirectory::open(store)?;
    Ok(flock(&store, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK))
}

/// How many of the next store paths are put there at a time.
fn batch_length(objects: &[StoreObject]) -> usize {
    let mut size = 0_u64;
    let fits = |object: &&StoreObject| {
        size = size.saturating_add(object.nar_size);
        size <= BATCH_SIZE
    };
    objects.iter().take_while(fits).count().max(1)
}

fn put_batch(
    incoming: &Incoming<'_>,
    observer: &dyn Observer,
    write: impl Fn(&Incoming<'_>) -> Result<(), ObjectError>,
) -> Result<(), ObjectError> {
    write(incoming)?;
    let store = incoming.store;
    // What could not be written since the store was opened is an error.
    syncfs(store).map_err(failed("write to the disk of", store.path()))?;
    if observer.is_cancelled() {
        return Err(FsError::Cancelled.into());
    }
    for object in incoming.objects {
        incoming.take_name(object.path.base_name())?;
    }
    Ok(())
}

/// Store paths on their way into a store. What has not got its name when this is dropped
/// is removed, or put back where it was moved from.
struct Incoming<'copy> {
    objects: &'copy [StoreObject],
    store: &'copy OpenDirectory,
    /// What all their names begin with, like those of no other run.
    prefix: String,
    /// Whether they are moved there, not copied.
    moves: bool,
}

impl<'copy> Incoming<'copy> {
    fn new(objects: &'copy [StoreObject], store: &'copy OpenDirectory, moves: bool) -> Self {
        let random = RandomState::new().hash_one(std::process::id());
        // With it, the longest base name is as long as a name can be.
        let prefix = format!("{TEMPORARY}{:06x}", random & 0xff_ffff);
        Self {
            objects,
            store,
            prefix,
            moves,
        }
    }

    fn name_of(&self, base_name: &str) -> String {
        format!("{}{base_name}", self.prefix)
    }

    fn take_name(&self, base_name: &str) -> Result<(), FsError> {
        let (store, temporary) = (self.store, self.name_of(base_name));
        let flags = RenameFlags::NOREPLACE;
        let mut renamed = renameat_with(store, &temporary, store, base_name, flags);
        if lacks_flags(renamed) {
            renamed = renameat(store, &temporary, store, base_name);
        }
        match renamed {
            // Another run was faster.
            Ok(()) | Err(Errno::EXIST | Errno::NOTEMPTY) => Ok(()),
            Err(error) => {
                let path = store.path().join(base_name);
                Err(FsError::io("rename what was copied to", path, error))
            }
        }
    }
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        for object in self.objects {
            let name = self.name_of(object.path.base_name());
            if self.moves && renameat(self.store, &name, CWD, &object.source).is_ok() {
                continue;
            }
            // The error that led here is the one to report.
            let _ = remove(self.store, name.as_ref());
        }
    }
}

/// Removes a file, a link or a tree, if it is there.
fn remove(store: &OpenDirectory, name: &OsStr) -> Result<(), FsError> {
    let removed = match unlinkat(store, name, AtFlags::empty()) {
        Err(Errno::ISDIR | Errno::PERM) => {
            return remove_directory(store, &store.open_in(name.as_ref())?);
        }
        removed => removed,
    };
    match removed {
        Ok(()) | Err(Errno::NOENT) => Ok(()),
        Err(error) => Err(FsError::io("remove", store.path().join(name), error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closure::PathInfo;
    use crate::fs::hash_nar;
    use crate::image::ManifestObject;
    use crate::progress::ObjectEvent;
    use crate::store::NarHash;
    use std::fs;
    use std::sync::Mutex;

    const ONE: NonZeroUsize = NonZeroUsize::MIN;

    /// A store of three paths, one of them a file, and what they are.
    fn source(place: &Path) -> Vec<StoreObject> {
        let source = place.join("source");
        let longest = "n".repeat(211);
        let names = ["tree", "file", &longest];
        let objects = names.iter().enumerate().map(|(at, name)| {
            let path: StorePath = format!("{at:032}-{name}").parse().unwrap();
            let object = source.join(path.base_name());
            if *name == "file" {
                fs::write(&object, "file").unwrap();
            } else {
                fs::create_dir_all(object.join("below")).unwrap();
                fs::write(object.join("below/file"), *name).unwrap();
            }
            let (hash, size) = hash_nar(&object).unwrap();
            ManifestObject::new(&PathInfo::new(path, hash, size), None).at(&source)
        });
        objects.collect()
    }

    fn names(store: &Path) -> Vec<String> {
        let entries = fs::read_dir(store).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn only_what_is_missing_is_copied() {
        let place = tempfile::tempdir().unwrap();
        let (objects, store) = (source(place.path()), place.path().join("store"));
        fs::create_dir_all(store.join(objects[0].path.base_name())).unwrap();
        let report = copy_objects(&objects, &store, ONE, &()).unwrap();
        assert_eq!((report.copied, report.present), (2, 1));
        for object in &objects[1..] {
            let copied = hash_nar(&store.join(object.path.base_name())).unwrap();
            assert_eq!(copied, (object.nar_hash, object.nar_size));
        }
        // A name that is there is not looked into.
        assert_eq!(names(&store.join(objects[0].path.base_name())).len(), 0);
        assert_eq!(names(&store).len(), 3);
        let again = copy_objects(&objects, &store, ONE, &()).unwrap();
        assert_eq!((again.copied, again.present), (0, 3));
    }

    #[test]
    fn what_is_not_what_it_should_be_gets_no_name() {
        let place = tempfile::tempdir().unwrap();
        let (mut objects, store) = (source(place.path()), place.path().join("store"));
        fs::create_dir(&store).unwrap();
        objects[2].nar_size += 1;
        let failed = copy_objects(&objects, &store, ONE, &());
        assert!(
            matches!(failed, Err(ObjectError::Size { .. })),
            "{failed:?}"
        );
        objects[2].nar_hash = NarHash::from_bytes([0; 32]);
        let failed = copy_objects(&objects, &store, ONE, &());
        assert!(
            matches!(failed, Err(ObjectError::Mismatch { .. })),
            "{failed:?}"
        );
        assert_eq!(names(&store), [""; 0]);
        objects[2].source = place.path().join("nothing");
        let failed = copy_objects(&objects, &store, ONE, &());
        assert!(
            matches!(failed, Err(ObjectError::Missing { .. })),
            "{failed:?}"
        );
        assert_eq!(names(&store), [""; 0]);
    }

    #[test]
    fn leftovers_are_in_nobodys_way_and_can_be_removed() {
        let place = tempfile::tempdir().unwrap();
        let (objects, store) = (source(place.path()), place.path().join("store"));
        fs::create_dir(&store).unwrap();
        let open = OpenDirectory::open(&store).unwrap();
        let killed = Incoming::new(&objects, &open, false);
        let name_of = |base_name: &str| killed.name_of(base_name);
        let how = (ONE, Verification::Full);
        copy_each(&objects, (&open, name_of), how, &()).unwrap();
        std::mem::forget(killed);
        assert_eq!(names(&store).len(), 3);
        assert_eq!(present_paths(&store).unwrap().len(), 0);
        assert_eq!(copy_objects(&objects, &store, ONE, &()).unwrap().copied, 3);
        assert_eq!(names(&store).len(), 6);
        assert_eq!(present_paths(&store).unwrap().len(), 3);
        assert_eq!(remove_leftovers(&store).unwrap().len(), 3);
        assert_eq!(names(&store).len(), 3);
    }

    #[test]
    fn another_run_may_be_faster() {
        let place = tempfile::tempdir().unwrap();
        let (objects, store) = (source(place.path()), place.path().join("store"));
        fs::create_dir(&store).unwrap();
        let open = OpenDirectory::open(&store).unwrap();
        let slower = Incoming::new(&objects, &open, false);
        let name_of = |base_name: &str| slower.name_of(base_name);
        copy_each(&objects, (&open, name_of), (ONE, Verification::Full), &()).unwrap();
        copy_objects(&objects, &store, ONE, &()).unwrap();
        for object in &objects {
            slower.take_name(object.path.base_name()).unwrap();
        }
        drop(slower);
        assert_eq!(names(&store).len(), 3);
        let copied = hash_nar(&store.join(objects[1].path.base_name())).unwrap();
        assert_eq!(copied, (objects[1].nar_hash, objects[1].nar_size));
    }

    #[test]
    fn what_is_adopted_is_moved_or_stays_where_it_was() {
        use std::os::unix::fs::MetadataExt;
        let place = tempfile::tempdir().unwrap();
        let (mut objects, store) = (source(place.path()), place.path().join("store"));
        let from = place.path().join("source");
        fs::create_dir(&store).unwrap();
        // What is not what it has to be goes, and the others stay for the next time.
        fs::write(from.join(objects[0].path.base_name()).join("more"), "").unwrap();
        let failed = adopt_objects(&objects, &store, ONE, &());
        assert!(
            matches!(failed, Err(ObjectError::Mismatch { .. })),
            "{failed:?}"
        );
        assert_eq!((names(&store).len(), names(&from).len()), (0, 2));
        let failed = adopt_objects(&objects, &store, ONE, &());
        assert!(
            matches!(failed, Err(ObjectError::Missing { .. })),
            "{failed:?}"
        );
        assert_eq!((names(&store).len(), names(&from).len()), (0, 2));
        objects.remove(0);
        let inode = |directory: &Path| {
            let path = directory
                .join(objects[1].path.base_name())
                .join("below/file");
            fs::metadata(path).unwrap().ino()
        };
        let written = inode(&from);
        let report = adopt_objects(&objects, &store, ONE, &()).unwrap();
        assert_eq!((report.copied, report.present), (2, 0));
        assert_eq!((names(&store).len(), names(&from).len()), (2, 0));
        assert_eq!(inode(&store), written);
    }

    /// Notes what it is told of store paths.
    #[derive(Default)]
    struct Notes(Mutex<Vec<(StorePath, ObjectEvent)>>);

    impl Observer for Notes {
        fn object(&self, path: &StorePath, event: ObjectEvent) {
            self.0.lock().unwrap().push((path.clone(), event));
        }
    }

    #[test]
    fn each_store_path_is_told_of() {
        let place = tempfile::tempdir().unwrap();
        let (mut objects, store) = (source(place.path()), place.path().join("store"));
        fs::create_dir(&store).unwrap();
        objects[0].nar_hash = NarHash::from_bytes([0; 32]);
        for (object, last) in [
            (&objects[0], ObjectEvent::Failed),
            (&objects[1], ObjectEvent::Done),
        ] {
            let notes = Notes::default();
            let copied = copy_objects(std::slice::from_ref(object), &store, ONE, &notes);
            assert_eq!(copied.is_ok(), last == ObjectEvent::Done);
            let notes = notes.0.into_inner().unwrap();
            assert!(notes.iter().all(|(path, _)| *path == object.path));
            let bytes = object.nar_size;
            assert_eq!(notes.first().unwrap().1, ObjectEvent::Begun { bytes });
            assert_eq!(notes.last().unwrap().1, last);
            let advanced = notes.iter().map(|(_, event)| match event {
                ObjectEvent::Advanced { bytes } => *bytes,
                _ => 0,
            });
            assert_eq!(advanced.sum::<u64>() == bytes, last == ObjectEvent::Done);
        }
    }
}
