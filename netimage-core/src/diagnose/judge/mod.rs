//! From what a boot shows to why it ended.

mod ending;
mod files;
mod network;
mod root;

use super::boot::Boot;
use super::finding::Cause;
use super::model::Model;
use crate::check::Severity;

/// Why a boot did not end well, causes first; none if nothing is wrong.
pub(super) fn judge(boot: &Boot, model: Option<&Model>) -> Vec<Cause> {
    let mut found = root::judge(boot);
    if !boot.has_kernel() || !tells_why(&found) {
        let earlier = files::judge(boot, model);
        // What came before the kernel is what led to the rest.
        found.splice(0..0, earlier);
    }
    let is_explained = tells_why(&found);
    if !is_explained || boot.comes_to_kernel() {
        let mut end = network::judge(boot);
        if end.is_empty() {
            end.extend(ending::judge(boot, model));
        }
        let place = if is_explained { found.len() } else { 0 };
        found.splice(place..place, end);
    }
    found.extend(network::plain_server(boot));
    // What is less bad stands beside it.
    found.sort_by_key(|cause| std::cmp::Reverse(cause.severity));
    if found.iter().any(|cause| cause.severity > Severity::Note) {
        found.extend(network::probes(boot));
    }
    found
}

/// Whether a cause is bad enough for a boot to stop.
fn tells_why(found: &[Cause]) -> bool {
    let mut found = found.iter();
    found.any(|cause| cause.severity == Severity::Error)
}
