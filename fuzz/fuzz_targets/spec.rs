//! Image specs: what is printed as JSON reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::image::ImageSpec;

fuzz_target!(|json: &[u8]| {
    let Ok(spec) = ImageSpec::from_json(json) else {
        return;
    };
    let printed = serde_json::to_vec(&spec).expect("any spec is JSON");
    assert_eq!(
        ImageSpec::from_json(&printed).expect("JSON of a spec reads"),
        spec
    );
});
