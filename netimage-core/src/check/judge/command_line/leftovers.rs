//! Parameters that somebody put there for once and forgot.

use super::{Check, rules};
use crate::boot::KernelCommandLine;

/// What Raspberry Pi OS starts in place of its init when a card boots first, to
/// resize its partitions.
const FIRST_INITS: [&str; 2] = ["init_resize.sh", "firstboot"];

/// What Raspberry Pi Imager has systemd run then.
const FIRST_RUN: &str = "firstrun.sh";

/// Parameters that nobody wants on a board in a rack, and what they do.
const LEFTOVERS: [(&str, &str); 17] = [
    (
        "systemd.debug_shell",
        "opens a root shell without a password",
    ),
    (
        "rd.systemd.debug_shell",
        "opens a root shell without a password",
    ),
    ("boot.debug1", "stops stage 1 for a shell"),
    ("boot.debug1devices", "stops stage 1 for a shell"),
    ("boot.debug1mounts", "stops stage 1 for a shell"),
    (
        "boot.shell_on_fail",
        "opens a root shell without a password when stage 1 fails",
    ),
    ("boot.trace", "prints every command of stage 1"),
    ("rd.break", "stops stage 1 for a shell"),
    ("debug", "fills the console"),
    ("nomodeset", "turns the display's driver off"),
    ("single", "starts a rescue shell in place of the system"),
    (
        "emergency",
        "starts an emergency shell in place of the system",
    ),
    ("rescue", "starts a rescue shell in place of the system"),
    ("rd.emergency", "stops stage 1 for a shell"),
    ("rd.rescue", "stops stage 1 for a shell"),
    ("rd.systemd.break", "stops stage 1 for a shell"),
    ("systemd.break", "stops the boot for a shell"),
];

impl Check<'_> {
    pub(super) fn check_leftovers(&mut self, line: &KernelCommandLine) {
        for (key, effect) in LEFTOVERS {
            if let Some(value) = line.get(key)
                && !matches!(value, "0" | "no" | "off" | "false")
            {
                self.reporter
                    .report(&rules::DEBUGGING, format!("{key} {effect}"));
            }
        }
        for key in ["systemd.log_level", "rd.systemd.log_level"] {
            if line.get(key) == Some("debug") {
                let problem = format!("{key}=debug fills the console and slows the boot");
                self.reporter.report(&rules::DEBUGGING, problem);
            }
        }
        for (key, what) in [
            ("systemd.unit", "in place of the system"),
            ("rd.systemd.unit", "in place of stage 1"),
        ] {
            let unit = line.get(key).unwrap_or_default();
            let name = unit.split('.').next().unwrap_or_default();
            if matches!(name, "rescue" | "emergency") {
                let problem = format!("{key}={unit} starts a shell {what}");
                self.reporter.report(&rules::DEBUGGING, problem);
            }
        }
        if let Some(init @ ("/bin/sh" | "/bin/bash" | "/bin/ash")) = line.get("init") {
            let problem = format!("init={init} starts a shell in place of the system");
            self.reporter
                .report_with(&rules::DEBUGGING, problem, "give the system's init");
        }
    }

    /// What is meant for a card, and for its first boot.
    pub(super) fn check_first_boot(&mut self, line: &KernelCommandLine) {
        let is_named = |value: &str, names: &[&str]| {
            let name = value.rsplit('/').next();
            name.is_some_and(|name| names.contains(&name))
        };
        for (key, names) in [("init", &FIRST_INITS[..]), ("systemd.run", &[FIRST_RUN])] {
            if let Some(value) = line.get(key).filter(|value| is_named(value, names)) {
                let problem = format!("{key}={value} is for the first boot from a card");
                self.reporter.report(&rules::FIRST_BOOT, problem);
            }
        }
    }
}
