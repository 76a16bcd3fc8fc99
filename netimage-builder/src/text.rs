//! Text for people: the one way by which it leaves the program.

use std::borrow::Cow;
use std::fmt::{Display, Write as _};
use std::io::{self, Write};
use std::ops::RangeInclusive;

use anstyle::Style;

/// Why a result does not reach whoever asked for it.
#[derive(Debug, thiserror::Error)]
#[error("cannot print the result; check where the output goes")]
pub(crate) struct OutputError(#[from] io::Error);

/// Lines for people.
///
/// Names and contents of files are written by anybody. Whatever characters they
/// have, they stay in their line and do nothing to a terminal.
#[derive(Debug, Default)]
pub(crate) struct Text(String);

impl Text {
    /// Adds to the line.
    pub(crate) fn add(&mut self, words: impl Display) {
        self.0.push_str(&visible(&words.to_string()));
    }

    /// Adds to the line in a style.
    pub(crate) fn add_styled(&mut self, style: Style, words: impl Display) {
        self.0.push_str(&style.render().to_string());
        self.add(words);
        self.0.push_str(&style.render_reset().to_string());
    }

    /// Adds what ends the line.
    pub(crate) fn line(&mut self, words: impl Display) {
        self.add(words);
        self.0.push('\n');
    }

    /// Adds all of another text.
    pub(crate) fn append(&mut self, other: &Self) {
        self.0.push_str(&other.0);
    }

    /// Its lines without styles.
    pub(crate) fn plain(&self) -> String {
        anstream::adapter::strip_str(&self.0).to_string()
    }

    /// Prints it as the result, with its styles only where somebody sees them.
    pub(crate) fn print(&self) -> Result<(), OutputError> {
        print_to(&mut anstream::stdout(), self.0.as_bytes())
    }

    /// The same beside the result. It does not matter whether someone reads.
    pub(crate) fn print_aside(&self) {
        let _ = anstream::stderr().write_all(self.0.as_bytes());
    }
}

/// Prints one line beside the result.
pub(crate) fn print_line(line: impl Display) {
    let mut text = Text::default();
    text.line(line);
    text.print_aside();
}

/// Prints a text of several lines beside the result.
pub(crate) fn print_lines(lines: &str) {
    let mut text = Text::default();
    for line in lines.lines() {
        text.line(line);
    }
    text.print_aside();
}

/// JSON in which everything that nobody sees is escaped, too.
///
/// Only in strings is there anything of the kind, and there `\u` stands for any
/// character (RFC 8259, section 7).
pub(crate) fn visible_json(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character == '\n' || is_visible(character) {
            text.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(text, "\\u{unit:04x}");
            }
        }
    }
    text
}

/// Prints a result that a program reads, as it is.
pub(crate) fn print_raw(bytes: &[u8]) -> Result<(), OutputError> {
    print_to(&mut io::stdout(), bytes)
}

/// A reader that has seen enough is no error.
fn print_to(writer: &mut dyn Write, bytes: &[u8]) -> Result<(), OutputError> {
    match writer.write_all(bytes) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// The text with an escape in place of each character that nobody sees, such as those
/// that end a line, move the cursor, or turn the direction of writing.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_visible) {
        return text.into();
    }
    let escaped = text.chars().map(|character| {
        if is_visible(character) {
            character.to_string()
        } else {
            character.escape_default().to_string()
        }
    });
    escaped.collect::<String>().into()
}

/// Letters and marks that leave no trace (Unicode, `Default_Ignorable_Code_Point`),
/// and the Braille pattern without a dot.
const UNSEEN: [RangeInclusive<char>; 8] = [
    '\u{34f}'..='\u{34f}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{2800}'..='\u{2800}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0f}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{e0100}'..='\u{e01ef}',
];

fn is_visible(character: char) -> bool {
    if character.is_ascii() {
        return !character.is_ascii_control();
    }
    if UNSEEN.iter().any(|range| range.contains(&character)) {
        return false;
    }
    // The standard library knows the rest; but after a letter a combining character is
    // seen.
    let pair = String::from_iter(['x', character]);
    pair.escape_debug().nth(1) == Some(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_escaped() {
        for (text, expected) in [
            ("a\u{1b}[2Jb", "a\\u{1b}[2Jb"),
            ("a\nerror: b\r\t", "a\\nerror: b\\r\\t"),
            ("a\u{9b}31m\u{7f}", "a\\u{9b}31m\\u{7f}"),
            ("gnp.\u{202e}exe", "gnp.\\u{202e}exe"),
            (
                "a\u{200b}b\u{2066}\u{feff}",
                "a\\u{200b}b\\u{2066}\\u{feff}",
            ),
            ("a\u{2028}b\u{e0041}", "a\\u{2028}b\\u{e0041}"),
            ("a\u{34f}\u{3164}b\u{fe0f}", "a\\u{34f}\\u{3164}b\\u{fe0f}"),
        ] {
            assert_eq!(visible(text), expected);
        }
    }

    #[test]
    fn json_stays_what_it_was() {
        let value = serde_json::json!({"a\u{202e}": "\u{9b}31m\u{e0041}\n\u{1b}Z\u{fc}rich"});
        let json = serde_json::to_string_pretty(&value).unwrap();
        let text = visible_json(&json);
        assert!(
            text.chars().all(|one| one == '\n' || is_visible(one)),
            "{text:?}"
        );
        assert!(text.contains("Z\u{fc}rich"));
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, value);
    }

    #[test]
    fn what_is_seen_stays() {
        for text in [
            "a \"b\" 'c' \\d",
            "Z\u{fc}rich",
            "Zu\u{308}rich",
            "\u{65e5}\u{672c}",
            "\u{5d0}\u{5d1}",
            "\u{1f980}",
            "\u{fffd}",
        ] {
            assert_eq!(visible(text), text);
        }
    }

    #[test]
    fn only_our_own_styles_are_left() {
        let mut text = Text::default();
        text.add_styled(Style::new().bold(), "a\u{1b}[1m");
        text.line("\n");
        assert_eq!(text.0, "\u{1b}[1ma\\u{1b}[1m\u{1b}[0m\\n\n");
    }
}
