//! `nix path-info --json`: a closure from it survives as a registration dump.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::closure::{Closure, Registration, parse_path_info_json, parse_registration};
use netimage_core::store::StoreDir;

fuzz_target!(|json: &[u8]| {
    let dir = StoreDir::default();
    let Ok(infos) = parse_path_info_json(json, &dir) else {
        return;
    };
    let Ok(closure) = Closure::new(dir.clone(), infos, []) else {
        return;
    };
    let printed = Registration::new(&closure).to_string();
    let infos = parse_registration(printed.as_bytes(), &dir).expect("a printed dump reads");
    assert_eq!(Closure::new(dir, infos, []), Ok(closure));
});
