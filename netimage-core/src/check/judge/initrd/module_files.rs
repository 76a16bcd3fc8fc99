//! The files of modules: whether a kernel loads them, and this one.

use std::collections::{BTreeMap, BTreeSet};

use super::{Check, rules};
use crate::boot::Board;
use crate::check::facts::{ModuleSurvey, share_a_board};
use crate::initrd::{Availability, ElfMachine};

/// Why a module is not loaded, and the boards that cannot do without it.
type Why = (String, BTreeSet<Board>);

impl Check<'_> {
    /// What the files of modules say of themselves.
    pub(super) fn check_module_files(&mut self, is_foreign: bool) {
        let modules = &self.initrd.modules;
        let broken = alike(modules, |module| {
            let why = module.broken.clone().or_else(|| {
                let machine = foreign_machine(module).filter(|_| !is_foreign)?;
                Some(format!("it is for {machine}"))
            })?;
            let needed = self.needed.get(&module.name).filter(|_| module.is_refused);
            Some((why, needed.cloned().unwrap_or_default()))
        });
        for ((why, boards), list) in broken {
            let problem = format!("the kernel cannot load the {list}: {why}");
            let is_needed = !boards.is_empty();
            let boards = if is_needed {
                boards
            } else {
                self.initrd.boards.iter().copied().collect()
            };
            self.reporter
                .of(boards)
                .mild_if(!is_needed)
                .report(&rules::BROKEN_MODULE, problem);
        }
    }

    pub(super) fn check_releases(&mut self) {
        let kernels = self.survey.kernels.iter();
        let kernels = kernels.filter(|kernel| share_a_board(&kernel.boards, &self.initrd.boards));
        // What is for another processor has been said of the kernel.
        let kernels = kernels.filter(|kernel| kernel.foreign_module(self.initrd).is_none());
        let kernels: Vec<_> = kernels
            .filter_map(|kernel| Some((kernel.name.to_string(), kernel.release.clone()?)))
            .collect();
        for (name, release) in kernels {
            let modules = self.initrd.modules.iter();
            let mut loaded = modules.filter(|module| module.availability != Availability::BuiltIn);
            let of_module = loaded.find_map(|module| {
                let other = module.release.as_ref().filter(|other| **other != release)?;
                Some(format!(
                    "the module {} is for the kernel {other}",
                    module.name
                ))
            });
            let releases = &self.initrd.releases;
            let of_directory = (!releases.is_empty() && !releases.contains(&release)).then(|| {
                let list: Vec<_> = releases.iter().map(String::as_str).collect();
                format!("the modules are for the kernel {}", list.join(", "))
            });
            if let Some(problem) = of_directory.or(of_module) {
                let problem = format!("{problem}, but {name} is {release}");
                self.reporter
                    .mild_if(!self.loads_modules)
                    .report(&rules::OTHER_KERNEL, problem);
            }
        }
    }
}

/// The machine of a module that is for no Arm processor. Of one for the other
/// kind of them the kernel's own rule speaks.
fn foreign_machine(module: &ModuleSurvey) -> Option<ElfMachine> {
    module
        .machine
        .filter(|machine| !matches!(machine, ElfMachine::Aarch64 | ElfMachine::Arm))
}

/// What is said alike of modules, and of which.
fn alike(
    modules: &[ModuleSurvey],
    why: impl Fn(&ModuleSurvey) -> Option<Why>,
) -> BTreeMap<Why, String> {
    let mut lists: BTreeMap<Why, Vec<&str>> = BTreeMap::new();
    for module in modules {
        if let Some(why) = why(module) {
            let names = lists.entry(why).or_default();
            names.push(module.name.as_str());
        }
    }
    let list = |names: Vec<&str>| match &names[..] {
        [name] => format!("module {name}"),
        _ => format!("modules {}", names.join(", ")),
    };
    let lists = lists.into_iter();
    lists.map(|(why, names)| (why, list(names))).collect()
}
