//! From what a boot shows to why it ended.

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
    if !boot.has_kernel() || found.is_empty() {
        let earlier = files::judge(boot, model);
        // What came before the kernel is what led to the rest.
        found.splice(0..0, earlier);
    }
    if found.is_empty() {
        found = network::judge(boot);
    }
    if found.is_empty() {
        found.extend(files::ending(boot, model));
    }
    if found.iter().any(|cause| cause.severity > Severity::Note) {
        found.extend(network::probes(boot));
    }
    found
}
