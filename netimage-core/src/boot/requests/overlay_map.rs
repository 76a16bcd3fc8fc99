//! Which overlay is for which board.

use crate::boot::Soc;

/// Bytes of a map that are read. That of 2025 has 6 kB.
pub(super) const LENGTH_MAX: usize = 256 * 1024;

const MAGIC: u32 = 0xd00d_feed;
const BEGIN_NODE: u32 = 1;
const END_NODE: u32 = 2;
const PROPERTY: u32 = 3;
const NOP: u32 = 4;

/// `overlays/overlay_map.dtb`: a device tree with a node for each overlay that
/// is not the same for all boards (Raspberry Pi documentation, "The overlay
/// map").
pub(super) struct OverlayMap<'a> {
    structure: &'a [u8],
    strings: &'a [u8],
}

/// What the map says of an overlay.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Mapped {
    /// Load this one.
    To(String),
    /// There is none for this family.
    Unsupported,
}

impl<'a> OverlayMap<'a> {
    /// The map in a flattened device tree, if it is one.
    pub(super) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let field = |at| word(bytes, at);
        let part = |offset: u32, size: u32| {
            let start = usize::try_from(offset).ok()?;
            let end = start.checked_add(usize::try_from(size).ok()?)?;
            bytes.get(start..end)
        };
        (field(0)? == MAGIC).then_some(())?;
        Some(Self {
            structure: part(field(8)?, field(36)?)?,
            strings: part(field(12)?, field(32)?)?,
        })
    }

    /// The overlay to load for a name.
    pub(super) fn map(&self, name: &str, soc: Soc) -> Mapped {
        let mut name = name.to_owned();
        // A renamed overlay may be mapped again; the firmware's own limit is
        // not known.
        for _ in 0..4 {
            match self.step(&name, soc) {
                Some(Step::Renamed(to)) => name = to,
                Some(Step::Mapped(mapped)) => return mapped,
                None => break,
            }
        }
        Mapped::To(name)
    }

    fn step(&self, name: &str, soc: Soc) -> Option<Step> {
        let platform = match soc {
            Soc::Bcm2837 => "bcm2835",
            Soc::Bcm2711 => "bcm2711",
            Soc::Bcm2712 => "bcm2712",
        };
        let mut found = None;
        let mut renamed = None;
        let mut names_platform = false;
        let is_there = self.properties(name, &mut |property, value| match property {
            "renamed" => renamed = Some(value.to_owned()),
            "bcm2835" | "bcm2711" | "bcm2712" => {
                names_platform = true;
                if property == platform {
                    found = Some(value.to_owned());
                }
            }
            _ => {}
        })?;
        if !is_there {
            return None;
        }
        if let Some(renamed) = renamed {
            return Some(Step::Renamed(renamed));
        }
        Some(Step::Mapped(match found {
            Some(to) if !to.is_empty() => Mapped::To(to),
            None if names_platform => Mapped::Unsupported,
            _ => Mapped::To(name.to_owned()),
        }))
    }

    /// Calls `take` for the properties of a node below the root, and says
    /// whether there is one of this name; none if the tree is broken.
    fn properties(&self, node: &str, take: &mut dyn FnMut(&str, &str)) -> Option<bool> {
        let (mut at, mut depth, mut inside, mut is_there) = (0, 0_u32, false, false);
        loop {
            let token = word(self.structure, at)?;
            at += 4;
            match token {
                BEGIN_NODE => {
                    let name = text(self.structure.get(at..)?)?;
                    depth += 1;
                    inside = depth == 2 && name == node.as_bytes();
                    is_there |= inside;
                    at = align(at + name.len() + 1);
                }
                END_NODE => {
                    depth = depth.checked_sub(1)?;
                    inside = false;
                    if depth == 0 {
                        return Some(is_there);
                    }
                }
                PROPERTY => {
                    let length = usize::try_from(word(self.structure, at)?).ok()?;
                    let name = usize::try_from(word(self.structure, at + 4)?).ok()?;
                    at += 8;
                    let value = self.structure.get(at..at.checked_add(length)?)?;
                    at = align(at + length);
                    if inside {
                        let name = text(self.strings.get(name..)?)?;
                        let value = value.split(|byte| *byte == 0).next()?;
                        take(str::from_utf8(name).ok()?, str::from_utf8(value).ok()?);
                    }
                }
                NOP => {}
                _ => return None,
            }
        }
    }
}

enum Step {
    Renamed(String),
    Mapped(Mapped),
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    let bytes = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

/// The bytes before the first zero.
fn text(bytes: &[u8]) -> Option<&[u8]> {
    let end = bytes.iter().position(|byte| *byte == 0)?;
    Some(&bytes[..end])
}

const fn align(at: usize) -> usize {
    at.next_multiple_of(4)
}
