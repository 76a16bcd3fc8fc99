//! What the systemd of an initrd runs.

use crate::initrd::{EntryKind, split};
use crate::words::Words;

/// How the programs are called that systemd and the stage 1 of NixOS have run, of which
/// none asks for an address or mounts a root.
const OWN: Words = Words(
    "create-needed-for-boot dbus dmsetup find-etc initrd- journalctl kmod lvm mdadm mkdir modprobe \
     netimage- networkctl panic-on-fail plymouth sshd systemctl systemd udevadm",
);

const NETWORKD: &[u8] = b"systemd-networkd.service";

/// What units run, as far as it counts.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Units {
    /// Whether something is run that may do anything.
    pub runs_unknown: bool,
    pub has_foreign_generator: bool,
    /// Whether anything but networkd's own unit names that.
    pub asks_for_networkd: bool,
    pub is_networkd_masked: bool,
    /// Whether systemctl goes over to the root, and whether something else does.
    pub leaves_by_systemctl: bool,
    pub leaves_otherwise: bool,
}

impl Units {
    pub(super) fn see(&mut self, directory: &[u8], name: &[u8], kind: EntryKind<'_>) {
        if directory.ends_with(b"/system-generators") && !name.starts_with(b"systemd-") {
            self.has_foreign_generator = true;
            self.runs_unknown = true;
        }
        // A credential may hold units and tables (systemd.system-credentials(7)).
        self.runs_unknown |=
            directory.starts_with(b".extra") || split(directory).1.starts_with(b"credstore");
        if let EntryKind::Symlink { target } = kind {
            self.is_networkd_masked |= name == NETWORKD && target == b"/dev/null";
            self.asks_for_networkd |= name != NETWORKD && target.ends_with(NETWORKD);
        }
        let starting: [&[u8]; 3] = [b".requires", b".upholds", b".wants"];
        self.asks_for_networkd |= name.starts_with(b"systemd-networkd.")
            && starting.iter().any(|end| directory.ends_with(end));
    }

    /// Takes a file of which nothing is known but whether it has any bytes.
    pub(super) fn see_unread(&mut self, directory: &[u8], name: &[u8], has_bytes: bool) {
        self.runs_unknown |= has_bytes && unit_of(directory, name).is_some();
    }

    pub(super) fn see_text(&mut self, directory: &[u8], name: &[u8], text: &str) {
        self.asks_for_networkd |= name != NETWORKD && text.contains("systemd-networkd.");
        if name.ends_with(b".rules") {
            self.runs_unknown |= text.lines().any(rule_runs_unknown);
        }
        let Some(unit) = unit_of(directory, name) else {
            return;
        };
        let leaves = matches!(
            unit,
            b"initrd-cleanup.service" | b"initrd-switch-root.service"
        );
        let settings = text.lines().filter_map(|line| line.split_once('='));
        for (_, command) in settings.filter(|(key, _)| key.trim().starts_with("Exec")) {
            self.runs_unknown |= !is_own(command);
            if leaves && !command.trim().is_empty() {
                self.leaves_by_systemctl |= program(command) == "systemctl";
                self.leaves_otherwise |= program(command) != "systemctl";
            }
        }
    }
}

/// The unit that a file is for, if that runs something.
fn unit_of<'file>(directory: &'file [u8], name: &'file [u8]) -> Option<&'file [u8]> {
    let kinds: [&[u8]; 4] = [b".service", b".socket", b".mount", b".swap"];
    let is_unit = |name: &[u8]| kinds.iter().any(|kind| name.ends_with(kind));
    let beside = split(directory).1.strip_suffix(b".d");
    let beside = beside.filter(|unit| is_unit(unit) && name.ends_with(b".conf"));
    beside.or(Some(name).filter(|name| is_unit(name)))
}

/// The name of what a command runs, without the signs before its path
/// (systemd.service(5)).
fn program(command: &str) -> &str {
    let path = command
        .trim()
        .trim_start_matches(['-', '@', ':', '+', '!', '|']);
    let path = path.split_ascii_whitespace().next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default()
}

/// Whether a command does what it does in every initrd of NixOS.
fn is_own(command: &str) -> bool {
    let program = program(command);
    let goes_elsewhere =
        command.contains("switch-root /") && !command.trim_end().ends_with("switch-root /sysroot");
    // A shell that is given nothing to do is for people.
    let is_shell = matches!(program, "sh" | "bash") && command.trim().ends_with(program);
    let is_known = program.is_empty() || OWN.iter().any(|own| program.starts_with(own));
    (is_known || is_shell) && !goes_elsewhere
}

/// Whether a rule of udev runs a program that is none of those (udev(7)).
fn rule_runs_unknown(rule: &str) -> bool {
    let words = rule.split("RUN").skip(1);
    let mut commands = words.filter(|word| !word.starts_with("{builtin}"));
    !rule.starts_with('#')
        && commands.any(|word| word.split('"').nth(1).is_some_and(|run| !is_own(run)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nixos_runs_is_known() {
        for (command, is_known) in [
            ("", true),
            ("!!/nix/store/x-systemd/lib/systemd/systemd-networkd", true),
            ("-/nix/store/x-kmod/bin/modprobe -abq %i", true),
            (
                "/nix/store/x-unit-script-initrd-nixos-activation-start/bin/initrd-nixos-activation-start ",
                true,
            ),
            ("systemctl --no-block switch-root", true),
            ("systemctl switch-root /sysroot", true),
            ("systemctl switch-root /new", false),
            ("-/nix/store/x-bash/bin/bash", true),
            ("/bin/sh -c 'udhcpc -i eth0'", false),
            ("/bin/mount -t nfs server:/ /sysroot", false),
            (
                "/nix/store/x-unit-script-lease-start/bin/lease-start",
                false,
            ),
        ] {
            assert_eq!(is_own(command), is_known, "{command}");
        }
    }

    #[test]
    fn rules_that_run_something_are_told_from_others() {
        for (rule, runs) in [
            (r#"SUBSYSTEM=="net", RUN+="/bin/lease %k""#, true),
            (
                r#"ACTION=="add", RUN+="/usr/lib/systemd/systemd-sysctl""#,
                false,
            ),
            (
                r#"ENV{MODALIAS}=="?*", RUN{builtin}+="kmod load $env{MODALIAS}""#,
                false,
            ),
            (r#"#SUBSYSTEM=="net", RUN+="/bin/lease""#, false),
        ] {
            assert_eq!(rule_runs_unknown(rule), runs, "{rule}");
        }
    }
}
