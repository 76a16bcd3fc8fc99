//! Registration dumps: what reads as a closure prints as what reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::closure::{Closure, Registration, parse_registration};
use netimage_core::store::StoreDir;

fuzz_target!(|text: &[u8]| {
    let dir = StoreDir::default();
    let Ok(infos) = parse_registration(text, &dir) else {
        return;
    };
    let Ok(closure) = Closure::new(dir.clone(), infos, []) else {
        return;
    };
    let printed = Registration::new(&closure).to_string();
    let infos = parse_registration(printed.as_bytes(), &dir).expect("a printed dump reads");
    assert_eq!(Closure::new(dir, infos, []).as_ref(), Ok(&closure));
    for info in closure.paths() {
        assert!(closure.why_depends(&info.path).is_some());
    }
});
