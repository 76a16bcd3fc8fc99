//! What the systemd of an initrd does its work with.

use crate::boot::KernelCommandLine;
use crate::check::facts::SystemdSurvey;
use crate::check::observe::contents::Contents;
use crate::check::observe::networks;
use crate::initrd::Initrd;

/// The first version that starts every service by a program of its own.
const WITH_EXECUTOR: u32 = 255;

pub(super) fn read(
    initrd: &Initrd,
    contents: &Contents,
    line: Option<&KernelCommandLine>,
) -> SystemdSurvey {
    let units = &contents.units;
    let has = |name| contents.has(name);
    SystemdSurvey {
        has_generator: has("systemd-fstab-generator") || units.has_foreign_generator,
        has_root_unit: has("sysroot.mount"),
        is_of_dracut: contents.is_of_dracut(),
        starts_networkd: starts_networkd(contents, line),
        networks: networks::read(initrd, contents, line),
        runs_unknown: units.runs_unknown,
        lacks: lacking(initrd, contents, line),
        may_mount_store: contents.may_mount_store
            || units.has_foreign_generator
            || has("sysroot-nix.mount")
            || has("sysroot-nix-store.mount")
            || line.is_some_and(|line| line.get("rd.systemd.mount-extra").is_some()),
        root: line.and_then(given_root),
    }
}

fn starts_networkd(contents: &Contents, line: Option<&KernelCommandLine>) -> bool {
    let units = &contents.units;
    let mut parameters = line.into_iter().flat_map(KernelCommandLine::parameters);
    contents.has("systemd-networkd")
        && contents.has("systemd-networkd.service")
        && !units.is_networkd_masked
        && (units.asks_for_networkd || parameters.any(|given| given.contains("systemd-networkd")))
}

/// What systemd cannot do without as stage 1 (`src/core/main.c`,
/// `do_queue_default_job`; `src/basic/initrd-util.c`).
fn lacking(
    initrd: &Initrd,
    contents: &Contents,
    line: Option<&KernelCommandLine>,
) -> Vec<&'static str> {
    let is_given = |key: &str| line.is_some_and(|line| line.get(key).is_some());
    let has_target = contents.has("initrd.target") || contents.has("default.target");
    let may_have_target = contents.units.has_foreign_generator || is_given("rd.systemd.unit");
    let is_new = contents
        .version
        .is_some_and(|version| version >= WITH_EXECUTOR);
    let mut lacks = Vec::new();
    if !initrd.has_initrd_release() && !is_given("SYSTEMD_IN_INITRD") {
        lacks.push("there is no /etc/initrd-release, without which systemd takes the initrd for the system itself");
    }
    if !has_target && !may_have_target {
        lacks.push(
            "there is neither initrd.target nor default.target, so systemd starts a rescue shell",
        );
    }
    if is_new && !contents.has("systemd-executor") {
        lacks.push(
            "there is no systemd-executor, with which systemd starts services since version 255",
        );
    }
    lacks
}

/// The root that fstab-generator makes a mount of, rather than of an fstab's line
/// (`systemd-fstab-generator(8)`).
fn given_root(line: &KernelCommandLine) -> Option<String> {
    let root = line.get("root").filter(|root| !root.is_empty());
    let root = root.filter(|root| !matches!(*root, "fstab" | "/dev/nfs"));
    let more = line.get("systemd.mount-extra");
    root.or(more).map(str::to_owned)
}
