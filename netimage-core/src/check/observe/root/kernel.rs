//! Whether two files hold one kernel.

use std::io::Read;

use crate::boot::{KERNEL_SIZE_MAX, KernelReadError, unpacked_kernel};
use crate::fs::same_contents;

/// Whether two kernels, each from its first byte and gzipped or not, are the same
/// once they are unpacked: the firmware of 64-bit boards takes `Image` and
/// `Image.gz` alike (Raspberry Pi documentation, `config_txt/boot.adoc`).
///
/// Takes less than 512 KiB of memory and reads at most [`KERNEL_SIZE_MAX`] bytes
/// of each, unpacked; what is larger is not the same.
///
/// # Errors
///
/// When one of them cannot be read or unpacked before they differ.
pub(super) fn same_kernels(one: impl Read, other: impl Read) -> Result<bool, KernelReadError> {
    let mut one = unpacked_kernel(one)?.take(KERNEL_SIZE_MAX + 1);
    let same = same_contents(&mut one, unpacked_kernel(other)?);
    let same = same.map_err(|error| KernelReadError::Read(error).of_gzip())?;
    Ok(same && one.limit() > 0)
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};

    use proptest::prelude::*;

    use super::*;

    fn gzipped(bytes: &[u8], level: u32) -> Vec<u8> {
        let level = flate2::Compression::new(level);
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_broken_one_is_an_error() {
        let kernel = vec![7; 100_000];
        let packed = gzipped(&kernel, 0);
        let broken = same_kernels(&kernel[..], &packed[..packed.len() - 1]);
        assert!(
            matches!(broken, Err(KernelReadError::Gzip(_))),
            "{broken:?}"
        );
        let differs = same_kernels(&b"MZ"[..], &packed[..packed.len() - 1]);
        assert!(!differs.unwrap());
    }

    #[test]
    fn no_more_is_read_than_any_kernel_has() {
        let endless = || io::repeat(0);
        assert!(!same_kernels(endless(), endless()).unwrap());
    }

    proptest! {
        #[test]
        fn packing_makes_no_other_kernel(
            bytes in proptest::collection::vec(any::<u8>(), 0..200_000),
            levels in (0_u32..10, 0_u32..10),
            at in any::<proptest::sample::Index>(),
        ) {
            // What begins like gzip is none, or another.
            prop_assume!(!bytes.starts_with(b"\x1f\x8b"));
            let (one, other) = (gzipped(&bytes, levels.0), gzipped(&bytes, levels.1));
            prop_assert!(same_kernels(&bytes[..], &one[..]).unwrap());
            prop_assert!(same_kernels(&one[..], &other[..]).unwrap());
            prop_assert!(same_kernels(&bytes[..], &bytes[..]).unwrap());
            if !bytes.is_empty() {
                let mut changed = bytes.clone();
                changed[at.index(bytes.len())] ^= 1;
                prop_assert!(!same_kernels(&changed[..], &other[..]).unwrap_or(false));
                prop_assert!(!same_kernels(&bytes[..bytes.len() - 1], &one[..]).unwrap());
            }
        }
    }
}
