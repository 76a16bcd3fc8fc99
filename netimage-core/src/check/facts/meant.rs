//! Which tree of a server is meant.

use crate::boot::Serial;
use crate::boot::requests::MacAddress;

/// Where the tree is that is meant.
pub(in crate::check) enum Meant {
    /// At the top. There may be a directory that was meant and that no board looks into.
    Top(Option<NearMiss>),
    /// In the directory of this serial number.
    Own(Serial),
    /// In one of these directories, or in one that no board looks into.
    Unknown(Vec<Serial>, Option<NearMiss>),
}

/// What is nearly a tree where a board looks.
pub(in crate::check) enum NearMiss {
    /// A tree in a directory that is called otherwise, or lies elsewhere.
    Misplaced { found: String, meant: String },
    /// A tree one directory too deep.
    TooDeep { found: String, meant: String },
    /// A link that leads to no directory.
    DeadLink(Serial),
    /// The tree of a board that is told to ask by its MAC address.
    OfMac(MacAddress),
}
