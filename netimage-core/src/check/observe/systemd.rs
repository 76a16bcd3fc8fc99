//! What the systemd of an initrd does its work with.

use crate::boot::KernelCommandLine;
use crate::check::facts::{Networkd, SystemdSurvey};
use crate::check::observe::contents::Contents;
use crate::check::observe::networks;
use crate::initrd::Initrd;

pub(super) fn read(
    initrd: &Initrd,
    contents: &Contents,
    line: Option<&KernelCommandLine>,
) -> SystemdSurvey {
    let units = &contents.units;
    let has = |name| contents.has(name);
    let mut parameters = line.into_iter().flat_map(KernelCommandLine::parameters);
    let has_credentials = parameters.any(|given| given.starts_with("systemd.set_credential"));
    let is_of_dracut = contents.is_of_dracut();
    SystemdSurvey {
        version: contents.version,
        has_executor: has("systemd-executor"),
        has_generator: has("systemd-fstab-generator") || units.has_foreign_generator,
        has_root_unit: has("sysroot.mount"),
        is_of_dracut,
        networkd: networkd(contents, line),
        networks: networks::read(initrd, contents, line),
        runs_unknown: units.runs_unknown || has_credentials,
        lacks: lacking(initrd, contents, line).filter(|_| !is_of_dracut),
        may_mount_store: contents.may_mount_store
            || units.has_foreign_generator
            || has_credentials
            || has("sysroot-nix.mount")
            || has("sysroot-nix-store.mount")
            || line.is_some_and(|line| line.get("rd.systemd.mount-extra").is_some()),
        root: line.and_then(given_root),
    }
}

fn networkd(contents: &Contents, line: Option<&KernelCommandLine>) -> Networkd {
    let units = &contents.units;
    let mut parameters = line.into_iter().flat_map(KernelCommandLine::parameters);
    let has_unit = contents.has("systemd-networkd.service") && !units.is_networkd_masked;
    if !contents.has("systemd-networkd") {
        Networkd::Absent
    } else if !has_unit {
        Networkd::NoUnit
    } else if units.asks_for_networkd || parameters.any(|given| given.contains("systemd-networkd"))
    {
        Networkd::Started
    } else {
        Networkd::NotStarted
    }
}

/// What systemd cannot do without as stage 1 (`src/core/main.c`,
/// `do_queue_default_job`; `src/basic/initrd-util.c`).
fn lacking(
    initrd: &Initrd,
    contents: &Contents,
    line: Option<&KernelCommandLine>,
) -> Option<(&'static str, &'static str)> {
    let is_given = |key: &str| line.is_some_and(|line| line.get(key).is_some());
    let units = &contents.units;
    if !initrd.has_initrd_release() && !is_given("SYSTEMD_IN_INITRD") {
        let problem = "there is no /etc/initrd-release, without which systemd takes the initrd for the system itself and leaves for no other";
        return Some((problem, "etc/initrd-release"));
    }
    let has_target = contents.has("initrd.target") || contents.has("default.target");
    if !has_target && !units.has_foreign_generator && !is_given("rd.systemd.unit") {
        let problem = "there is neither initrd.target nor default.target, so that systemd starts a rescue shell";
        return Some((problem, "initrd.target and the units that it asks for"));
    }
    // Where some do without, those may be in place of the others.
    if units.leaves_by_systemctl && !units.leaves_otherwise && !contents.has("systemctl") {
        let problem =
            "there is no systemctl, by which initrd-switch-root.service goes over to the root";
        return Some((problem, "systemctl of the same systemd"));
    }
    None
}

/// The root that fstab-generator makes a mount of, rather than of an fstab's line
/// (`systemd-fstab-generator(8)`).
fn given_root(line: &KernelCommandLine) -> Option<String> {
    let root = line.get("root").filter(|root| !root.is_empty());
    let root = root.filter(|root| !matches!(*root, "fstab" | "/dev/nfs"));
    let more = line.get("systemd.mount-extra");
    root.or(more).map(str::to_owned)
}
