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
//!
//! ```
//! use std::collections::BTreeMap;
//! use netimage_core::boot::Board;
//! use netimage_core::boot::requests::{Outcome, Requests, StopReason};
//!
//! let files = BTreeMap::from([("config.txt".parse()?, b"os_check=0\n".to_vec())]);
//! let requests = Requests::of(Board::Rpi5).simulate(&files);
//! assert_eq!(requests.outcome, Outcome::Stops(StopReason::NoKernel));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod builder;
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

pub use builder::RequestsBuilder;
pub use files::{Below, BootFiles, served_name};
pub use prefix::{MacAddress, MacAddressError, Prefix};
pub use request::{
    DEFAULT_RATE, FILE_TIMEOUT, IfMissing, Need, Outcome, Purpose, Request, Requests, Resolved,
    StopReason,
};
