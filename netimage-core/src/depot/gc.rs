//! What of a depot nobody needs any more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::generation::{GenerationNumber, Timestamp};
use super::{Generations, Keep, MachineName, Removal};
use crate::image::FileHash;
use crate::store::{StoreDir, StorePath};

/// What is collected, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Garbage {
    /// Generations, by machine.
    pub generations: BTreeMap<MachineName, BTreeSet<GenerationNumber>>,
    /// Store paths that no other generation names, with their bytes.
    pub paths: BTreeMap<StorePath, u64>,
    /// Boot files that no other generation has, with their bytes.
    pub boot_files: BTreeMap<FileHash, u64>,
    /// What killed commands have left, below the depot, with the bytes that only it
    /// takes.
    pub leftovers: BTreeMap<PathBuf, u64>,
}

impl Garbage {
    /// How many generations.
    #[must_use]
    pub fn generation_count(&self) -> usize {
        self.generations.values().map(BTreeSet::len).sum()
    }

    /// Bytes of all that goes.
    #[must_use]
    pub fn size(&self) -> u64 {
        let sizes = self.paths.values().chain(self.boot_files.values());
        let sizes = sizes.chain(self.leftovers.values());
        sizes.fold(0, |sum, size| sum.saturating_add(*size))
    }

    /// Whether there is nothing to collect.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl Generations {
    /// The generations that may go: all that need not be [kept](Self::kept), or all of
    /// a machine that was taken out of service longer ago than the grace period.
    #[must_use]
    pub fn collectable(
        &self,
        removal: Option<Removal>,
        keep: &Keep,
        now: Timestamp,
    ) -> BTreeSet<GenerationNumber> {
        let kept = match removal {
            None => self.kept(keep, now),
            Some(removal) if now.since(removal.at) >= keep.grace => BTreeSet::new(),
            Some(_) => return BTreeSet::new(),
        };
        let numbers = self.all.keys().copied();
        numbers.filter(|number| !kept.contains(number)).collect()
    }
}

/// Whether what nobody names may go: only when it has been there for the grace period,
/// as what names it may be on its way.
pub(super) fn is_old(since: Timestamp, keep: &Keep, now: Timestamp) -> bool {
    now.since(since) >= keep.grace
}

/// The store paths that a kernel's command line names.
pub(super) fn named_paths<'text>(
    command_line: &'text str,
    store_dir: &'text StoreDir,
) -> impl Iterator<Item = StorePath> {
    let parts = command_line.split(store_dir.as_str()).skip(1);
    parts.filter_map(|part| {
        let below = part.strip_prefix('/')?;
        let is_end = |character: char| character.is_whitespace() || "/,:\"'".contains(character);
        below.split(is_end).next()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::depot::{Event, ImageHash};

    #[test]
    fn what_was_removed_goes_by_age() {
        let image = ImageHash::of(&[b"image"]);
        let event = Event::Deployed { image, trial: true };
        let generations = Generations::default().after(&event, Timestamp(0)).unwrap();
        let keep = Keep {
            good: 0,
            grace: 100,
            last: false,
        };
        let removal = |at| {
            let (at, purge) = (Timestamp(at), false);
            Some(Removal { at, purge })
        };
        // It was never heard of.
        let count = |removal, now| {
            let collectable = generations.collectable(removal, &keep, Timestamp(now));
            collectable.len()
        };
        assert_eq!(count(None, 1000), 0);
        assert_eq!(count(removal(500), 599), 0);
        assert_eq!(count(removal(500), 600), 1);
    }

    #[test]
    fn what_nobody_names_has_its_time() {
        let keep = Keep {
            good: 0,
            grace: 10,
            last: false,
        };
        let is_old = |since, now| is_old(Timestamp(since), &keep, Timestamp(now));
        assert!(is_old(5, 15) && !is_old(6, 15));
        // The clock was set back.
        assert!(!is_old(20, 15));
    }

    #[test]
    fn command_lines_name_store_paths() {
        let (one, two) = (
            "00000000000000000000000000000001-top",
            "00000000000000000000000000000002-db",
        );
        let text = format!(
            "quiet init=/nix/store/{one}/init db=/nix/store/{two} x=/nix/store/ y=/nix/store/a"
        );
        let store_dir = StoreDir::default();
        let named: Vec<_> = named_paths(&text, &store_dir).collect();
        assert_eq!(named, [one.parse().unwrap(), two.parse().unwrap()]);
    }
}
