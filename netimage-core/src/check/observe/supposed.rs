//! What a board would ask for further if the file were there without which it
//! goes no further, so that all that is missing can be told at once.

use crate::boot::requests::{
    BootFiles, IfMissing, Outcome, Purpose, Requests, RequestsBuilder, StopReason, served_name,
};
use crate::fs::ServedDirectory;
use crate::tree::TargetName;

/// Files that are supposed: boot loader, prefix, firmware, device tree, kernel.
const SUPPOSED_MAX: usize = 5;

/// A boot tree with files that it does not have. They are empty.
pub(in crate::check) struct Supposed<'tree> {
    tree: &'tree ServedDirectory,
    names: Vec<TargetName>,
}

impl<'tree> Supposed<'tree> {
    pub(in crate::check) fn new(tree: &'tree ServedDirectory, names: &[String]) -> Self {
        let names = names.iter().filter_map(|name| served_name(name));
        Self {
            tree,
            names: names.collect(),
        }
    }
}

impl BootFiles for Supposed<'_> {
    fn size(&self, name: &TargetName) -> Option<u64> {
        let supposed = self.names.contains(name).then_some(0);
        BootFiles::size(self.tree, name).or(supposed)
    }

    fn read(&self, name: &TargetName, limit: usize) -> Option<Vec<u8>> {
        let supposed = self.names.contains(name).then(Vec::new);
        BootFiles::read(self.tree, name, limit).or(supposed)
    }
}

/// What a board does.
pub(in crate::check) struct Simulated {
    /// All that it asks for. Files that had to be supposed have no size.
    pub requests: Requests,
    /// Those files.
    pub supposed: Vec<String>,
    /// The file without which it does not look below its prefix.
    pub drops_prefix_by: Option<String>,
}

/// Plays through what a board asks for, with whatever would stop it supposed.
pub(in crate::check) fn simulate(board: RequestsBuilder<'_>, tree: &ServedDirectory) -> Simulated {
    let mut supposed: Vec<String> = Vec::new();
    let mut drops_prefix_by = None;
    loop {
        let files = Supposed::new(tree, &supposed);
        let mut requests = board.simulate(&files);
        drops_prefix_by = drops_prefix_by.or_else(|| missing_probe(&requests));
        if supposed.len() < SUPPOSED_MAX
            && let Some(stop) = stopped_by(&requests)
            // Of a board that gets nowhere, its own directory is what is meant.
            && let name = missing_probe(&requests).unwrap_or(stop)
            && !supposed.contains(&name)
        {
            supposed.push(name);
            continue;
        }
        for request in &mut requests.asked {
            if supposed.contains(&request.name) {
                request.size = None;
            }
        }
        return Simulated {
            requests,
            supposed,
            drops_prefix_by,
        };
    }
}

/// The first file without which the board drops its prefix, if it does.
pub(in crate::check) fn missing_probe(requests: &Requests) -> Option<String> {
    let mut asked = requests.asked.iter();
    let probe = asked.find(|request| {
        let is_probe = request.purpose == Purpose::PrefixProbe;
        request.size.is_none() && (is_probe || request.if_missing == IfMissing::DropsPrefix)
    });
    Some(probe?.name.clone()).filter(|_| requests.resolved.prefix.is_empty())
}

/// The file without which nothing further is asked for.
fn stopped_by(requests: &Requests) -> Option<String> {
    let missing = |purpose: Purpose| {
        let of = requests.asked.iter();
        of.filter(move |request| request.purpose == purpose && request.size.is_none())
            .map(|request| request.name.clone())
    };
    match requests.outcome {
        Outcome::Stops(StopReason::NoConfig) => missing(Purpose::Config).next(),
        Outcome::Stops(StopReason::NoBootcode) => missing(Purpose::Bootcode).next(),
        Outcome::Stops(StopReason::NoFirmware | StopReason::OldFirmware) => {
            missing(Purpose::Firmware).next()
        }
        // What it asks for last is what it would be content with.
        Outcome::Stops(StopReason::NoKernel) => missing(Purpose::KernelProbe).next_back(),
        Outcome::Stops(StopReason::NoDeviceTree) => missing(Purpose::DeviceTree).next(),
        Outcome::Complete | Outcome::Incomplete if requests.resolved.device_tree.is_none() => {
            missing(Purpose::DeviceTree).next()
        }
        _ => None,
    }
}
