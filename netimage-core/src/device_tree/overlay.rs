//! Parameters, fragments and labels: how overlays fit onto a board's tree.

use std::collections::BTreeSet;

use super::DeviceTree;
use super::node::Node;

impl<'a> DeviceTree<'a> {
    /// Whether the tree is an overlay, to be merged into another: some node of
    /// the root has `__overlay__`, or `__dormant__` for one that a parameter has
    /// to enable.
    #[must_use]
    pub fn is_overlay(&self) -> bool {
        self.root().children().any(|fragment| {
            fragment
                .children()
                .any(|node| matches!(node.name(), b"__overlay__" | b"__dormant__"))
        })
    }

    /// The names of its parameters, which `dtparam=` sets for a board's tree and
    /// `dtoverlay=` for an overlay (the node `__overrides__`).
    pub fn parameters(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        names(self.root().child("__overrides__"))
    }

    /// Whether it has a parameter of that name.
    pub fn has_parameter(&self, name: impl AsRef<[u8]>) -> bool {
        let name = name.as_ref();
        self.parameters().any(|parameter| parameter == name)
    }

    /// The labels that an overlay takes from the tree that it is merged into,
    /// like `i2c1` (the node `__fixups__`).
    pub fn needed_labels(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        names(self.root().child("__fixups__"))
    }

    /// The labels that overlays can take from this tree. In a tree that was made
    /// without them (`dtc -@`), as those of Linux itself are, the firmware takes
    /// its aliases instead.
    pub fn labels(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let root = self.root();
        names(root.child("__symbols__").or_else(|| root.child("aliases")))
    }

    /// The labels that this overlay needs and `base` does not have: the firmware
    /// does not apply it.
    ///
    /// Takes memory for the labels, at most 8 MiB.
    #[must_use]
    pub fn missing_labels(&self, base: &DeviceTree<'_>) -> Vec<&'a [u8]> {
        let labels: BTreeSet<_> = base.labels().collect();
        self.needed_labels()
            .filter(|label| !labels.contains(label))
            .collect()
    }
}

/// The names of the properties, without those that dtc adds to a node that
/// others refer to.
fn names(node: Option<Node<'_>>) -> impl Iterator<Item = &[u8]> {
    node.into_iter()
        .flat_map(|node| node.properties())
        .map(|property| property.name)
        .filter(|name| !matches!(*name, b"phandle" | b"linux,phandle"))
}
