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
    /// The trees of other variants that do for it where a kernel has none of
    /// its own.
    pub substitutes: &'static [&'static str],
    /// The overlay that the firmware adds to a tree which is not the first of
    /// `device_trees`.
    pub overlay: Option<&'static str>,
}

impl Variant {
    /// An only one.
    pub(super) const fn only(
        device_trees: &'static [&'static str],
        upstream_device_trees: &'static [&'static str],
    ) -> Self {
        Self {
            upstream_device_trees,
            ..Self::titled("", device_trees)
        }
    }

    /// One of several.
    pub(super) const fn titled(title: &'static str, device_trees: &'static [&'static str]) -> Self {
        Self {
            title,
            device_trees,
            upstream_device_trees: &[],
            substitutes: &[],
            overlay: None,
        }
    }
}
