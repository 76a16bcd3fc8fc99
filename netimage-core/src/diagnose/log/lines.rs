//! Lines of a log, of bounded length and without what moves a terminal's cursor.

/// The bytes of a line that are read; the rest of it is left out.
pub(super) const LINE_MAX: usize = 16 * 1024;

/// Cuts chunks of bytes into lines.
#[derive(Debug, Default)]
pub(super) struct Lines {
    line: Vec<u8>,
    number: u64,
}

impl Lines {
    /// Takes the next bytes, and gives each line that ends in them with its number.
    pub(super) fn feed(&mut self, chunk: &[u8], mut each: impl FnMut(u64, &str)) {
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            let room = LINE_MAX - self.line.len();
            self.line.extend(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.end(&mut each);
            }
        }
    }

    /// Gives what is left after the last line's end.
    pub(super) fn finish(&mut self, mut each: impl FnMut(u64, &str)) {
        if !self.line.is_empty() {
            self.end(&mut each);
        }
    }

    fn end(&mut self, each: &mut impl FnMut(u64, &str)) {
        self.number += 1;
        let text = plain(&String::from_utf8_lossy(&self.line));
        self.line.clear();
        each(self.number, text.trim_end());
    }
}

/// The text without escape sequences (ECMA-48) and control characters; a tab is a blank.
pub(super) fn plain(text: &str) -> String {
    let mut characters = text.chars().peekable();
    let mut plain = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        match character {
            '\t' => plain.push(' '),
            '\u{1b}' if characters.next_if_eq(&'[').is_some() => {
                // Parameters, and the one character that ends them.
                while characters
                    .next_if(|next| matches!(next, ' '..='?'))
                    .is_some()
                {}
                characters.next_if(|next| matches!(next, '@'..='~'));
            }
            _ if character.is_control() => {}
            _ => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(chunks: &[&[u8]]) -> Vec<(u64, String)> {
        let mut lines = Lines::default();
        let mut all = Vec::new();
        for chunk in chunks {
            lines.feed(chunk, |number, line| all.push((number, line.to_owned())));
        }
        lines.finish(|number, line| all.push((number, line.to_owned())));
        all
    }

    #[test]
    fn lines_are_put_together_from_chunks() {
        let expected = [(1, "one".to_owned()), (2, String::new()), (3, "two".into())];
        assert_eq!(lines(&[b"o", b"ne\r\n\n", b"\rtwo"]), expected);
    }

    #[test]
    fn a_long_line_is_cut() {
        let long = vec![b'a'; 3 * LINE_MAX];
        let found = lines(&[&long, &long, b"\nb\n"]);
        assert_eq!(found[0].1.len(), LINE_MAX);
        assert_eq!(found[1], (2, "b".to_owned()));
    }

    #[test]
    fn nothing_is_left_that_a_terminal_obeys() {
        let found = lines(&[b"\x1b[0;32m  OK  \x1b[0m a\x07\tb\xff\x1b]0;c\n"]);
        assert_eq!(found[0].1, "  OK   a b\u{fffd}]0;c");
    }
}
