//! What a machine says when it is up.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{BootId, Event, GenerationNumber};

/// Bytes of a confirmation that are read; none has more.
pub const CONFIRMATION_LENGTH_MAX: usize = 512;

/// The file that a machine writes at `boot-complete.target`: JSON like
/// `{"generation":2,"bootId":"8f1c6d2e0a4b4c3d9e5f0123456789ab"}`.
///
/// The machine may be hostile. Whatever it writes is a confirmation or is none, and
/// only its own generations can be moved by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Confirmation {
    /// The generation that the machine's command line names.
    pub generation: GenerationNumber,
    /// The boot in which it wrote that.
    pub boot_id: BootId,
}

/// Bytes that are not a confirmation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfirmationError {
    /// More than any has.
    #[error("it has more than {max} bytes; let the machine write it again", max = CONFIRMATION_LENGTH_MAX)]
    Length,
    /// Not its JSON.
    #[error("it is not a confirmation; let the machine write it again")]
    Json(#[source] serde_json::Error),
}

impl Confirmation {
    /// Reads what a machine wrote.
    ///
    /// # Errors
    ///
    /// [`ConfirmationError`] for anything else than one confirmation.
    pub fn parse(bytes: &[u8]) -> Result<Self, ConfirmationError> {
        if bytes.len() > CONFIRMATION_LENGTH_MAX {
            return Err(ConfirmationError::Length);
        }
        serde_json::from_slice(bytes).map_err(ConfirmationError::Json)
    }
}

impl From<Confirmation> for Event {
    fn from(confirmation: Confirmation) -> Self {
        Self::Confirmed {
            generation: confirmation.generation,
            boot_id: confirmation.boot_id,
        }
    }
}

impl fmt::Display for Confirmation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (generation, boot_id) = (self.generation, self.boot_id);
        write!(
            formatter,
            r#"{{"generation":{generation},"bootId":"{boot_id}"}}"#
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_none_is_refused() {
        let long = format!("{:>1$}", "{}", CONFIRMATION_LENGTH_MAX + 1);
        for text in [
            "",
            "null",
            "{}",
            r#"{"generation":0,"bootId":"8f1c6d2e0a4b4c3d9e5f0123456789ab"}"#,
            r#"{"generation":-1,"bootId":"8f1c6d2e0a4b4c3d9e5f0123456789ab"}"#,
            r#"{"generation":4294967296,"bootId":"8f1c6d2e0a4b4c3d9e5f0123456789ab"}"#,
            r#"{"generation":"1","bootId":"8f1c6d2e0a4b4c3d9e5f0123456789ab"}"#,
            r#"{"generation":1,"bootId":"../../etc/shadow"}"#,
            r#"{"generation":1,"bootId":"8f1c6d2e0a4b4c3d9e5f0123456789ab","default":1}"#,
            r#"{"generation":1,"bootId":"8f1c6d2e0a4b4c3d9e5f0123456789ab"}{}"#,
            &long,
        ] {
            assert!(Confirmation::parse(text.as_bytes()).is_err(), "{text:?}");
        }
        // As a script writes it, by echo and the kernel's file.
        let text = "{ \"generation\": 7,\n\"bootId\": \"8f1c6d2e-0a4b-4c3d-9e5f-0123456789ab\" }\n";
        let read = Confirmation::parse(text.as_bytes()).unwrap();
        assert_eq!(read.generation.get(), 7);
    }

    proptest! {
        #[test]
        fn reads_what_it_prints(number in 1..=u32::MAX, id in "[0-9a-f]{32}") {
            let confirmation = Confirmation {
                generation: number.to_string().parse().unwrap(),
                boot_id: id.parse().unwrap(),
            };
            let text = confirmation.to_string();
            prop_assert_eq!(&serde_json::to_string(&confirmation).unwrap(), &text);
            prop_assert_eq!(Confirmation::parse(text.as_bytes()).unwrap(), confirmation);
        }

        #[test]
        fn takes_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Confirmation::parse(&bytes);
        }
    }
}
