//! Modules: whether those that the root needs are there and for this kernel.

use std::collections::BTreeMap;

use super::{Check, rules};
use crate::boot::Board;
use crate::check::drivers::{drivers, version_module};
use crate::check::facts::{ModuleSurvey, share_a_board};
use crate::check::finding::Rule;
use crate::check::nfsroot;
use crate::initrd::{Availability, Machine, ModuleName};

impl Check<'_> {
    fn find(&self, name: &str) -> Option<&ModuleSurvey> {
        self.initrd
            .modules
            .iter()
            .find(|module| module.name.as_str() == name)
    }

    fn is_usable(&self, name: &str) -> bool {
        let availability = self.find(name).map(|module| &module.availability);
        matches!(
            availability,
            Some(Availability::BuiltIn | Availability::Present)
        )
    }

    pub(super) fn check_modules(&mut self) {
        for board in self.initrd.boards.clone() {
            for group in drivers(board) {
                self.check_group(&rules::NO_DRIVER, vec![board], group, "of its Ethernet");
            }
        }
        let boards = self.initrd.boards.clone();
        self.check_group(
            &rules::NO_NFS,
            boards.clone(),
            &["nfs"],
            "of the NFS client",
        );
        for version in nfsroot::versions_for(self.initrd, self.survey) {
            let name = version_module(version);
            let what = format!("of NFS version {version}");
            self.check_group(&rules::NO_NFS_VERSION, boards.clone(), &[name], &what);
        }
        self.unknown.sort_unstable();
        self.unknown.dedup();
        if !self.unknown.is_empty() {
            let list = self.unknown.join(", ");
            let problem = format!("whether the kernel has {list} built in is not known");
            let remedy = "put modules.builtin into the initrd or the root";
            self.say(&rules::UNKNOWN_MODULES, problem, remedy);
        }
    }

    /// Of a group one module is enough; otherwise that is told which is nearest.
    fn check_group(&mut self, rule: &'static Rule, boards: Vec<Board>, group: &[&str], what: &str) {
        if group.iter().any(|name| self.is_usable(name)) {
            return;
        }
        let there = group
            .iter()
            .filter_map(|name| self.find(name))
            .find(|module| module.availability != Availability::Absent);
        match there.map(|module| (module.name.clone(), module.availability.clone())) {
            Some((name, Availability::MissingDependencies(missing))) => {
                let missing: Vec<_> = missing.iter().map(ModuleName::as_str).collect();
                let list = missing.join(", ");
                let problem =
                    format!("the module {name} {what} needs {list}, which is not in the initrd");
                self.say_of(
                    &rules::DEPENDENCY,
                    boards,
                    problem,
                    format!("add {list} to the initrd"),
                );
            }
            Some((name, _)) => {
                let problem = format!("the module {name} {what} is not in modules.dep");
                self.say_of(
                    &rules::UNLISTED,
                    boards,
                    problem,
                    "run depmod when the initrd is made",
                );
            }
            None if self.initrd.knows_built_in => {
                let list = group.join(" or ");
                let problem =
                    format!("the module {list} {what} is neither in the initrd nor in the kernel");
                let remedy =
                    "add it to boot.initrd.availableKernelModules, or take a kernel that has it";
                self.say_of(rule, boards, problem, remedy);
            }
            None => self.unknown.push(group.join(" or ")),
        }
    }

    /// What the files of modules say of themselves.
    pub(super) fn check_module_files(&mut self, is_foreign: bool) {
        let modules = &self.initrd.modules;
        for (why, list) in alike(modules, |module| module.unread.as_deref()) {
            let problem = format!("what is in the {list} was not looked at: {why}");
            self.say(
                &rules::NOT_INSPECTED,
                problem,
                "check by hand what is in it",
            );
        }
        for (why, list) in alike(modules, |module| module.broken.as_deref()) {
            let problem = format!("the kernel cannot load the {list}: {why}");
            self.say(&rules::BROKEN_MODULE, problem, "make the initrd again");
        }
        let foreign = |module: &&ModuleSurvey| {
            // Of one for the other kind of ARM the kernel's own rule speaks.
            let machine = module.machine;
            machine.is_some_and(|machine| !matches!(machine, Machine::Aarch64 | Machine::Arm))
        };
        let foreign: Vec<_> = modules.iter().filter(foreign).collect();
        if let Some(machine) = foreign.first().and_then(|module| module.machine)
            && !is_foreign
        {
            let names: Vec<_> = foreign.iter().map(|module| module.name.as_str()).collect();
            let list = names.join(", ");
            let problem = format!("the kernel does not load modules for {machine}: {list}");
            self.say(&rules::BROKEN_MODULE, problem, "make the initrd again");
        }
        self.check_vermagic();
    }

    /// Beside the release, a kernel wants the words for how it was configured.
    fn check_vermagic(&mut self) {
        let words = |module: &ModuleSurvey| {
            let (release, words) = module.vermagic.as_deref()?.split_once(' ')?;
            Some((release.to_owned(), words.to_owned()))
        };
        let modules = &self.initrd.modules;
        let first = modules
            .iter()
            .find_map(|module| Some((&module.name, words(module)?)));
        let Some((first, of_first)) = first else {
            return;
        };
        let other = modules.iter().find_map(|module| {
            let words = words(module)?;
            (words.0 == of_first.0 && words.1 != of_first.1).then_some((&module.name, words.1))
        });
        if let Some((other, words)) = other {
            let problem = format!(
                "the module {first} is for a kernel with {}, but {other} for one with {words}",
                of_first.1
            );
            self.say(
                &rules::BROKEN_MODULE,
                problem,
                "take all modules from one build",
            );
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
            let of_module = self.initrd.modules.iter().find_map(|module| {
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
                self.say(
                    &rules::OTHER_KERNEL,
                    problem,
                    "take kernel and initrd from one system",
                );
            }
        }
    }
}

/// What is said alike of modules, and of which.
fn alike(
    modules: &[ModuleSurvey],
    why: impl Fn(&ModuleSurvey) -> Option<&str>,
) -> BTreeMap<String, String> {
    let mut lists: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for module in modules {
        if let Some(why) = why(module) {
            let names = lists.entry(why.to_owned()).or_default();
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
