//! A boot loader in the place of a kernel: U-Boot, by its banner.

use std::fmt;
use std::io::Read;

use super::KernelReadError;
use super::banner::find_text;

const U_BOOT: &[u8] = b"U-Boot ";

/// Most bytes of a version; Debian's have 22.
const VERSION_MAX: usize = 64;

/// A boot loader that the firmware starts as it does a kernel: what it prints
/// first, without the time of its build, such as `U-Boot 2025.01`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootLoader(String);

impl BootLoader {
    /// The name and the version.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The banner of U-Boot that `text` begins with, if it does: `U-Boot 2025.01
    /// (Jan 06 2025 - 15:03:53 +0000)` (U-Boot `cmd/version.c`). Versions have been
    /// years and months since 2008.
    fn parse(text: &[u8]) -> Option<Self> {
        let words = text.strip_prefix(U_BOOT)?;
        let version = words.split(|&byte| byte == b' ').next()?;
        let is_dated = matches!(
            version,
            [b'2', b'0', year @ .., ] if matches!(
                year,
                [a, b, b'.', c, d, ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit())
            )
        );
        let is_version =
            is_dated && version.len() <= VERSION_MAX && version.iter().all(u8::is_ascii_graphic);
        let built = words.get(version.len()..)?;
        let is_banner = is_version
            && matches!(built, [b' ', b'(', month @ ..] if month.len() > 3
                && month[..3].iter().all(u8::is_ascii_alphabetic));
        let version = String::from_utf8_lossy(version);
        is_banner.then(|| Self(format!("U-Boot {version}")))
    }
}

impl fmt::Display for BootLoader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The first banner of a boot loader that `reader` has.
pub(super) fn find(reader: impl Read) -> Result<Option<BootLoader>, KernelReadError> {
    find_text(reader, U_BOOT, BootLoader::parse)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(text: &str) -> Option<String> {
        let text = [&[0x0a, 0, 0, 0x14][..], text.as_bytes()].concat();
        let loader = find(text.as_slice()).unwrap();
        loader.map(|loader| loader.to_string())
    }

    #[test]
    fn u_boot_is_known_by_its_banner() {
        for (text, name) in [
            (
                "U-Boot 2025.01 (Jan 06 2025 - 15:03:53 +0000)",
                "U-Boot 2025.01",
            ),
            // Of Debian; the first word of another text stands before it.
            (
                "U-Boot SPL U-Boot 2023.01+dfsg-2+deb12u3 (Jun 22 2026 - 08:38:07 +0000)\0",
                "U-Boot 2023.01+dfsg-2+deb12u3",
            ),
        ] {
            assert_eq!(found(text).as_deref(), Some(name));
        }
        for text in [
            "U-Boot 2025.01",
            "U-Boot 2025.01 on a Raspberry Pi",
            "U-Boot 2025 (Jan 06 2025)",
            "U-Boot 1.3.4 (Oct 12 2008)",
            "U-Boot %s (Jan 06 2025)",
            "U-Boot 2025.01 (",
            "u-boot 2025.01 (Jan 06 2025)",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_looked_through(bytes in any::<Vec<u8>>(), version in "20[0-9.]{0,6}.{0,70}") {
            let _ = find(bytes.as_slice());
            let _ = found(&format!("U-Boot {version} (Jan"));
        }
    }
}
