//! Lines of a board's own console: its boot loader, its firmware, its kernel.

use super::observation::{Observation, Transfer, Who};
use super::sign::sign;
use crate::boot::Serial;
use crate::diagnose::name::Name;

/// Where the firmware believes its files to be, over TFTP too
/// (raspberrypi/firmware#1913).
const CARD: &str = "/mfs/sd/";

/// What a line says, without its time.
pub(super) fn read(message: &str) -> Option<(Who, Observation)> {
    loader(message)
        .or_else(|| files(message))
        .or_else(|| {
            let model = message.split_once("Machine model: ")?.1;
            Some((Who::own(), Observation::Model(model.to_owned())))
        })
        .or_else(|| {
            let who = Who {
                mac: link_address(message),
                ..Who::own()
            };
            sign(message).map(|sign| (who, Observation::Sign(sign)))
        })
}

/// `NET_BOOT: dc:a6:32:01:36:c2 wait for link TFTP: 0.0.0.0`, and what bootcode.bin says.
fn link_address(message: &str) -> Option<crate::boot::requests::MacAddress> {
    let mut words = message.split(' ');
    let first = words.next()?;
    let is_it = matches!(first, "NET_BOOT:" | "NETWORK:");
    is_it.then(|| words.next()?.parse().ok())?
}

/// What the boot loader says of itself and of DHCP.
fn loader(message: &str) -> Option<(Who, Observation)> {
    // BOOTMODE: 0x06 partition 0 build-ts … serial f0560721 boardrev c03141 stc 511954
    if let Some((_, rest)) = message.split_once(" serial ")
        && let Some((serial, rest)) = rest.split_once(" boardrev ")
    {
        let revision = rest.split(' ').next()?;
        return identity(serial, revision);
    }
    // … BUILD_TIMESTAMP=1625568293 0x97533126 0x00c03140 0x000c5fe0
    if let Some((_, rest)) = message.split_once("BUILD_TIMESTAMP=")
        && let [_, serial, revision, _] = *rest.split(' ').collect::<Vec<_>>()
        && let Some(found) = identity(serial, revision)
    {
        return Some(found);
    }
    if let Some(mac) = message.strip_prefix("Initialise ethernet with MAC ") {
        let mac = mac.parse().ok();
        return Some((Who { mac, ..Who::own() }, Observation::Presence));
    }
    let message = message.trim_start();
    if let Some(address) = message.strip_prefix("YI_ADDR ") {
        let address = address.parse().ok();
        return Some((
            Who {
                address,
                ..Who::own()
            },
            Observation::Lease,
        ));
    }
    // The first is all that a screen shows (raspberrypi/rpi-eeprom#559).
    let what = if message.starts_with("DHCP src: ") || message.contains("DHCP recv OFFER") {
        Observation::Offer
    } else if message.starts_with("op: 43 len:") {
        Observation::Option43
    } else if message == "Sending DHCP request" {
        Observation::Discover
    } else {
        return None;
    };
    Some((Who::own(), what))
}

fn identity(serial: &str, revision: &str) -> Option<(Who, Observation)> {
    let hexadecimal = |text: &str| {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        u32::from_str_radix(digits, 16).ok()
    };
    let who = Who {
        serial: Some(Serial::new(hexadecimal(serial)?.into())),
        ..Who::own()
    };
    Some((who, Observation::Revision(hexadecimal(revision)?)))
}

/// What is said of files.
fn files(message: &str) -> Option<(Who, Observation)> {
    let message = message.trim_start();
    let what = if let Some(rest) = message.strip_prefix("TFTP_GET: ") {
        // TFTP_GET: b4:2e:99:3d:09:1d 192.0.2.1 b7f44626/config.txt
        let name = rest.splitn(3, ' ').nth(2)?;
        Observation::File(Name::new(name), Transfer::Asked)
    } else if let Some(bytes) = message.strip_prefix("TFTP: complete ") {
        Observation::LastFile(Transfer::Sent(bytes.parse().ok()))
    } else if let Some(rest) = message.strip_prefix("TFTP ") {
        // The server's error: TFTP 1: file /srv/tftp/a not found
        Observation::LastFile(match rest.split_once(':')?.0 {
            "1" => Transfer::Missing,
            "0" | "2" => Transfer::Unreadable,
            _ => return None,
        })
    } else if let Some(name) = message.strip_prefix("eth_open ") {
        // bootcode.bin: eth_open 7285c0f2/start.elf:
        let name = name.trim_end_matches(':');
        Observation::File(Name::new(name), Transfer::Asked)
    } else if message == "file not found" {
        Observation::LastFile(Transfer::Missing)
    } else if let Some(rest) = message.strip_prefix("Read File: ") {
        // bootcode.bin: Read File: start.elf, 2877988 (bytes)
        let (name, bytes) = rest.split_once(", ")?;
        let bytes = bytes.split(' ').next()?.parse().ok();
        Observation::File(Name::new(name), Transfer::Sent(bytes))
    } else if let Some(rest) = message.strip_prefix("Loaded '") {
        // Loaded 'kernel8.img' to 0x200000 size 0x8d8bd7 (CarlFK/pici#43)
        let (name, rest) = rest.split_once("' to ")?;
        let bytes = rest.split_once(" size 0x")?.1;
        let bytes = u64::from_str_radix(bytes.split(' ').next()?, 16).ok();
        Observation::File(Name::new(name), Transfer::Sent(bytes))
    } else if let Some(rest) = message.strip_prefix("brfs: File read: ") {
        match rest.strip_prefix(CARD) {
            Some(name) => Observation::File(Name::new(name), Transfer::Asked),
            // brfs: File read: 475 bytes
            None => Observation::LastFile(Transfer::Sent(Some(
                rest.strip_suffix(" bytes")?.parse().ok()?,
            ))),
        }
    } else {
        return None;
    };
    Some((Who::own(), what))
}

#[cfg(test)]
mod tests {
    use super::super::sign::Sign;
    use super::*;

    #[test]
    fn the_boot_loader_says_who_it_is() {
        for message in [
            "BOOTMODE: 0x06 partition 0 build-ts BUILD_TIMESTAMP=1722344555 serial f0560721 boardrev c03141 stc 511954",
            "RPi: BOOTLOADER release VERSION:c258ef8f DATE: Jul  6 2021 TIME: 11:44:56 BOOTMODE: 0x00000006 part: 0 BUILD_TIMESTAMP=1625568293 0xf0560721 0x00c03141 0x000c5fe0",
        ] {
            let (who, what) = read(message).unwrap();
            assert_eq!(who.serial.unwrap().to_string(), "f0560721");
            assert_eq!(what, Observation::Revision(0x00c0_3141));
        }
        let (who, what) = read("NET_BOOT: dc:a6:32:01:36:c2 wait for link TFTP: 0.0.0.0").unwrap();
        assert_eq!(who.mac.unwrap().to_string(), "dc-a6-32-01-36-c2");
        assert_eq!(what, Observation::Sign(Sign::WaitsForLink));
    }

    #[test]
    fn files_are_followed() {
        let file = |name: &str, transfer| Observation::File(Name::new(name), transfer);
        for (message, expected) in [
            (
                "TFTP_GET: b4:2e:99:3d:09:1d 192.0.2.1 b7f44626/config.txt",
                file("b7f44626/config.txt", Transfer::Asked),
            ),
            (
                "TFTP: complete 1540",
                Observation::LastFile(Transfer::Sent(Some(1540))),
            ),
            (
                "TFTP 1: file /srv/a not found",
                Observation::LastFile(Transfer::Missing),
            ),
            (
                "Read File: start.elf, 2877988 (bytes)",
                file("start.elf", Transfer::Sent(Some(2_877_988))),
            ),
            (
                "brfs: File read: /mfs/sd/config.txt",
                file("config.txt", Transfer::Asked),
            ),
            (
                "brfs: File read: 475 bytes",
                Observation::LastFile(Transfer::Sent(Some(475))),
            ),
            ("        op: 43 len:  32", Observation::Option43),
        ] {
            assert_eq!(
                read(message).map(|found| found.1),
                Some(expected),
                "{message}"
            );
        }
        assert_eq!(read("TFTP: disconnect: timeouts 1"), None);
    }
}
