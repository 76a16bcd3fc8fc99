//! `overlays/overlay_map.dtb`: which overlay is for which board.

use super::error::DeviceTreeError;
use super::model::Platform;
use super::{DeviceTree, Property};

/// The map of overlays, a device tree with a node for each that is not the same
/// for all boards.
///
/// Read as `dtoverlay_remap_overlay` of raspberrypi/utils does, which has the
/// same author as the firmware's. Before May 2025 a new name was looked up again,
/// and could not bring parameters.
#[derive(Debug, Clone, Copy)]
pub struct OverlayMap<'a>(DeviceTree<'a>);

/// What the map says about an overlay on a board.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum OverlayMapping<'a> {
    /// The overlay is loaded, because the map has nothing about it.
    Unlisted,
    /// The overlay is loaded, and is for this board.
    Listed,
    /// Another one is loaded, which does the same on this board.
    Replaced(MappedOverlay<'a>),
    /// Another one is loaded, with a warning: the overlay has this name now.
    Renamed(MappedOverlay<'a>),
    /// None is loaded, for this reason, like `use gpio-ir`.
    Deprecated(&'a [u8]),
    /// None is loaded, because none is for this board.
    Unsupported,
}

/// An overlay that is loaded in the place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct MappedOverlay<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// Parameters that are set for it before those of `dtoverlay=`, as there:
    /// `sc16is750,spi0-0`. Mostly empty.
    pub parameters: &'a [u8],
}

impl<'a> MappedOverlay<'a> {
    fn new(text: &'a [u8]) -> Self {
        let (name, parameters) = match text.iter().position(|&byte| byte == b',') {
            Some(comma) => (&text[..comma], &text[comma + 1..]),
            None => (text, &text[text.len()..]),
        };
        Self { name, parameters }
    }
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

    /// What happens to `dtoverlay=NAME` on a board of this family. The platform
    /// goes before a new name, and that before deprecation.
    pub fn look_up(&self, name: impl AsRef<[u8]>, platform: Platform) -> OverlayMapping<'a> {
        let Some(node) = self.0.root().child(name) else {
            return OverlayMapping::Unlisted;
        };
        let text = |name| {
            node.property(name)
                .map(|property: Property| property.string())
        };
        match text(platform.as_str()) {
            Some(b"") => return OverlayMapping::Listed,
            Some(other) => return OverlayMapping::Replaced(MappedOverlay::new(other)),
            None => {}
        }
        if let Some(new_name) = text("renamed") {
            OverlayMapping::Renamed(MappedOverlay::new(new_name))
        } else if let Some(message) = text("deprecated") {
            OverlayMapping::Deprecated(message)
        } else {
            OverlayMapping::Unsupported
        }
    }
}

impl<'a> OverlayMapping<'a> {
    /// The name of the overlay that is loaded for the one that was `asked` for.
    #[must_use]
    pub fn loads(self, asked: &'a [u8]) -> Option<&'a [u8]> {
        match self {
            Self::Unlisted | Self::Listed => Some(asked),
            Self::Replaced(overlay) | Self::Renamed(overlay) => Some(overlay.name),
            Self::Deprecated(_) | Self::Unsupported => None,
        }
    }
}
