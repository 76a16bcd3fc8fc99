//! How a machine is, in one word.

use serde::Serialize;

use super::{Boots, MachineStatus, Outcome, RootKind, TRIAL_TIMEOUT, Timestamp};

/// How a machine is, the one that needs somebody most first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum Condition {
    /// It began to boot, and has not said for too long that it is up.
    Silent,
    /// Its newest generation did not come up.
    Bad,
    /// It is booting, or is to try a generation.
    Trying,
    /// It is up in another system than the one that its next boot gets.
    RebootNeeded,
    /// It has nothing to boot, or has never been heard of.
    New,
    /// It has its own root, and says nothing.
    OwnRoot,
    /// It is up in what it is to be.
    Up,
}

impl Condition {
    /// All of them, in their order.
    pub const ALL: [Self; 7] = [
        Self::Silent,
        Self::Bad,
        Self::Trying,
        Self::RebootNeeded,
        Self::New,
        Self::OwnRoot,
        Self::Up,
    ];

    /// Its name, as programs get it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Silent => "silent",
            Self::Bad => "bad",
            Self::Trying => "trying",
            Self::RebootNeeded => "rebootNeeded",
            Self::New => "new",
            Self::OwnRoot => "ownRoot",
            Self::Up => "up",
        }
    }

    /// How a machine is, by its status and what was seen of its boots.
    #[must_use]
    pub fn of(status: &MachineStatus, boots: &Boots, now: Timestamp) -> Self {
        if status.root == Some(RootKind::Own) {
            return Self::OwnRoot;
        }
        let last = boots.outcomes(now).next_back().map(|(_, outcome)| outcome);
        let bad = status.bad.iter().map(|bad| bad.generation).max();
        let wanted = status.default.max(status.trial);
        // However often it begins anew.
        let down = boots.down_since().map_or(0, |since| now.since(since));
        match last {
            _ if down >= TRIAL_TIMEOUT => Self::Silent,
            Some(Outcome::NoKernel | Outcome::Unknown) => Self::Silent,
            _ if bad > wanted && status.trial.is_none() => Self::Bad,
            Some(Outcome::UnderWay) => Self::Trying,
            _ if status.seen.is_none() => Self::New,
            _ if status.trial.is_some() => Self::Trying,
            _ if status.needs_reboot => Self::RebootNeeded,
            _ if status.booted.is_some() => Self::Up,
            _ => Self::New,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::depot::{Boot, Event, Generations, ImageHash, Machine, Sent, TRIAL_TIMEOUT};

    #[test]
    fn the_worst_is_said() {
        let mut machine = Machine::new(
            "pi1".parse().unwrap(),
            "1234abcd".parse().unwrap(),
            "192.0.2.21".parse().unwrap(),
        );
        let mut generations = Generations::default();
        let told = |machine: &Machine, generations: &Generations, boots: &Boots, now: u64| {
            let status = MachineStatus::of(machine, generations, generations.config());
            Condition::of(&status, boots, Timestamp(now))
        };
        let none = Boots::default();
        assert_eq!(told(&machine, &generations, &none, 0), Condition::New);
        let number = |number: u32| number.to_string().parse().unwrap();
        let deployed = |image: &str, trial| Event::Deployed {
            image: ImageHash::of(&[image.as_bytes()]),
            trial,
        };
        let up = |generation, id: u32| Event::Confirmed {
            generation: number(generation),
            boot_id: format!("{id:032x}").parse().unwrap(),
        };
        let config = Event::Sent(Sent::Config);
        for (event, expected) in [
            (deployed("a", true), Condition::New),
            (config, Condition::Trying),
            (up(1, 1), Condition::Up),
            (deployed("b", false), Condition::RebootNeeded),
            (up(2, 2), Condition::Up),
            (deployed("c", true), Condition::Trying),
            (config, Condition::Trying),
            (Event::Sent(Sent::Kernel(number(3))), Condition::Trying),
            (Event::Sent(Sent::CommandLine(number(3))), Condition::Trying),
            (up(2, 3), Condition::Bad),
            // What came after it makes up for it.
            (deployed("d", false), Condition::RebootNeeded),
            (up(4, 4), Condition::Up),
        ] {
            generations = generations.after(&event, Timestamp(10)).unwrap();
            let found = told(&machine, &generations, &none, 20);
            assert_eq!(found, expected, "after {event:?}");
        }
        let mut boots = Boots::default();
        boots.latest.push(Boot {
            kernel: Some(Timestamp(10)),
            ..Boot::default()
        });
        let late = 10 + TRIAL_TIMEOUT;
        assert_eq!(
            told(&machine, &generations, &boots, late - 1),
            Condition::Trying
        );
        assert_eq!(
            told(&machine, &generations, &boots, late),
            Condition::Silent
        );
        // One that loops is in a boot at each moment.
        let mut looping = Boots::default();
        looping.latest.extend([10, 300, 590].map(|at| Boot {
            began: Some(Timestamp(at)),
            kernel: Some(Timestamp(at)),
            ..Boot::default()
        }));
        assert_eq!(
            told(&machine, &generations, &looping, 600),
            Condition::Trying
        );
        assert_eq!(
            told(&machine, &generations, &looping, 610),
            Condition::Silent
        );
        looping.latest[2].approved = true;
        assert_eq!(told(&machine, &generations, &looping, 610), Condition::Up);
        machine.root = Some(RootKind::Own);
        assert_eq!(
            told(&machine, &generations, &boots, late),
            Condition::OwnRoot
        );
    }
}
