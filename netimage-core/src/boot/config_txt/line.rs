//! One line of a file.

use std::borrow::Cow;
use std::fmt;

use super::filter::{Criterion, Filter};
use super::keys::{self, Kind};
use super::mistake::MistakeKind;
use super::number::number;
use super::{LINE_LENGTH_MAX, NAME_LENGTH_MAX};

/// What a line says. Printed as it would be written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Statement {
    /// Nothing.
    Blank,
    /// From `#` on.
    Comment(String),
    /// A conditional filter.
    Filter(Filter),
    /// `key=value`
    Setting(Setting),
    /// `initramfs FILE followkernel`
    Initramfs(Initramfs),
    /// `include FILE`
    Include(String),
    /// None of these, so that the firmware passes over it.
    Other(String),
}

impl Statement {
    /// Whether it sets or loads something.
    pub(super) const fn is_setting(&self) -> bool {
        matches!(
            self,
            Self::Setting(_) | Self::Initramfs(_) | Self::Include(_)
        )
    }
}

/// `key=value`, or `key:port=value`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Setting {
    /// The name, without the port.
    pub key: String,
    /// The HDMI port that it is for.
    pub port: Option<String>,
    /// All after the `=`, without blanks at the end.
    pub value: String,
}

/// `initramfs FILE[,FILE...] [followkernel|ADDRESS]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Initramfs {
    /// The files, which are put one after the other in memory.
    pub files: Vec<String>,
    /// Where they go.
    pub placement: Placement,
}

/// Where an initial RAM disk goes in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Placement {
    /// After the kernel: `followkernel`, `0`, or nothing.
    FollowKernel,
    /// At an address.
    Address(u64),
}

/// Reads a line, without its line feed, and calls `report` for what is wrong
/// with it.
pub(super) fn read(bytes: &[u8], report: &mut dyn FnMut(MistakeKind)) -> Statement {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes);
    let trimmed = text.trim_start_matches(is_blank);
    if trimmed.is_empty() {
        return Statement::Blank;
    }
    if trimmed.starts_with('#') {
        return Statement::Comment(trimmed.trim_end_matches(is_blank).to_owned());
    }
    if matches!(text, Cow::Owned(_)) {
        report(MistakeKind::NotUtf8);
    }
    let read = match text.char_indices().nth(LINE_LENGTH_MAX) {
        None => &text,
        Some((end, _)) => {
            let length = text.chars().count();
            report(MistakeKind::LineTooLong { length });
            &text[..end]
        }
    };
    match read.trim_matches(is_blank) {
        // Nothing comes before the end of what is read.
        "" => Statement::Blank,
        text => statement(text, report),
    }
}

fn statement(text: &str, report: &mut dyn FnMut(MistakeKind)) -> Statement {
    let bracketed = text.strip_prefix('[').and_then(|text| text.split_once(']'));
    if let Some((inner, _)) = bracketed {
        return Statement::Filter(filter(inner, report));
    }
    if let Some(rest) = after_word(text, "include") {
        let file = rest.split(is_blank).next().unwrap_or_default();
        return Statement::Include(name(file, report).to_owned());
    }
    if let Some(rest) = after_word(text, "initramfs") {
        // Commas without a name before them are nothing.
        if rest.trim_start_matches(',').starts_with('=') {
            report(MistakeKind::InitramfsEquals);
            return Statement::Other(text.to_owned());
        }
        let initramfs = initramfs(rest, report);
        if !initramfs.files.is_empty() {
            return Statement::Initramfs(initramfs);
        }
    }
    if let Some((key, value)) = text.split_once('=') {
        return setting(key, value, report);
    }
    report(MistakeKind::NotAStatement(text.to_owned()));
    Statement::Other(text.to_owned())
}

fn filter(text: &str, report: &mut dyn FnMut(MistakeKind)) -> Filter {
    let filter = Filter::parse(text);
    if filter.criterion == Criterion::Unknown {
        report(MistakeKind::UnknownFilter(filter.text().to_owned()));
    }
    filter
}

/// What comes after a word and a blank.
fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let rest = text.strip_prefix(word)?;
    let trimmed = rest.trim_start_matches(is_blank);
    (trimmed.len() < rest.len() && !trimmed.is_empty()).then_some(trimmed)
}

/// The part of a word that the firmware reads as a file name.
fn name<'a>(word: &'a str, report: &mut dyn FnMut(MistakeKind)) -> &'a str {
    match word.char_indices().nth(NAME_LENGTH_MAX) {
        None => word,
        Some((end, _)) => {
            report(MistakeKind::NameTooLong(word.to_owned()));
            &word[..end]
        }
    }
}

fn initramfs(text: &str, report: &mut dyn FnMut(MistakeKind)) -> Initramfs {
    let mut words = text.split(is_blank).filter(|word| !word.is_empty());
    let files = name(words.next().unwrap_or_default(), report);
    let placement = match words.next() {
        None | Some("followkernel") => Placement::FollowKernel,
        Some(word) => match number(word) {
            Some(0) => Placement::FollowKernel,
            Some(address) if address > 0 => Placement::Address(address.unsigned_abs()),
            _ => {
                report(MistakeKind::NotANumber {
                    key: "initramfs".to_owned(),
                    value: word.to_owned(),
                });
                Placement::FollowKernel
            }
        },
    };
    Initramfs {
        files: file_list(files),
        placement,
    }
}

/// The files of a list with commas.
pub(super) fn file_list(text: &str) -> Vec<String> {
    let files = text.split(',').filter(|file| !file.is_empty());
    files.map(str::to_owned).collect()
}

fn setting(key: &str, value: &str, report: &mut dyn FnMut(MistakeKind)) -> Statement {
    let (key, port) = match key.split_once(':') {
        Some((key, port)) => (key, Some(port.to_owned())),
        None => (key, None),
    };
    let known = keys::kind(key.trim_end_matches(is_blank));
    let number_text = match before_comment(value) {
        Some(before) if matches!(known, Some(Kind::Number | Kind::Text)) => {
            report(MistakeKind::CommentAfterValue(key.trim().to_owned()));
            before
        }
        _ => value,
    };
    let is_spaced = key.ends_with(is_blank) || value.starts_with(is_blank);
    match known {
        Some(Kind::Line) if key.starts_with("initramfs") => report(MistakeKind::InitramfsEquals),
        Some(Kind::Line) if key.starts_with("include") => {
            report(MistakeKind::IncludeEquals(value.trim().to_owned()));
        }
        Some(_) if is_spaced => report(MistakeKind::BlankAtEquals(key.trim().to_owned())),
        Some(Kind::Number) if !number_text.is_empty() && number(number_text).is_none() => {
            report(MistakeKind::NotANumber {
                key: key.to_owned(),
                value: value.to_owned(),
            });
        }
        Some(Kind::Number | Kind::Text) => {}
        Some(Kind::Line) | None => report(MistakeKind::UnknownKey(key.to_owned())),
    }
    Statement::Setting(Setting {
        key: key.to_owned(),
        port,
        value: value.to_owned(),
    })
}

/// The part of a value before what was meant as a comment.
pub(super) fn before_comment(value: &str) -> Option<&str> {
    let mut hashes = value.match_indices('#').map(|(at, _)| &value[..at]);
    let before = hashes.find(|before| before.is_empty() || before.ends_with(is_blank))?;
    Some(before.trim_end_matches(is_blank))
}

pub(super) const fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\r')
}

impl fmt::Display for Statement {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blank => Ok(()),
            Self::Comment(text) | Self::Other(text) => formatter.write_str(text),
            Self::Filter(filter) => filter.fmt(formatter),
            Self::Setting(setting) => setting.fmt(formatter),
            Self::Initramfs(initramfs) => initramfs.fmt(formatter),
            Self::Include(file) => write!(formatter, "include {file}"),
        }
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.key)?;
        if let Some(port) = &self.port {
            write!(formatter, ":{port}")?;
        }
        write!(formatter, "={}", self.value)
    }
}

impl fmt::Display for Initramfs {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "initramfs {}", self.files.join(","))?;
        match self.placement {
            Placement::FollowKernel => formatter.write_str(" followkernel"),
            Placement::Address(address) => write!(formatter, " {address:#x}"),
        }
    }
}
