//! What a board asks its TFTP server for.
//!
//! The order is that of logs from real boards, which the tests hold it against:
//! raspberrypi/firmware#1041, #1362, #1605 and `PexMor/raspi-netboot` for the
//! Pi 3, raspberrypi/rpi-eeprom#74, #87 and #417 for the Pi 4, and
//! `revred/TinyOS` for the Pi 5. A board asks about most files twice, once for
//! the size; that counts as once here. The names that the firmware tries, and
//! their order, are also in `start4.elf` of Debian's raspi-firmware.
//!
//! For a Pi 5 it is not known what it does when its prefix leads nowhere: that
//! it then asks at the root, as other boards do, is an assumption.
//!
//! Releases differ in what they leave out: `vl805.sig` is asked for by older
//! ones and by boards that have that EEPROM, `pieeprom.sig` only where
//! `ENABLE_SELF_UPDATE` is set, `overlay_map.dtb` since 2020. All are optional,
//! and are listed.

mod files;
mod firmware;
mod kernel;
mod loader;
mod overlays;
mod prefix;
mod request;
mod simulation;

#[cfg(test)]
mod tests;

pub use files::{Below, BootFiles, served_name};
pub use prefix::{MacAddress, MacAddressError, Prefix};
pub use request::{
    DEFAULT_RATE, FILE_TIMEOUT, IfMissing, Need, Outcome, Purpose, Request, Requests, Resolved,
    StopReason,
};

use super::config_txt::Machine;
use super::{Board, Variant};
use simulation::Simulation;

/// What a board asks for, and what it then does, with these files on the
/// server.
///
/// Where boards of this name differ ([`Board::variants`]), it is the
/// commonest.
///
/// ```
/// use std::collections::BTreeMap;
/// use netimage_core::boot::Board;
/// use netimage_core::boot::requests::{Outcome, Prefix, StopReason, requests};
///
/// let files = BTreeMap::from([("config.txt".parse()?, b"os_check=0\n".to_vec())]);
/// let requests = requests(Board::Rpi5, &Prefix::None, &files);
/// assert_eq!(requests.outcome, Outcome::Stops(StopReason::NoKernel));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn requests(board: Board, prefix: &Prefix, files: &dyn BootFiles) -> Requests {
    requests_of_variant(board, &board.variants()[0], prefix, files)
}

/// As [`requests`], for one of the board's [`variants`](Board::variants).
#[must_use]
pub fn requests_of_variant(
    board: Board,
    variant: &'static Variant,
    prefix: &Prefix,
    files: &dyn BootFiles,
) -> Requests {
    requests_of_machine(Machine::new(board), variant, prefix, files)
}

/// As [`requests_of_variant`], of a machine of which more is known than its
/// board. A prefix that is a serial number says that one.
#[must_use]
pub fn requests_of_machine(
    mut machine: Machine,
    variant: &'static Variant,
    prefix: &Prefix,
    files: &dyn BootFiles,
) -> Requests {
    if let Prefix::Serial(serial) = prefix {
        machine.serial = Some(*serial);
    }
    let mut simulation = Simulation::new(machine, variant, prefix.to_string(), files);
    if let Err(end) = simulation.load() {
        let config = machine
            .board
            .can_netboot()
            .then(|| simulation.firmware_config());
        return simulation.finish(&Err(end), config);
    }
    let config = simulation.firmware_config();
    let end = simulation.start(&config);
    simulation.finish(&end, Some(config))
}
