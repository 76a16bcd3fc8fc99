//! What commands and scripts name.

use crate::initrd::Initrd;

/// Where scripts find programs that they name without a path.
const SEARCHED: [&str; 4] = ["bin/", "sbin/", "usr/bin/", "usr/sbin/"];

/// Programs that mount nothing of themselves.
const KNOWN: [&str; 18] = [
    "agetty",
    "ash",
    "bash",
    "busybox",
    "chroot",
    "dash",
    "insmod",
    "journalctl",
    "kmod",
    "login",
    "modprobe",
    "mount",
    "networkctl",
    "sh",
    "sulogin",
    "systemctl",
    "udevadm",
    "umount",
];

/// Whether a word names a program that is there, no script, and may do anything.
pub(super) fn is_unknown(initrd: &Initrd, word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    if name.starts_with("systemd") || KNOWN.contains(&name) {
        return false;
    }
    let is_program = |path: &str| {
        let entry = initrd.resolve(path.as_bytes());
        entry.is_some_and(|entry| entry.is_executable()) && initrd.text(path.as_bytes()).is_none()
    };
    if word.contains('/') {
        return is_program(word);
    }
    let mut paths = SEARCHED
        .iter()
        .map(|directory| format!("{directory}{word}"));
    paths.any(|path| is_program(&path))
}

/// The text of what a word names, by its path or in a directory of programs.
pub(super) fn script(initrd: &Initrd, word: &str) -> Option<String> {
    let contents = if word.starts_with('/') {
        initrd.text(word.as_bytes())
    } else if word.contains('/') {
        None
    } else {
        let mut paths = SEARCHED
            .iter()
            .map(|directory| format!("{directory}{word}"));
        paths.find_map(|path| initrd.text(path.as_bytes()))
    };
    Some(String::from_utf8_lossy(contents?).into_owned())
}

/// What may be a name or a path among the words of a command.
pub(in crate::check) fn words(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '/' | '.' | '_' | '-' | '+' | '@')
    };
    let words = line.split(move |letter| !is_part(letter));
    words
        .map(|word| word.trim_start_matches(['-', '+', '@']))
        .filter(|word| !word.is_empty())
}
