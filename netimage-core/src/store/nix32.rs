//! Nix's base 32: the alphabet without `e o u t`, read from the last byte.
//!
//! Source: Nix manual, "Store path specification", *nix32*.

/// The 32 characters, in order of value.
const ALPHABET: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

/// Why a string is not nix32.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Nix32Error {
    /// A character that the alphabet lacks.
    #[error("'{character}' is not a nix32 character (0-9 and a-z without e, o, t, u): {text:?}")]
    Character {
        /// The offending character.
        character: char,
        /// The whole string.
        text: String,
    },
    /// The string cannot come from a whole number of bytes.
    #[error("{text:?} is not a whole number of bytes in nix32; check that it was copied whole")]
    Length {
        /// The whole string.
        text: String,
    },
}

/// Prints bytes as nix32.
///
/// ```
/// assert_eq!(netimage_core::store::nix32_encode(&[0x1f]), "0z");
/// ```
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let length = (bytes.len() * 8).div_ceil(5);
    (0..length)
        .rev()
        .map(|index| {
            let bit = index * 5;
            let (byte, shift) = (bit / 8, bit % 8);
            let low = u16::from(bytes[byte]);
            let high = bytes.get(byte + 1).copied().map_or(0, u16::from);
            let value = ((high << 8 | low) >> shift) & 0x1f;
            char::from(ALPHABET[usize::from(value)])
        })
        .collect()
}

/// Reads nix32.
///
/// # Errors
///
/// [`Nix32Error`] when a character is not of the alphabet, or when the last
/// bits do not fit a whole number of bytes.
pub fn decode(text: &str) -> Result<Vec<u8>, Nix32Error> {
    let length_error = || Nix32Error::Length {
        text: text.to_owned(),
    };
    let length = text.len() * 5 / 8;
    if text.is_ascii() && (length * 8).div_ceil(5) != text.len() {
        return Err(length_error());
    }
    let mut bytes = vec![0_u8; length];
    for (index, character) in text.chars().rev().enumerate() {
        let value = ALPHABET
            .iter()
            .position(|&known| char::from(known) == character)
            .and_then(|value| u16::try_from(value).ok())
            .ok_or_else(|| Nix32Error::Character {
                character,
                text: text.to_owned(),
            })?;
        let (byte, shift) = (index * 5 / 8, index * 5 % 8);
        let [low, high] = (value << shift).to_le_bytes();
        match bytes.get_mut(byte) {
            Some(slot) => *slot |= low,
            None if low == 0 => {}
            None => return Err(length_error()),
        }
        match bytes.get_mut(byte + 1) {
            Some(slot) => *slot |= high,
            None if high == 0 => {}
            None => return Err(length_error()),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn agrees_with_nix() {
        // nix hash convert --from base16 --to nix32 (SHA-256 of nothing)
        let bytes = data_encoding::HEXLOWER
            .decode(b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
            .unwrap();
        let text = "0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73";
        assert_eq!(encode(&bytes), text);
        assert_eq!(decode(text).unwrap(), bytes);
    }

    #[test]
    fn refuses_what_nix_refuses() {
        assert!(matches!(
            decode("e000"),
            Err(Nix32Error::Character { character: 'e', .. })
        ));
        assert!(matches!(decode("0"), Err(Nix32Error::Length { .. })));
        assert!(matches!(decode("zz"), Err(Nix32Error::Length { .. })));
    }

    proptest! {
        #[test]
        fn what_is_printed_reads_back(bytes in proptest::collection::vec(any::<u8>(), 0..70)) {
            prop_assert_eq!(decode(&encode(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn what_reads_prints_the_same(text in "[0-9a-df-np-sv-z]{0,60}") {
            if let Ok(bytes) = decode(&text) {
                prop_assert_eq!(encode(&bytes), text);
            }
        }

        #[test]
        fn never_panics(text in ".{0,60}") {
            let _ = decode(&text);
        }
    }
}
