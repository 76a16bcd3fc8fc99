//! The banner that Linux prints first, found in a kernel.

use std::fmt;
use std::io::Read;

use super::{KERNEL_SIZE_MAX, KernelReadError};

/// How every banner begins (`linux_banner` in Linux `init/version-timestamp.c`).
pub(super) const START: &[u8] = b"Linux version ";

/// Bytes that are read at once.
const CHUNK: usize = 64 << 10;

/// Most bytes of a banner: names of machine, user and compilers.
const BANNER_MAX: usize = 1024;

/// Most bytes of a release (`__NEW_UTS_LEN` in Linux `uapi/linux/utsname.h`).
const RELEASE_MAX: usize = 64;

/// The whole line, without its line feed, that Linux prints first: `Linux version 6.12.22-arm64 (user@host) (gcc …) #1
/// SMP …`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinuxBanner(String);

impl LinuxBanner {
    /// The release, like `6.12.22-arm64`: the first word of the vermagic of every
    /// module for this kernel, and the name of their directory.
    #[must_use]
    pub fn release(&self) -> &str {
        let words = self.0.get(START.len()..).unwrap_or_default();
        words.split(' ').next().unwrap_or_default()
    }

    /// The banner that `text` begins with, if it does. Other texts of the kernel
    /// begin alike: `Linux version %s`.
    pub(super) fn parse(text: &[u8]) -> Option<Self> {
        let end = text.iter().position(|byte| matches!(byte, b'\n' | 0))?;
        let line = &text[..end];
        let words = line.strip_prefix(START)?;
        let release = words.split(|&byte| byte == b' ').next()?;
        let is_release = release.first().is_some_and(u8::is_ascii_digit)
            && release.len() <= RELEASE_MAX
            && release.iter().all(u8::is_ascii_graphic)
            && words[release.len()..].starts_with(b" (");
        is_release.then(|| Self(String::from_utf8_lossy(line).into_owned()))
    }
}

impl fmt::Display for LinuxBanner {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The first text that begins with `start` and is what `parse` looks for, given
/// that and what comes after it, [`BANNER_MAX`] bytes in all; and how many bytes
/// there are, of which no more are read than it takes, unless `to_end`. A text
/// that comes before a mistake is found.
pub(super) fn scan<Text>(
    reader: impl Read,
    start: &[u8],
    parse: impl Fn(&[u8]) -> Option<Text>,
    to_end: bool,
) -> (Option<Text>, Result<u64, KernelReadError>) {
    let mut reader = reader.take(KERNEL_SIZE_MAX + 1);
    let mut window = Vec::with_capacity(CHUNK + BANNER_MAX);
    let mut found = None;
    let mut total = 0;
    loop {
        let read = (&mut reader).take(CHUNK as u64).read_to_end(&mut window);
        let is_last = !matches!(read, Ok(CHUNK));
        found = found.or_else(|| search(&window, is_last, start, &parse));
        total += match read {
            Ok(count) => count as u64,
            Err(error) => return (found, Err(KernelReadError::Read(error))),
        };
        if total > KERNEL_SIZE_MAX {
            return (found, Err(KernelReadError::TooLarge));
        }
        if is_last || (found.is_some() && !to_end) {
            return (found, Ok(total));
        }
        // A banner that begins in the last bytes is seen whole the next time.
        window.drain(..window.len() - BANNER_MAX.min(window.len()));
    }
}

/// The first such text in the window; unless it is the last one, only where it
/// has room for the longest.
fn search<Text>(
    window: &[u8],
    is_last: bool,
    start: &[u8],
    parse: impl Fn(&[u8]) -> Option<Text>,
) -> Option<Text> {
    let first = start.first()?;
    let ends = if is_last {
        window.len()
    } else {
        (window.len() + 1).saturating_sub(BANNER_MAX)
    };
    let mut at = 0;
    while let Some(found) = window[at..ends].iter().position(|byte| byte == first) {
        let begin = at + found;
        let text = &window[begin..window.len().min(begin + BANNER_MAX)];
        if text.starts_with(start)
            && let Some(text) = parse(text)
        {
            return Some(text);
        }
        at = begin + 1;
    }
    None
}
