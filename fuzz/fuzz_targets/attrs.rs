//! `.attrs.json`: its closure survives as a registration dump, its spec as JSON.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::closure::{Attrs, Closure, Registration, parse_registration};
use netimage_core::store::StoreDir;

fuzz_target!(|json: &[u8]| {
    let dir = StoreDir::default();
    let Ok(attrs) = Attrs::from_json(json, &dir) else {
        return;
    };
    if let Some(spec) = attrs.spec {
        serde_json::from_str::<serde_json::Value>(spec.get()).expect("the spec is JSON");
    }
    let printed = Registration::new(&attrs.closure).to_string();
    let infos = parse_registration(printed.as_bytes(), &dir).expect("a printed dump reads");
    let roots = attrs.closure.roots().to_vec();
    assert_eq!(Closure::new(dir, infos, roots), Ok(attrs.closure));
});
