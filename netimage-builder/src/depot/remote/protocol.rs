//! What the two programs tell each other, a line of JSON each:
//!
//! 1. the server's: which version of this it speaks;
//! 2. the client's: the image, as an [`Announcement`](netimage_core::depot::Announcement);
//! 3. the server's: what it wants of it, as a [`Wanted`](netimage_core::depot::Wanted).
//!    In place of that it may end, and what it prints is the result;
//! 4. the client's: that all of it was sent. Until the end it sends an empty line now and
//!    then, so that the server knows of a client that is gone.
//!
//! What the server prints then is the result.

use std::io::{self, BufRead, Read};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The version that this program speaks.
pub(super) const VERSION: u32 = 1;

/// The time between two signs of life of the client.
pub(super) const SIGN_OF_LIFE: Duration = Duration::from_secs(10);

/// How long the server waits for one.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// Bytes of a line; an image of 100 000 store paths takes a quarter of it.
const LINE_LENGTH_MAX: u64 = 128 << 20;

/// The server's first line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Greeting {
    pub(super) netimage_deploy: u32,
}

/// That all was sent.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Sent {
    #[serde(rename = "sent")]
    All,
}

/// The next line without its end; none where nothing more comes.
pub(super) fn read_line(reader: &mut impl BufRead) -> io::Result<Option<Vec<u8>>> {
    let mut line = Vec::new();
    reader.take(LINE_LENGTH_MAX).read_until(b'\n', &mut line)?;
    Ok((line.pop() == Some(b'\n')).then_some(line))
}

/// A line of JSON.
pub(super) fn line_of(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_lines_are_read() {
        let mut text = &b"one\n\ntwo"[..];
        let lines: Vec<_> = std::iter::from_fn(|| read_line(&mut text).unwrap()).collect();
        assert_eq!(lines, [b"one".to_vec(), Vec::new()]);
        let line = line_of(&Greeting { netimage_deploy: 7 }).unwrap();
        assert_eq!(line, b"{\"netimageDeploy\":7}\n");
        assert_eq!(line_of(&Sent::All).unwrap(), b"\"sent\"\n");
    }
}
