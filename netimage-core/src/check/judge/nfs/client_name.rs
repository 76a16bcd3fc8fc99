//! The name that a board has to a server of version 4.

use crate::check::facts::{
    ClientName, CommandLineSurvey, InitrdSurvey, Mounter, Survey, share_a_board,
};
use crate::check::judge::reporter::Reporter;
use crate::check::rules::nfs::CLIENT_NAME;
use crate::nfs::NfsRoot;

/// The parameter that is the name, and those of the host name that it is made of.
const UNIQUE_ID: [&str; 1] = ["nfs.nfs4_unique_id"];
const HOST_NAMES: [&str; 2] = ["systemd.hostname", "hostname"];

/// `networking.hostName` of NixOS where it is not set; since 26.05 the initrd has it.
const DEFAULT_HOST: &str = "nixos";

/// Looks at the initrds whose way of mounting is known. A kernel that mounts its root
/// itself has its address as host name (`net/ipv4/ipconfig.c`).
pub(super) fn check(line: &CommandLineSurvey, survey: &Survey, reporter: &mut Reporter<'_>) {
    if !matches!(line.mounter, Mounter::Systemd | Mounter::Scripted) {
        return;
    }
    let initrds = survey.initrds.iter();
    let own = initrds.filter(|initrd| share_a_board(&initrd.boards, &line.boards));
    let mut own = own.filter(|initrd| initrd.broken.is_none() && !initrd.is_empty);
    let Some(initrd) = own.find(|initrd| mounts_version_4(initrd, survey)) else {
        return;
    };
    match (fixed(line, &initrd.client_name), &initrd.client_name) {
        (Some(fixed), _) if survey.serial.is_none() => {
            let problem = format!("{fixed} names the NFS client of every machine that boots this");
            let remedy = "keep it only if one machine alone boots from this tree";
            reporter.mild_if(true).report(&CLIENT_NAME, problem, remedy);
        }
        (Some(_), _) | (None, ClientName::Set) => {}
        (None, unnamed) => {
            let why = match unnamed {
                ClientName::Host(_) => "the host name of stage 1 is NixOS's default",
                _ => "stage 1 has no host name",
            };
            let problem = format!(
                "nothing sets nfs4_unique_id, and {why}, so the board's NFS client has the same name as every other"
            );
            let remedy = "have stage 1 write the MAC address to /sys/module/nfs/parameters/nfs4_unique_id, or give each machine an nfs.nfs4_unique_id= of its own on the command line";
            reporter.report(&CLIENT_NAME, problem, remedy);
        }
    }
}

/// What makes the name, where that is written down once for all that boot.
fn fixed(line: &CommandLineSurvey, initrd: &ClientName) -> Option<String> {
    let given = |keys: &[&str]| {
        keys.iter().find_map(|key| {
            let value = line.get(key).filter(|value| !value.is_empty())?;
            Some(format!("{key}={value} on the command line"))
        })
    };
    let host = match initrd {
        ClientName::Set => return given(&UNIQUE_ID),
        ClientName::Host(host) if host != DEFAULT_HOST => {
            Some(format!("the host name {host} in the initrd"))
        }
        _ => None,
    };
    given(&UNIQUE_ID).or_else(|| given(&HOST_NAMES)).or(host)
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
