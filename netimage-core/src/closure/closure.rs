//! Complete closures.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::PathInfo;
use crate::explanation::{Explain, Explanation};
use crate::store::{StoreDir, StorePath};

/// Store paths of which every reference is also among them, each once, in an
/// order that is a function of the set alone: references first, else by base
/// name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closure {
    store_dir: StoreDir,
    paths: Vec<PathInfo>,
    index: HashMap<StorePath, usize>,
    roots: Vec<StorePath>,
}

/// Why store paths do not form a closure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain())]
#[non_exhaustive]
pub enum ClosureError {
    /// Nothing in it.
    Empty,
    /// A path refers to one that is not there.
    Missing {
        /// The path whose reference dangles.
        referrer: StorePath,
        /// The path that is not there.
        missing: StorePath,
    },
    /// A root is not there.
    MissingRoot(StorePath),
    /// Two entries for one path that say different things.
    Contradiction(StorePath),
    /// Paths that refer to each other in a ring, which no Nix can register in order.
    Cycle(Vec<StorePath>),
}

impl Explain for ClosureError {
    fn explain(&self) -> Explanation {
        match self {
            Self::Empty => Explanation::new(
                "the closure is empty",
                "name at least one store path, usually the system's toplevel",
            ),
            Self::Missing { referrer, missing } => Explanation::new(
                format!(
                    "the closure is not complete: {referrer} refers to {missing}, which is not in it"
                ),
                "export it again with all its references (nix path-info --recursive)",
            ),
            Self::MissingRoot(path) => Explanation::new(
                format!("the closure lacks {path}, which it was asked for"),
                "export it again with that path",
            ),
            Self::Contradiction(path) => Explanation::new(
                format!("the closure describes {path} twice and differently"),
                "export it again from one store",
            ),
            Self::Cycle(paths) => Explanation::new(
                format!(
                    "the closure has a cycle of references, which Nix refuses: {}",
                    arrows(paths)
                ),
                "take one of these references out of its package",
            ),
        }
    }
}

fn arrows(paths: &[StorePath]) -> String {
    let names: Vec<_> = paths.iter().map(StorePath::base_name).collect();
    names.join(" -> ")
}

impl Closure {
    /// Checks and orders `paths`. Without `roots`, the paths to which no other
    /// refers are the roots.
    ///
    /// # Errors
    ///
    /// [`ClosureError`] when there is no path, a reference or root is missing,
    /// two entries contradict each other, or references form a cycle. A
    /// reference to itself is no cycle.
    pub fn new(
        store_dir: StoreDir,
        paths: impl IntoIterator<Item = PathInfo>,
        roots: impl IntoIterator<Item = StorePath>,
    ) -> Result<Self, ClosureError> {
        let paths = deduplicate(paths.into_iter().collect())?;
        let sorted = position(&paths);
        for info in &paths {
            if let Some(missing) = info
                .references
                .iter()
                .find(|path| !sorted.contains_key(*path))
            {
                return Err(ClosureError::Missing {
                    referrer: info.path.clone(),
                    missing: missing.clone(),
                });
            }
        }
        let mut roots: Vec<_> = roots
            .into_iter()
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect();
        if let Some(missing) = roots.iter().find(|root| !sorted.contains_key(*root)) {
            return Err(ClosureError::MissingRoot(missing.clone()));
        }
        if roots.is_empty() {
            roots = unreferenced(&paths);
        }
        let order = references_first(&paths, &sorted)?;
        let mut slots: Vec<_> = paths.into_iter().map(Some).collect();
        let paths: Vec<_> = order
            .into_iter()
            .filter_map(|at| slots[at].take())
            .collect();
        let index = position(&paths);
        Ok(Self {
            store_dir,
            paths,
            index,
            roots,
        })
    }

    /// The store directory that the paths belong to.
    #[must_use]
    pub fn store_dir(&self) -> &StoreDir {
        &self.store_dir
    }

    /// Every path, references first.
    #[must_use]
    pub fn paths(&self) -> &[PathInfo] {
        &self.paths
    }

    /// What is known of one path.
    #[must_use]
    pub fn get(&self, path: &StorePath) -> Option<&PathInfo> {
        self.index.get(path).map(|&at| &self.paths[at])
    }

    /// The paths that the closure was made for, sorted.
    #[must_use]
    pub fn roots(&self) -> &[StorePath] {
        &self.roots
    }

    /// Sum of all NAR sizes, in bytes, as far as it can be told in 64 bits.
    #[must_use]
    pub fn nar_size(&self) -> u64 {
        let sizes = self.paths.iter().map(|info| info.nar_size);
        sizes.fold(0, u64::saturating_add)
    }

    /// A shortest chain of references from a root to `path`, both included;
    /// what `nix why-depends` shows. `None` when `path` is not reached.
    #[must_use]
    pub fn why_depends(&self, path: &StorePath) -> Option<Vec<&StorePath>> {
        let target = *self.index.get(path)?;
        let mut from: HashMap<usize, usize> = HashMap::new();
        let starts = self.roots.iter().filter_map(|root| self.index.get(root));
        let mut queue: VecDeque<usize> = starts.copied().collect();
        from.extend(queue.iter().map(|&root| (root, root)));
        while let Some(at) = queue.pop_front() {
            if at == target {
                let mut chain = vec![&self.paths[at].path];
                let mut step = at;
                while from[&step] != step {
                    step = from[&step];
                    chain.push(&self.paths[step].path);
                }
                chain.reverse();
                return Some(chain);
            }
            for reference in &self.paths[at].references {
                let next = self.index[reference];
                from.entry(next).or_insert_with(|| {
                    queue.push_back(next);
                    at
                });
            }
        }
        None
    }
}

/// Sorted by path, equal entries once.
fn deduplicate(mut paths: Vec<PathInfo>) -> Result<Vec<PathInfo>, ClosureError> {
    if paths.is_empty() {
        return Err(ClosureError::Empty);
    }
    paths.sort_by(|one, other| one.path.cmp(&other.path));
    let mut unique: Vec<PathInfo> = Vec::with_capacity(paths.len());
    for info in paths {
        match unique.last_mut() {
            Some(last) if last.path == info.path => {
                let deriver = last.deriver.take().or_else(|| info.deriver.clone());
                last.deriver.clone_from(&info.deriver);
                if *last != info {
                    return Err(ClosureError::Contradiction(info.path));
                }
                last.deriver = deriver;
            }
            _ => unique.push(info),
        }
    }
    Ok(unique)
}

fn position(paths: &[PathInfo]) -> HashMap<StorePath, usize> {
    let numbered = paths.iter().enumerate();
    numbered.map(|(at, info)| (info.path.clone(), at)).collect()
}

fn unreferenced(paths: &[PathInfo]) -> Vec<StorePath> {
    let referenced: BTreeSet<_> = paths
        .iter()
        .flat_map(|info| info.references.iter().filter(|path| **path != info.path))
        .collect();
    let roots = paths.iter().filter(|info| !referenced.contains(&info.path));
    roots.map(|info| info.path.clone()).collect()
}

/// Depth-first order, without recursion; fails on the first ring.
fn references_first(
    paths: &[PathInfo],
    position: &HashMap<StorePath, usize>,
) -> Result<Vec<usize>, ClosureError> {
    #[derive(Clone, Copy, PartialEq)]
    enum Mark {
        New,
        Open,
        Done,
    }
    let mut marks = vec![Mark::New; paths.len()];
    let mut order = Vec::with_capacity(paths.len());
    for start in 0..paths.len() {
        let mut stack = vec![(start, 0)];
        while let Some((at, next)) = stack.pop() {
            if marks[at] == Mark::Done {
                continue;
            }
            marks[at] = Mark::Open;
            let Some(reference) = paths[at].references.get(next) else {
                marks[at] = Mark::Done;
                order.push(at);
                continue;
            };
            stack.push((at, next + 1));
            let child = position[reference];
            match marks[child] {
                Mark::New => stack.push((child, 0)),
                Mark::Open if child != at => {
                    let ring = stack.iter().skip_while(|(open, _)| *open != child);
                    let mut ring: Vec<_> =
                        ring.map(|(open, _)| paths[*open].path.clone()).collect();
                    ring.push(paths[child].path.clone());
                    return Err(ClosureError::Cycle(ring));
                }
                Mark::Open | Mark::Done => {}
            }
        }
    }
    Ok(order)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::store::NarHash;
    use proptest::prelude::*;

    pub(crate) fn path(number: usize) -> StorePath {
        format!("{number:032}-p{number}").parse().unwrap()
    }

    pub(crate) fn info(number: usize, references: &[usize]) -> PathInfo {
        PathInfo::new(path(number), NarHash::from_bytes([7; 32]), 100)
            .with_references(references.iter().map(|&number| path(number)).collect())
    }

    fn closure(infos: Vec<PathInfo>) -> Result<Closure, ClosureError> {
        Closure::new(StoreDir::default(), infos, [])
    }

    #[test]
    fn orders_references_first_and_finds_roots() {
        let closure = closure(vec![
            info(1, &[2, 3]),
            info(2, &[3]),
            info(3, &[3]),
            info(1, &[2, 3]),
        ])
        .unwrap();
        let order: Vec<_> = closure
            .paths()
            .iter()
            .map(|info| info.path.clone())
            .collect();
        assert_eq!(order, [path(3), path(2), path(1)]);
        assert_eq!(closure.roots(), [path(1)]);
        assert_eq!(closure.nar_size(), 300);
    }

    #[test]
    fn names_who_misses_what() {
        let error = closure(vec![info(1, &[2])]).unwrap_err();
        let (referrer, missing) = (path(1), path(2));
        assert_eq!(error, ClosureError::Missing { referrer, missing });
        assert_eq!(closure(vec![]), Err(ClosureError::Empty));
        let root = Closure::new(StoreDir::default(), [info(1, &[])], [path(9)]);
        assert_eq!(root, Err(ClosureError::MissingRoot(path(9))));
    }

    #[test]
    fn a_contradiction_is_an_error_a_missing_deriver_is_not() {
        let mut other = info(1, &[]);
        other.nar_size += 1;
        let both = closure(vec![info(1, &[]), other]);
        assert_eq!(both, Err(ClosureError::Contradiction(path(1))));
        let derived = info(1, &[]).with_deriver(Some(path(5)));
        for infos in [
            vec![derived.clone(), info(1, &[])],
            vec![info(1, &[]), derived.clone()],
        ] {
            assert_eq!(closure(infos).unwrap().paths()[0], derived);
        }
    }

    #[test]
    fn reports_the_ring() {
        let infos = vec![info(0, &[1]), info(1, &[2]), info(2, &[3]), info(3, &[1])];
        let ring = vec![path(1), path(2), path(3), path(1)];
        assert_eq!(closure(infos), Err(ClosureError::Cycle(ring)));
    }

    #[test]
    fn why_depends_is_a_shortest_chain() {
        let infos = vec![info(0, &[1, 2]), info(1, &[2]), info(2, &[3]), info(3, &[])];
        let closure = closure(infos).unwrap();
        assert_eq!(
            closure.why_depends(&path(3)).unwrap(),
            [&path(0), &path(2), &path(3)]
        );
        assert_eq!(closure.why_depends(&path(9)), None);
    }

    #[test]
    fn a_long_chain_needs_no_deep_stack() {
        let last = 20_000;
        let infos = (0..last)
            .map(|at| info(at, &[at + 1]))
            .chain([info(last, &[])]);
        assert_eq!(
            closure(infos.collect()).unwrap().paths()[0].path,
            path(last)
        );
    }

    proptest! {
        #[test]
        fn any_acyclic_set_is_ordered_whatever_the_input_order(
            edges in proptest::collection::vec((0_usize..12, 0_usize..12), 0..40),
            seed in any::<prop::sample::Index>(),
        ) {
            let references = |from: usize| edges.iter()
                .filter(|(one, _)| *one == from)
                .map(|(_, other)| from + other % (12 - from))
                .collect::<Vec<_>>();
            let mut infos: Vec<_> = (0..12).map(|at| info(at, &references(at))).collect();
            let one = closure(infos.clone()).unwrap();
            infos.rotate_left(seed.index(12));
            prop_assert_eq!(&closure(infos).unwrap(), &one);
            for (at, info) in one.paths().iter().enumerate() {
                for reference in &info.references {
                    prop_assert!(one.index[reference] <= at);
                }
                prop_assert!(one.why_depends(&info.path).is_some());
            }
        }
    }
}
