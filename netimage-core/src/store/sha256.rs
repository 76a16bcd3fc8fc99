//! SHA-256, by whichever implementation is quicker on the processor at hand.

use sha2::Digest;

/// A SHA-256 that is being computed.
///
/// With the processor's own instructions `sha2` and `ring` are equally quick.
/// Without them ring's assembler is a third quicker than sha2's portable code
/// (docs/performance.md).
pub(crate) enum Sha256 {
    Sha2(sha2::Sha256),
    #[cfg(feature = "ring")]
    Ring(ring::digest::Context),
}

impl Default for Sha256 {
    fn default() -> Self {
        #[cfg(feature = "ring")]
        if !has_instructions() {
            return Self::Ring(ring::digest::Context::new(&ring::digest::SHA256));
        }
        Self::Sha2(sha2::Sha256::new())
    }
}

impl Sha256 {
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha2(sha256) => sha256.update(bytes),
            #[cfg(feature = "ring")]
            Self::Ring(sha256) => sha256.update(bytes),
        }
    }

    pub(crate) fn finish(self) -> [u8; 32] {
        let mut hash = [0; 32];
        match self {
            Self::Sha2(sha256) => hash.copy_from_slice(&sha256.finalize()),
            #[cfg(feature = "ring")]
            Self::Ring(sha256) => hash.copy_from_slice(sha256.finish().as_ref()),
        }
        hash
    }
}

/// Whether the processor computes SHA-256 itself.
#[cfg(feature = "ring")]
fn has_instructions() -> bool {
    #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
    return std::arch::is_x86_feature_detected!("sha");
    #[cfg(target_arch = "aarch64")]
    return std::arch::is_aarch64_feature_detected!("sha2");
    #[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
    return false;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(feature = "ring")]
    proptest::proptest! {
        #[test]
        fn both_compute_the_same(pieces: Vec<Vec<u8>>) {
            let mut both = [
                Sha256::Sha2(sha2::Sha256::new()),
                Sha256::Ring(ring::digest::Context::new(&ring::digest::SHA256)),
            ];
            for sha256 in &mut both {
                for piece in &pieces {
                    sha256.update(piece);
                }
            }
            let [one, other] = both.map(Sha256::finish);
            proptest::prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn the_empty_string_has_the_known_hash() {
        let hash = data_encoding::HEXLOWER.encode(&Sha256::default().finish());
        let known = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hash, known);
    }
}
