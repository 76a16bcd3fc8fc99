//! nix32, hashes, store paths and store directories: what reads prints the same,
//! and what prints reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::store::{NarHash, StoreDir, StorePath, nix32_decode, nix32_encode};

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(nix32_decode(&nix32_encode(bytes)).as_deref(), Ok(bytes));

    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    if let Ok(decoded) = nix32_decode(text) {
        assert_eq!(nix32_encode(&decoded), text);
    }
    if let Ok(hash) = text.parse::<NarHash>() {
        for form in [hash.to_nix32(), hash.to_base16(), hash.to_sri()] {
            assert_eq!(form.parse(), Ok(hash));
        }
    }
    let dir = StoreDir::default();
    if let Ok(path) = text.parse::<StorePath>() {
        assert_eq!(path.to_string(), text);
        assert_eq!(format!("{}-{}", path.digest(), path.name()), text);
        assert_eq!(dir.parse(&dir.display(&path)), Ok(path));
    }
    if let Ok(path) = dir.parse(text) {
        assert_eq!(dir.display(&path), text);
    }
    if let Ok(dir) = text.parse::<StoreDir>() {
        assert_eq!(dir.as_str(), text);
    }
});
