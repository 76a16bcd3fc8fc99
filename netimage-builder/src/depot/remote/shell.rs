//! Words for the shell on the server: ssh joins its arguments to one line for that.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// A line that a shell reads as these words (POSIX, "Single-Quotes").
pub(in crate::depot) fn line<W: AsRef<OsStr>>(words: impl IntoIterator<Item = W>) -> OsString {
    let mut line = Vec::new();
    for word in words {
        if !line.is_empty() {
            line.push(b' ');
        }
        line.push(b'\'');
        for &byte in word.as_ref().as_bytes() {
            match byte {
                b'\'' => line.extend(br"'\''"),
                other => line.push(other),
            }
        }
        line.push(b'\'');
    }
    OsString::from_vec(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Words of all bytes but NUL, which no word can have.
    fn words(count: u64) -> Vec<OsString> {
        let mut state = 7_u64;
        let mut next = |end: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % end
        };
        let mut word = || {
            let bytes = (0..next(9)).map(|_| match next(3) {
                0 => b"'\"\\ \n$`!*;-"[usize::try_from(next(11)).unwrap()],
                _ => u8::try_from(next(255) + 1).unwrap(),
            });
            OsString::from_vec(bytes.collect())
        };
        (0..count).map(|_| word()).collect()
    }

    #[test]
    fn a_shell_reads_the_words_that_were_given() {
        let words = words(2_000);
        let mut script = OsString::from("printf '%s\\0' ");
        script.push(line(&words));
        let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
        let expected: Vec<u8> = words
            .iter()
            .flat_map(|word| word.as_bytes().iter().copied().chain([0]))
            .collect();
        assert!(output.status.success());
        assert_eq!(output.stdout, expected);
    }
}
