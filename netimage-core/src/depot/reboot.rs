//! Whether a machine has to be rebooted, and what came of it.

use std::fmt;

use serde::Serialize;

use super::{BootId, Failure, GenerationNumber, Generations, MachineName, State, Timestamp};

/// A machine on its way into what it is served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reboot {
    generation: GenerationNumber,
    /// The boot that it is to leave.
    from: BootId,
    began: Timestamp,
}

/// What came of a machine's reboot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RebootReport {
    /// The machine.
    pub machine: MachineName,
    /// The generation that it was to come up in, if it had to be rebooted.
    pub generation: Option<GenerationNumber>,
    /// What came of it.
    #[serde(flatten)]
    pub outcome: RebootOutcome,
}

/// How a machine's reboot ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "outcome",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
pub enum RebootOutcome {
    /// It says that it is up in the generation.
    Up,
    /// It was up in what it gets, and not rebooted.
    UpAlready,
    /// It never said that it is up, so that nobody knows of anything to reboot.
    NeverUp,
    /// It would be rebooted.
    Due,
    /// It was not rebooted, as another did not come up.
    Left,
    /// It could not be told to reboot.
    Unreachable {
        /// The reason, as the program that was to tell it says.
        reason: String,
    },
    /// The generation did not come up.
    Bad(Failure),
    /// It came up in another generation, without the try having been used up.
    Elsewhere {
        /// In which.
        came_up_in: GenerationNumber,
    },
    /// It is up in the generation, which is still on trial: that it was sent the
    /// generation was not told, so that its word does not count.
    Unjudged,
    /// It has said nothing for so long.
    Silent {
        /// Seconds since it was told to reboot.
        seconds: u64,
    },
}

impl RebootReport {
    /// A report.
    #[must_use]
    pub const fn new(
        machine: MachineName,
        generation: Option<GenerationNumber>,
        outcome: RebootOutcome,
    ) -> Self {
        Self {
            machine,
            generation,
            outcome,
        }
    }
}

impl RebootOutcome {
    /// Whether the next machine may be rebooted.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        matches!(
            self,
            Self::Up | Self::UpAlready | Self::NeverUp | Self::Due | Self::Left
        )
    }
}

impl Reboot {
    /// The reboot that a machine needs; none where it is up in the system that its next
    /// boot gets, or was never up.
    #[must_use]
    pub fn of(generations: &Generations, now: Timestamp) -> Option<Self> {
        let generation = generations.config().filter(|_| generations.needs_reboot());
        generation
            .zip(generations.booted)
            .map(|(number, booted)| Self {
                generation: number,
                from: booted.boot_id,
                began: now,
            })
    }

    /// The generation that it leads to.
    #[must_use]
    pub const fn generation(&self) -> GenerationNumber {
        self.generation
    }

    /// How it ended, by what is known of the machine now; nothing while it goes on,
    /// which it may for `timeout` seconds.
    #[must_use]
    pub fn outcome(
        &self,
        generations: &Generations,
        timeout: u64,
        now: Timestamp,
    ) -> Option<RebootOutcome> {
        let state = generations.all.get(&self.generation);
        let state = state.map(|generation| &generation.state);
        if let Some(State::Bad(failure)) = state {
            return Some(RebootOutcome::Bad(failure.clone()));
        }
        let seconds = now.since(self.began);
        match generations.booted {
            Some(booted) if booted.boot_id != self.from => {
                let came_up_in = booted.generation;
                Some(match state {
                    _ if came_up_in != self.generation => RebootOutcome::Elsewhere { came_up_in },
                    Some(State::Trying(_)) => RebootOutcome::Unjudged,
                    _ => RebootOutcome::Up,
                })
            }
            _ => (seconds >= timeout).then_some(RebootOutcome::Silent { seconds }),
        }
    }
}

impl fmt::Display for RebootReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let generation = |formatter: &mut fmt::Formatter<'_>| match self.generation {
            Some(number) => write!(formatter, "generation {number}"),
            None => formatter.write_str("its generation"),
        };
        match &self.outcome {
            RebootOutcome::Up => {
                formatter.write_str("is up in ")?;
                generation(formatter)
            }
            RebootOutcome::UpAlready => formatter.write_str("is up in what it gets"),
            RebootOutcome::NeverUp => {
                formatter.write_str("was never heard of, and is not rebooted; switch it on")
            }
            RebootOutcome::Due => {
                formatter.write_str("would be rebooted into ")?;
                generation(formatter)
            }
            RebootOutcome::Left => {
                formatter.write_str("was not rebooted, as another did not come up")
            }
            RebootOutcome::Unreachable { reason } => {
                write!(formatter, "could not be told to reboot: {reason}")
            }
            RebootOutcome::Bad(failure) => {
                formatter.write_str("did not come up in ")?;
                generation(formatter)?;
                write!(formatter, ": {failure}")
            }
            RebootOutcome::Elsewhere { came_up_in } => {
                write!(formatter, "came up in generation {came_up_in}, not in ")?;
                generation(formatter)
            }
            RebootOutcome::Unjudged => {
                formatter.write_str("is up in ")?;
                generation(formatter)?;
                formatter.write_str(
                    ", but dnsmasq's hook told of nothing that was sent to it, so that its word does not count",
                )
            }
            RebootOutcome::Silent { seconds } => {
                write!(formatter, "has not said within {seconds} s that it is up")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::depot::{Event, ImageHash, Sent};

    const ONE: GenerationNumber = GenerationNumber::FIRST;
    const TIMEOUT: u64 = 900;

    fn image(text: &str) -> ImageHash {
        ImageHash::of(&[text.as_bytes()])
    }

    fn up(generation: GenerationNumber, digit: &str) -> Event {
        let boot_id = digit.repeat(32).parse().unwrap();
        Event::Confirmed {
            generation,
            boot_id,
        }
    }

    fn after(generations: &Generations, events: &[Event]) -> Generations {
        let (mut next, mut now) = (generations.clone(), Timestamp(100));
        for event in events {
            now.0 += 1;
            next = next.after(event, now).unwrap();
        }
        next
    }

    /// Up in generation 1, with 2 to be tried.
    fn deployed(trial: bool) -> Generations {
        let deploy = |text, trial| Event::Deployed {
            image: image(text),
            trial,
        };
        let events = [
            deploy("old", true),
            Event::Sent(Sent::Config),
            up(ONE, "1"),
            deploy("new", trial),
        ];
        after(&Generations::default(), &events)
    }

    #[test]
    fn a_machine_is_rebooted_into_another_system() {
        let reboot = |generations: &Generations| Reboot::of(generations, Timestamp(0));
        assert_eq!(reboot(&Generations::default()), None);
        let never_up = Event::Deployed {
            image: image("old"),
            trial: true,
        };
        assert_eq!(reboot(&after(&Generations::default(), &[never_up])), None);
        let two = ONE.next();
        for trial in [true, false] {
            let deployed = deployed(trial);
            assert_eq!(reboot(&deployed).unwrap().generation(), two);
            let back = after(&deployed, &[Event::RolledBack { to: Some(ONE) }]);
            assert_eq!(reboot(&back), None);
            let again = [Event::Sent(Sent::Config), up(two, "2")];
            assert_eq!(reboot(&after(&deployed, &again)), None);
        }
        // The same once more, under another number.
        let same = Event::Deployed {
            image: image("old"),
            trial: false,
        };
        assert_eq!(reboot(&after(&deployed(true), &[same])), None);
    }

    #[test]
    fn a_reboot_ends_in_one_way() {
        let two = ONE.next();
        let sent = [
            Event::Sent(Sent::Config),
            Event::Sent(Sent::Kernel(two)),
            Event::Sent(Sent::CommandLine(two)),
        ];
        let then = |event| [&sent[..], &[event]].concat();
        let bad = RebootOutcome::Bad(Failure {
            found: Timestamp(104),
            came_up_in: Some(ONE),
            was_sent: true,
        });
        let elsewhere = RebootOutcome::Elsewhere { came_up_in: ONE };
        let silent = RebootOutcome::Silent { seconds: TIMEOUT };
        for (trial, events, at, outcome) in [
            (true, vec![], 1, None),
            (true, sent.to_vec(), TIMEOUT - 1, None),
            (true, sent.to_vec(), TIMEOUT, Some(silent)),
            (true, then(up(two, "2")), 60, Some(RebootOutcome::Up)),
            (true, then(up(ONE, "2")), 60, Some(bad)),
            // A word of the boot that it has left, or is about to leave.
            (true, vec![up(ONE, "1")], 60, None),
            (true, vec![up(ONE, "2")], 60, Some(elsewhere.clone())),
            (true, vec![up(two, "2")], 60, Some(RebootOutcome::Unjudged)),
            (false, vec![up(two, "2")], 60, Some(RebootOutcome::Up)),
            (false, vec![up(ONE, "2")], 60, Some(elsewhere)),
        ] {
            let before = deployed(trial);
            let reboot = Reboot::of(&before, Timestamp(0)).unwrap();
            let generations = after(&before, &events);
            let found = reboot.outcome(&generations, TIMEOUT, Timestamp(at));
            assert_eq!(found, outcome, "{trial} {events:?}");
        }
    }
}
