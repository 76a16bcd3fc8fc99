//! What the systemd of an initrd runs.

use crate::initrd::{EntryKind, split};
use crate::words::Words;

/// How the programs are called that systemd and the stage 1 of NixOS have run, of which
/// none asks for an address or mounts a root; `*` stands for anything.
const OWN: Words = Words(
    "bcachefs clear-etc-opaque create-needed-for-boot-dirs-start dbus-broker-launch dbus-daemon \
     dbus-send dmsetup echo find-etc initrd-find-nixos-closure-start initrd-init \
     initrd-nixos-activation-start initrd-nixos-copy-secrets-start journalctl kmod lvm mdadm \
     mdcheck mdmon mkdir modprobe netimage-nfs-client-start networkctl panic-on-fail-start \
     plymouth plymouth-start-pre-start plymouth-tpm2-totp plymouthd sshd sshd-pre-start systemctl \
     systemd systemd-* udevadm umount unl0kr-ask-password-start unlock-bcachefs-*-start \
     zfs-import-*-start",
);

/// Those of these names that run what they are told, or a script for a unit.
const FOREIGN: Words =
    Words("systemd-*-start systemd-*-stop systemd-mount systemd-nspawn systemd-run");

/// Settings of a unit that name another without starting it (systemd.unit(5)).
const NAMING: Words =
    Words("After Also Before Conflicts Documentation PartOf RequiredBy Requisite WantedBy");

/// What starts networkd if it is started, by how its name begins.
const STARTING: Words =
    Words("systemd-networkd. systemd-networkd-wait-online. systemd-networkd-wait-online@");

const NETWORKD: &[u8] = b"systemd-networkd.service";

/// What units run, as far as it counts.
#[derive(Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Units {
    /// Whether something is run that may do anything.
    pub runs_unknown: bool,
    pub has_foreign_generator: bool,
    /// Whether anything but the units of networkd itself has it started.
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
        // What waits for it starts it as well.
        self.asks_for_networkd |= name.starts_with(b"systemd-networkd")
            && starting.iter().any(|end| directory.ends_with(end));
    }

    pub(super) fn see_text(&mut self, directory: &[u8], name: &[u8], text: &str) {
        self.asks_for_networkd |=
            !name.starts_with(b"systemd-networkd") && text.lines().any(asks_for_networkd);
        if runs_something(directory, name) {
            let text = text.replace("\\\n", " ");
            let settings = text.lines().filter_map(|line| line.split_once('='));
            let mut commands = settings.filter(|(key, _)| is_run(key.trim()));
            self.runs_unknown |= commands.any(|(_, command)| !is_own(command));
        }
    }
}

fn asks_for_networkd(line: &str) -> bool {
    let key = line.split('=').next().unwrap_or_default().trim();
    let is_named = STARTING.iter().any(|name| line.contains(name));
    is_named && !key.starts_with('#') && !NAMING.contains(key)
}

/// Whether a setting is a command (systemd.service(5), systemd.socket(5)).
fn is_run(key: &str) -> bool {
    let kinds = ["ExecCondition", "ExecReload", "ExecStart", "ExecStop"];
    kinds.iter().any(|kind| key.starts_with(kind))
}

/// Whether a file is, or adds to, a unit that runs something; `service.d` adds to all
/// services.
fn runs_something(directory: &[u8], name: &[u8]) -> bool {
    let kinds: [&[u8]; 4] = [b".service", b".socket", b".mount", b".swap"];
    let is_unit = |name: &[u8]| kinds.iter().any(|kind| name.ends_with(kind));
    let beside = split(directory).1.strip_suffix(b".d");
    is_unit(name)
        || (name.ends_with(b".conf") && beside.is_some_and(|unit| is_unit(&[b".", unit].concat())))
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
    let mut words = command.split_ascii_whitespace();
    if words.clone().any(|word| word == ";") {
        return false;
    }
    let program = program(command);
    let has = |list: Words| list.iter().any(|pattern| fits(pattern, program));
    // A shell that is given nothing to do is for people.
    let is_shell = matches!(program, "sh" | "bash") && words.clone().count() == 1;
    let root = words.find(|word| *word == "switch-root").and(words.next());
    let goes_elsewhere = root.is_some_and(|root| root.starts_with('/') && root != "/sysroot");
    let is_known = program.is_empty() || has(OWN) && !has(FOREIGN);
    (is_known || is_shell) && !goes_elsewhere
}

/// Whether a name is a pattern's, which may have one `*`.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((start, end)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let rest = name.strip_prefix(start);
    rest.is_some_and(|rest| rest.ends_with(end))
}

#[cfg(test)]
mod tests;
