//! `overlays/overlay_map.dtb`: which overlay is for which board.

use super::DeviceTree;
use super::error::DeviceTreeError;

/// The map of overlays, a device tree with a node for each that is not the same
/// for all boards.
///
/// Read as `dtoverlay_remap_overlay` of raspberrypi/utils does, which has the
/// same author as the firmware's. Before May 2025 a new name was looked up again,
/// and could not bring parameters.
#[derive(Debug, Clone, Copy)]
pub struct OverlayMap<'a>(DeviceTree<'a>);

/// What becomes of an overlay on a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverlayMapping<'a> {
    /// The overlay of this name is loaded: the one that was asked for, another that
    /// does the same on this board, or the same by its new name.
    Loads(&'a [u8]),
    /// None is loaded, for this reason, like `use gpio-ir`.
    Deprecated(&'a [u8]),
    /// None is loaded, because none is for this board.
    Unsupported,
}

impl<'a> OverlayMap<'a> {
    /// Reads `overlay_map.dtb`.
    ///
    /// # Errors
    ///
    /// As [`DeviceTree::parse`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, DeviceTreeError> {
        DeviceTree::parse(bytes).map(Self)
    }

    /// What happens to `dtoverlay=NAME` on a board of this family, like `bcm2711`. The
    /// family goes before a new name, and that before deprecation.
    #[must_use]
    pub fn look_up<'name>(&self, name: &'name [u8], family: &str) -> OverlayMapping<'name>
    where
        'a: 'name,
    {
        let Some(node) = self.0.root().child(name) else {
            return OverlayMapping::Loads(name);
        };
        let text = |name: &str| Some(node.property(name)?.string());
        // Parameters that the other one is loaded with may follow its name.
        let loads = |other: &'name [u8]| {
            let name = other.split(|byte| *byte == b',').next();
            OverlayMapping::Loads(name.unwrap_or_default())
        };
        match text(family) {
            Some(b"") => return OverlayMapping::Loads(name),
            Some(other) => return loads(other),
            None => {}
        }
        if let Some(new_name) = text("renamed") {
            loads(new_name)
        } else if let Some(message) = text("deprecated") {
            OverlayMapping::Deprecated(message)
        } else {
            OverlayMapping::Unsupported
        }
    }
}
