//! Flattened device trees: the board's `.dtb`, its overlays, and their map.
//!
//! The format is that of the Devicetree Specification, chapter 5. A tree is read
//! where it lies: [`DeviceTree::parse`] goes through it once, without recursion
//! and without a copy, and every look-up goes through it again. Time is linear in
//! its size, and memory does not depend on it, but for what
//! [`DeviceTree::suppliers`] takes.
//!
//! What Raspberry Pi adds is in `documentation/asciidoc/computers/configuration/device-tree.adoc`
//! of raspberrypi/documentation: parameters in `__overrides__`, which
//! `dtparam=` and `dtoverlay=` of `config.txt` set, and
//! `overlays/overlay_map.dtb`, which says which overlay is for which board.

mod error;
mod header;
mod node;
mod overlay;
mod overlay_map;
mod structure;
mod suppliers;

#[cfg(test)]
pub(crate) mod tests;

pub use error::{DeviceTreeError, StructureFlaw};
pub use node::Node;
pub use overlay_map::{OverlayMap, OverlayMapping};
pub use structure::Property;
pub use suppliers::Supplier;

use header::Header;
use structure::{Cursor, Token};

/// Most bytes of a device tree: what arm64 maps of it (Linux
/// `Documentation/arch/arm64/booting.rst`).
pub(crate) const DEVICE_TREE_SIZE_MAX: u32 = 2 << 20;

/// Most nodes in each other, the root among them: Linux leaves out what is
/// deeper (one less than `FDT_MAX_DEPTH` in `drivers/of/fdt.c`).
pub(crate) const DEVICE_TREE_DEPTH_MAX: usize = 63;

/// Most bytes of a property's name, without its NUL. The specification allows
/// 31, and labels, which are names in `__symbols__`, are sometimes longer.
pub(crate) const DEVICE_TREE_NAME_MAX: usize = 255;

/// A device tree, whether of a board or an overlay.
#[derive(Debug, Clone, Copy)]
pub struct DeviceTree<'a> {
    total_size: u32,
    root: Node<'a>,
}

impl<'a> DeviceTree<'a> {
    /// Reads a `.dtb` or `.dtbo` file of format version 16 or 17. Bytes after the
    /// tree are allowed.
    ///
    /// # Errors
    ///
    /// When a header, block, node or property is not where it should be, or a
    /// limit of Linux is exceeded.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DeviceTreeError> {
        let header = Header::parse(bytes)?;
        let mut cursor = Cursor::new(&bytes[header.structure], &bytes[header.strings]);
        cursor.check()?;
        let Ok(Token::Begin(name)) = cursor.next() else {
            return Err(DeviceTreeError::Structure {
                offset: 0,
                flaw: StructureFlaw::Root,
            });
        };
        Ok(Self {
            total_size: header.total_size,
            root: Node::new(name, cursor),
        })
    }

    /// Bytes of the tree, by its header. The file may have more.
    #[must_use]
    pub fn total_size(&self) -> u32 {
        self.total_size
    }

    /// The node that all others are in.
    #[must_use]
    pub fn root(&self) -> Node<'a> {
        self.root
    }

    /// The node with a path like `/soc/mmc@7e300000`, each part as
    /// [`Node::child`] takes it.
    pub fn node(&self, path: impl AsRef<[u8]>) -> Option<Node<'a>> {
        path.as_ref()
            .strip_prefix(b"/")?
            .split(|&byte| byte == b'/')
            .filter(|name| !name.is_empty())
            .try_fold(self.root, |node, name| node.child(name))
    }

    /// The property of that name of the node with that path.
    pub fn property(&self, path: impl AsRef<[u8]>, name: impl AsRef<[u8]>) -> Option<Property<'a>> {
        self.node(path)?.property(name)
    }

    /// What the root says the board is, the most particular first, like
    /// `raspberrypi,4-model-b` and `brcm,bcm2711`. An overlay has `brcm,bcm2835`
    /// for all boards, and nothing looks at it (raspberrypi/linux commit
    /// e18c0cf73b6c).
    pub fn compatible(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.root
            .property("compatible")
            .into_iter()
            .flat_map(|property| property.strings())
    }

    /// The name of the board for people, like `Raspberry Pi 4 Model B`.
    #[must_use]
    pub fn model(&self) -> Option<&'a [u8]> {
        Some(self.root.property("model")?.string())
    }

    /// Whether the tree is for the board that has this name in `compatible`, like
    /// `raspberrypi,4-model-b`.
    #[must_use]
    pub fn is_compatible(&self, board: &str) -> bool {
        self.compatible().any(|name| name == board.as_bytes())
    }
}
