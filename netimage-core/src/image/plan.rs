//! What will be written, from where, and how large it is.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::object::{ManifestObject, StoreObject};
use super::spec::{ImageSpec, name_fault};
use super::{FIRMWARE, REGISTRATION};
use crate::boot::BootTree;
use crate::closure::Closure;
use crate::store::StoreDir;
use crate::tree::{Node, Source, TargetName, TargetNameError, Tree, TreeError};

/// Directories that a root needs so that it can be mounted read-only: mount
/// points, and places for what the system writes.
const DIRECTORIES: [&str; 13] = [
    "proc",
    "sys",
    "dev",
    "run",
    "etc",
    "tmp",
    "var",
    "root",
    "home",
    "boot",
    "mnt",
    FIRMWARE,
    "nix/store",
];

/// The files of a spec: names, sizes and where the bytes are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SpecFiles {
    /// For the boot tree. A link to a file is taken as that file.
    pub boot: BootTree,
    /// For the root. Links are kept.
    pub root: Tree,
    /// Every directory that was read as a whole.
    pub directories: Vec<PathBuf>,
}

/// An image before it is written: a pure value, made from spec, closure and
/// the files found, that can be compared with another or with a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImagePlan {
    spec: ImageSpec,
    closure: Arc<Closure>,
    real_store_dir: PathBuf,
    directories: Vec<PathBuf>,
    boot: BootTree,
    root: Tree,
}

/// Why spec, closure and files do not make an image.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The system to boot would not be in the image.
    #[error("the toplevel {0} is not in the closure; add it to the exported store paths")]
    Toplevel(String),
    /// The closure belongs to another store directory than the spec.
    #[error(
        "the closure is of {closure} but the spec's storeDir is {spec}; give the same for both"
    )]
    StoreDir {
        /// Of the closure.
        closure: StoreDir,
        /// Of the spec.
        spec: StoreDir,
    },
    /// A file of the spec stands in the way of another.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// A file of the spec where only the builder writes.
    #[error(
        "the spec puts a file at {0} of the root, which the builder itself writes; choose another place"
    )]
    Reserved(TargetName),
    /// The image or the system has no name that it can have.
    #[error("the spec's {0}; choose another")]
    Unnamed(String),
    /// A name made from the spec is not valid.
    #[error(transparent)]
    Name(#[from] TargetNameError),
}

impl ImagePlan {
    /// Plans an image. Plans may share a closure (`Arc`), so that a thousand machines
    /// have one.
    ///
    /// # Errors
    ///
    /// [`PlanError`] when the toplevel is not in the closure or a file of the
    /// spec has no place.
    pub fn new(
        spec: &ImageSpec,
        closure: impl Into<Arc<Closure>>,
        files: SpecFiles,
    ) -> Result<Self, PlanError> {
        let closure = closure.into();
        if closure.store_dir() != &spec.store_dir {
            return Err(PlanError::StoreDir {
                closure: closure.store_dir().clone(),
                spec: spec.store_dir.clone(),
            });
        }
        let names = [("name", &spec.name), ("system", &spec.system)];
        for (field, name) in names {
            name_fault(field, name).map_or(Ok(()), |fault| Err(PlanError::Unnamed(fault)))?;
        }
        if let Some(toplevel) = &spec.toplevel
            && closure.get(toplevel).is_none()
        {
            let toplevel = spec.store_dir.display(toplevel);
            return Err(PlanError::Toplevel(toplevel));
        }
        let boot = files.boot;
        let mut spec = spec.clone();
        sort(&mut spec.boards);
        sort(&mut spec.allow);
        Ok(Self {
            real_store_dir: closure.store_dir().as_path().to_owned(),
            directories: files.directories,
            root: root_tree(&spec, files.root, &boot)?,
            spec,
            closure,
            boot,
        })
    }

    /// Takes the store paths from this directory instead of the store
    /// directory: Nix's *real* store directory (Nix manual, "Local store").
    #[must_use]
    pub fn with_real_store_dir(mut self, directory: &Path) -> Self {
        directory.clone_into(&mut self.real_store_dir);
        self
    }

    /// What was asked for, with boards and allowed codes sorted.
    #[must_use]
    pub fn spec(&self) -> &ImageSpec {
        &self.spec
    }

    /// The closure that the image is for.
    #[must_use]
    pub fn closure(&self) -> &Arc<Closure> {
        &self.closure
    }

    /// The store paths to copy, references first.
    pub fn objects(&self) -> impl Iterator<Item = StoreObject> {
        let objects = self.closure.paths().iter();
        objects.map(|info| ManifestObject::new(info, None).at(&self.real_store_dir))
    }

    /// The boot tree.
    #[must_use]
    pub fn boot(&self) -> &BootTree {
        &self.boot
    }

    /// What the root holds beside its store, its registration and its Nix
    /// database; the boot tree is in it as `boot/firmware`.
    #[must_use]
    pub fn root(&self) -> &Tree {
        &self.root
    }

    /// Sum of the NAR sizes to copy, in bytes.
    #[must_use]
    pub fn store_size(&self) -> u64 {
        self.closure.nar_size()
    }

    /// Where the directory lies from which store paths are copied.
    #[must_use]
    pub fn real_store_dir(&self) -> &Path {
        &self.real_store_dir
    }

    /// The directories that the spec's files were found in.
    pub(crate) fn directories(&self) -> &[PathBuf] {
        &self.directories
    }

    /// The path of a file by which the store's users know it; nothing if it lies in no
    /// store path of the closure.
    pub(crate) fn store_name(&self, source: &Source) -> Option<PathBuf> {
        let Source::File { path, .. } = source else {
            return None;
        };
        let store_dir = self.closure.store_dir().as_path();
        let below = [self.real_store_dir.as_path(), store_dir]
            .into_iter()
            .find_map(|directory| path.strip_prefix(directory).ok())?;
        let base_name = below.components().next()?.as_os_str().to_str()?;
        let path = base_name.parse().ok()?;
        let is_known = self.closure.get(&path).is_some();
        is_known.then(|| store_dir.join(below))
    }

    /// The root's directory below the store directory `nix/store`, relative
    /// to the root.
    pub(crate) fn store_in_root(&self) -> PathBuf {
        below_root(self.closure.store_dir())
    }
}

/// In order, each once, so that equal wishes make equal images.
fn sort<T: Ord>(given: &mut Vec<T>) {
    given.sort_unstable();
    given.dedup();
}

/// A store directory, relative to the root of the system it is in.
pub(crate) fn below_root(store_dir: &StoreDir) -> PathBuf {
    PathBuf::from(store_dir.as_str().trim_start_matches('/'))
}

/// The user's files, then what every root has and the user's do not give.
fn root_tree(spec: &ImageSpec, user: Tree, boot: &BootTree) -> Result<Tree, PlanError> {
    let store = TargetName::new(below_root(&spec.store_dir))?;
    let state: TargetName = "nix/var/nix".parse()?;
    let (registration, database) = (REGISTRATION.parse()?, state.join("db")?);
    for (name, node) in &user {
        let reserved = [&store, &database]
            .iter()
            .any(|place| name.is_within(place))
            && *node != Node::Directory;
        if reserved || *name == registration {
            return Err(PlanError::Reserved(name.clone()));
        }
    }
    let mut root = user;
    for directory in DIRECTORIES {
        root.insert(directory.parse()?, Node::Directory)?;
    }
    root.insert(store, Node::Directory)?;
    root.graft(&FIRMWARE.parse()?, boot.as_tree())?;
    let toplevel = spec
        .toplevel
        .as_ref()
        .map(|path| spec.store_dir.display(path));
    let link = |target: String| Node::Symlink {
        target: target.into(),
    };
    if let Some(toplevel) = &toplevel {
        default(&mut root, "sbin/init", link(format!("{toplevel}/init")))?;
    }
    if spec.nix_database {
        root.insert(database, Node::Directory)?;
        let profiles = state.join("profiles")?;
        let gcroots = link(format!("/{profiles}"));
        default(&mut root, "nix/var/nix/gcroots/profiles", gcroots)?;
        if let Some(toplevel) = toplevel {
            default(
                &mut root,
                "nix/var/nix/profiles/system",
                link("system-1-link".to_owned()),
            )?;
            default(
                &mut root,
                "nix/var/nix/profiles/system-1-link",
                link(toplevel),
            )?;
            let empty = Node::File {
                source: Source::Bytes(Vec::new()),
                executable: false,
            };
            default(&mut root, "etc/NIXOS", empty)?;
        } else {
            root.insert(profiles, Node::Directory)?;
        }
    }
    Ok(root)
}

/// Adds a node unless the user gave one of that name.
fn default(root: &mut Tree, name: &str, node: Node) -> Result<(), PlanError> {
    let name: TargetName = name.parse()?;
    if root.get(&name).is_none() {
        root.insert(name, node)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closure::PathInfo;
    use crate::store::NarHash;

    const TOPLEVEL: &str = "00000000000000000000000000000001-top";

    fn spec() -> ImageSpec {
        let nfs = "192.0.2.1:/srv,vers=4.1".parse().unwrap();
        let mut spec = ImageSpec::new("image", "image-1".parse().unwrap(), "x86_64-linux", nfs);
        spec.toplevel = Some(TOPLEVEL.parse().unwrap());
        spec
    }

    fn closure() -> Closure {
        let info = PathInfo::new(TOPLEVEL.parse().unwrap(), NarHash::from_bytes([0; 32]), 8);
        Closure::new(StoreDir::default(), [info], []).unwrap()
    }

    fn plan(spec: &ImageSpec, files: SpecFiles) -> Result<ImagePlan, PlanError> {
        ImagePlan::new(spec, closure(), files)
    }

    fn text(text: &str) -> Node {
        Node::File {
            source: Source::Bytes(text.into()),
            executable: false,
        }
    }

    #[test]
    fn a_root_has_what_it_needs_to_be_read_only() {
        let mut spec = spec();
        spec.nix_database = true;
        let plan = plan(&spec, SpecFiles::default()).unwrap();
        for directory in DIRECTORIES {
            assert_eq!(
                plan.root().get(&directory.parse().unwrap()),
                Some(&Node::Directory)
            );
        }
        let system = "nix/var/nix/profiles/system-1-link".parse().unwrap();
        let target = format!("/nix/store/{TOPLEVEL}").into();
        assert_eq!(plan.root().get(&system), Some(&Node::Symlink { target }));
    }

    #[test]
    fn the_users_files_win_over_defaults_but_not_over_the_store() {
        let mut files = SpecFiles::default();
        files
            .root
            .insert("sbin/init".parse().unwrap(), text("#!"))
            .unwrap();
        let plan_with = plan(&spec(), files).unwrap();
        assert_eq!(
            plan_with.root().get(&"sbin/init".parse().unwrap()),
            Some(&text("#!"))
        );
        for name in [
            "nix/store/x",
            "nix-path-registration",
            "nix/var/nix/db/db.sqlite",
        ] {
            let mut files = SpecFiles::default();
            files.root.insert(name.parse().unwrap(), text("")).unwrap();
            assert!(
                matches!(plan(&spec(), files), Err(PlanError::Reserved(_))),
                "{name}"
            );
        }
        for name in ["proc", "nix"] {
            let mut files = SpecFiles::default();
            files.root.insert(name.parse().unwrap(), text("")).unwrap();
            assert!(
                matches!(plan(&spec(), files), Err(PlanError::Tree(_))),
                "{name}"
            );
        }
    }

    #[test]
    fn the_toplevel_is_in_the_closure() {
        let mut spec = spec();
        spec.toplevel = Some("00000000000000000000000000000002-top".parse().unwrap());
        assert!(matches!(
            plan(&spec, SpecFiles::default()),
            Err(PlanError::Toplevel(_))
        ));
        spec.store_dir = "/gnu/store".parse().unwrap();
        assert!(matches!(
            plan(&spec, SpecFiles::default()),
            Err(PlanError::StoreDir { .. })
        ));
    }
}
