//! What is known of the device trees that boards load.

use crate::boot::Board;
use crate::check::finding::Place;
use crate::tree::TargetName;

/// The device tree of a board and the overlays that config.txt asks for.
#[derive(Debug)]
pub(in crate::check) struct DeviceTreeSurvey {
    pub board: Board,
    pub name: TargetName,
    /// Of a file that is not there, nothing.
    pub base: Option<BaseTree>,
    pub overlays: Vec<OverlaySurvey>,
}

/// The board's own tree.
#[derive(Debug)]
pub(in crate::check) enum BaseTree {
    /// It cannot be read, for this reason.
    Broken(String),
    Whole {
        /// The model that it says it is of, if that is not this board.
        other_model: Option<String>,
        /// The parameters of `dtparam=` that it does not have.
        unknown: Vec<(String, Place)>,
    },
}

/// An overlay that is asked for.
#[derive(Debug)]
pub(in crate::check) struct OverlaySurvey {
    pub name: String,
    pub place: Place,
    pub state: OverlayState,
}

/// What becomes of it.
#[derive(Debug)]
pub(in crate::check) enum OverlayState {
    /// The map of overlays has none for the board, for this reason.
    Refused(String),
    Missing(TargetName),
    /// It is not an overlay that can be read, for this reason.
    Broken(TargetName, String),
    Whole {
        /// Parameters that no tree has in which they are looked for.
        unknown: Vec<(String, Place)>,
        /// A label that the board's tree does not have, and how many there are.
        missing_label: Option<(String, usize)>,
    },
}
