//! What `nfsroot=` asks of a kernel that mounts its root itself.

use super::rules::{KERNEL_MOUNT, VERSION_DEFAULT};
use crate::check::facts::CommandLineSurvey;
use crate::check::finding::{Findings, Place, Rule};
use crate::check::nfsroot::Nfsroot;
use crate::nfs::KernelVerdict;

/// Looks at the options, which the kernel parses itself.
pub(super) fn check(line: &CommandLineSurvey, given: &Nfsroot, findings: &mut Findings) {
    let mut say = |rule: &'static Rule, problem: String, remedy: &str| {
        let place = Some(Place::file(&line.name));
        findings.add(rule, line.boards.iter().copied(), place, problem, remedy);
    };
    for option in given.options.that_kernel(KernelVerdict::Refuses) {
        say(
            &KERNEL_MOUNT,
            format!("the option {option} in nfsroot= is not the kernel's, which refuses it"),
            "remove it from nfsroot=",
        );
    }
    if given.options.version().is_none() {
        let problem = "nfsroot= does not say the version of NFS".to_owned();
        say(&VERSION_DEFAULT, problem, "add vers=4.1, or the server's");
    }
}
