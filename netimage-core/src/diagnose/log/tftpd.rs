//! Messages of other TFTP servers, and of the server of NFS 3 mounts.
//!
//! tftpd-hpa tells each request with `--verbose`, and refusals with `-vv`; that a file was
//! sent whole only newer ones tell, and atftpd with `--verbose=7`.

use std::net::IpAddr;

use super::observation::{Observation, Transfer, Who};
use super::sign::Sign;
use crate::diagnose::name::Name;

/// What a message of tftpd-hpa, atftpd or a relative of theirs says.
pub(super) fn read(message: &str) -> Option<(Who, Observation)> {
    named(message)
        .or_else(|| request(message))
        .or_else(|| refusal(message))
        .or_else(|| finished(message))
        .or_else(|| of_last_file(message))
}

/// in.tftpd: Client 192.0.2.7 finished a (raspberrypi/firmware#859)
fn finished(message: &str) -> Option<(Who, Observation)> {
    let (address, name) = message.strip_prefix("Client ")?.split_once(" finished ")?;
    let file = Observation::File(Name::new(name), Transfer::Sent(None));
    Some((Who::address(host(address)?), file))
}

/// in.tftpd of netkit, which does not say who asks: `tftpd: trying to get file: a`
/// (raspberrypi/firmware#1292), and in a second line from which directory.
fn named(message: &str) -> Option<(Who, Observation)> {
    if message.starts_with("tftpd: serving file from ") {
        return Some((Who::default(), Observation::Sign(Sign::PlainTftp)));
    }
    let name = message.strip_prefix("tftpd: trying to get file: ")?;
    let file = Observation::File(Name::new(name), Transfer::Asked);
    Some((Who::default(), file))
}

fn request(message: &str) -> Option<(Who, Observation)> {
    let (address, name) = if let Some(rest) = message.strip_prefix("RRQ from ") {
        // in.tftpd: RRQ from 192.0.2.7 filename a remapped to b
        let (address, name) = rest.split_once(" filename ")?;
        let name = name
            .rsplit_once(" remapped to ")
            .map_or(name, |(_, name)| name);
        (address, name)
    } else if let Some(rest) = message.strip_prefix("Serving ") {
        // atftpd: Serving a to 192.0.2.7:2070
        let (name, address) = rest.rsplit_once(" to ")?;
        (address, name)
    } else {
        // tftpd of OpenBSD: 192.0.2.7: read request for 'a'
        let (address, name) = message.split_once(": read request for ")?;
        (address, name.trim_matches('\''))
    };
    let file = Observation::File(Name::new(name), Transfer::Asked);
    Some((Who::address(host(address)?), file))
}

fn refusal(message: &str) -> Option<(Who, Observation)> {
    // in.tftpd: sending NAK (1, File not found) to 192.0.2.7
    if let Some(rest) = message.strip_prefix("sending NAK (") {
        let (what, address) = rest.rsplit_once(") to ")?;
        let transfer = match what.split(',').next()? {
            "1" => Transfer::Missing,
            "2" | "0" => Transfer::Unreadable,
            _ => return None,
        };
        return Some((
            Who::address(host(address)?),
            Observation::LastFile(transfer),
        ));
    }
    // atftpd: File a not found
    let name = message
        .strip_prefix("File ")
        .or_else(|| message.strip_prefix("file "))?;
    let name = name.strip_suffix(" not found")?;
    let file = Observation::File(Name::new(name), Transfer::Missing);
    Some((Who::default(), file))
}

fn of_last_file(message: &str) -> Option<(Who, Observation)> {
    let what = if message.starts_with("End of transfer") {
        Observation::LastFile(Transfer::Sent(None))
    } else if let Some(rest) = message.strip_prefix("received ERROR <") {
        Observation::PeerError(rest.trim_end_matches('>').to_owned())
    } else {
        return None;
    };
    Some((Who::default(), what))
}

/// What a message of `rpc.mountd` says of a mount.
pub(super) fn mount(message: &str) -> Option<(Who, Observation)> {
    let (what, rest) = message.split_once(" mount request from ")?;
    let (address, _path) = rest.split_once(" for ")?;
    let sign = match what {
        "authenticated" => Sign::MountGranted,
        "refused" => Sign::NfsDenied,
        _ => return None,
    };
    Some((Who::address(host(address)?), Observation::Sign(sign)))
}

/// An address, with or without a port.
fn host(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    text.parse()
        .ok()
        .or_else(|| text.rsplit_once(':')?.0.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_servers_are_read() {
        let asked = Observation::File(Name::new("1234abcd/start4.elf"), Transfer::Asked);
        let missing = Observation::File(Name::new("/srv/tftp/a"), Transfer::Missing);
        let sent = Observation::File(Name::new("a"), Transfer::Sent(None));
        let error = Observation::PeerError("code: 0, msg: Early terminate".to_owned());
        for (message, has_address, expected) in [
            (
                "RRQ from 192.0.2.7 filename 1234abcd/start4.elf",
                true,
                asked.clone(),
            ),
            (
                "RRQ from ::ffff:192.0.2.7 filename x remapped to 1234abcd/start4.elf",
                true,
                asked.clone(),
            ),
            (
                "Serving 1234abcd/start4.elf to 192.0.2.7:49152",
                true,
                asked.clone(),
            ),
            (
                "192.0.2.7: read request for '1234abcd/start4.elf'",
                true,
                asked,
            ),
            ("File /srv/tftp/a not found", false, missing),
            ("Client ::ffff:192.0.2.7 finished a", true, sent),
            (
                "sending NAK (1, File not found) to 192.0.2.7",
                true,
                Observation::LastFile(Transfer::Missing),
            ),
            (
                "received ERROR <code: 0, msg: Early terminate>",
                false,
                error,
            ),
        ] {
            let (who, what) = read(message).unwrap();
            assert_eq!(what, expected, "{message}");
            let address = has_address.then(|| [192, 0, 2, 7].into());
            assert_eq!(who.address, address, "{message}");
        }
        assert_eq!(read("sending NAK (8, Options) to 192.0.2.7"), None);
    }

    #[test]
    fn mounts_are_read() {
        let message =
            "authenticated mount request from 192.0.2.7:858 for /srv/nfs/pi (/srv/nfs/pi)";
        let (who, what) = mount(message).unwrap();
        assert_eq!(who, Who::address([192, 0, 2, 7].into()));
        assert_eq!(what, Observation::Sign(Sign::MountGranted));
    }
}
