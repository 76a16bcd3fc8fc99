use proptest::prelude::*;

use super::*;

#[test]
fn a_match_is_judged_as_networkd_does() {
    use Holds::{Maybe, No, Surely};
    for (text, en, eth) in [
        ("Name=en* eth*", Surely, Surely),
        ("Name=*", Surely, Surely),
        ("Name=e*", Surely, Surely),
        ("Name=e?*", Maybe, Maybe),
        ("Name=[we]*", Maybe, Maybe),
        ("Name=eth0", No, Maybe),
        ("Name=end0", Maybe, No),
        ("Name=lan0 wl*", No, No),
        ("Name=e", No, No),
        ("Name=!en* eth*", Maybe, Surely),
        ("Name=\"lan0\"", Maybe, Maybe),
        ("# Name=lan0\n;\nName=eth*", No, Surely),
        // As NixOS has them.
        ("Kind=!*\nType=ether", Surely, Surely),
        ("WLANInterfaceType=station", No, No),
        ("Kind=bridge", No, No),
        ("Type=wlan", No, No),
        ("Type=!wlan", Maybe, Maybe),
        ("MACAddress=02:00:00:00:00:01", Maybe, Maybe),
        ("Name=lan0\nDriver=bcmgenet", No, No),
        ("", No, No),
    ] {
        let file = NetworkFile::parse(&format!("[Match]\n{text}\n[Network]\nName=no\n"));
        let found = ["en", "eth"].map(|wired| file.is_for(wired, false, Some(255)));
        assert_eq!(found, [en, eth], "{text}");
    }
    let of_nothing = NetworkFile::parse("[Match]\n");
    assert_eq!(of_nothing.is_for("en", false, Some(245)), Maybe);
}

#[test]
fn a_whole_name_is_judged_as_such() {
    for (pattern, expected) in [
        ("eth0", Holds::Surely),
        ("eth*", Holds::Surely),
        ("eth", Holds::No),
        ("eth01", Holds::No),
        ("eth?", Holds::Maybe),
        ("en*", Holds::No),
    ] {
        assert_eq!(fits(pattern, "eth0", true), expected, "{pattern}");
    }
}

#[test]
fn what_may_give_an_address_is_known() {
    for (text, expected) in [
        ("[Network]\nDHCP=yes", true),
        ("[Network]\nDHCP=ipv4", true),
        ("[Network]\nDHCP=maybe", true),
        ("[Network]\nDHCP=yes\nDHCP=no", false),
        ("[Network]\nDHCP=ipv6", false),
        ("[Network]\nLinkLocalAddressing=no", false),
        ("[Network]\nLinkLocalAddressing=ipv4", true),
        ("[Network]\nAddress=192.0.2.2/24", true),
        ("[Network]\nAddress=2001:db8::2/64", false),
        ("[Network]\nDHCP=no\n[Address]\nAddress=192.0.2.2/24", true),
        ("[Network]\nBridge=br0", false),
        ("[Link]\nUnmanaged=yes\n[Network]\nDHCP=yes", false),
        ("[DHCP]\nDHCP=yes", false),
    ] {
        let file = NetworkFile::parse(text);
        assert_eq!(file.may_give_address(), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_read(text in "(\\[|\\]|Match|Name|=|[a-e*?! \n]|.){0,60}", version: Option<u32>) {
        let file = NetworkFile::parse(&text);
        for wired in WIRED {
            file.is_for(wired, false, version);
        }
        let _ = file.may_give_address();
        prop_assert!(!file.matched().is_empty());
    }

    #[test]
    fn what_surely_fits_a_beginning_fits_a_whole_name(
        pattern in "[a-c\\[\\]*?!]{0,5}", name in "[a-c]{1,4}", rest in "[a-c]{0,3}",
    ) {
        prop_assert_eq!(fits(&name, &name, true), Holds::Surely);
        if fits(&pattern, &name, false) == Holds::Surely {
            prop_assert_eq!(fits(&pattern, &format!("{name}{rest}"), true), Holds::Surely);
        }
    }
}
