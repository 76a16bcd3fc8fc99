//! How a machine is, and what has become of it.

use std::fmt;

use serde::Serialize;

use super::{
    Booted, Failure, GenerationNumber, Generations, Machine, MachineName, RootKind, Served, State,
    Timestamp, Try,
};

/// How a machine is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MachineStatus {
    /// The machine.
    pub name: MachineName,
    /// Where it has its store, as far as that is known. With its own root it chooses its
    /// generation by itself, of which nothing is known here.
    pub root: Option<RootKind>,
    /// The generation that is served from now on.
    pub default: Option<GenerationNumber>,
    /// The generation that has its one try, or has had it and is not judged.
    pub trial: Option<GenerationNumber>,
    /// Whether the trial was served, so that it is not served again.
    pub is_spent: bool,
    /// The boot that the machine last told of.
    pub booted: Option<Booted>,
    /// The last kernel that was sent.
    pub served: Option<Served>,
    /// The generation that `config.txt` names.
    pub config: Option<GenerationNumber>,
    /// When anything was last heard of the machine.
    pub seen: Option<Timestamp>,
    /// Whether its next boot gets another system than the one it is up in.
    pub needs_reboot: bool,
    /// How many tries ended with a generation that is bad, be it there or not.
    pub failed_trials: u64,
    /// The generations that did not come up.
    pub bad: Vec<BadGeneration>,
}

/// A generation that did not come up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BadGeneration {
    /// Its number.
    pub generation: GenerationNumber,
    /// How its try ended.
    #[serde(flatten)]
    pub failure: Failure,
}

impl MachineStatus {
    /// How a machine is, by what is known of its generations and the one that its
    /// `config.txt` names.
    #[must_use]
    pub fn of(
        machine: &Machine,
        generations: &Generations,
        config: Option<GenerationNumber>,
    ) -> Self {
        let booted = generations.booted;
        let trial = generations.trial;
        let trying = trial.and_then(|trial| generations.all.get(&trial));
        let seen = [
            generations.loading,
            generations.served.map(|served| served.at),
            booted.map(|booted| booted.since),
        ];
        Self {
            name: machine.name.clone(),
            root: machine.root,
            default: generations.default,
            trial,
            is_spent: trying.is_some_and(|one| is_spent(&one.state)),
            booted,
            served: generations.served,
            config,
            seen: seen.into_iter().flatten().max(),
            needs_reboot: generations.needs_reboot(),
            failed_trials: generations.failed_trials,
            bad: bad(generations).collect(),
        }
    }
}

fn is_spent(state: &State) -> bool {
    matches!(state, State::Trying(Try { spent: Some(_), .. }))
}

fn bad(generations: &Generations) -> impl Iterator<Item = BadGeneration> {
    generations
        .all
        .iter()
        .filter_map(|(&generation, one)| match &one.state {
            State::Bad(failure) => Some(BadGeneration {
                generation,
                failure: failure.clone(),
            }),
            _ => None,
        })
}

/// Something that has become of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum News {
    /// It has had its try, and is not served again unless it comes up.
    Spent(GenerationNumber),
    /// The machine is up in it.
    Up(GenerationNumber),
    /// It did not come up.
    Bad(GenerationNumber, Failure),
    /// It is the default.
    Default(GenerationNumber),
}

impl News {
    /// What is new between two moments, by generation.
    #[must_use]
    pub fn between(before: &Generations, after: &Generations) -> Vec<Self> {
        let mut news = Vec::new();
        for (&number, generation) in &after.all {
            let earlier = before.all.get(&number).map(|one| &one.state);
            match &generation.state {
                state if earlier == Some(state) => {}
                State::Bad(failure) => news.push(Self::Bad(number, failure.clone())),
                state if is_spent(state) && !earlier.is_some_and(is_spent) => {
                    news.push(Self::Spent(number));
                }
                _ => {}
            }
        }
        let boot = |generations: &Generations| generations.booted.map(|booted| booted.boot_id);
        if boot(before) != boot(after) {
            news.extend(after.booted.map(|booted| Self::Up(booted.generation)));
        }
        if before.default != after.default {
            news.extend(after.default.map(Self::Default));
        }
        news
    }
}

impl fmt::Display for News {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spent(number) => write!(formatter, "generation {number} has had its one try"),
            Self::Up(number) => write!(formatter, "up in generation {number}"),
            Self::Bad(number, failure) => {
                write!(formatter, "generation {number} is bad: {failure}")
            }
            Self::Default(number) => write!(formatter, "generation {number} is the default"),
        }
    }
}
