//! HTML in which nothing but ours is markup.

use std::fmt::Display;

use crate::text::visible;

/// A piece of HTML. Whatever is not written in this program gets into it as text alone.
#[derive(Debug, Default)]
pub(super) struct Markup(String);

impl Markup {
    /// Adds markup, which only this program has.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds text, which may also be the value of a quoted attribute. What nobody sees is
    /// escaped, as on a terminal.
    pub(super) fn text(&mut self, words: impl Display) -> &mut Self {
        for character in visible(&words.to_string()).chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                other => self.0.push(other),
            }
        }
        self
    }

    /// Adds markup in which each `#` stands for one of the numbers.
    pub(super) fn fill(&mut self, markup: &'static str, numbers: &[u64]) -> &mut Self {
        let mut numbers = numbers.iter();
        for (at, part) in markup.split('#').enumerate() {
            if at > 0
                && let Some(number) = numbers.next()
            {
                self.text(number);
            }
            self.raw(part);
        }
        self
    }

    /// All of it.
    pub(super) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_in_their_places() {
        let mut markup = Markup::default();
        markup.fill("<a x=\"#\" y=\"#\">", &[1, 23]);
        assert_eq!(markup.into_string(), "<a x=\"1\" y=\"23\">");
    }

    #[test]
    fn no_text_is_markup() {
        for (words, expected) in [
            (
                "<script>alert(1)</script>",
                "&lt;script&gt;alert(1)&lt;/script&gt;",
            ),
            ("\" onload='x'", "&quot; onload=&#39;x&#39;"),
            ("a & b &amp; c", "a &amp; b &amp;amp; c"),
            ("a\u{202e}b\u{0}\n", "a\\u{202e}b\\u{0}\\n"),
            ("Zürich", "Zürich"),
        ] {
            let mut markup = Markup::default();
            markup.text(words);
            assert_eq!(markup.into_string(), expected);
        }
    }
}
