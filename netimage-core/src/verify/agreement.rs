//! Holds a manifest against itself and against the registration.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::discrepancy::{Discrepancy, DiscrepancyKind};
use crate::closure::Closure;
use crate::image::{FIRMWARE, Manifest, REGISTRATION, RootNode, name_fault};

/// Where what a manifest says cannot all be so.
pub(super) fn contradictions(manifest: &Manifest) -> Vec<Discrepancy> {
    let mut reasons = Vec::new();
    if manifest.totals != manifest.sums() {
        reasons.push("its totals are not the sums of its lists".to_owned());
    }
    let names = [
        ("name", manifest.name.as_str()),
        ("system", manifest.system.as_str()),
    ];
    reasons.extend(
        names
            .iter()
            .filter_map(|(field, text)| name_fault(field, text)),
    );
    reasons.extend(toplevel_fault(manifest));
    reasons.extend(listed_twice(
        "boot",
        manifest.boot.iter().map(|file| &file.name),
    ));
    reasons.extend(listed_twice(
        "root",
        manifest.root.iter().map(|entry| &entry.name),
    ));
    let store = manifest.store.iter();
    reasons.extend(listed_twice(
        "store",
        store.map(|object| manifest.store_dir.display(&object.path)),
    ));
    let nodes: BTreeMap<_, _> = manifest
        .root
        .iter()
        .map(|entry| (entry.name.as_path(), &entry.node))
        .collect();
    if !nodes.contains_key(Path::new(REGISTRATION)) {
        reasons.push(format!("its root has no {REGISTRATION}"));
    }
    for file in &manifest.boot {
        let name = Path::new(FIRMWARE).join(file.name.as_path());
        let is_same = matches!(nodes.get(&*name), Some(RootNode::File { sha256, size, .. })
            if (*sha256, *size) == (file.sha256, file.size));
        if !is_same {
            let (boot, name) = (&file.name, name.display());
            reasons.push(format!("{boot} of its boot tree is not {name} of its root"));
        }
    }
    reasons
        .into_iter()
        .map(Discrepancy::contradictory)
        .collect()
}

/// Why the toplevel cannot be the one that the image is for: it is not in the
/// store, or the links that a builder makes for it lead to another. That is the
/// profile; a file set may start something else by `sbin/init`, which therefore
/// counts only where there is a toplevel and no profile.
fn toplevel_fault(manifest: &Manifest) -> Option<String> {
    let full = |path| manifest.store_dir.display(path);
    let toplevel = manifest.toplevel.as_ref();
    let mut paths = manifest.store.iter().map(|object| &object.path);
    if let Some(toplevel) = toplevel
        && !paths.any(|path| path == toplevel)
    {
        return Some(format!("toplevel {} is not in its store", full(toplevel)));
    }
    let link = |name: &str| match manifest.root_node(name)? {
        RootNode::Symlink { target } => target.to_str(),
        _ => None,
    };
    let started = || toplevel.and(link("sbin/init")?.strip_suffix("/init"));
    let system = link("nix/var/nix/profiles/system-1-link").or_else(started)?;
    let system = manifest.store_dir.parse(system).ok()?;
    (toplevel != Some(&system)).then(|| match toplevel {
        Some(toplevel) => format!(
            "toplevel {} is not the one that its root starts",
            full(toplevel)
        ),
        None => format!(
            "it has no toplevel, but {} as the system of its root",
            full(&system)
        ),
    })
}

fn listed_twice<T: Ord + std::fmt::Display>(
    list: &str,
    names: impl Iterator<Item = T>,
) -> Option<String> {
    let mut seen = BTreeSet::new();
    for name in names {
        if let Some(name) = seen.replace(name) {
            return Some(format!("its list {list} has {name} twice"));
        }
    }
    None
}

/// The store paths of which the registration, which is `path`, and the manifest
/// say different things.
pub(super) fn registration_contradictions(
    manifest: &Manifest,
    closure: &Closure,
    path: &Path,
) -> Vec<Discrepancy> {
    let registered: BTreeMap<_, _> = closure
        .paths()
        .iter()
        .map(|info| (&info.path, (info.nar_hash, info.nar_size)))
        .collect();
    let listed: BTreeMap<_, _> = manifest
        .store
        .iter()
        .map(|object| (&object.path, (object.nar_hash, object.nar_size)))
        .collect();
    let names: BTreeSet<_> = registered.keys().chain(listed.keys()).collect();
    names
        .into_iter()
        .filter(|name| registered.get(*name) != listed.get(*name))
        .map(|at| {
            let at = closure.store_dir().display(at);
            let problem = DiscrepancyKind::Corrupted {
                expected: format!("what the manifest lists for {at}"),
                actual: "different".to_owned(),
            };
            Discrepancy::new(path.to_owned(), problem)
        })
        .collect()
}
