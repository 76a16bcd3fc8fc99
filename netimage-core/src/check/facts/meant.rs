//! Which tree of a server is meant.

use crate::boot::Serial;

/// Where the tree is that is meant.
pub(in crate::check) enum Meant {
    /// At the top. There may be a directory that was meant and that no board looks into.
    Top(Option<NearMiss>),
    /// In the directory of this serial number.
    Own(Serial),
    /// In one of these directories, or in one that no board looks into.
    Unknown(Vec<Serial>, Option<NearMiss>),
}

/// A tree in a directory that is nearly called by a serial number.
pub(in crate::check) struct NearMiss {
    pub found: String,
    pub meant: String,
}
