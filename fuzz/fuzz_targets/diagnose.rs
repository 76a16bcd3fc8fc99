//! Logs: whatever they are, they are read in bounded memory, in pieces as at once, and
//! nothing that is kept of them moves a terminal's cursor. A NUL separates two of them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::diagnose::{Diagnosis, Logs};

fn diagnose(bytes: &[u8], piece: usize) -> Diagnosis {
    let mut logs = Logs::default();
    for log in bytes.split(|byte| *byte == 0) {
        for chunk in log.chunks(piece) {
            logs.read(chunk);
        }
        logs.end();
    }
    logs.diagnose(None)
}

fuzz_target!(|bytes: &[u8]| {
    let diagnosis = diagnose(bytes, usize::MAX);
    assert_eq!(diagnosis, diagnose(bytes, 3));
    assert!(diagnosis.boards.len() <= 128);
    let json = serde_json::to_string(&diagnosis).unwrap();
    // So JSON writes a control character.
    assert!(!json.replace(r"\\", "").contains(r"\u00"));
});
