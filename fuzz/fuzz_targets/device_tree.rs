//! Device trees: what is read can be walked through and looked up, and does not
//! exceed its file.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::device_tree::{DeviceTree, Node, OverlayMap};

/// Walks through the node, and says how many nodes and properties it has.
fn walk(node: &Node<'_>, depth: usize) -> usize {
    assert!(depth <= 63);
    let mut count = 1;
    for property in node.properties() {
        let first = node.property(property.name).expect("it is there");
        assert_eq!(first.name, property.name);
        let length: usize = property.strings().map(<[u8]>::len).sum();
        assert!(length <= property.value.len());
        assert!(property.value.starts_with(property.string()));
        count += 1;
    }
    for child in node.children() {
        let first = node.child(child.name()).expect("it is there");
        assert!(first.name().starts_with(child.name()));
        count += walk(&child, depth + 1);
    }
    count
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(tree) = DeviceTree::parse(bytes) else {
        return;
    };
    assert!(tree.total_size() as usize <= bytes.len());
    let count = walk(&tree.root(), 1);
    // The least that a node or a property takes.
    assert!(count * 12 <= bytes.len());

    let whole = DeviceTree::parse(&bytes[..tree.total_size() as usize]).expect("the rest is not");
    assert_eq!(walk(&whole.root(), 1), count);

    let _ = (
        tree.is_overlay(),
        tree.model(),
        tree.is_compatible("raspberrypi,4-model-b"),
    );
    for name in tree.parameters() {
        assert!(tree.has_parameter(name));
    }
    assert!(tree.suppliers("/").len() <= count);
    let needed = tree.needed_labels().count();
    assert!(tree.missing_labels(&tree).len() <= needed);

    let map = OverlayMap::parse(bytes).expect("it is a tree");
    for node in tree.root().children() {
        for family in ["bcm2835", "bcm2711", "bcm2712"] {
            let _ = map.look_up(node.name(), family);
        }
    }
});
