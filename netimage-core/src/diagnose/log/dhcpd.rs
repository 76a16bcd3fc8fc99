//! Messages of ISC's DHCP server (dhcpd(8)).

use super::observation::{Observation, Who};
use crate::boot::requests::MacAddress;

/// What a message says: `DHCPOFFER on 192.0.2.7 to dc:a6:32:01:36:c2 (pi) via eth0`.
pub(super) fn read(message: &str) -> Option<(Who, Observation)> {
    let (keyword, rest) = message.split_once(' ')?;
    let mut words = rest.split_ascii_whitespace();
    let mut who = Who::default();
    let mut address = None;
    while let Some(word) = words.next() {
        match word {
            "on" => address = words.next()?.parse().ok(),
            "from" | "to" => {
                who.mac = Some(words.next()?.parse::<MacAddress>().ok()?);
                break;
            }
            _ => {}
        }
    }
    who.mac?;
    who.address = address;
    // After the interface: `DHCPDISCOVER from … via eth0: network 192.0.2.0/24: no free leases`.
    let refusal = rest.split_once(" via ").and_then(|(_, via)| {
        let (_interface, words) = via.split_once(": ")?;
        Some(words.to_owned())
    });
    let what = match (keyword, refusal) {
        ("DHCPDISCOVER", Some(words)) if !words.starts_with("load balance") => {
            Observation::Refusal(words)
        }
        ("DHCPDISCOVER", _) => Observation::Discover,
        ("DHCPOFFER", _) => Observation::Offer,
        ("DHCPACK", _) => Observation::Lease,
        ("DHCPNAK", _) => Observation::Refusal(keyword.to_owned()),
        ("DHCPREQUEST", _) => Observation::Presence,
        _ => return None,
    };
    Some((who, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exchange_is_read() {
        let mac = Some("b8:27:eb:01:02:03".parse().unwrap());
        for (message, last, expected) in [
            (
                "DHCPDISCOVER from b8:27:eb:01:02:03 via eth0",
                None,
                Observation::Discover,
            ),
            (
                "DHCPDISCOVER from b8:27:eb:01:02:03 (pi) via eth0: network 192.0.2.0/24: no free leases",
                None,
                Observation::Refusal("network 192.0.2.0/24: no free leases".to_owned()),
            ),
            (
                "DHCPOFFER on 192.0.2.7 to b8:27:eb:01:02:03 (pi) via eth0",
                Some(7),
                Observation::Offer,
            ),
            (
                "DHCPREQUEST for 192.0.2.7 (192.0.2.1) from b8:27:eb:01:02:03 via eth0",
                None,
                Observation::Presence,
            ),
            (
                "DHCPACK on 192.0.2.7 to b8:27:eb:01:02:03 via eth0",
                Some(7),
                Observation::Lease,
            ),
        ] {
            let (who, what) = read(message).unwrap();
            let address = last.map(|last| [192, 0, 2, last].into());
            assert_eq!(
                (who.mac, who.address, what),
                (mac, address, expected),
                "{message}"
            );
        }
        for message in [
            "Listening on LPF/eth0/b8:27:eb:01:02:03/192.0.2.0/24",
            "DHCPINFORM from 192.0.2.7 via eth0",
            "Wrote 3 leases to leases file.",
        ] {
            assert_eq!(read(message), None, "{message}");
        }
    }
}
