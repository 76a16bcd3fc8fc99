//! Numbers of a fixed length as lower-case hexadecimal digits.

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

/// The bytes that `N` pairs of digits stand for, in either case.
pub(super) fn parse<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let bytes = HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).ok()?;
    bytes.try_into().ok()
}

/// Lower-case digits.
pub(super) fn print(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}
