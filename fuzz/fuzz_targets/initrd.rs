//! Initrds: every file is where its path says, segments follow each other, and
//! what is read is within its limits.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::initrd::{Initrd, ReadOptions};

fuzz_target!(|bytes: &[u8]| {
    let mut options = ReadOptions::default();
    // Small, so that a bomb costs no time and the limits are met.
    options.limits.unpacked = 1 << 20;
    options.limits.window = 1 << 20;
    options.limits.entries = 200;
    options.limits.names = 1 << 16;
    options.limits.module = 1 << 16;
    options.limits.module_window = 1 << 16;
    options.limits.program = 1 << 12;
    let initrd = Initrd::read(bytes, &options);

    let mut end = 0;
    for segment in initrd.segments() {
        assert!(segment.offset >= end);
        end = segment.offset + segment.length;
        assert!(end <= bytes.len() as u64);
        assert!(segment.unpacked <= options.limits.unpacked);
    }
    if let Some(broken) = initrd.broken() {
        assert!(broken.offset <= bytes.len() as u64);
        let _ = broken.to_string();
    }

    let mut count = 0;
    initrd.walk(|path, entry| {
        count += 1;
        assert_eq!(initrd.lookup(path), Some(entry));
        let _ = initrd.resolve(path);
    });
    assert!(count <= options.limits.entries);
    for release in initrd.releases() {
        let _ = initrd.module_index(release);
    }
    let _ = (initrd.init(), initrd.program(b"mount.nfs"));
    let execution = initrd.execution(b"/init");
    assert!(execution.files.len() <= 7);
    assert!(
        execution
            .missing
            .iter()
            .all(|library| !library.name.is_empty())
    );
});
