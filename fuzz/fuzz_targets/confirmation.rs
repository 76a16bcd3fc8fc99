//! A confirmation is read from any bytes, and printed as it was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::depot::Confirmation;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(confirmation) = Confirmation::parse(bytes) {
        let text = confirmation.to_string();
        assert_eq!(Confirmation::parse(text.as_bytes()).unwrap(), confirmation);
    }
});
