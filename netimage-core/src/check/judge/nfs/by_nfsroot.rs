//! What `nfsroot=` asks of those that mount by it alone: the kernel, and nfsmount.

use crate::check::facts::{CommandLineSurvey, Mounter};
use crate::check::judge::reporter::Reporter;
use crate::check::rules::nfs::{KERNEL_MOUNT, KLIBC_MOUNT, VERSION_DEFAULT};
use crate::nfs::NfsrootParameter;

/// Whether it is by `nfsroot=` alone that the root is mounted.
pub(super) fn goes_by_it(line: &CommandLineSurvey) -> bool {
    match line.mounter {
        Mounter::Kernel => true,
        // Else initramfs-tools takes root= for a disk.
        Mounter::Nfsmount => {
            line.get("root") == Some("/dev/nfs") || line.get("boot") == Some("nfs")
        }
        _ => false,
    }
}

/// Looks at the options, which they parse themselves, and at the place. Gives back
/// whether that is taken as it is meant.
pub(super) fn check(
    line: &CommandLineSurvey,
    given: &NfsrootParameter,
    reporter: &mut Reporter<'_>,
) -> bool {
    let refused = line.mounter.refuses(&given.options).join(", ");
    let misread = line.mounter.misreads(given);
    let is_misread = misread.is_some();
    let rule = match line.mounter {
        Mounter::Kernel => &KERNEL_MOUNT,
        _ => &KLIBC_MOUNT,
    };
    if let Some(problem) = misread {
        reporter.report(rule, problem);
    }
    match line.mounter {
        Mounter::Kernel => {
            if !refused.is_empty() {
                let problem = format!("the kernel itself refuses {refused} in nfsroot=");
                reporter.report(rule, problem);
            }
            if given.options.version().is_none() {
                let problem = "nfsroot= does not give the NFS version";
                reporter.report(&VERSION_DEFAULT, problem);
            }
        }
        _ if !refused.is_empty() => {
            let problem =
                format!("the initrd mounts with nfsmount, which refuses {refused} in nfsroot=");
            reporter.report(rule, problem);
        }
        _ => {}
    }
    !is_misread
}
