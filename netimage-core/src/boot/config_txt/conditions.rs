//! What conditional filters go by.

use crate::boot::{Board, Serial};

/// What the conditional filters of a `config.txt` ask about, like `[pi4]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conditions {
    /// The model.
    pub board: Board,
    /// Its serial number, where it is known.
    pub serial: Option<Serial>,
    /// Whether this is a boot on trial (`reboot '0 tryboot'`).
    pub tryboot: bool,
}

impl Conditions {
    /// A board of which nothing more is known, booting as usual.
    #[must_use]
    pub const fn of(board: Board) -> Self {
        Self {
            board,
            serial: None,
            tryboot: false,
        }
    }
}
