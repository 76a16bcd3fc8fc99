//! Firmware: what is whole is so with more behind it, and is not without a byte
//! that its headers tell of.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::boot::{FirmwareError, FirmwareFile};

fn read(bytes: &[u8], size: u64) -> FirmwareFile {
    FirmwareFile::read(bytes, size).expect("memory reads")
}

fuzz_target!(|bytes: &[u8]| {
    let size = bytes.len() as u64;
    let file = read(bytes, size);
    let _ = file.check_companion();
    let (fixup, start) = bytes.split_at(bytes.len() / 2);
    let _ = read(fixup, size).check_fixup(&read(start, size));
    let _ = file.check_fixup(&file);
    match file.check_start() {
        Ok(()) => assert_eq!(read(bytes, u64::MAX).check_start(), Ok(())),
        Err(FirmwareError::Truncated { size: told, least }) => {
            assert!(told == size && size < least);
            if bytes.len() >= 52 {
                assert_eq!(read(bytes, least).check_start(), Ok(()));
            }
        }
        Err(FirmwareError::Empty) => assert_eq!(size, 0),
        Err(_) => {}
    }
});
