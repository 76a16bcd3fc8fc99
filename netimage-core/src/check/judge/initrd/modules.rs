//! Modules: whether those that the root needs are there and for this kernel.

use std::collections::BTreeSet;

use super::{Check, rules};
use crate::boot::Board;
use crate::check::facts::drivers::{VERSION_MODULES, version_module};
use crate::check::facts::{
    CommandLineSurvey, InitrdSurvey, ModuleSurvey, Mounter, Survey, share_a_board,
};
use crate::check::rules::Rule;
use crate::initrd::{Availability, ModuleName};
use crate::nfs::{NfsRoot, NfsVersion};

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
        let boards = self.initrd.boards.clone();
        for board in &boards {
            self.check_ethernet(*board);
        }
        self.check_group(&rules::NO_NFS, &boards, &["nfs"], "of the NFS client");
        let mounted = self.initrd.mounts.versions();
        let mut versions: BTreeSet<_> = mounted.filter(|_| self.initrd.goes_by_tables()).collect();
        if versions.is_empty() {
            versions = versions_for(self.initrd, self.survey);
        }
        if versions.is_empty() {
            versions.extend(self.initrd.mounts.versions());
        }
        if versions.is_empty() && self.is_surely_nfs() {
            self.check_group(&rules::NO_NFS_VERSION, &boards, &VERSION_MODULES, "of NFS");
        }
        for version in versions {
            let name = version_module(version);
            let what = format!("of NFS version {version}");
            self.check_group(&rules::NO_NFS_VERSION, &boards, &[name], &what);
        }
        self.unknown.sort_unstable();
        self.unknown.dedup();
        // Without a kernel, or an initrd and a root, there is nothing to look at.
        let is_seen = self.kernels().next().is_some()
            && (!self.initrd.is_absent || self.survey.root.is_some());
        if is_seen && !self.unknown.is_empty() {
            let list = self.unknown.join(", ");
            let release = self.kernels().find_map(|kernel| kernel.release.as_deref());
            let release = release.unwrap_or("RELEASE");
            let are = if self.unknown.len() == 1 { "is" } else { "are" };
            let problem = format!(
                "there is no lib/modules/{release}/modules.builtin in the initrd or the root, so it is not known whether {list} {are} built into the kernel"
            );
            self.reporter.report(&rules::UNKNOWN_MODULES, problem);
        }
    }

    /// Whether an initrd is to mount a root over NFS. Of the kernel, what it takes
    /// without `vers=` is its own choice.
    fn is_surely_nfs(&self) -> bool {
        let is_nfs = |line: &CommandLineSurvey| {
            line.get("root") == Some("/dev/nfs") && line.get("nfsroot").is_some()
        };
        let lines = self.survey.command_lines.iter();
        let mut lines = lines.filter(|line| share_a_board(&line.boards, &self.initrd.boards));
        let by_line = self.initrd.mounter.reads_nfsroot() && lines.any(is_nfs);
        !self.initrd.is_absent
            && (self.survey.nfs.is_some() || !self.initrd.mounts.nfs.is_empty() || by_line)
            && self.initrd.mounter != Mounter::Kernel
    }

    /// Which modules of a group, and of what those need, have to be loaded: the
    /// only one that is there, or all if each hangs on a file that is refused.
    fn note_needed(&mut self, boards: &[Board], group: &[&str]) {
        let there = group.iter().filter_map(|name| self.find(name));
        let there: Vec<_> = there
            .filter(|module| module.availability != Availability::Absent)
            .collect();
        let is_refused = |module: &ModuleSurvey| {
            let mut needs = module
                .needs
                .iter()
                .filter_map(|name| self.find(name.as_str()));
            module.is_refused || needs.any(|need| need.is_refused)
        };
        // What is not there may be built in, where that is not known.
        let may_be_built_in = there.len() < group.len() && !self.initrd.knows_built_in;
        let is_choice = there.len() > 1 && !there.iter().all(|module| is_refused(module));
        if may_be_built_in || is_choice {
            return;
        }
        let modules = there
            .iter()
            .filter(|module| module.availability != Availability::BuiltIn);
        let names: Vec<ModuleName> = modules
            .flat_map(|module| module.needs.iter().chain([&module.name]).cloned())
            .collect();
        for name in names {
            self.needed.entry(name).or_default().extend(boards);
        }
    }

    /// Says that a group is not there.
    fn check_group(&mut self, rule: &'static Rule, boards: &[Board], group: &[&str], what: &str) {
        if self.is_absent(boards, group, what) {
            self.say_absent(rule, boards, vec![group.to_vec()], what);
        }
    }

    /// Whether no module of a group is there, of which one is enough. If it is known
    /// why one that is there is of no use, that is told.
    pub(super) fn is_absent(&mut self, boards: &[Board], group: &[&str], what: &str) -> bool {
        self.note_needed(boards, group);
        let mut own = group.iter().filter_map(|name| self.find(name));
        self.loads_modules |= !own.any(|module| module.availability == Availability::BuiltIn);
        if group.iter().any(|name| self.is_usable(name)) {
            return false;
        }
        let there = group.iter().filter(|name| self.is_there(name));
        let mut there = there.filter_map(|name| self.find(name));
        let boards = boards.to_vec();
        match there
            .next()
            .map(|module| (module.name.clone(), module.availability.clone()))
        {
            Some((name, Availability::MissingDependencies(missing))) => {
                let missing: Vec<_> = missing.iter().map(ModuleName::as_str).collect();
                let list = missing.join(", ");
                let problem =
                    format!("the module {name} {what} needs {list}, which is not in the initrd");
                self.reporter.of(boards).report(&rules::DEPENDENCY, problem);
                false
            }
            Some((name, _)) => {
                let problem = format!("the module {name} {what} is not in modules.dep");
                self.reporter.of(boards).report(&rules::UNLISTED, problem);
                false
            }
            // Of what is a module, none is built in.
            None if self.initrd.knows_built_in || group.iter().all(|name| self.is_module(name)) => {
                true
            }
            None => {
                self.unknown.push(group.join(" or "));
                false
            }
        }
    }

    pub(super) fn is_there(&self, name: &str) -> bool {
        let module = self.find(name);
        module.is_some_and(|module| module.availability != Availability::Absent)
    }
}

/// The versions that an initrd is to mount. NixOS's do not look at `nfsroot=`, and
/// a kernel, without a version there, takes one that it has.
fn versions_for(initrd: &InitrdSurvey, survey: &Survey) -> BTreeSet<NfsVersion> {
    let reads_it = initrd.is_absent || initrd.mounter.reads_nfsroot();
    let lines = survey.command_lines.iter();
    let lines = lines.filter(|line| reads_it && share_a_board(&line.boards, &initrd.boards));
    let given = lines.filter_map(CommandLineSurvey::nfsroot);
    let given: Vec<_> = given
        .map(|nfsroot| match initrd.mounter {
            Mounter::Nfsmount => Some(NfsVersion::V3),
            _ => nfsroot.options.version(),
        })
        .collect();
    if given.is_empty() {
        return survey.nfs.iter().map(NfsRoot::version).collect();
    }
    given.into_iter().flatten().collect()
}
