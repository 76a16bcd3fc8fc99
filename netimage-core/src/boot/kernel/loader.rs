//! A boot loader in the place of a kernel: U-Boot, by its banner.

use std::fmt;

pub(super) const U_BOOT: &[u8] = b"U-Boot ";

/// Most bytes of a version; Debian's have 22.
const VERSION_MAX: usize = 64;

/// A boot loader that the firmware starts as it does a kernel: what it prints
/// first, without the time of its build, such as `U-Boot 2025.01`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BootLoader(String);

impl BootLoader {
    /// The banner of U-Boot that `text` begins with, if it does: `U-Boot 2025.01
    /// (Jan 06 2025 - 15:03:53 +0000)` (U-Boot `cmd/version.c`). Versions have been
    /// years and months since 2008.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let mut words = text.strip_prefix(U_BOOT)?.split(|&byte| byte == b' ');
        let (version, month, _) = (words.next()?, words.next()?, words.next()?);
        let is_dated = matches!(
            version,
            [b'2', b'0', a, b, b'.', c, d, ..]
                if [a, b, c, d].iter().all(|digit| digit.is_ascii_digit())
        );
        let is_version = version.len() <= VERSION_MAX && version.iter().all(u8::is_ascii_graphic);
        let is_month = matches!(
            month,
            [b'(', letters @ ..] if letters.len() == 3 && letters.iter().all(u8::is_ascii_alphabetic)
        );
        let version = String::from_utf8_lossy(version);
        (is_dated && is_version && is_month).then(|| Self(format!("U-Boot {version}")))
    }
}

impl fmt::Display for BootLoader {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boot::KernelImage;
    use proptest::prelude::*;

    fn found(text: &str) -> Option<String> {
        let text = [&[0x0a, 0, 0, 0x14][..], text.as_bytes()].concat();
        let loader = KernelImage::recognise(&b""[..], 0).unwrap();
        let loader = loader.find_boot_loader(text.as_slice()).unwrap();
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
            let _ = BootLoader::parse(&bytes);
            let _ = found(&format!("U-Boot {version} (Jan"));
        }
    }
}
