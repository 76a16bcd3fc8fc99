//! From the start of the kernel to the root.

use crate::check::Rule;
use crate::diagnose::boot::{Boot, Seen};
use crate::diagnose::causes::files::{NO_DEVICE_TREE, OS_CHECK};
use crate::diagnose::causes::root as causes;
use crate::diagnose::finding::Cause;
use crate::diagnose::log::Sign;

/// Signs that tell a cause by themselves.
const CAUSES: &[(Sign, &Rule, &str)] = &[
    (
        Sign::OsCheck,
        &OS_CHECK,
        "the board takes the system for one of an older model",
    ),
    (
        Sign::NoDeviceTree,
        &NO_DEVICE_TREE,
        "the firmware could not load a device tree",
    ),
    (
        Sign::UnderVoltage,
        &causes::VOLTAGE,
        "the voltage is too low",
    ),
    (
        Sign::InitrdBroken,
        &causes::INITRD_BROKEN,
        "the kernel could not unpack the initial RAM disk",
    ),
    (
        Sign::NoNetworkDevice,
        &causes::NO_DRIVER,
        "the kernel has no network device",
    ),
    (
        Sign::NoAddress,
        &causes::NO_ADDRESS,
        "the board got no address",
    ),
    (Sign::NoNfs, &causes::NO_NFS, "the board cannot mount NFS"),
    (
        Sign::NfsOption,
        &causes::OPTION,
        "an option of the mount is not known",
    ),
    (
        Sign::NfsLocks,
        &causes::LOCKS,
        "the board has nothing that locks files over NFS",
    ),
    (
        Sign::NfsVersion,
        &causes::VERSION,
        "the server does not have this version of NFS, or this transport",
    ),
    (
        Sign::NfsDenied,
        &causes::DENIED,
        "the NFS server refuses this board",
    ),
    (
        Sign::NfsNoPath,
        &causes::NO_PATH,
        "the NFS server does not have the path",
    ),
    (
        Sign::NfsUnreachable,
        &causes::UNREACHABLE,
        "the NFS server cannot be reached",
    ),
    (
        Sign::NfsClientName,
        &causes::CLIENT_NAME,
        "another client has the name of this one",
    ),
    (
        Sign::NfsStale,
        &causes::STALE,
        "a file of the root is not there any more",
    ),
    (
        Sign::NfsGrace,
        &causes::GRACE,
        "the NFS server waits for clients of before its start",
    ),
    (
        Sign::DeviceTimeout,
        &causes::DEVICE,
        "stage 1 waits for a device that does not come",
    ),
    (Sign::NoInit, &causes::NO_INIT, "there is no init to start"),
    (
        Sign::WrongArchitecture,
        &causes::ARCHITECTURE,
        "a program is for another kind of processor",
    ),
];

/// Signs of which others tell the reason, the more telling first.
const CONSEQUENCES: &[(Sign, &Rule, &str)] = &[
    (Sign::NoRoot, &causes::NO_ROOT, "no root was mounted"),
    (
        Sign::StageOneFailed,
        &causes::STAGE_1_FAILED,
        "stage 1 gave up",
    ),
    (Sign::Panic, &causes::PANICKED, "the kernel gave up"),
    (
        Sign::UnitWaits,
        &causes::STAGE_1_WAITS,
        "stage 1 waits for a unit",
    ),
];

/// Causes, and what is said for their sake alone.
const EXPLAINED: &[(&Rule, &Rule)] = &[
    // mount.nfs says of what it lacks that an option is wrong.
    (&causes::LOCKS, &causes::OPTION),
    // Without an address no server is reached.
    (&causes::NO_ADDRESS, &causes::UNREACHABLE),
];

pub(super) fn judge(boot: &Boot) -> Vec<Cause> {
    if boot.seen(Sign::Up).is_some() {
        return silent_server(boot).into_iter().collect();
    }
    let mut found: Vec<_> = CAUSES
        .iter()
        .filter_map(|(sign, rule, problem)| {
            let seen = boot.seen(*sign)?;
            (!is_cured(boot, seen)).then(|| told(rule, problem, seen))
        })
        .collect();
    // Without a root the kernel goes on to look for an init, and panics for want of that.
    if let Some(root) = boot.seen(Sign::NoRoot)
        && root.text.contains("VFS: Unable to mount root fs")
        && boot
            .seen(Sign::NoInit)
            .is_some_and(|init| init.line > root.line)
    {
        found.retain(|cause| cause.cause.code != causes::NO_INIT.code);
    }
    found.extend(silent_server(boot));
    for (why, what) in EXPLAINED {
        if found.iter().any(|cause| cause.cause.code == why.code) {
            found.retain(|cause| cause.cause.code != what.code);
        }
    }
    found.sort_by_key(|cause| (std::cmp::Reverse(cause.severity), cause.line));
    let tells_why = found
        .iter()
        .any(|cause| cause.cause.severity == crate::check::Severity::Error);
    if !tells_why {
        let first = CONSEQUENCES.iter().find_map(|(sign, rule, problem)| {
            let seen = boot.seen(*sign)?;
            (!is_cured(boot, seen)).then(|| consequence(boot, rule, problem, seen))
        });
        found.splice(0..0, first);
    }
    found
}

/// Whether what came later shows that it went well after all: an address or a root.
fn is_cured(boot: &Boot, seen: &Seen) -> bool {
    // What waits in stage 2 has a root.
    let is_of_stage_1 = matches!(seen.sign, Sign::NoAddress | Sign::UnitWaits);
    if is_of_stage_1 && boot.seen(Sign::RootMounted).is_some() {
        return true;
    }
    let cures: &[Sign] = match seen.sign {
        Sign::NoAddress | Sign::NoNetworkDevice => &[Sign::HasAddress, Sign::RootMounted],
        Sign::NfsOption
        | Sign::NfsLocks
        | Sign::NfsVersion
        | Sign::NfsDenied
        | Sign::NfsNoPath
        | Sign::NfsUnreachable
        | Sign::NfsGrace
        | Sign::NoNfs
        | Sign::DeviceTimeout => &[Sign::RootMounted],
        _ => &[],
    };
    let later = |sign: &Sign| boot.seen(*sign).is_some_and(|cure| cure.line > seen.line);
    cures.iter().any(later)
}

fn told(rule: &'static Rule, problem: &str, seen: &Seen) -> Cause {
    let mut cause = Cause::new(rule, problem).at(seen.line).quoting(&seen.text);
    // RPi-Distro/raspi-config#117
    if seen.sign == Sign::NoInit && seen.text.contains("(error -13)") {
        "init may not be executed".clone_into(&mut cause.problem);
        "Let the file that init= names, and the interpreter in its first line, be executable."
            .clone_into(&mut cause.remedy);
    }
    if !seen.text.contains("Protocol not supported") {
        return cause;
    }
    // kernelci/kernelci-core#3216
    cause.or(
        "mount.nfs finds no /etc/netconfig or /etc/protocols in the initial RAM disk",
        "the same mount works from another computer",
    )
}

/// A server that answered in the end is no cause.
fn silent_server(boot: &Boot) -> Option<Cause> {
    let seen = boot.seen(Sign::NfsSilent)?;
    let answers = boot.seen(Sign::NfsAnswers);
    if answers.is_some_and(|answers| answers.last_line > seen.last_line) {
        return None;
    }
    let cause = told(
        &causes::SILENT_SERVER,
        "the NFS server does not answer",
        seen,
    );
    let up = boot.seen(Sign::Up).map(|up| up.line);
    if up.is_some_and(|up| up < seen.line) || boot.seen(Sign::RootMounted).is_none() {
        // raspberrypi/linux#2335
        return Some(cause.or(
            "the board's own Ethernet has failed",
            "the lines before it are of its driver",
        ));
    }
    Some(cause.or(
        "stage 2 takes the board's network down, from which its root comes",
        "the server answers other machines at that moment",
    ))
}

fn consequence(boot: &Boot, rule: &'static Rule, problem: &str, seen: &Seen) -> Cause {
    if seen.sign != Sign::NoRoot {
        return told(rule, problem, seen);
    }
    let text = &seen.text;
    // Only a kernel that has the client says so (init/do_mounts.c).
    if text.contains("via NFS") {
        return told(
            &causes::NFS_ROOT,
            "the kernel could not mount its root by NFS",
            seen,
        );
    }
    let cause = told(rule, problem, seen);
    if boot.seen(Sign::HasAddress).is_some() {
        return cause.or(
            "the NFS server refused the mount, or has another version",
            "rpc.mountd on the server tells refused and granted mounts of version 3; nfsrootdebug on the command line tells what is asked for",
        );
    }
    if text.contains("unknown-block(0,255)") || text.contains("\"nfs\"") {
        return cause.or(
            "the driver of the Ethernet is not built into this kernel",
            "the lines before it name eth0 or end0 where it is",
        );
    }
    cause
}
