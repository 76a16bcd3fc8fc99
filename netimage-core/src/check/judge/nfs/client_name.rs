//! The name that a board has to a server of version 4.

use crate::check::facts::{CommandLineSurvey, InitrdSurvey, Mounter, Survey, share_a_board};
use crate::check::judge::reporter::Reporter;
use crate::check::rules::nfs::CLIENT_NAME;
use crate::nfs::NfsRoot;

/// The parameters that are the name, or the host name that it is made of.
const NAMES: [&str; 3] = ["nfs.nfs4_unique_id", "systemd.hostname", "hostname"];

/// Looks at the initrds whose way of mounting is known. A kernel that mounts its root
/// itself has its address as host name (`net/ipv4/ipconfig.c`).
pub(super) fn check(line: &CommandLineSurvey, survey: &Survey, reporter: &mut Reporter<'_>) {
    if !matches!(line.mounter, Mounter::Systemd | Mounter::Scripted) {
        return;
    }
    let initrds = survey.initrds.iter();
    let own = initrds.filter(|initrd| share_a_board(&initrd.boards, &line.boards));
    let mut own = own.filter(|initrd| initrd.is_read());
    let Some(initrd) = own.find(|initrd| mounts_version_4(initrd, survey)) else {
        return;
    };
    let is_given = NAMES.into_iter().any(|key| {
        let value = line.get(key);
        value.is_some_and(|value| !value.is_empty())
    });
    if !initrd.names_client && !is_given {
        reporter.report(&CLIENT_NAME, "nothing sets nfs4_unique_id, and stage 1 has no host name of its own, so the board's NFS client has the same name as every other");
    }
}

/// Whether an initrd mounts a version that has names of clients.
fn mounts_version_4(initrd: &InitrdSurvey, survey: &Survey) -> bool {
    let mounted = initrd.mounts.nfs.iter();
    let mounted: Vec<NfsRoot> = mounted.filter_map(|mount| mount.nfs_root().ok()).collect();
    let asked = survey.nfs.iter().filter(|_| mounted.is_empty());
    mounted
        .iter()
        .chain(asked)
        .any(|nfs| nfs.version().major() == 4)
}
