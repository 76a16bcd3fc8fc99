//! One generation of a machine.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{BootId, ImageHash};

/// A moment, in seconds since 1970 by the server's clock.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub u64);

impl Timestamp {
    /// The seconds from an earlier moment to this one; none when the clock was set
    /// back between them.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// The number of a generation: from 1, one more with each deploy to the machine,
/// never given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GenerationNumber(NonZeroU32);

/// Text that is not the number of a generation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not the number of a generation; give a whole number, from 1")]
pub struct GenerationNumberError(String);

impl GenerationNumber {
    /// The first that a machine has.
    pub const FIRST: Self = Self(NonZeroU32::MIN);

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for GenerationNumber {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl FromStr for GenerationNumber {
    type Err = GenerationNumberError;

    /// Reads a number as it is printed: no sign, no leading zero.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.parse() {
            Ok(number) if text.starts_with(|first: char| ('1'..='9').contains(&first)) => {
                Ok(Self(number))
            }
            _ => Err(GenerationNumberError(text.chars().take(40).collect())),
        }
    }
}

/// An image as it was deployed to a machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Generation {
    /// When it was deployed.
    pub deployed: Timestamp,
    /// What it is.
    pub image: ImageHash,
    /// What is known of it.
    #[serde(flatten)]
    pub state: State,
}

/// What is known of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub enum State {
    /// No machine has tried it.
    New,
    /// It has its one try, or has had it and has not been judged yet.
    Trying(Try),
    /// The machine said that it was up in it.
    Good {
        /// When it last did.
        confirmed: Timestamp,
    },
    /// It had its try, and the machine came up in another one, or it was given up.
    Bad(Failure),
    /// The machine may be up in it since before it was removed and added again. It has no
    /// boot files any more, and is there for what it needs until the machine is up in
    /// another one.
    Former,
}

impl State {
    /// Its name, as it is written down.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Trying(_) => "trying",
            Self::Good { .. } => "good",
            Self::Bad(_) => "bad",
            Self::Former => "former",
        }
    }
}

/// The one try of a generation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Try {
    /// Since when it is to be tried.
    pub set: Timestamp,
    /// What was known of it until then, and is again if the try is taken away.
    pub before: Box<State>,
    /// Whether it is the default once it is good; otherwise the machine goes back
    /// to its default at the next boot.
    pub adopt: bool,
    /// The boot in which the machine was when it was set, as far as that is known:
    /// what comes from that boot says nothing about the try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_during: Option<BootId>,
    /// When a `config.txt` that names it was first sent whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_sent: Option<Timestamp>,
    /// Whether its kernel was sent whole.
    #[serde(default)]
    pub kernel_sent: bool,
    /// Whether its command line was sent whole.
    #[serde(default)]
    pub command_line_sent: bool,
    /// When the try was used up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spent: Option<Timestamp>,
}

impl Try {
    pub(super) fn new(
        before: State,
        adopt: bool,
        set: Timestamp,
        set_during: Option<BootId>,
    ) -> Self {
        let before = match before {
            State::Trying(earlier) => earlier.before,
            known => Box::new(known),
        };
        Self {
            set,
            before,
            adopt,
            set_during,
            config_sent: None,
            kernel_sent: false,
            command_line_sent: false,
            spent: None,
        }
    }

    /// Whether a boot, by its word at this moment, can be one that the try led to:
    /// it is not the one in which the try was set, and the machine had been sent
    /// the `config.txt` that names it.
    pub(super) fn is_judged_by(&self, boot: BootId, at: Timestamp) -> bool {
        self.config_sent.is_some_and(|sent| sent <= at) && self.set_during != Some(boot)
    }

    /// Uses the try up once all that starts the generation was sent.
    pub(super) fn spend(&mut self, now: Timestamp) {
        if self.kernel_sent && self.command_line_sent {
            self.spent.get_or_insert(now);
        }
    }
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Failure {
    /// When the machine said that it was up in another generation, or the user gave it up.
    pub found: Timestamp,
    /// The generation in which it was; none if the user gave it up before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came_up_in: Option<GenerationNumber>,
    /// Whether all of its boot files were sent; otherwise the time for the try ran
    /// out before that.
    pub was_sent: bool,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(other) = self.came_up_in else {
            return formatter
                .write_str("it was given up by a rollback before the machine said that it is up");
        };
        if self.was_sent {
            write!(
                formatter,
                "its kernel was sent, and then the machine came up in generation {other}"
            )
        } else {
            write!(
                formatter,
                "it was never fetched whole in time, and then the machine came up in generation {other}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_they_are_printed() {
        for number in [1, 9, 10, u32::MAX] {
            let text = number.to_string();
            let read: GenerationNumber = text.parse().unwrap();
            assert_eq!((read.get(), read.to_string()), (number, text));
        }
        for text in ["", "0", "01", "+1", "-1", " 1", "1 ", "4294967296", "1/2"] {
            assert!(text.parse::<GenerationNumber>().is_err(), "{text:?}");
        }
    }
}
