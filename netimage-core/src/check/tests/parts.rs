//! Files of a small image, byte by byte.

use std::collections::BTreeMap;

use crate::initrd::tests::make;

/// The release that all parts of the sample are for.
pub(super) const RELEASE: &str = "6.12.57";

/// The header of an arm64 kernel with 4 KiB pages, and its banner (Linux
/// `Documentation/arch/arm64/booting.rst`).
pub(super) fn kernel() -> Vec<u8> {
    kernel_of(RELEASE, 0b1010)
}

pub(super) fn kernel_of(release: &str, flags: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(0x9100_4d4d_u32.to_le_bytes());
    bytes.extend(0x1400_0000_u32.to_le_bytes());
    for field in [0_u64, 1 << 21, flags, 0, 0, 0] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend(b"ARM\x64");
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(format!("Linux version {release} (nixbld@localhost) #1 SMP\n\0").bytes());
    bytes.resize(8192, 0);
    bytes
}

/// Code for the bare machine that says in its banner what it is (U-Boot
/// `cmd/version.c`).
pub(super) fn code(banner: &str) -> Vec<u8> {
    let mut bytes = 0x1400_000a_u32.to_le_bytes().to_vec();
    bytes.resize(4096, 0);
    bytes.extend(banner.bytes());
    bytes.resize(8192, 0);
    bytes
}

/// The banner of U-Boot as Debian has it.
pub(super) const U_BOOT: &str = "U-Boot 2025.01-3+deb13u1 (Jun 24 2026 - 09:07:15 +0000)\0";

/// A 32-bit zImage: its magic and its size (Linux `arch/arm/boot/compressed/head.S`).
pub(super) fn zimage() -> Vec<u8> {
    let mut bytes = vec![0; 0x24];
    bytes.extend(0x016f_2818_u32.to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(4096_u32.to_le_bytes());
    bytes.extend(0x0403_0201_u32.to_le_bytes());
    bytes.resize(4096, 0);
    bytes
}

pub(super) fn gzipped(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Firmware: an ELF file with one segment.
pub(super) fn firmware() -> Vec<u8> {
    let mut bytes = b"\x7fELF\x01\x01\x01".to_vec();
    bytes.resize(16, 0);
    bytes.extend([2_u16, 137].iter().flat_map(|half| half.to_le_bytes()));
    for word in [1_u32, 0, 52, 0, 0] {
        bytes.extend(word.to_le_bytes());
    }
    for half in [52_u16, 32, 1, 40, 0, 0] {
        bytes.extend(half.to_le_bytes());
    }
    for word in [1_u32, 84, 0, 0, 1000, 1000, 5, 32] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.resize(1084, 0);
    bytes
}

/// A database of one page, as far as its header tells.
pub(super) fn database() -> Vec<u8> {
    let mut bytes = b"SQLite format 3\0\x10\0".to_vec();
    bytes.resize(24, 0);
    for number in [1_u32, 1] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.resize(92, 0);
    bytes.extend(1_u32.to_be_bytes());
    bytes.resize(4096, 0);
    bytes
}

/// A node of a device tree: properties, and nodes in it.
#[derive(Default)]
pub(super) struct Node {
    pub properties: Vec<(&'static str, Vec<u8>)>,
    pub children: Vec<(&'static str, Node)>,
}

/// The tree of a board, with one label and one parameter.
pub(super) fn device_tree(compatible: &[&str]) -> Vec<u8> {
    let list = compatible
        .iter()
        .flat_map(|name| [name.as_bytes(), b"\0"].concat());
    flatten(&Node {
        properties: vec![("compatible", list.collect())],
        children: vec![
            ("__symbols__", labels(&["i2c1", "uart0"])),
            ("__overrides__", labels(&["audio"])),
        ],
    })
}

/// An overlay that needs labels and has parameters.
pub(super) fn overlay(needs: &[&'static str], parameters: &[&'static str]) -> Vec<u8> {
    let fragment = Node {
        properties: vec![],
        children: vec![("__overlay__", Node::default())],
    };
    flatten(&Node {
        properties: vec![("compatible", b"brcm,bcm2835\0".to_vec())],
        children: vec![
            ("fragment@0", fragment),
            ("__fixups__", labels(needs)),
            ("__overrides__", labels(parameters)),
        ],
    })
}

/// A node of which only the names of its properties matter.
pub(super) fn labels(names: &[&'static str]) -> Node {
    Node {
        properties: names.iter().map(|name| (*name, b"/\0".to_vec())).collect(),
        children: vec![],
    }
}

/// A tree as a blob (Devicetree Specification, chapter 5).
pub(super) fn flatten(root: &Node) -> Vec<u8> {
    let (mut structure, mut strings) = (Vec::new(), Vec::new());
    write_node("", root, &mut structure, &mut strings);
    structure.extend(9_u32.to_be_bytes());
    let (header, reserved) = (40, 16);
    let (at_structure, at_strings) = (header + reserved, header + reserved + structure.len());
    let fields = [
        0xd00d_feed,
        at_strings + strings.len(),
        at_structure,
        at_strings,
        header,
        17,
        16,
        0,
        strings.len(),
        structure.len(),
    ];
    let mut bytes: Vec<u8> = fields.into_iter().flat_map(word).collect();
    bytes.extend([0; 16]);
    bytes.extend(structure);
    bytes.extend(strings);
    bytes
}

fn word(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_be_bytes()
}

fn write_node(name: &str, node: &Node, structure: &mut Vec<u8>, strings: &mut Vec<u8>) {
    let pad = |bytes: &mut Vec<u8>| bytes.resize(bytes.len().next_multiple_of(4), 0);
    structure.extend(word(1));
    structure.extend([name.as_bytes(), b"\0"].concat());
    pad(structure);
    for (name, value) in &node.properties {
        structure.extend([word(3), word(value.len()), word(strings.len())].concat());
        structure.extend(value);
        pad(structure);
        strings.extend([name.as_bytes(), b"\0"].concat());
    }
    for (name, child) in &node.children {
        write_node(name, child, structure, strings);
    }
    structure.extend(word(2));
}

/// An archive of files by name, each after the directories above it; a value
/// that begins with `->` is a link.
pub(super) fn initrd(files: &BTreeMap<String, Vec<u8>>) -> Vec<u8> {
    let mut entries: BTreeMap<&str, (u32, &[u8])> = BTreeMap::new();
    for (name, contents) in files {
        for (at, _) in name.match_indices('/') {
            entries.insert(&name[..at], (0o040_755, b""));
        }
        let entry = match contents.strip_prefix(b"->") {
            Some(target) => (0o120_777, target),
            None => (0o100_755, &contents[..]),
        };
        entries.insert(name, entry);
    }
    let inputs = entries
        .into_iter()
        .enumerate()
        .map(|(at, (name, (mode, contents)))| {
            let entry = cpio::newc::Builder::new(name)
                .mode(mode)
                .ino(u32::try_from(at).unwrap());
            (entry, std::io::Cursor::new(contents.to_vec()))
        });
    cpio::write_cpio(inputs, Vec::new()).unwrap()
}

/// The loader of the programs of an initrd.
pub(super) const LOADER: &str = "nix/store/lib/ld-linux-aarch64.so.1";

/// A program for the kernel above that asks for libraries; without any it is a
/// static one.
pub(super) fn program(libraries: &[&str]) -> Vec<u8> {
    program_for(183, libraries)
}

pub(super) fn program_for(machine: u16, libraries: &[&str]) -> Vec<u8> {
    let loader = (!libraries.is_empty()).then(|| format!("/{LOADER}"));
    make::program(true, machine, loader.as_deref(), libraries)
}

/// A kernel module that has a `.modinfo` and nothing else.
pub(super) fn module(name: &str, release: &str, depends: &str) -> Vec<u8> {
    let modinfo = format!(
        "name={name}\0depends={depends}\0vermagic={release} SMP preempt mod_unload aarch64\0"
    );
    let names = b"\0.modinfo\0.shstrtab\0";
    let (at_names, at_sections) = (64 + modinfo.len(), 64 + modinfo.len() + names.len());
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    for half in [1_u16, 183] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(1_u32.to_le_bytes());
    for long in [0, 0, at_sections] {
        bytes.extend(u64::try_from(long).unwrap().to_le_bytes());
    }
    bytes.extend(0_u32.to_le_bytes());
    for half in [64_u16, 0, 0, 64, 3, 2] {
        bytes.extend(half.to_le_bytes());
    }
    bytes.extend(modinfo.bytes());
    bytes.extend(names);
    section(&mut bytes, (0, 0), (0, 0));
    section(&mut bytes, (1, 1), (64, modinfo.len()));
    section(&mut bytes, (10, 3), (at_names, names.len()));
    bytes
}

fn section(bytes: &mut Vec<u8>, (name, kind): (u32, u32), (offset, size): (usize, usize)) {
    bytes.extend(name.to_le_bytes());
    bytes.extend(kind.to_le_bytes());
    for long in [0, 0, offset, size] {
        bytes.extend(u64::try_from(long).unwrap().to_le_bytes());
    }
    bytes.extend([0; 8]);
    for long in [1_u64, 0] {
        bytes.extend(long.to_le_bytes());
    }
}
