//! What is wrong with a file.

use std::fmt;

use super::filter::MODELS;
use super::keys;
use super::position::Position;
use super::{LENGTH_MAX, LINE_LENGTH_MAX, NAME_LENGTH_MAX, REACH};
use crate::nearest::nearest;

/// Settings that are named in one sentence.
const SETTINGS_NAMED: usize = 4;

/// Something in a configuration file that does not do what it seems to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The line.
    pub at: Position,
    /// What is wrong with it.
    pub kind: MistakeKind,
}

/// What can be wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum MistakeKind {
    /// The file has more than [`LENGTH_MAX`] bytes; the rest was not read.
    FileTooLong,
    /// The settings in force that are not within [`REACH`], as they are written,
    /// for a board that heeds no more.
    OutOfReach(Vec<String>),
    /// Its lines end in carriage returns alone.
    CarriageReturns,
    /// There are more mistakes than are told.
    TooMany,
    /// The line has more than [`LINE_LENGTH_MAX`] characters, after which the
    /// firmware stops reading.
    LineTooLong {
        /// Characters of the line.
        length: usize,
    },
    /// The line is not UTF-8.
    NotUtf8,
    /// The file has a NUL, the first of them in this line, so that it is no text,
    /// or text in UTF-16. If much else is wrong with its lines, only this is told.
    NotText,
    /// No setting of this name is known.
    UnknownKey(String),
    /// No filter of this name (the text between the brackets) is known: nothing
    /// after it counts.
    UnknownFilter(String),
    /// Neither a setting, a filter nor a comment.
    NotAStatement(String),
    /// A blank before or after the `=`, which the firmware takes for a part of
    /// the name or the value.
    BlankAtEquals(String),
    /// A `#` after the value, which begins a comment only at the start of a line.
    CommentAfterValue(String),
    /// `initramfs` with a `=`, which this one does not take.
    InitramfsEquals,
    /// `include` with a `=`, which this one does not take either.
    IncludeEquals(String),
    /// A setting that takes a number has something else.
    NotANumber {
        /// The setting.
        key: String,
        /// Its value.
        value: String,
    },
    /// A file name of more than [`NAME_LENGTH_MAX`] characters, of which the
    /// firmware reads no more (the format `%64s` in `start4.elf`).
    NameTooLong(String),
    /// An included file is not there.
    IncludeMissing(String),
    /// A file includes itself, by itself or through others.
    IncludeLoop(String),
    /// Too many files are included, or too deep in each other, to follow.
    IncludeTooMany(String),
}

impl MistakeKind {
    /// The known setting or model filter that an unknown one differs from by a
    /// letter, if there is one.
    #[must_use]
    pub fn nearest(&self) -> Option<&'static str> {
        match self {
            Self::UnknownKey(key) => keys::nearest(key),
            Self::UnknownFilter(filter) => nearest(filter, MODELS),
            _ => None,
        }
    }
}

impl fmt::Display for MistakeKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let meant = |formatter: &mut fmt::Formatter<'_>| match self.nearest() {
            Some(nearest) => write!(formatter, "; did you mean {nearest}?"),
            None => Ok(()),
        };
        match self {
            Self::FileTooLong => write!(
                formatter,
                "the file has more than {LENGTH_MAX} bytes; the rest was not read"
            ),
            Self::OutOfReach(settings) => {
                let first = settings.iter().take(SETTINGS_NAMED).map(String::as_str);
                let first = first.collect::<Vec<_>>().join(", ");
                let more = match settings.len().saturating_sub(SETTINGS_NAMED) {
                    0 => String::new(),
                    more => format!(" and {more} more"),
                };
                write!(
                    formatter,
                    "over a network the firmware heeds the first {REACH} bytes only, and not {first}{more}"
                )
            }
            Self::CarriageReturns => {
                formatter.write_str("the lines end in carriage returns alone, not in line feeds")
            }
            Self::TooMany => formatter.write_str("there are more problems than are listed"),
            Self::LineTooLong { length } => write!(
                formatter,
                "the line has {length} characters, of which the firmware reads {LINE_LENGTH_MAX}"
            ),
            Self::NotUtf8 => formatter.write_str("the line is not UTF-8"),
            Self::NotText => {
                formatter.write_str("the file is no text, or is UTF-16: it has bytes that are 0")
            }
            Self::UnknownKey(key) => {
                write!(formatter, "the setting {key:?} is not known")?;
                meant(formatter)
            }
            Self::UnknownFilter(filter) => {
                write!(
                    formatter,
                    "the filter [{filter}] is not known, so that what follows counts for no board"
                )?;
                meant(formatter)
            }
            Self::NotAStatement(text) => write!(
                formatter,
                "{text:?} is neither a setting, a filter nor a comment"
            ),
            Self::BlankAtEquals(key) => write!(
                formatter,
                "{key:?} has a blank at its '=', which the firmware does not take away"
            ),
            Self::CommentAfterValue(key) => write!(
                formatter,
                "what follows # is a part of the value of {key:?}: a comment has a line of its own"
            ),
            Self::InitramfsEquals => {
                formatter.write_str("initramfs is written without '=': initramfs FILE followkernel")
            }
            Self::IncludeEquals(file) => write!(
                formatter,
                "include is followed by a blank, not by '=', so that {file:?} is not read"
            ),
            Self::NotANumber { key, value } => {
                write!(formatter, "{key} takes a number, not {value:?}")
            }
            Self::NameTooLong(name) => write!(
                formatter,
                "{name:?} is longer than the {NAME_LENGTH_MAX} characters that the firmware reads"
            ),
            Self::IncludeMissing(name) => write!(formatter, "{name} is included but not there"),
            Self::IncludeLoop(name) => write!(formatter, "{name} includes itself"),
            Self::IncludeTooMany(name) => write!(
                formatter,
                "{name} is one include too many, or too deep in others"
            ),
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.at, self.kind)
    }
}
