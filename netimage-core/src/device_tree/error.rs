//! What can be wrong with a device tree.

use std::fmt;

use super::DEVICE_TREE_SIZE_MAX;
use crate::explanation::{Explain, Explanation};

/// Why bytes are not a device tree that Linux and the firmware read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain())]
#[non_exhaustive]
pub enum DeviceTreeError {
    /// Less than a header, or a total size that leaves no room for one.
    Short(usize),
    /// Something else than `d0 0d fe ed` at the start.
    Magic(u32),
    /// Fewer bytes than the header says.
    Truncated {
        /// Bytes, by the header.
        total_size: u32,
        /// Bytes that are there.
        size: usize,
    },
    /// More than 2 MiB (`MAX_FDT_SIZE`).
    TooLarge(u32),
    /// A version of the format that is not read any more, or not yet.
    Version {
        /// Version that the tree is of.
        version: u32,
        /// Oldest version with which it is compatible.
        last_compatible: u32,
    },
    /// A part of the file that is not where the header says.
    Block {
        /// Which part: its `structure block`, `strings block` or
        /// `memory reservation block`.
        block: &'static str,
        /// Where it should begin, in bytes from the start.
        offset: u32,
    },
    /// The nodes and properties cannot be read.
    Structure {
        /// Bytes from the start of the structure block.
        offset: usize,
        /// What is wrong there.
        flaw: StructureFlaw,
    },
}

impl Explain for DeviceTreeError {
    fn explain(&self) -> Explanation {
        let whole = "put the whole file in its place";
        let again = "make the file again with dtc";
        match self {
            Self::Short(size) => Explanation::new(
                format!("the device tree has only {size} bytes, less than its header takes"),
                whole,
            ),
            Self::Magic(magic) => Explanation::new(
                format!(
                    "the file begins with {magic:08x} instead of d00dfeed and is not a device tree"
                ),
                "put a .dtb or .dtbo file in its place",
            ),
            Self::Truncated { total_size, size } => Explanation::new(
                format!(
                    "the device tree has {total_size} bytes by its header, but only {size} are there"
                ),
                whole,
            ),
            Self::TooLarge(size) => Explanation::new(
                format!(
                    "the device tree has {size} bytes by its header, but Linux takes at most {DEVICE_TREE_SIZE_MAX}"
                ),
                "use a smaller one",
            ),
            Self::Version {
                version,
                last_compatible,
            } => Explanation::new(
                format!(
                    "the device tree is of format version {version}, compatible back to {last_compatible}"
                ),
                "make it again with a current dtc, which writes version 17",
            ),
            Self::Block { block, offset } => Explanation::new(
                format!(
                    "the {block} of the device tree, at byte {offset}, is misaligned or lies outside the file"
                ),
                again,
            ),
            Self::Structure { offset, flaw } => Explanation::new(
                format!("the device tree {flaw} at byte {offset} of its structure block"),
                again,
            ),
        }
    }
}

/// What is wrong with the nodes and properties of a device tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum StructureFlaw {
    /// The structure block ends before the tree does.
    Cut,
    /// A number that begins neither a node nor a property, and ends none.
    Token(u32),
    /// More nodes in each other than Linux unpacks (63, one less than `FDT_MAX_DEPTH`).
    Depth,
    /// The name of a property is not in the strings block, or too long.
    PropertyName,
    /// A property after a node that is its sibling, or outside of any node:
    /// readers stop looking before it.
    PropertyPlace,
    /// A node ends that did not begin.
    NodeEnd,
    /// The end of the tree within a node.
    NodeOpen,
    /// No node, or several that are in no other.
    Root,
}

impl fmt::Display for StructureFlaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Cut => "is cut off",
            Self::Token(token) => return write!(formatter, "has the unknown token {token:08x}"),
            Self::Depth => "nests nodes deeper than Linux reads",
            Self::PropertyName => "has a property without a name in the strings block",
            Self::PropertyPlace => "has a property where none is allowed",
            Self::NodeEnd => "ends a node that did not begin",
            Self::NodeOpen => "ends within a node",
            Self::Root => "does not have exactly one root",
        })
    }
}
