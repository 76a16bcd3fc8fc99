//! Messages of dnsmasq.
//!
//! Those of its TFTP server are translated where it was built with translations: the
//! words are those of its catalogues (2.90, `po/*.po`); its Spanish, Finnish, Indonesian,
//! Italian, Norwegian, Portuguese and Romanian ones have none for these. The keywords of
//! DHCP are never translated.

use std::net::IpAddr;

use super::observation::{Observation, Transfer, Who};
use super::sign::Sign;
use crate::boot::requests::MacAddress;
use crate::diagnose::name::Name;

/// What the TFTP server says of a file, with `%s` for its name and the board's address,
/// and then for a reason. Older releases leave the address of a missing file out.
const FILE_MESSAGES: [(&str, Transfer); 30] = [
    ("sent %s to %s", Transfer::Sent(None)),
    ("%s an %s verschickt", Transfer::Sent(None)),
    ("envoyé %s à %s", Transfer::Sent(None)),
    ("plik %s przesłano do %s", Transfer::Sent(None)),
    ("%s გაგზავნილია %s-სთან", Transfer::Sent(None)),
    ("skickade %s till %s", Transfer::Sent(None)),
    ("timeout sending %s to %s", Transfer::Failed),
    (
        "Zeitüberschreitung beim Senden von %s an %s",
        Transfer::Failed,
    ),
    ("misslyckades med att skicka %s till %s", Transfer::Failed),
    ("failed sending %s to %s", Transfer::Failed),
    ("konnte %s nicht an %s senden", Transfer::Failed),
    ("impossible d'envoyer %s à %s", Transfer::Failed),
    ("błąd wysyłania pliku %s do komputera %s", Transfer::Failed),
    ("%s-ის %s-სთვის გაგზავნის შეცდომა", Transfer::Failed),
    ("file %s not found for %s", Transfer::Missing),
    ("file %s not found", Transfer::Missing),
    ("Datei %s nicht gefunden für %s", Transfer::Missing),
    ("Datei %s nicht gefunden", Transfer::Missing),
    ("fichier %s non trouvé pour %s", Transfer::Missing),
    ("fichier %s non trouvé", Transfer::Missing),
    ("plik %s nie został znaleziony dla %s", Transfer::Missing),
    ("plik %s nie został znaleziony", Transfer::Missing),
    ("ფაილი %s ვერ ვიპოვე %s_სთვის", Transfer::Missing),
    ("filen %s hittades inte för %s", Transfer::Missing),
    ("cannot access %s: %r", Transfer::Unreadable),
    ("Kann auf %s nicht zugreifen: %r", Transfer::Unreadable),
    ("Ne peut pas lire %s : %r", Transfer::Unreadable),
    ("brak dostępu do %s: %r", Transfer::Unreadable),
    ("%s-სთან წვდომის შეცდომა: %r", Transfer::Unreadable),
    ("kan inte komma åt %s: %r", Transfer::Unreadable),
];

/// What it says when the board ends a transfer: the board's number and words, and its
/// address.
const PEER_ERRORS: [&str; 6] = [
    "error %s received from %s",
    "Fehler %s von %s empfangen",
    "erreur %s reçu de %s",
    "błąd %s odebrano od %s",
    "შეცდომა %s მიღებულია %s -გან",
    "fel %s mottaget från %s",
];

/// What it says when it has no addresses for a network.
const NO_RANGE: [&str; 10] = [
    "no address range available for DHCP request",
    "Kein verfügbarer Adress-Bereich für DHCP-Anfrage",
    "ningún rango de direcciónes disponible para pedido DHCP",
    "pas de plage d'adresse disponible pour la requête DHCP",
    "tidak ada alamat yang bisa dipakai untuk permintaan DHCP",
    "მისამართების დიაპაზონი მიუწვდომელია DHCP მოთხოვნისთვის",
    "ingen adresse område tilgjengelig for DHCP krav",
    "nie zdefiniowano zakresu adresów odpowiedniego dla żądania",
    "inget adressintervall tillgängligt för DHCP-begäran",
    "nici un domeniu de adrese disponibil pentru cererea DHCP",
];

/// What a message of the TFTP server says.
pub(super) fn tftp(message: &str) -> Option<(Who, Observation)> {
    // Told once, at the start.
    if message.contains("TFTP directory ") && message.contains("inaccessible") {
        return Some((Who::default(), Observation::Sign(Sign::TftpDirectory)));
    }
    for template in PEER_ERRORS {
        if let Some([words, address]) = fill(template, message)
            && let Some(who) = who(address)
        {
            return Some((who, Observation::PeerError(words.to_owned())));
        }
    }
    FILE_MESSAGES.iter().find_map(|(template, transfer)| {
        let [name, second] = fill(template, message)?;
        let who = if template.matches("%s").count() == 2 {
            who(second)?
        } else {
            Who::default()
        };
        (!name.is_empty()).then(|| (who, Observation::File(Name::new(name), *transfer)))
    })
}

/// What a message of the DHCP server says.
pub(super) fn dhcp(message: &str) -> Option<(Who, Observation)> {
    let nobody = Who::default();
    let has_no_range = NO_RANGE.iter().any(|words| message.contains(words));
    // Told of the interface (raspberrypi/cmprovision#42).
    if has_no_range || message.contains("which has no address") {
        return Some((nobody, Observation::Sign(Sign::NoAddressRange)));
    }
    // With log-dhcp, a number for the exchange comes first.
    let digits = message.bytes().take_while(u8::is_ascii_digit).count();
    let (has_number, message) = match message.get(digits..) {
        Some(rest) if digits > 0 && rest.starts_with(' ') => (true, rest.trim_start()),
        _ => (false, message),
    };
    if let Some(found) = exchange(message) {
        return Some(found);
    }
    // A board calls itself a PC with a BIOS (raspberrypi/rpi-eeprom#182), or may once call
    // itself what it is; others are UEFI's.
    if ["PXEClient:Arch:00000:", "PXEClient:Arch:00041:"]
        .iter()
        .any(|class| message.contains(class))
    {
        return Some((nobody, Observation::BootsFromNetwork));
    }
    // Not the list of what the board wants, which has `43:vendor-encap`.
    if message.contains("43 vendor-encap") {
        return Some((nobody, Observation::Option43));
    }
    has_number.then_some((nobody, Observation::Detail))
}

/// `DHCPOFFER(eth0) 192.0.2.7 dc:a6:32:01:36:c2 rest`, where not all need be there.
fn exchange(message: &str) -> Option<(Who, Observation)> {
    let (keyword, rest) = message.split_once('(')?;
    let (_interface, rest) = rest.split_once(')')?;
    let mut words = rest.split_ascii_whitespace().peekable();
    let address = words.next_if(|word| word.parse::<IpAddr>().is_ok());
    let who = Who {
        address: address.and_then(|address| address.parse().ok()),
        mac: Some(words.next()?.parse::<MacAddress>().ok()?),
        ..Who::default()
    };
    let rest: Vec<_> = words.collect();
    let refusal = || Observation::Refusal(rest.join(" "));
    let what = match keyword {
        // An address there is only wished for.
        "DHCPDISCOVER" => {
            let who = Who {
                address: None,
                ..who
            };
            let is_answered = rest.is_empty();
            let what = if is_answered {
                Observation::Discover
            } else {
                refusal()
            };
            return Some((who, what));
        }
        "DHCPOFFER" => Observation::Offer,
        "DHCPACK" => Observation::Lease,
        "DHCPNAK" => refusal(),
        "PXE" => Observation::Proxy,
        "DHCPREQUEST" => Observation::Presence,
        _ => return None,
    };
    Some((who, what))
}

/// What a message says that comes without the name of a program, as `journalctl -o cat`
/// has it: only what nobody else says, so that it has to name a board.
pub(super) fn unnamed(message: &str) -> Option<(Who, Observation)> {
    let (who, what) = tftp(message).or_else(|| dhcp(message))?;
    let names_board = who.address.is_some() || who.mac.is_some();
    let is_known = matches!(what, Observation::Option43 | Observation::BootsFromNetwork);
    (names_board || is_known).then_some((who, what))
}

fn who(address: &str) -> Option<Who> {
    address.parse().ok().map(Who::address)
}

/// What stands in a message in the place of `%s`, the first as long as can be, and of a
/// `%r` that ends it. Where there is one, the second is empty.
fn fill<'a>(template: &str, message: &'a str) -> Option<[&'a str; 2]> {
    let (start, rest) = template.split_once("%s")?;
    let text = message.strip_prefix(start)?;
    if let Some(middle) = rest.strip_suffix("%r") {
        return text
            .split_once(middle)
            .map(|(first, second)| [first, second]);
    }
    let Some((middle, end)) = rest.split_once("%s") else {
        return text.strip_suffix(rest).map(|first| [first, ""]);
    };
    let (first, second) = text.strip_suffix(end)?.rsplit_once(middle)?;
    Some([first, second])
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAME: &str = "/srv/tftp/1234abcd/a to b";

    #[test]
    fn every_translation_is_read() {
        for (template, transfer) in FILE_MESSAGES {
            let message = template
                .replacen("%s", NAME, 1)
                .replacen("%s", "192.0.2.7", 1)
                .replace("%r", "Permission denied");
            let (_, what) = tftp(&message).unwrap();
            assert_eq!(
                what,
                Observation::File(Name::new(NAME), transfer),
                "{message}"
            );
        }
        for template in PEER_ERRORS {
            let message = template.replacen("%s", "0 Early terminate", 1).replacen(
                "%s",
                "::ffff:192.0.2.7",
                1,
            );
            let (who, what) = tftp(&message).unwrap();
            assert_eq!(who, Who::address([192, 0, 2, 7].into()));
            assert_eq!(what, Observation::PeerError("0 Early terminate".to_owned()));
        }
    }

    #[test]
    fn what_dhcp_says_is_read() {
        let mac = Some("b8:27:eb:01:02:03".parse().unwrap());
        for (message, address, expected) in [
            (
                "DHCPDISCOVER(eth0) b8:27:eb:01:02:03 ",
                None,
                Observation::Discover,
            ),
            (
                "DHCPDISCOVER(eth0) 192.0.2.9 b8:27:eb:01:02:03",
                None,
                Observation::Discover,
            ),
            (
                "4711 DHCPDISCOVER(eth0) b8:27:eb:01:02:03 no address available",
                None,
                Observation::Refusal("no address available".to_owned()),
            ),
            (
                "DHCPOFFER(eth0) 192.0.2.7 b8:27:eb:01:02:03",
                Some(7),
                Observation::Offer,
            ),
            (
                "DHCPACK(eth0) 192.0.2.7 b8:27:eb:01:02:03 pi",
                Some(7),
                Observation::Lease,
            ),
            (
                "4711 PXE(eth0) b8:27:eb:01:02:03 proxy",
                None,
                Observation::Proxy,
            ),
        ] {
            let (who, what) = dhcp(message).unwrap();
            let address = address.map(|last| [192, 0, 2, last].into());
            assert_eq!(
                (who.mac, who.address, what),
                (mac, address, expected),
                "{message}"
            );
        }
        for (message, expected) in [
            (
                "1 vendor class: PXEClient:Arch:00000:UNDI:002001",
                Some(Observation::BootsFromNetwork),
            ),
            (
                "1 sent size: 32 option: 43 vendor-encap  06:01:03",
                Some(Observation::Option43),
            ),
            (
                "1 requested options: 1:netmask, 43:vendor-encap",
                Some(Observation::Detail),
            ),
            ("DHCP, IP range 192.0.2.5 -- 192.0.2.9", None),
        ] {
            assert_eq!(dhcp(message).map(|found| found.1), expected, "{message}");
        }
    }
}
