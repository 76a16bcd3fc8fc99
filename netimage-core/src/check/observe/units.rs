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
}

impl Units {
    pub(super) fn see(&mut self, directory: &[u8], name: &[u8], kind: EntryKind<'_>) {
        if directory.ends_with(b"/system-generators") && !name.starts_with(b"systemd-") {
            self.has_foreign_generator = true;
            self.runs_unknown = true;
        }
        if let EntryKind::Symlink { target } = kind {
            self.is_networkd_masked |= name == NETWORKD && target == b"/dev/null";
            self.asks_for_networkd |= name != NETWORKD && target.ends_with(NETWORKD);
        }
        let starting: [&[u8]; 3] = [b".requires", b".upholds", b".wants"];
        self.asks_for_networkd |= name.starts_with(b"systemd-networkd.")
            && starting.iter().any(|end| directory.ends_with(end));
    }

    pub(super) fn see_text(&mut self, directory: &[u8], name: &[u8], text: &str) {
        self.asks_for_networkd |= name != NETWORKD && text.contains("systemd-networkd.");
        if runs_something(directory, name) {
            let settings = text.lines().filter_map(|line| line.split_once('='));
            let mut commands = settings.filter(|(key, _)| key.trim().starts_with("Exec"));
            self.runs_unknown |= commands.any(|(_, command)| !is_own(command));
        }
    }
}

/// Whether a file is, or adds to, a unit that runs something.
fn runs_something(directory: &[u8], name: &[u8]) -> bool {
    let kinds: [&[u8]; 4] = [b".service", b".socket", b".mount", b".swap"];
    let is_unit = |name: &[u8]| kinds.iter().any(|kind| name.ends_with(kind));
    let beside = split(directory).1.strip_suffix(b".d");
    is_unit(name) || (name.ends_with(b".conf") && beside.is_some_and(is_unit))
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
    // A shell that is given nothing to do is for people.
    let is_shell = matches!(program, "sh" | "bash") && command.trim().ends_with(program);
    let is_known = program.is_empty() || OWN.iter().any(|own| program.starts_with(own));
    is_known || is_shell
}
