//! What a board would ask for further if the file were there without which it
//! goes no further, so that all that is missing can be told at once.

use super::read_boot::BootReader;
use crate::boot::config_txt::Machine;
use crate::boot::requests::{
    BootFiles, Outcome, Prefix, Purpose, Requests, StopReason, requests_of_machine, served_name,
};
use crate::tree::TargetName;

/// Files that are supposed: boot loader, firmware, device tree, kernel.
const SUPPOSED_MAX: usize = 4;

/// A boot tree with files that it does not have. They are empty.
pub(super) struct Supposed<'tree> {
    tree: &'tree BootReader<'tree>,
    names: Vec<TargetName>,
}

impl<'tree> Supposed<'tree> {
    pub(super) fn new(tree: &'tree BootReader<'tree>, names: &[String]) -> Self {
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

/// All that a board asks for, and the files that had to be supposed for that.
/// They have no size in the requests.
pub(super) fn simulate(machine: Machine, tree: &BootReader<'_>) -> (Requests, Vec<String>) {
    let variant = &machine.board.variants()[0];
    let mut supposed: Vec<String> = Vec::new();
    loop {
        let files = Supposed::new(tree, &supposed);
        let mut requests = requests_of_machine(machine, variant, &Prefix::None, &files);
        if supposed.len() < SUPPOSED_MAX
            && let Some(name) = stopped_by(&requests)
            && !supposed.contains(&name)
        {
            supposed.push(name);
            continue;
        }
        for request in &mut requests.requests {
            if supposed.contains(&request.name) {
                request.size = None;
            }
        }
        return (requests, supposed);
    }
}

/// The file without which nothing further is asked for.
fn stopped_by(requests: &Requests) -> Option<String> {
    let missing = |purpose: Purpose| {
        let of = requests.requests.iter();
        of.filter(move |request| request.purpose == purpose && request.size.is_none())
            .map(|request| request.name.clone())
    };
    match requests.outcome {
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
