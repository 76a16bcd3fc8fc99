//! What commands and scripts name.

use std::collections::BTreeSet;

use crate::initrd::Initrd;

/// Scripts that are read, their bytes, and words that are looked up in them.
const SCRIPTS_MAX: usize = 256;
const TEXT_MAX: usize = 1 << 20;
const WORDS_MAX: usize = 20_000;

/// Where scripts find programs that they name without a path.
const SEARCHED: [&str; 4] = ["bin/", "sbin/", "usr/bin/", "usr/sbin/"];

/// Programs that mount nothing of themselves.
const KNOWN: [&str; 21] = [
    "agetty",
    "ash",
    "bash",
    "busybox",
    "chroot",
    "dash",
    "echo",
    "insmod",
    "journalctl",
    "kmod",
    "login",
    "modprobe",
    "mount",
    "networkctl",
    "printf",
    "sh",
    "sulogin",
    "systemctl",
    "true",
    "udevadm",
    "umount",
];

/// What commands run.
#[derive(Debug, Default)]
pub(super) struct Scripts {
    /// The scripts that they name, and those that scripts name in turn, without
    /// comments.
    pub texts: Vec<String>,
    /// Whether a program is named of which nothing is known.
    pub runs_unknown: bool,
    /// Whether there is more than was read.
    pub is_unsure: bool,
}

impl Scripts {
    pub(super) fn read<'line>(initrd: &Initrd, lines: impl Iterator<Item = &'line str>) -> Self {
        let mut found = Self::default();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut length = 0;
        let mut pending: Vec<String> = Vec::new();
        let mut note = |line: &str, pending: &mut Vec<String>| {
            for word in words(line) {
                if seen.len() >= WORDS_MAX {
                    return false;
                }
                if !seen.contains(word) {
                    seen.insert(word.to_owned());
                    pending.push(word.to_owned());
                }
            }
            true
        };
        for line in lines {
            found.is_unsure |= !note(line, &mut pending);
        }
        while let Some(word) = pending.pop() {
            found.runs_unknown |= is_unknown(initrd, &word);
            let Some(script) = script(initrd, &word) else {
                continue;
            };
            length += script.len();
            if found.texts.len() >= SCRIPTS_MAX || length > TEXT_MAX {
                found.is_unsure = true;
                break;
            }
            let script = script.replace("\\\n", " ");
            let lines = script.lines().map(str::trim);
            // Another interpreter than a shell may do anything.
            let lines = lines.filter(|line| !line.starts_with('#') || line.starts_with("#!"));
            let text = lines.collect::<Vec<_>>().join("\n");
            found.is_unsure |= !note(&text, &mut pending);
            found.texts.push(text);
        }
        found
    }
}

/// Whether a word names a program that is there, no script, and may do anything.
fn is_unknown(initrd: &Initrd, word: &str) -> bool {
    let name = word.rsplit('/').next().unwrap_or_default();
    // What is started already is systemd.
    if name.starts_with("systemd") || word == "/init" || KNOWN.contains(&name) {
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
fn script(initrd: &Initrd, word: &str) -> Option<String> {
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
