//! What differs between two images.

use std::collections::{BTreeMap, HashSet};

use super::manifest::{BootFile, Manifest};
use super::object::ManifestObject;
use crate::store::StorePath;

/// What is not the same in an image as in an older one, sorted by path or name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestDiff<'manifest> {
    /// Store paths that only the image has.
    pub added: Vec<&'manifest ManifestObject>,
    /// Store paths that only the older one has.
    pub removed: Vec<&'manifest ManifestObject>,
    /// Store paths of both, with other bytes than in the older one.
    pub changed: Vec<&'manifest ManifestObject>,
    /// Store paths that are the same.
    pub kept: u64,
    /// Files of the boot tree.
    pub boot: Vec<BootChange<'manifest>>,
}

/// How a file of the boot tree differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BootChange<'manifest> {
    /// Only the image has it.
    Added(&'manifest BootFile),
    /// Only the older one has it.
    Removed(&'manifest BootFile),
    /// It has other bytes than in the older one; as it is in the image.
    Changed(&'manifest BootFile),
}

impl<'manifest> ManifestDiff<'manifest> {
    fn new(image: &'manifest Manifest, older: &'manifest Manifest) -> Self {
        let mut diff = Self::default();
        let path = |object: &'manifest ManifestObject| &object.path;
        for pair in pairs(&image.store, &older.store, path) {
            match pair {
                (Some(one), Some(other)) if is_same_object(one, other) => diff.kept += 1,
                (Some(one), Some(_)) => diff.changed.push(one),
                (Some(one), None) => diff.added.push(one),
                (None, other) => diff.removed.extend(other),
            }
        }
        let name = |file: &'manifest BootFile| &file.name;
        for pair in pairs(&image.boot, &older.boot, name) {
            diff.boot.extend(match pair {
                (Some(one), Some(other)) if one.sha256 == other.sha256 => None,
                (Some(one), Some(_)) => Some(BootChange::Changed(one)),
                (Some(one), None) => Some(BootChange::Added(one)),
                (None, other) => other.map(BootChange::Removed),
            });
        }
        diff
    }
}

/// The items of two lists by what names them, each with that of the other list.
fn pairs<'list, K: Ord, T>(
    ours: &'list [T],
    theirs: &'list [T],
    key: impl Fn(&'list T) -> K,
) -> impl Iterator<Item = (Option<&'list T>, Option<&'list T>)> {
    let mut pairs: BTreeMap<K, (Option<&T>, Option<&T>)> = BTreeMap::new();
    for item in ours {
        pairs.entry(key(item)).or_default().0 = Some(item);
    }
    for item in theirs {
        pairs.entry(key(item)).or_default().1 = Some(item);
    }
    pairs.into_values()
}

fn is_same_object(one: &ManifestObject, other: &ManifestObject) -> bool {
    (one.nar_hash, one.nar_size) == (other.nar_hash, other.nar_size)
}

impl Manifest {
    /// What differs from an older image.
    #[must_use]
    pub fn diff<'manifest>(&'manifest self, older: &'manifest Self) -> ManifestDiff<'manifest> {
        ManifestDiff::new(self, older)
    }

    /// The store paths that are not `present`: as a rule
    /// [`present_paths`](crate::build::present_paths) of the store that is to get them.
    pub fn missing_from(
        &self,
        present: &HashSet<StorePath>,
    ) -> impl Iterator<Item = &ManifestObject> {
        self.store
            .iter()
            .filter(|object| !present.contains(&object.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::closure::Closure;
    use crate::closure::tests::{info, path};
    use crate::image::{FileHash, ImagePlan, ImageSpec, SpecFiles};
    use crate::store::{NarHash, StoreDir};

    fn manifest(paths: &[usize], boot: &[(&str, u8)]) -> Manifest {
        let nfs = "192.0.2.1:/srv,vers=4.1".parse().unwrap();
        let spec = ImageSpec::new("image", "image-1".parse().unwrap(), "x86_64-linux", nfs);
        let infos = paths.iter().map(|&number| info(number, &[]));
        let closure = Closure::new(StoreDir::default(), infos, []).unwrap();
        let plan = ImagePlan::new(&spec, closure, SpecFiles::default()).unwrap();
        let mut manifest = Manifest::of_plan(&plan, &()).unwrap();
        let files = boot.iter().map(|&(name, byte)| BootFile {
            name: name.parse().unwrap(),
            sha256: FileHash::from_bytes([byte; 32]),
            size: 1,
        });
        manifest.boot = files.collect();
        manifest
    }

    #[test]
    fn what_is_added_removed_and_changed_is_told() {
        let older = manifest(&[1, 2, 3], &[("a", 0), ("b", 0), ("c", 0)]);
        let mut image = manifest(&[2, 3, 4], &[("b", 0), ("c", 1), ("d", 1)]);
        image.store[1].nar_hash = NarHash::from_bytes([9; 32]);
        let diff = image.diff(&older);
        let told = |objects: &[&ManifestObject]| -> Vec<StorePath> {
            objects.iter().map(|object| object.path.clone()).collect()
        };
        assert_eq!(told(&diff.added), [path(4)]);
        assert_eq!(told(&diff.removed), [path(1)]);
        assert_eq!(told(&diff.changed), [path(3)]);
        assert_eq!(diff.kept, 1);
        let boot = [
            BootChange::Removed(&older.boot[0]),
            BootChange::Changed(&image.boot[1]),
            BootChange::Added(&image.boot[2]),
        ];
        assert_eq!(diff.boot, boot);
        let (same, kept) = (image.diff(&image), image.store.len() as u64);
        assert_eq!(
            same,
            ManifestDiff {
                kept,
                ..ManifestDiff::default()
            }
        );
    }

    #[test]
    fn what_is_not_present_is_missing() {
        let image = manifest(&[1, 2, 3], &[]);
        let present = [path(2), path(7)].into_iter().collect();
        let missing: Vec<_> = image.missing_from(&present).collect();
        assert_eq!(missing, [&image.store[0], &image.store[2]]);
    }
}
