//! What is wrong with a file.

use super::filter::MODELS;
use super::keys;
use super::position::Position;
use super::{LENGTH_MAX, LINE_LENGTH_MAX, NAME_LENGTH_MAX, REACH};
use crate::nearest::nearest;

/// Settings that are named in one sentence.
const SETTINGS_NAMED: usize = 4;

/// Something in a configuration file that does not do what it seems to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {kind}")]
pub struct Mistake {
    /// The line.
    pub at: Position,
    /// What is wrong with it.
    pub kind: MistakeKind,
}

/// What can be wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MistakeKind {
    /// The file has more than [`LENGTH_MAX`] bytes; the rest was not read.
    #[error("the file has more than {LENGTH_MAX} bytes; the rest was not read")]
    FileTooLong,
    /// The settings in force that are not within [`REACH`], as they are written,
    /// for a board that reads no more.
    #[error(
        "over a network the firmware reads only the first {REACH} bytes; these settings have no effect: {}",
        listed(.0)
    )]
    OutOfReach(Vec<String>),
    /// Its lines end in carriage returns alone.
    #[error("the lines end in carriage returns alone, not in line feeds")]
    CarriageReturns,
    /// There are more mistakes than are told.
    #[error("there are more problems than are listed")]
    TooMany,
    /// The line has more than [`LINE_LENGTH_MAX`] characters, after which the
    /// firmware stops reading.
    #[error("the line has {length} characters, of which the firmware reads {LINE_LENGTH_MAX}")]
    LineTooLong {
        /// Characters of the line.
        length: usize,
    },
    /// The line is not UTF-8.
    #[error("the line is not UTF-8")]
    NotUtf8,
    /// The file has a NUL, the first of them in this line, so that it is no text,
    /// or text in UTF-16. If much else is wrong with its lines, only this is told.
    #[error("the file is not plain text: it has NUL bytes (UTF-16?)")]
    NotText,
    /// No setting of this name is known.
    #[error("the setting {0:?} is not known{meant}", meant = meant(keys::nearest(.0)))]
    UnknownKey(String),
    /// No filter of this name (the text between the brackets) is known: nothing
    /// after it counts.
    #[error(
        "[{0}] is not a known filter; settings below it apply to no board{meant}",
        meant = meant(nearest(.0, MODELS))
    )]
    UnknownFilter(String),
    /// Neither a setting, a filter nor a comment.
    #[error("{0:?} is neither a setting, a filter nor a comment")]
    NotAStatement(String),
    /// A space before or after the `=`, which the firmware takes for a part of
    /// the name or the value.
    #[error("there is a space beside the = of {0:?}, which the firmware keeps")]
    BlankAtEquals(String),
    /// A `#` after the value, which begins a comment only at the start of a line.
    #[error("the text after # becomes part of the value of {0:?}")]
    CommentAfterValue(String),
    /// `initramfs` with a `=`, which this one does not take.
    #[error("initramfs is written without '=': initramfs FILE followkernel")]
    InitramfsEquals,
    /// `include` with a `=`, which this one does not take either.
    #[error("'include=' does not work, so {0:?} is not read")]
    IncludeEquals(String),
    /// A setting that takes a number has something else.
    #[error("{key} takes a number, not {value:?}")]
    NotANumber {
        /// The setting.
        key: String,
        /// Its value.
        value: String,
    },
    /// A file name of more than [`NAME_LENGTH_MAX`] characters, of which the
    /// firmware reads no more (the format `%64s` in `start4.elf`).
    #[error("{0:?} is longer than the {NAME_LENGTH_MAX} characters that the firmware reads")]
    NameTooLong(String),
    /// An included file is not there.
    #[error("{0} is included but does not exist")]
    IncludeMissing(String),
    /// A file includes itself, by itself or through others.
    #[error("{0} includes itself")]
    IncludeLoop(String),
    /// Too many files are included, or too deep in each other, to follow.
    #[error("too many files are included, or too deeply; {0} was not read")]
    IncludeTooMany(String),
}

/// The first of some settings.
fn listed(settings: &[String]) -> String {
    let (first, more) = settings.split_at(settings.len().min(SETTINGS_NAMED));
    let first = first.join(", ");
    match more.len() {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

fn meant(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |word| format!("; did you mean {word}?"))
}
