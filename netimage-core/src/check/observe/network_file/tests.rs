use proptest::prelude::*;

use super::*;

const WIRED: [Interfaces; 2] = [Interfaces::Beginning("en"), Interfaces::Beginning("eth")];

fn file(text: &str) -> NetworkFile {
    NetworkFile::read(text.as_bytes())
}

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
        ("Name=lan0\nName=\nName=en*", Surely, No),
        ("Name=lan0\n[Match]\nName=eth*", No, Surely),
        ("Name=!en* eth*", No, No),
        ("Name=!eth0", Surely, Maybe),
        ("Name=!lo", Surely, Surely),
        ("Name=\"lan0\"", Maybe, Maybe),
        ("# Name=lan0\n;\nName=eth*", No, Surely),
        ("Name=\\\n  eth*", No, Surely),
        ("Kind=!*\nType=ether", Surely, Surely),
        ("Kind=bridge", No, No),
        ("Type=wlan", No, No),
        ("Type=!wlan", Surely, Surely),
        ("WLANInterfaceType=station", No, No),
        ("MACAddress=02:00:00:00:00:01", Maybe, Maybe),
        ("Name=lan0\nDriver=bcmgenet", No, No),
        ("Driver=bcmgenet", Maybe, Maybe),
        ("Virtualization=container", No, No),
        ("Virtualization=!container", Maybe, Maybe),
        ("", No, No),
    ] {
        let file = file(&format!("[Match]\n{text}\n[Network]\nName=no\n"));
        let found = WIRED.each_ref().map(|wired| file.is_for(wired, Some(255)));
        assert_eq!(found, [en, eth], "{text}");
    }
}

#[test]
fn older_versions_take_more() {
    for version in [None, Some(245)] {
        assert_eq!(file("[Match]\n").is_for(&WIRED[0], version), Holds::Maybe);
    }
}

#[test]
fn a_new_name_is_judged_as_a_whole() {
    let lan = Interfaces::Named("lan0".to_owned());
    for (pattern, expected) in [
        ("lan0", Holds::Surely),
        ("lan*", Holds::Surely),
        ("lan", Holds::No),
        ("lan?", Holds::Maybe),
        ("wan*", Holds::No),
    ] {
        assert_eq!(lan.fit(pattern), expected, "{pattern}");
    }
}

#[test]
fn what_may_give_an_address_is_known() {
    for (text, ipv4, any) in [
        ("[Network]\nDHCP=yes", true, true),
        ("[Network]\nDHCP=ipv4", true, true),
        ("[Network]\nDHCP=maybe", true, true),
        ("[Network]\nDHCP=yes\nDHCP=no", false, true),
        ("[Network]\nDHCP=ipv6", false, true),
        ("[Network]\nLinkLocalAddressing=no", false, true),
        ("[Network]\nLinkLocalAddressing=ipv4", true, true),
        ("[Network]\nAddress=192.0.2.2/24", true, true),
        ("[Network]\nAddress=2001:db8::2/64", false, true),
        (
            "[Network]\nDHCP=no\n[Address]\nAddress=192.0.2.2/24",
            true,
            true,
        ),
        ("[Network]\nBridge=br0", false, true),
        ("[Link]\nUnmanaged=yes\n[Network]\nDHCP=yes", false, false),
        ("[DHCP]\nDHCP=yes", false, true),
    ] {
        let file = file(text);
        assert_eq!(file.may_give_ipv4(), ipv4, "{text}");
        assert_eq!(file.is_managed(), any, "{text}");
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read(
        text in proptest::collection::vec(any::<u8>(), 0..400),
        version in any::<Option<u32>>(),
    ) {
        let file = NetworkFile::read(&text);
        for wired in &WIRED {
            file.is_for(wired, version);
        }
        prop_assert!(!file.may_give_ipv4() || file.is_managed());
        prop_assert!(!file.matched().is_empty());
    }

    #[test]
    fn settings_are_read_as_written(
        key in "[A-Za-z]{1,8}",
        value in "[!-~]([ -~]{0,20}[!-\\[\\]-~])?",
        spaces in ("[ \t]{0,3}", "[ \t]{0,3}"),
    ) {
        prop_assume!(!value.ends_with('\\'));
        let text = format!("[Match]\n{key}{}={}{value}\n", spaces.0, spaces.1);
        let file = file(&text);
        prop_assert_eq!(file.all("Match", &key), [value.as_str()]);
    }

    #[test]
    fn what_surely_fits_may_fit(pattern in "[a-e\\[\\]*?!]{0,6}", name in "[a-e]{1,4}") {
        // A name that has the pattern's own letters fits it.
        let named = Interfaces::Named(name.clone());
        if pattern == name {
            prop_assert_eq!(named.fit(&pattern), Holds::Surely);
        }
        if named.fit(&pattern) == Holds::Surely {
            prop_assert!(may_begin(&pattern, &name) );
        }
    }
}
