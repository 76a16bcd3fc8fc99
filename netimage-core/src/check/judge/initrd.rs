//! The initrd: whether it can mount this root on these boards.

mod drivers;
mod forbidden;
mod module_files;
mod modules;
mod programs;
mod store;
mod systemd;

use std::collections::{BTreeMap, BTreeSet};

use crate::check::rules::initrd as rules;

use crate::boot::Board;
use crate::check::facts::{InitrdSurvey, ListFault, Mount, Mounter, Survey};
use crate::check::finding::{Place, explained};
use crate::check::judge::reporter::Reporter;
use crate::initrd::ModuleName;
use crate::nfs::NfsRoot;

/// Looks at every initrd that a board would load.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    for initrd in &survey.initrds {
        let mut reporter = reporter.of(initrd.boards.iter().copied());
        Check {
            survey,
            initrd,
            reporter: reporter.at(Place::file(&initrd.name)),
            unknown: Vec::new(),
            needed: BTreeMap::new(),
            loads_modules: false,
        }
        .run();
    }
}

struct Check<'check> {
    survey: &'check Survey,
    initrd: &'check InitrdSurvey,
    reporter: Reporter<'check>,
    /// Modules of which nothing is known.
    unknown: Vec<String>,
    /// Modules in it without which these boards have no network or no NFS.
    needed: BTreeMap<ModuleName, BTreeSet<Board>>,
    /// Whether anything that a board boots with is not known to be built in.
    loads_modules: bool,
}

impl Check<'_> {
    fn run(mut self) {
        if self.initrd.is_absent {
            // The kernel mounts the root, if it has what that takes. Where one is
            // there and not loaded, that has been said.
            if !self.survey.toplevel_has_initrd {
                self.check_modules();
            }
            return;
        }
        for name in &self.initrd.empty {
            let problem = "it is empty, so the kernel gets nothing from it";
            self.reporter
                .at(Place::file(name))
                .report(&rules::EMPTY, problem);
        }
        if self.initrd.is_empty {
            self.check_programs();
            if self.initrd.mounter == Mounter::Kernel {
                self.check_modules();
            }
            return;
        }
        for objection in &self.initrd.objections {
            self.reporter.report(&rules::COMPRESSION, objection.clone());
        }
        if let Some(broken) = self
            .initrd
            .broken
            .as_ref()
            .filter(|broken| broken.is_beside)
        {
            let problem = broken.problem.clone();
            self.reporter.report(&rules::JUNK, problem);
        } else if let Some(broken) = &self.initrd.broken {
            if broken.is_limit && !self.initrd.objections.is_empty() {
                return;
            }
            let (rule, remedy) = if broken.exceeds_memory {
                let remedy = "leave out what the initrd does not need";
                (&rules::TOO_LARGE, remedy)
            } else if broken.is_limit {
                (&rules::NOT_INSPECTED, "check its contents by hand")
            } else {
                (&rules::UNREADABLE, broken.remedy.as_str())
            };
            self.reporter
                .report_with(rule, broken.problem.clone(), remedy);
            return;
        }
        self.check_memory();
        if let Some((name, count)) = &self.initrd.skipped {
            let problem = format!("the kernel skips {count} files, such as {name}");
            self.reporter.report(&rules::SKIPPED, problem);
        }
        let is_foreign = self.check_programs();
        self.check_modules();
        self.check_module_files(is_foreign);
        self.check_forbidden();
        self.check_releases();
        self.check_list();
        self.check_store();
        self.check_systemd();
        self.check_mount();
    }

    /// All that it unpacks to stays in memory.
    fn check_memory(&mut self) {
        let unpacked = self.initrd.unpacked;
        let boards = self.initrd.boards.iter().copied();
        let boards: Vec<Board> = boards
            .filter(|board| board.memory_max() < unpacked)
            .collect();
        if !boards.is_empty() {
            let mib = unpacked >> 20;
            let problem =
                format!("it unpacks to {mib} MiB, which is more memory than these boards have");
            self.reporter
                .of(boards)
                .mild_if(true)
                .report(&rules::TOO_LARGE, problem);
        }
    }

    /// What stage 1 has in its fstab is what is mounted.
    fn check_mounted(&mut self, nfs: &NfsRoot, mount: &Mount) {
        let problem = match mount.nfs_root() {
            Ok(_) if !mount.is_root() => return,
            Ok(given) => {
                let same = given.path() == nfs.path() && self.is_at_server(&given, nfs);
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
            Err(error) => format!("it would mount {mount}: {}", explained(&error).problem),
        };
        self.reporter.report(&rules::OTHER_ROOT, problem);
    }

    /// Whether a mount is from the image's server: mount.nfs goes by what is before
    /// the path, the kernel by `addr=`.
    fn is_at_server(&self, given: &NfsRoot, nfs: &NfsRoot) -> bool {
        let by_helper = self.initrd.mounter == Mounter::Systemd;
        given.server() == nfs.server() || (!by_helper && given.address() == nfs.address())
    }

    fn check_mount(&mut self) {
        let Some(nfs) = &self.survey.nfs else {
            return;
        };
        let mounted = &self.initrd.mounts.nfs;
        for mount in mounted {
            self.check_mounted(nfs, mount);
        }
        self.check_disk();
        if self.initrd.mounter != Mounter::Systemd {
            return;
        }
        let systemd = self.initrd.systemd.as_ref();
        let may_mount = systemd.is_none_or(|systemd| systemd.runs_unknown || systemd.is_of_dracut);
        if !self.initrd.has_root {
            let problem = "nothing tells systemd which root to mount: no fstab has a line for /sysroot, there is no sysroot.mount, and root= does not name one";
            self.reporter
                .mild_if(may_mount)
                .report(&rules::NO_ROOT, problem);
        }
        let has_address = if mounted.is_empty() {
            nfs.options().get("addr").is_some()
        } else {
            mounted.iter().all(|mount| mount.options.contains("addr="))
        };
        if !self.initrd.has_mount_helper && !has_address {
            let problem = "there is no mount.nfs, and the mount options have no addr=";
            self.reporter.report(&rules::NO_MOUNT_HELPER, problem);
        }
    }

    fn asks_for_address(&self) -> bool {
        let mut lines = self.survey.command_lines.iter();
        lines.any(|line| line.get("ip").or(line.get("nfsaddrs")).is_some())
    }

    /// What NixOS's script has to mount.
    fn check_list(&mut self) {
        match &self.initrd.list_fault {
            Some(ListFault::Missing(list)) => {
                let problem = format!("there is no {list}, which tells the script what to mount");
                self.reporter.report(&rules::NO_MOUNTS, problem);
            }
            Some(ListFault::NoRoot(list)) => {
                let problem =
                    format!("{list}, which tells the script what to mount, has nothing for /");
                self.reporter.mild_if(true).report(&rules::NO_ROOT, problem);
            }
            None => {}
        }
    }
}
