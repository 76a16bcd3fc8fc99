//! How a simulation is asked for.

use super::files::BootFiles;
use super::prefix::Prefix;
use super::request::{Requests, StopReason};
use super::simulation::{End, Simulation};
use crate::boot::config_txt::Conditions;
use crate::boot::{Board, Serial, Variant};

/// A board that is about to ask for its files, and what is known of it.
///
/// Begun by [`Requests::of`]; [`simulate`](Self::simulate) plays it through.
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct RequestsBuilder<'a> {
    conditions: Conditions,
    variant: &'static Variant,
    prefix: &'a Prefix,
}

impl Requests {
    /// Begins with a board at the root of its server, of which nothing more is
    /// known. Where boards of this name differ ([`Board::variants`]), it is the
    /// commonest.
    pub fn of(board: Board) -> RequestsBuilder<'static> {
        RequestsBuilder {
            conditions: Conditions::of(board),
            variant: &board.variants()[0],
            prefix: &Prefix::None,
        }
    }
}

impl RequestsBuilder<'_> {
    /// What it puts before the names. A serial number there is also that of the
    /// board.
    pub fn prefix(self, prefix: &Prefix) -> RequestsBuilder<'_> {
        RequestsBuilder { prefix, ..self }
    }

    /// Its serial number, where it is known.
    pub fn serial(mut self, serial: Option<Serial>) -> Self {
        self.conditions.serial = serial;
        self
    }

    /// Whether it is a boot on trial (`reboot '0 tryboot'`).
    pub fn tryboot(mut self, tryboot: bool) -> Self {
        self.conditions.tryboot = tryboot;
        self
    }

    /// Which of the board's [`variants`](Board::variants) it is.
    pub fn variant(self, variant: &'static Variant) -> Self {
        Self { variant, ..self }
    }

    /// What it asks for, and what it then does, with these files on the server.
    #[must_use]
    pub fn simulate(self, files: &dyn BootFiles) -> Requests {
        let mut conditions = self.conditions;
        if let Prefix::Serial(serial) = self.prefix {
            conditions.serial = Some(*serial);
        }
        let prefix = self.prefix.to_string();
        let mut simulation = Simulation::new(conditions, self.variant, prefix, files);
        if !conditions.board.can_netboot() {
            return simulation.finish(&Err(End::Stops(StopReason::CannotNetboot)), None);
        }
        let loaded = simulation.load();
        // Which one is read depends on whether the prefix was dropped.
        let config = simulation.firmware_config();
        let end = loaded.and_then(|()| simulation.start(&config));
        simulation.finish(&end, Some(config))
    }
}
