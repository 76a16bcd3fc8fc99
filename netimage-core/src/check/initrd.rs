//! The initrd: whether it can mount this root on these boards.

mod rules;

pub(super) use rules::RULES;

use super::drivers::{drivers, version_module};
use super::facts::{InitrdSurvey, ModuleSurvey, Mounter};
use super::finding::{Findings, Place, Rule, with_causes};
use super::nfsroot;
use super::survey::Survey;
use crate::boot::Board;
use crate::initrd::{Availability, Init, ModuleName};
use crate::nfs::NfsRoot;

/// Looks at every initrd that a board would load.
pub(super) fn check(survey: &Survey, findings: &mut Findings) {
    for initrd in &survey.initrds {
        Check {
            survey,
            initrd,
            findings,
            unknown: Vec::new(),
        }
        .run();
    }
}

struct Check<'check> {
    survey: &'check Survey,
    initrd: &'check InitrdSurvey,
    findings: &'check mut Findings,
    /// Modules of which nothing is known.
    unknown: Vec<String>,
}

impl Check<'_> {
    fn say(&mut self, rule: &'static Rule, problem: impl Into<String>, remedy: impl Into<String>) {
        self.say_of(rule, self.initrd.boards.clone(), problem, remedy);
    }

    fn say_of(
        &mut self,
        rule: &'static Rule,
        boards: Vec<Board>,
        problem: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let place = Some(Place::file(&self.initrd.name));
        self.findings.add(rule, boards, place, problem, remedy);
    }

    fn run(mut self) {
        if self.initrd.is_absent {
            // The kernel mounts the root, if it has what that takes.
            self.check_modules();
            return;
        }
        if let Some((broken, is_limit)) = self.initrd.broken.clone() {
            if is_limit {
                self.say(&rules::NOT_INSPECTED, broken, "check by hand what is in it");
            } else {
                self.say(&rules::UNREADABLE, broken, "make the initrd again");
            }
            return;
        }
        for objection in &self.initrd.objections {
            self.say(
                &rules::COMPRESSION,
                objection.clone(),
                "compress it as the kernel's own build does",
            );
        }
        if let Some((name, count)) = &self.initrd.skipped {
            let problem = format!("the kernel leaves out {count} files, {name} among them");
            self.say(
                &rules::SKIPPED,
                problem,
                "put directories before what is in them",
            );
        }
        self.check_init();
        self.check_modules();
        self.check_releases();
        self.check_mount();
    }

    fn check_init(&mut self) {
        let problem = match &self.initrd.init {
            Init::Missing => "there is no /init".to_owned(),
            Init::Dangling { target } => {
                format!(
                    "/init is a link to {}, which is not there",
                    String::from_utf8_lossy(target)
                )
            }
            Init::NotExecutable => "/init cannot be executed".to_owned(),
            _ => return,
        };
        self.say(&rules::NO_INIT, problem, "make an initrd that has one");
    }

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

    fn check_modules(&mut self) {
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
        for module in &self.initrd.modules {
            if let Some(broken) = &module.broken {
                let problem = format!("the module {} cannot be loaded: {broken}", module.name);
                self.findings.add(
                    &rules::BROKEN_MODULE,
                    self.initrd.boards.iter().copied(),
                    Some(Place::file(&self.initrd.name)),
                    problem,
                    "make the initrd again",
                );
            }
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

    fn check_releases(&mut self) {
        let kernels = self.survey.kernels.iter().filter(|kernel| {
            kernel
                .boards
                .iter()
                .any(|board| self.initrd.boards.contains(board))
        });
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

    /// What stage 1 has in its fstab is what is mounted.
    fn check_mounted(&mut self, nfs: &NfsRoot, mounted: &str) {
        let problem = match mounted.parse::<NfsRoot>() {
            Ok(given) => {
                // mount.nfs goes by what is before the path, the kernel by addr=.
                let by_helper = self.initrd.mounter == Mounter::Systemd;
                let same_server = given.server() == nfs.server()
                    || (!by_helper && given.address() == nfs.address());
                let same = given.path() == nfs.path() && same_server;
                if same && given.version() == nfs.version() {
                    return;
                }
                format!(
                    "it mounts {} with version {}, but the image is for {} with version {}",
                    given.device(),
                    given.version(),
                    nfs.device(),
                    nfs.version()
                )
            }
            Err(error) => format!("it would mount {mounted}: {}", with_causes(&error)),
        };
        let remedy = "leave fileSystems.\"/\" to netImage.nfs, and make the initrd again";
        self.say(&rules::OTHER_ROOT, problem, remedy);
    }

    fn check_mount(&mut self) {
        let Some(nfs) = &self.survey.nfs else {
            return;
        };
        let (mounted, text) = self.initrd.mounts.clone().unwrap_or_default();
        if self.initrd.mounts.is_some() {
            self.check_mounted(nfs, &format!("{mounted},{text}"));
        }
        if self.initrd.mounter != Mounter::Systemd {
            return;
        }
        let has_address = match self.initrd.mounts {
            Some(_) => text.contains("addr="),
            None => nfs.options().get("addr").is_some(),
        };
        if !self.initrd.has_mount_helper && !has_address {
            let problem = "there is no mount.nfs, and the mount options have no addr=";
            self.say(
                &rules::NO_MOUNT_HELPER,
                problem,
                "add mount.nfs to the initrd, or addr= to the options",
            );
        }
        let asks = self.survey.command_lines.iter().any(|line| {
            let text = String::from_utf8_lossy(&line.text);
            text.split_ascii_whitespace()
                .any(|word| word.starts_with("ip="))
        });
        if !self.initrd.has_network && !asks {
            let problem = "there is no .network file for networkd, and no ip= on the command line";
            self.say(
                &rules::NO_NETWORK,
                problem,
                "set boot.initrd.network.enable = true",
            );
        }
    }
}
