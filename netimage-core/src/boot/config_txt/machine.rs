//! Whom a file is read for.

use crate::boot::{Board, Serial};

/// What the filters of a `config.txt` ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// The model.
    pub board: Board,
    /// Its serial number, where it is known.
    pub serial: Option<Serial>,
    /// Whether this is a boot on trial (`reboot '0 tryboot'`).
    pub tryboot: bool,
}

impl Machine {
    /// A board of which nothing more is known, booting as usual.
    #[must_use]
    pub const fn new(board: Board) -> Self {
        Self {
            board,
            serial: None,
            tryboot: false,
        }
    }
}
