//! What of an image goes to a depot's store.

use std::path::{Path, PathBuf};

use super::error::DeployError;
use crate::fs::{Buffer, OpenDirectory, failed, hash_file, hash_nar, list};
use crate::image::{FileHash, Image, ManifestObject, RootKind, RootNode, StoreObject};
use crate::store::StorePath;

/// The directory of a root that holds its Nix database.
pub(super) const DATABASE: &str = "nix/var/nix/db";

/// What it consists of, sorted.
const DATABASE_FILES: [&str; 2] = ["db.sqlite", "schema"];

/// What the database is called as a store path.
const NAME: &str = "netimage-database";

/// An image as it comes to a depot. For machines that share a store its Nix database,
/// if it has one, is a store path like the others, as these have no root that could
/// hold it.
#[derive(Debug, Clone)]
pub struct Delivery {
    pub(super) image: Image,
    /// Where its store paths are taken from.
    store: PathBuf,
    database: Option<StoreObject>,
    /// Whether its store paths lie in the depot's store and are nobody else's, so that
    /// they need no copy.
    pub(super) has_arrived: bool,
}

impl Delivery {
    /// Reads of an image what is to be a store path of its own.
    ///
    /// # Errors
    ///
    /// [`DeployError`] when its database is not what its manifest says, or cannot be
    /// read, or the store of a lean image lacks something.
    pub fn of(image: &Image) -> Result<Self, DeployError> {
        if let [path, others @ ..] = &image.absent_store_paths()?[..] {
            return Err(DeployError::NotInStore {
                path: image.store().join(path.base_name()),
                others: others.len(),
            });
        }
        let mut image = image.clone();
        let database = match image.manifest.root_kind {
            RootKind::Shared => database_of(&image)?,
            RootKind::Own => None,
        };
        if let Some(database) = &database {
            let files = image.manifest.totals.store_files;
            image.manifest.store.push(ManifestObject {
                path: database.path.clone(),
                nar_hash: database.nar_hash,
                nar_size: database.nar_size,
                files: files.map(|_| DATABASE_FILES.len() as u64),
            });
            image.manifest = image.manifest.complete();
        }
        Ok(Self {
            store: image.store(),
            image,
            database,
            has_arrived: false,
        })
    }

    /// An image that has arrived: its store paths lie in this directory, and one of them
    /// may be its database.
    pub(super) fn arrived(image: Image, store: PathBuf, database: Option<&StorePath>) -> Self {
        let mut objects = image.manifest.store.iter();
        let database = objects.find(|object| Some(&object.path) == database);
        Self {
            database: database.map(|object| object.at(&store)),
            image,
            store,
            has_arrived: true,
        }
    }

    /// The store path that is its database.
    pub(super) fn database_path(&self) -> Option<&StorePath> {
        self.database.as_ref().map(|database| &database.path)
    }

    /// Where machines have the database.
    pub(super) fn database(&self) -> Option<String> {
        let path = self.database_path()?;
        Some(self.image.manifest.store_dir.display(path))
    }

    /// Store paths, and where they are copied from.
    pub(super) fn sources(&self, objects: &[ManifestObject]) -> Vec<StoreObject> {
        let source = |object: &ManifestObject| match &self.database {
            Some(database) if database.path == object.path => database.clone(),
            _ => object.at(&self.store),
        };
        objects.iter().map(source).collect()
    }
}

/// The image's database as a store path, once it is proved to be what the manifest says.
fn database_of(image: &Image) -> Result<Option<StoreObject>, DeployError> {
    let listed = DATABASE_FILES.map(|name| {
        match image.manifest.root_node(Path::new(DATABASE).join(name))? {
            RootNode::File { sha256, size, .. } => Some((*sha256, *size)),
            _ => None,
        }
    });
    let [Some(database), Some(schema)] = listed else {
        return Ok(None);
    };
    let directory = OpenDirectory::open(&image.root)?.open_in(DATABASE.as_ref())?;
    let mut names = list(&directory).map_err(failed("read", directory.path()))?;
    names.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
    let names = names.iter().map(|(name, _)| name.to_bytes());
    if !names.eq(DATABASE_FILES.iter().map(|name| name.as_bytes())) {
        return Err(DeployError::Corrupted(directory.path().to_owned()));
    }
    for (name, (sha256, size)) in DATABASE_FILES.iter().zip([database, schema]) {
        let path = directory.path().join(name);
        let file = directory.open_file(name.as_ref())?;
        let hash = hash_file(&file, size, &path, (&mut Buffer::default(), &()))?;
        if FileHash::from_bytes(hash) != sha256 {
            return Err(DeployError::Corrupted(path));
        }
    }
    let (hash, size) = hash_nar(directory.path())?;
    let path = StorePath::of_nar(&image.manifest.store_dir, NAME, &hash)?;
    Ok(Some(StoreObject {
        path,
        nar_hash: hash,
        nar_size: size,
        source: directory.path().to_owned(),
    }))
}
