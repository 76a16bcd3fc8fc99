//! Modules that the command line forbids.

use std::collections::BTreeSet;

use super::{Check, rules};
use crate::boot::Board;
use crate::check::facts::share_a_board;
use crate::initrd::ModuleName;

impl Check<'_> {
    /// Names of `module_blacklist=` are compared to the letter, with `_`
    /// (`kernel/module/main.c`, `blacklisted`); for those of `modprobe.blacklist=`
    /// `-` is the same (kmod's `libkmod-config.c`).
    pub(super) fn check_forbidden(&mut self) {
        let lines = self.survey.command_lines.iter();
        let lines = lines.filter(|line| share_a_board(&line.boards, &self.initrd.boards));
        let mut found: BTreeSet<(&str, String, Vec<Board>)> = BTreeSet::new();
        for (boards, line) in lines.filter_map(|line| Some((&line.boards, line.line.as_ref()?))) {
            let by_kernel = line.get("module_blacklist").unwrap_or_default();
            let by_kernel = by_kernel.split(',').map(str::to_owned);
            let by_modprobe = line.get_all("modprobe.blacklist");
            let by_modprobe = by_modprobe.flat_map(|list| list.split(','));
            let by_modprobe = by_modprobe.map(|name| name.replace('-', "_"));
            let of_kernel = by_kernel.map(|name| ("module_blacklist", name));
            let of_modprobe = by_modprobe.map(|name| ("modprobe.blacklist", name));
            for (key, name) in of_kernel.chain(of_modprobe) {
                let needed = self.needed_by(&name);
                let needed: Vec<_> = needed.filter(|board| boards.contains(board)).collect();
                if !needed.is_empty() {
                    found.insert((key, name, needed));
                }
            }
        }
        for (key, name, boards) in found {
            let is_by_kernel = key == "module_blacklist";
            let how = if is_by_kernel {
                "forbids"
            } else {
                "keeps devices from loading"
            };
            let problem =
                format!("{key}= on the command line {how} the module {name}, which the boot needs");
            let mut reporter = self.reporter.of(boards);
            let mut reporter = reporter.mild_if(!is_by_kernel);
            reporter.report(&rules::BLACKLISTED_MODULE, problem);
        }
    }

    fn needed_by(&self, name: &str) -> impl Iterator<Item = Board> {
        let needed = self.needed.iter();
        let own = needed.filter(move |(module, _)| ModuleName::as_str(module) == name);
        let boards: Vec<Board> = own.flat_map(|(_, boards)| boards.iter().copied()).collect();
        boards.into_iter()
    }
}
