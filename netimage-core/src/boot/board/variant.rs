//! Boards of one name that ask for different device trees.

/// Boards of one name that ask for different device trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Variant {
    /// What tells it from the others, for people; empty for an only one.
    pub title: &'static str,
    /// The names that the firmware tries in order until one is there.
    pub device_trees: &'static [&'static str],
    /// The names that it tries before those with `upstream_kernel=1`, under
    /// which mainline's kernel has the tree.
    pub upstream_device_trees: &'static [&'static str],
}

impl Variant {
    pub(super) const fn new(
        title: &'static str,
        device_trees: &'static [&'static str],
        upstream_device_trees: &'static [&'static str],
    ) -> Self {
        Self {
            title,
            device_trees,
            upstream_device_trees,
        }
    }
}
