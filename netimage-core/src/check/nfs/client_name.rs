//! The name that a board has to a server of version 4.

use super::rules::{CLIENT_NAME, CLIENT_NAME_FIXED};
use crate::check::facts::{CommandLineSurvey, InitrdSurvey, Mounter, share_a_board};
use crate::check::finding::{Findings, Place};
use crate::check::read_client_name::ClientName;
use crate::check::survey::{Survey, parsed};
use crate::nfs::NfsRoot;

/// Parameters that are the name, or the host name that it is made of.
const PARAMETERS: [&str; 3] = ["nfs.nfs4_unique_id", "systemd.hostname", "hostname"];

/// `networking.hostName` of NixOS where it is not set; since 26.05 the initrd has it.
const DEFAULT_HOST: &str = "nixos";

/// Looks at the initrds whose way of mounting is known. A kernel that mounts its root
/// itself has its address as host name (`net/ipv4/ipconfig.c`).
pub(super) fn check(line: &CommandLineSurvey, survey: &Survey, findings: &mut Findings) {
    if !matches!(line.mounter, Mounter::Systemd | Mounter::Scripted) {
        return;
    }
    let initrds = survey.initrds.iter();
    let own = initrds.filter(|initrd| share_a_board(&initrd.boards, &line.boards));
    let mut own = own.filter(|initrd| initrd.broken.is_none() && !initrd.is_empty);
    let Some(initrd) = own.find(|initrd| mounts_version_4(initrd, survey)) else {
        return;
    };
    let mut say = |rule, problem: String, remedy: &str| {
        let place = Some(Place::file(&line.name));
        findings.add(rule, line.boards.iter().copied(), place, problem, remedy);
    };
    let given = parsed(&line.text).and_then(|line| {
        let mut given = PARAMETERS.into_iter();
        given.find_map(|key| {
            Some(format!(
                "{key}={}",
                line.get(key).filter(|v| !v.is_empty())?
            ))
        })
    });
    let fixed = match (given, &initrd.client_name) {
        (Some(given), _) => format!("{given} on the command line"),
        (None, ClientName::Set) => return,
        (None, ClientName::Host(host)) if host != DEFAULT_HOST => {
            format!("the host name {host} in the initrd")
        }
        (None, unnamed) => {
            let problem = match unnamed {
                ClientName::Host(_) => {
                    "stage 1 has NixOS's default host name, by which the board's NFS client is called like every other, as nothing sets nfs4_unique_id"
                }
                _ => {
                    "neither nfs4_unique_id nor a host name is set in stage 1, so that the board's NFS client is called like every other"
                }
            };
            let remedy = "have stage 1 write the MAC address to /sys/module/nfs/parameters/nfs4_unique_id, or give each machine an nfs.nfs4_unique_id= of its own on the command line";
            return say(&CLIENT_NAME, problem.to_owned(), remedy);
        }
    };
    if survey.serial.is_none() {
        let problem = format!("{fixed} names the NFS client of every machine that boots this");
        let remedy = "leave it where one machine alone boots from this tree";
        say(&CLIENT_NAME_FIXED, problem, remedy);
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
