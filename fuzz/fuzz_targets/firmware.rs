//! Firmware: what is whole is so with more behind it, and is not without a byte
//! that its headers tell of.
#![no_main]

use libfuzzer_sys::fuzz_target;
use netimage_core::boot::{
    FIRMWARE_HEAD_LENGTH, FirmwareError, check_companion, check_firmware, check_fixup,
};

fuzz_target!(|bytes: &[u8]| {
    let head = &bytes[..bytes.len().min(FIRMWARE_HEAD_LENGTH)];
    let size = bytes.len() as u64;
    let _ = check_companion(head, size);
    let (fixup, start) = head.split_at(head.len() / 2);
    let _ = (check_fixup(fixup, start), check_fixup(head, head));
    match check_firmware(head, size) {
        Ok(()) => assert_eq!(check_firmware(head, u64::MAX), Ok(())),
        Err(FirmwareError::Truncated { size: told, least }) => {
            assert!(told == size && size < least);
            if bytes.len() >= 52 {
                assert_eq!(check_firmware(head, least), Ok(()));
            }
        }
        Err(FirmwareError::Empty) => assert_eq!(size, 0),
        Err(_) => {}
    }
});
