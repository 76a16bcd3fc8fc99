use super::header::{RESERVATIONS, STRINGS, STRUCTURE};
use super::*;
use proptest::prelude::*;

/// A node to build a tree of.
#[derive(Debug, Clone, Default, PartialEq)]
struct Built {
    name: Vec<u8>,
    properties: Vec<(Vec<u8>, Vec<u8>)>,
    children: Vec<Built>,
}

fn node(name: &str, properties: &[(&str, &str)], children: &[Built]) -> Built {
    Built {
        name: name.into(),
        properties: properties
            .iter()
            .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
            .collect(),
        children: children.to_vec(),
    }
}

/// How a tree is laid out.
#[derive(Debug, Clone, Copy)]
struct Layout {
    version: u32,
    /// A NOP before each token.
    nops: bool,
    /// Bytes after the tree.
    trailing: usize,
}

const PLAIN: Layout = Layout {
    version: 17,
    nops: false,
    trailing: 0,
};

impl Built {
    fn to_bytes(&self, layout: Layout) -> Vec<u8> {
        let (mut structure, mut strings) = (Vec::new(), Vec::new());
        self.write(&mut structure, &mut strings, layout);
        structure.extend(9_u32.to_be_bytes());
        assemble(&structure, &strings, layout)
    }

    fn write(&self, structure: &mut Vec<u8>, strings: &mut Vec<u8>, layout: Layout) {
        let token = |structure: &mut Vec<u8>, token: u32| {
            if layout.nops {
                structure.extend(4_u32.to_be_bytes());
            }
            structure.extend(token.to_be_bytes());
        };
        token(structure, 1);
        structure.extend(&self.name);
        structure.push(0);
        pad(structure);
        for (name, value) in &self.properties {
            token(structure, 3);
            structure.extend(big_endian(value.len()));
            structure.extend(big_endian(strings.len()));
            structure.extend(value);
            pad(structure);
            strings.extend(name);
            strings.push(0);
        }
        for child in &self.children {
            child.write(structure, strings, layout);
        }
        token(structure, 2);
    }

    fn of(node: &Node<'_>) -> Self {
        Self {
            name: node.name().to_vec(),
            properties: node
                .properties()
                .map(|property| (property.name.to_vec(), property.value.to_vec()))
                .collect(),
            children: node.children().map(|child| Self::of(&child)).collect(),
        }
    }
}

/// The tree of a text as dtc takes it, without labels: nodes, and properties of
/// strings and words.
pub(crate) fn dts(text: &str) -> Vec<u8> {
    let mut open = vec![Built::default()];
    for statement in text.split_inclusive(['{', '}', ';']) {
        let (statement, end) = statement.split_at(statement.len() - 1);
        let statement = statement.trim();
        match end {
            "{" => open.push(node(statement.trim_start_matches('/'), &[], &[])),
            "}" => {
                let node = open.pop().unwrap();
                open.last_mut().unwrap().children.push(node);
            }
            _ if statement.is_empty() => {}
            _ => {
                let (name, value) = statement.split_once(" = ").unwrap_or((statement, ""));
                let property = (name.as_bytes().to_vec(), value_of(value));
                open.last_mut().unwrap().properties.push(property);
            }
        }
    }
    let root = open.remove(0).children.remove(0);
    root.to_bytes(PLAIN)
}

fn value_of(mut text: &str) -> Vec<u8> {
    let mut value = Vec::new();
    while let Some(rest) = text.strip_prefix('"') {
        let (string, rest) = rest.split_once('"').unwrap();
        value.extend([string.as_bytes(), b"\0"].concat());
        text = rest.trim_start_matches([',', ' ']);
    }
    for word in text.trim_matches(['<', '>']).split_whitespace() {
        value.extend(word.parse::<u32>().unwrap().to_be_bytes());
    }
    value
}

fn big_endian(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_be_bytes()
}

fn pad(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// Header, reservations, structure, strings.
fn assemble(structure: &[u8], strings: &[u8], layout: Layout) -> Vec<u8> {
    let start = 40 + 32;
    let total = start + structure.len() + strings.len();
    let mut bytes = Vec::new();
    for field in [
        0xd00d_feed,
        total,
        start,
        start + structure.len(),
        40,
        layout.version as usize,
        16,
        0,
        strings.len(),
        if layout.version < 17 {
            0
        } else {
            structure.len()
        },
    ] {
        bytes.extend(big_endian(field));
    }
    for reserved in [0_u64, 0x1000, 0, 0] {
        bytes.extend(reserved.to_be_bytes());
    }
    bytes.extend(structure);
    bytes.extend(strings);
    bytes.resize(total + layout.trailing, 0xaa);
    bytes
}

/// A tree of these words and this strings block.
fn structure(words: &[u32], strings: &[u8]) -> Vec<u8> {
    let structure: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
    assemble(&structure, strings, PLAIN)
}

fn flaw(words: &[u32]) -> Option<(usize, StructureFlaw)> {
    match DeviceTree::parse(&structure(words, b"name\0")) {
        Ok(_) => None,
        Err(DeviceTreeError::Structure { offset, flaw }) => Some((offset, flaw)),
        Err(other) => panic!("{other}"),
    }
}

fn pi4() -> Built {
    let soc = node(
        "soc",
        &[("#address-cells", "\0\0\0\x01")],
        &[
            node("serial@7e201000", &[("status", "okay\0")], &[]),
            node("serial@7e215040", &[("status", "disabled\0")], &[]),
        ],
    );
    let overrides = [
        ("i2c_arm", "\0\0\0\x01status\0"),
        ("audio", ""),
        ("phandle", "\0\0\0\x02"),
    ];
    node(
        "",
        &[
            ("compatible", "raspberrypi,4-model-b\0brcm,bcm2711\0"),
            ("model", "Raspberry Pi 4 Model B\0"),
        ],
        &[
            node("aliases", &[("i2c", "/soc/i2c\0")], &[]),
            soc,
            node(
                "__symbols__",
                &[("i2c1", "/soc/i2c\0"), ("gpio", "/soc/gpio\0")],
                &[],
            ),
            node("__overrides__", &overrides, &[]),
        ],
    )
}

#[test]
fn a_board_says_what_it_is() {
    let bytes = pi4().to_bytes(PLAIN);
    let tree = DeviceTree::parse(&bytes).unwrap();
    assert_eq!(tree.total_size() as usize, bytes.len());
    assert!(
        tree.compatible()
            .eq(["raspberrypi,4-model-b".as_bytes(), b"brcm,bcm2711"])
    );
    assert_eq!(tree.model(), Some(b"Raspberry Pi 4 Model B".as_slice()));
    assert!(tree.is_compatible("raspberrypi,4-model-b"));
    assert!(!tree.is_compatible("raspberrypi,4-model"));
    assert!(!tree.is_overlay());
}

#[test]
fn an_empty_tree_says_nothing() {
    let bytes = Built::default().to_bytes(PLAIN);
    let tree = DeviceTree::parse(&bytes).unwrap();
    assert_eq!(tree.compatible().count(), 0);
    assert_eq!(tree.model(), None);
    assert!(!tree.is_compatible("raspberrypi,4-model-b"));
    assert_eq!(tree.parameters().count() + tree.labels().count(), 0);
    assert!(!tree.is_overlay());
}

#[test]
fn looks_up_paths() {
    let bytes = pi4().to_bytes(PLAIN);
    let tree = DeviceTree::parse(&bytes).unwrap();
    for (path, status) in [
        ("/soc/serial@7e201000", Some("okay")),
        ("//soc/serial@7e215040/", Some("disabled")),
        ("/soc/serial", Some("okay")),
        ("/soc/serial@", None),
        ("/soc/seria", None),
        ("/soc", None),
        ("soc/serial", None),
        ("", None),
    ] {
        let found = tree.property(path, "status");
        assert_eq!(
            found.map(|found| found.string()),
            status.map(str::as_bytes),
            "{path}"
        );
    }
    assert_eq!(tree.node("/").unwrap().name(), b"");
    let cells = tree.property("/soc", "#address-cells").unwrap();
    assert_eq!(cells.value, [0, 0, 0, 1]);
}

#[test]
fn reads_strings_as_programs_do() {
    for (value, strings) in [
        ("", &[][..]),
        ("\0", &[""]),
        ("a\0", &["a"]),
        ("a", &["a"]),
        ("a\0b\0", &["a", "b"]),
        ("a\0\0b", &["a", "", "b"]),
    ] {
        let property = Property {
            name: b"compatible",
            value: value.as_bytes(),
        };
        assert!(
            property
                .strings()
                .eq(strings.iter().map(|text| text.as_bytes())),
            "{value:?}"
        );
        assert_eq!(property.string(), strings.first().unwrap_or(&"").as_bytes());
    }
}

#[test]
fn knows_parameters_and_labels() {
    let base = pi4();
    let bytes = base.to_bytes(PLAIN);
    let base_tree = DeviceTree::parse(&bytes).unwrap();
    assert!(base_tree.parameters().eq([b"i2c_arm".as_slice(), b"audio"]));
    assert!(base_tree.has_parameter("audio"));
    assert!(!base_tree.has_parameter("i2c"));

    let fragment = |body| {
        let overlay = node(
            "",
            &[("compatible", "brcm,bcm2835\0")],
            &[
                node("fragment@0", &[], &[node(body, &[], &[])]),
                node(
                    "__fixups__",
                    &[("i2c1", ""), ("gpio", ""), ("i2c", "")],
                    &[],
                ),
            ],
        );
        overlay.to_bytes(PLAIN)
    };
    for (body, is_overlay) in [
        ("__overlay__", true),
        ("__dormant__", true),
        ("other", false),
    ] {
        let bytes = fragment(body);
        let tree = DeviceTree::parse(&bytes).unwrap();
        assert_eq!(tree.is_overlay(), is_overlay, "{body}");
        assert_eq!(tree.missing_labels(&base_tree), [b"i2c"]);
    }

    // Without labels the aliases count.
    let mut mainline = base;
    mainline
        .children
        .retain(|child| child.name != b"__symbols__");
    let bytes = mainline.to_bytes(PLAIN);
    let mainline = DeviceTree::parse(&bytes).unwrap();
    let overlay = fragment("__overlay__");
    let overlay = DeviceTree::parse(&overlay).unwrap();
    assert_eq!(
        overlay.missing_labels(&mainline),
        [b"i2c1".as_slice(), b"gpio"]
    );
}

#[test]
fn the_map_sends_overlays_to_others() {
    let map = node(
        "",
        &[],
        &[
            node("vc4", &[("bcm2835", ""), ("bcm2711", "vc4-pi4\0")], &[]),
            node("uart5", &[("bcm2711", "")], &[]),
            node("i2c0", &[("bcm2835", "\0"), ("renamed", "bus0\0")], &[]),
            node("pi3-bt", &[("renamed", "bt\0")], &[]),
            node("bt", &[("bcm2712", "bt-pi5\0")], &[]),
            node("sc16", &[("renamed", "sc,spi,addr=0\0")], &[]),
            node("comma", &[("renamed", "sc,\0")], &[]),
            node("lirc", &[("deprecated", "use gpio-ir\0")], &[]),
            node(
                "both",
                &[("deprecated", "no\0"), ("renamed", "either\0")],
                &[],
            ),
        ],
    );
    let bytes = map.to_bytes(PLAIN);
    let map = OverlayMap::parse(&bytes).unwrap();
    let loads = |name: &'static str| OverlayMapping::Loads(name.as_bytes());
    let (old, pi4, pi5) = ("bcm2835", "bcm2711", "bcm2712");
    for (asked, family, mapping) in [
        ("vc4", old, loads("vc4")),
        ("vc4", pi4, loads("vc4-pi4")),
        ("vc4", pi5, OverlayMapping::Unsupported),
        ("uart5", old, OverlayMapping::Unsupported),
        ("i2c0", old, loads("i2c0")),
        ("i2c0", pi4, loads("bus0")),
        ("pi3-bt", pi5, loads("bt")),
        ("sc16", pi4, loads("sc")),
        ("comma", pi4, loads("sc")),
        ("lirc", pi4, OverlayMapping::Deprecated(b"use gpio-ir")),
        ("both", pi4, loads("either")),
        ("w1-gpio", pi4, loads("w1-gpio")),
    ] {
        let found = map.look_up(asked.as_bytes(), family);
        assert_eq!(found, mapping, "{asked} on {family}");
    }
}

#[test]
fn refuses_what_is_no_device_tree() {
    let bytes = pi4().to_bytes(PLAIN);
    let total_size = u32::try_from(bytes.len()).unwrap();
    assert_eq!(
        DeviceTree::parse(b"").unwrap_err(),
        DeviceTreeError::Short(0)
    );
    assert_eq!(
        DeviceTree::parse(b"MZ\0\0").unwrap_err(),
        DeviceTreeError::Magic(0x4d5a_0000)
    );
    for size in 4..bytes.len() {
        let expected = if size < 36 {
            DeviceTreeError::Short(size)
        } else {
            DeviceTreeError::Truncated { total_size, size }
        };
        assert_eq!(DeviceTree::parse(&bytes[..size]).unwrap_err(), expected);
    }
    let with = |offset: usize, word: u32| {
        let mut bytes = bytes.clone();
        bytes[offset..offset + 4].copy_from_slice(&word.to_be_bytes());
        DeviceTree::parse(&bytes).err()
    };
    let version = |version, last_compatible| {
        Some(DeviceTreeError::Version {
            version,
            last_compatible,
        })
    };
    let block = |block, offset| Some(DeviceTreeError::Block { block, offset });
    assert_eq!(with(4, 35), Some(DeviceTreeError::Short(35)));
    assert_eq!(with(4, 36), Some(DeviceTreeError::Short(36)));
    assert_eq!(with(4, u32::MAX), Some(DeviceTreeError::TooLarge(u32::MAX)));
    assert_eq!(with(20, 15), version(15, 16));
    assert_eq!(with(20, 18), None);
    assert_eq!(with(24, 18), version(17, 18));
    assert_eq!(with(24, 17), None);
    assert_eq!(with(8, 74), block(STRUCTURE, 74));
    assert_eq!(with(8, u32::MAX - 3), block(STRUCTURE, u32::MAX - 3));
    assert_eq!(with(36, total_size), block(STRUCTURE, 72));
    assert_eq!(with(12, total_size), block(STRINGS, total_size));
    assert_eq!(with(16, total_size), block(RESERVATIONS, total_size));
    assert_eq!(with(16, u32::MAX), block(RESERVATIONS, u32::MAX));
}

#[test]
fn refuses_a_broken_structure() {
    let (begin, end_node, property, nop, end) = (1, 2, 3, 4, 9);
    assert_eq!(flaw(&[begin, 0, property, 0, 0, end_node, end]), None);
    assert_eq!(flaw(&[nop, begin, 0, end_node, nop, end, 7]), None);
    for (words, expected) in [
        (&[][..], (0, StructureFlaw::Cut)),
        (&[end], (0, StructureFlaw::Root)),
        (&[begin, 0, end], (8, StructureFlaw::NodeOpen)),
        (&[begin, 0], (8, StructureFlaw::Cut)),
        (&[begin, u32::MAX], (0, StructureFlaw::Cut)),
        (&[begin, 0, end_node], (12, StructureFlaw::Cut)),
        (&[end_node, end], (0, StructureFlaw::NodeEnd)),
        (
            &[begin, 0, end_node, end_node, end],
            (12, StructureFlaw::NodeEnd),
        ),
        (
            &[begin, 0, end_node, begin, 0, end_node, end],
            (12, StructureFlaw::Root),
        ),
        (&[property, 0, 0, end], (0, StructureFlaw::PropertyPlace)),
        (
            &[begin, 0, begin, 0, end_node, property, 0, 0, end_node, end],
            (20, StructureFlaw::PropertyPlace),
        ),
        (
            &[begin, 0, property, 0, 5, end_node, end],
            (8, StructureFlaw::PropertyName),
        ),
        (
            &[begin, 0, property, u32::MAX, 0, end_node, end],
            (8, StructureFlaw::Cut),
        ),
        (
            &[begin, 0, property, 9, 0, end_node, end],
            (8, StructureFlaw::Cut),
        ),
        (&[begin, 0, property, 0], (8, StructureFlaw::Cut)),
        (&[begin, 0, 5, end], (8, StructureFlaw::Token(5))),
    ] {
        assert_eq!(flaw(words), Some(expected), "{words:?}");
    }
}

#[test]
fn bounds_depth_and_names() {
    let nested = |depth| {
        let mut tree = Built::default();
        for _ in 1..depth {
            tree = node("", &[], &[tree]);
        }
        tree.to_bytes(PLAIN)
    };
    assert!(DeviceTree::parse(&nested(DEVICE_TREE_DEPTH_MAX)).is_ok());
    assert!(matches!(
        DeviceTree::parse(&nested(DEVICE_TREE_DEPTH_MAX + 1)),
        Err(DeviceTreeError::Structure {
            flaw: StructureFlaw::Depth,
            ..
        })
    ));

    let named = |length| {
        let name = "n".repeat(length);
        node("", &[(name.as_str(), "")], &[]).to_bytes(PLAIN)
    };
    assert!(DeviceTree::parse(&named(DEVICE_TREE_NAME_MAX)).is_ok());
    assert!(DeviceTree::parse(&named(DEVICE_TREE_NAME_MAX + 1)).is_err());
}

#[test]
fn a_large_tree_with_one_long_name_is_read_in_no_time() {
    let mut words = vec![1, 0];
    for _ in 0..160_000 {
        words.extend([3, 0, 0]);
    }
    words.extend([2, 9]);
    let mut name = vec![b'n'; DEVICE_TREE_NAME_MAX];
    name.push(0);
    let bytes = structure(&words, &name);
    let tree = DeviceTree::parse(&bytes).unwrap();
    assert_eq!(tree.root().properties().count(), 160_000);
}

#[test]
fn messages_say_where_and_what_to_do() {
    let error = DeviceTreeError::Structure {
        offset: 8,
        flaw: StructureFlaw::Token(5),
    };
    assert_eq!(
        error.to_string(),
        "the device tree has the unknown token 00000005 at byte 8 of its structure block; \
         make the file again with dtc"
    );
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-z,#@0-9-]{0,12}".prop_map(String::into_bytes),
        proptest::collection::vec(1..=255_u8, 0..20),
    ]
}

fn trees() -> impl Strategy<Value = Built> {
    let properties = || {
        proptest::collection::vec(
            (text(), proptest::collection::vec(any::<u8>(), 0..20)),
            0..5,
        )
    };
    let leaf = (text(), properties()).prop_map(|(name, properties)| Built {
        name,
        properties,
        children: Vec::new(),
    });
    leaf.prop_recursive(5, 40, 5, move |inner| {
        (text(), properties(), proptest::collection::vec(inner, 0..5)).prop_map(
            |(name, properties, children)| Built {
                name,
                properties,
                children,
            },
        )
    })
}

fn layouts() -> impl Strategy<Value = Layout> {
    (16..=17_u32, any::<bool>(), 0..9_usize).prop_map(|(version, nops, trailing)| Layout {
        version,
        nops,
        trailing,
    })
}

/// Each way to read, none of which may panic.
fn read_all(tree: &DeviceTree<'_>) {
    let whole = Built::of(&tree.root());
    assert_eq!(whole.name, tree.root().name());
    let _ = tree.missing_labels(tree);
    let _ = tree.suppliers("/");
    let _ = (tree.is_overlay(), tree.model(), tree.parameters().count());
    assert!(tree.compatible().count() <= tree.total_size() as usize);
}

proptest! {
    #[test]
    fn what_is_built_is_read(built in trees(), layout in layouts()) {
        let bytes = built.to_bytes(layout);
        let tree = DeviceTree::parse(&bytes).unwrap();
        prop_assert_eq!(tree.total_size() as usize, bytes.len() - layout.trailing);
        prop_assert_eq!(Built::of(&tree.root()), built);
    }

    #[test]
    fn every_path_leads_to_the_first_of_its_name(built in trees()) {
        let bytes = built.to_bytes(PLAIN);
        let tree = DeviceTree::parse(&bytes).unwrap();
        for (index, (name, value)) in built.properties.iter().enumerate() {
            let found = tree.property("/", name).unwrap();
            let is_first = built.properties[..index].iter().all(|(other, _)| other != name);
            prop_assert!(!is_first || found.value == value);
        }
        for child in built.children {
            if child.name.is_empty() || child.name.contains(&b'/') {
                continue;
            }
            let path = [b"/", child.name.as_slice()].concat();
            prop_assert!(tree.node(path).unwrap().name().starts_with(&child.name));
        }
    }

    #[test]
    fn what_is_broken_is_read_or_refused(
        built in trees(),
        layout in layouts(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        length in any::<prop::sample::Index>(),
    ) {
        let mut bytes = built.to_bytes(layout);
        for (index, byte) in changes {
            *index.get_mut(&mut bytes) = byte;
        }
        if let Ok(tree) = DeviceTree::parse(&bytes) {
            read_all(&tree);
        }
        let _ = DeviceTree::parse(&bytes[..length.index(bytes.len())]);
    }
}
