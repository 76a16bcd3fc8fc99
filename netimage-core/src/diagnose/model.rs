//! Which model a board must be, by what it asks for and says.

use serde::Serialize;

use super::board::BoardLog;
use super::boot::Boot;
use super::name::Name;
use crate::boot::requests::Purpose;
use crate::boot::{Board, Soc};

/// Whether a file is asked for by one family of chips alone.
type Mark = fn(&Name) -> bool;

/// Which model a board must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Model {
    /// The boards that it may be.
    pub boards: Vec<Board>,
    /// How that is known, as it goes on from "as".
    pub how: String,
}

impl Model {
    /// None when nothing tells.
    pub(super) fn of(log: &BoardLog) -> Option<Self> {
        let by_revision = log.revision.and_then(|revision| {
            let board = of_revision(revision)?;
            Some((vec![board], format!("its revision code is {revision:x}")))
        });
        let by_title = || {
            let model = log.model.as_ref()?;
            let named = model.replace(" Plus", "+");
            let is_it = |board: &Board| named.contains(board.title());
            // The longer of "Model B" and "Model B Plus".
            let boards = Board::ALL.into_iter().filter(is_it);
            let board = boards.max_by_key(|board| board.title().len())?;
            Some((vec![board], format!("its kernel says {model}")))
        };
        let boots = log.boots.iter().rev();
        let (boards, how) = by_revision
            .or_else(by_title)
            .or_else(|| boots.clone().find_map(by_device_tree))
            .or_else(|| boots.clone().find_map(by_firmware))
            // What somebody keeps of a console need not be its beginning.
            .or_else(|| boots.clone().find_map(by_config).filter(|_| !log.is_own))?;
        Some(Self { boards, how })
    }

    /// Whether it is of a family of chips, whichever of them it is.
    pub(super) fn is(&self, soc: Soc) -> bool {
        self.boards.iter().all(|board| board.soc() == soc)
    }
}

/// The model of a new-style revision code (Raspberry Pi documentation, "Revision
/// codes"): its bits 4 to 11.
fn of_revision(revision: u32) -> Option<Board> {
    let kind = revision >> 4 & 0xff;
    let is_new = revision >> 23 & 1 == 1;
    let boards = Board::ALL.into_iter();
    is_new.then(|| {
        boards
            .clone()
            .find(|board| board.board_types().contains(&kind))
    })?
}

/// No two models ask first for the same device tree.
fn by_device_tree(boot: &Boot) -> Option<(Vec<Board>, String)> {
    let file = boot.of_purpose(Purpose::DeviceTree).next()?;
    let base = file.name.base();
    let asks_first = |board: &Board| {
        board.variants().iter().any(|variant| {
            let first = variant.device_trees.first();
            first == Some(&base) || variant.upstream_device_trees.contains(&base)
        })
    };
    let boards: Vec<_> = Board::ALL.into_iter().filter(asks_first).collect();
    (!boards.is_empty()).then(|| (boards, format!("it asks for {base}")))
}

fn family(soc: Soc) -> Vec<Board> {
    let boards = Board::ALL.into_iter();
    boards
        .filter(|board| board.soc() == soc && board.can_netboot())
        .collect()
}

/// The family by the firmware that it asks for.
fn by_firmware(boot: &Boot) -> Option<(Vec<Board>, String)> {
    let asks = |is_it: Mark| {
        let mut files = boot.files.iter();
        files
            .find(|file| is_it(&file.name))
            .map(|file| file.name.base().to_owned())
    };
    // What each family alone asks for; a Pi 4 asks for start.elf as well.
    let marks: [(Soc, Mark); 3] = [
        (Soc::Bcm2711, |name| {
            let base = name.base();
            base.starts_with("start4")
                || base.starts_with("fixup4")
                || base.starts_with("bcm2711")
                || matches!(base, "vl805.sig" | "recover4.elf" | "kernel7l.img")
        }),
        (Soc::Bcm2837, |name| {
            matches!(
                name.purpose,
                Some(Purpose::Bootcode | Purpose::Firmware | Purpose::Fixup)
            ) || name.base() == "bootsig.bin"
        }),
        (Soc::Bcm2712, |name| {
            let base = name.base();
            base.starts_with("bcm2712") || base == "kernel_2712.img"
        }),
    ];
    marks.into_iter().find_map(|(soc, is_it)| {
        let name = asks(is_it)?;
        Some((family(soc), format!("it asks for {name}")))
    })
}

/// The one family whose boards have no firmware to ask for before.
fn by_config(boot: &Boot) -> Option<(Vec<Board>, String)> {
    let first = boot.files.first()?;
    let is_config = first.name.purpose == Some(Purpose::Config);
    is_config.then(|| {
        let how = "it asks for config.txt first, and for no start*.elf".to_owned();
        (family(Soc::Bcm2712), how)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revision_codes_are_read() {
        for (revision, board) in [
            (0x00a0_2082, Some(Board::Rpi3)),
            (0x00c0_3111, Some(Board::Rpi4)),
            (0x00c0_3141, Some(Board::Cm4)),
            (0x00e0_4171, Some(Board::Rpi5)),
            (0x0000_0010, None),
        ] {
            assert_eq!(of_revision(revision), board, "{revision:x}");
        }
    }
}
