//! The units of an initrd's systemd: what they start, and what they run.

mod scripts;

use std::collections::{BTreeMap, BTreeSet};

use scripts::Scripts;
pub(in crate::check) use scripts::words;

use crate::boot::KernelCommandLine;
use crate::initrd::{EntryKind, Initrd, split};

/// Bytes of units that are read; one may be there by many names.
const TEXT_MAX: usize = 1 << 20;

/// Kinds of units that bear on what is started.
const SUFFIXES: [&[u8]; 9] = [
    b".automount",
    b".mount",
    b".path",
    b".scope",
    b".service",
    b".slice",
    b".socket",
    b".target",
    b".timer",
];

/// Directories beside a unit whose links are what it starts (systemd.unit(5)).
const STARTING_DIRECTORIES: [&[u8]; 3] = [b".requires", b".upholds", b".wants"];

/// Settings that have other units started.
const STARTING: [&str; 9] = [
    "BindsTo",
    "OnFailure",
    "OnSuccess",
    "Requires",
    "Service",
    "Sockets",
    "Unit",
    "Upholds",
    "Wants",
];

/// What systemd starts in an initrd, and what an NFS mount waits for (bootup(7),
/// systemd.mount(5)).
const STARTED: [&str; 17] = [
    "basic.target",
    "initrd-fs.target",
    "initrd-root-device.target",
    "initrd-root-fs.target",
    "initrd-switch-root.target",
    "initrd-usr-fs.target",
    "initrd.target",
    "local-fs-pre.target",
    "local-fs.target",
    "network-online.target",
    "paths.target",
    "remote-fs-pre.target",
    "remote-fs.target",
    "sockets.target",
    "sysinit.target",
    "sysroot.mount",
    "timers.target",
];

/// All units, by their names.
#[derive(Debug, Default)]
pub(in crate::check) struct Units {
    /// Of each unit what it starts; also of those that have no file.
    starts: BTreeMap<String, BTreeSet<String>>,
    /// Those that have a file.
    files: BTreeSet<String>,
    /// The commands of each, in its file and beside it, each in a line.
    commands: BTreeMap<String, String>,
    masked: BTreeSet<String>,
    /// The scripts that commands and rules of udev may run, and those rules.
    scripts: Vec<String>,
    /// How many bytes were read.
    length: usize,
    /// Whether a program is run of which nothing is known.
    pub runs_unknown: bool,
    /// Whether there may be more to them than was read.
    pub is_unsure: bool,
}

impl Units {
    pub(in crate::check) fn read(initrd: &Initrd, line: Option<&KernelCommandLine>) -> Self {
        let mut units = Self::default();
        initrd.walk(|path, entry| match entry.kind {
            EntryKind::Symlink { target } => units.see_link(initrd, path, target),
            EntryKind::Regular { .. } => units.see_file(initrd, path),
            _ => {}
        });
        for name in ["rd.systemd.wants", "rd.systemd.unit"] {
            let given = line.into_iter().flat_map(|line| line.get_all(name));
            let given = given.flat_map(|unit| [unit.to_owned(), format!("{unit}.service")]);
            let starts = units.starts.entry("initrd.target".to_owned());
            starts.or_default().extend(given);
        }
        let is_masked =
            |name: &&String| is_masked(initrd, format!("etc/systemd/system/{name}").as_bytes());
        units.masked = units.files.iter().filter(is_masked).cloned().collect();
        let found = Scripts::read(initrd, units.lines());
        units.runs_unknown = found.runs_unknown;
        units.is_unsure |= found.is_unsure;
        units.scripts.extend(found.texts);
        units
    }

    /// Whether a unit has a file, and is not masked.
    pub(in crate::check) fn has(&self, name: &str) -> bool {
        self.files.contains(name) && !self.masked.contains(name)
    }

    /// The commands of the units that are there, and the lines of the scripts that
    /// those may run.
    pub(in crate::check) fn lines(&self) -> impl Iterator<Item = &str> {
        let commands = self.commands.values();
        commands.chain(&self.scripts).flat_map(|text| text.lines())
    }

    /// The commands of one unit.
    pub(in crate::check) fn commands(&self, name: &str) -> impl Iterator<Item = &str> {
        let commands = self.commands.get(name).into_iter();
        commands.flat_map(|commands| commands.lines())
    }

    /// Whether a unit may come to be started, or another that runs its program or
    /// has it started.
    pub(in crate::check) fn may_start(&self, name: &str, program: &str) -> bool {
        let started = self.started();
        let runs = |command: &str| command.contains(program);
        let is_run = |unit: &String| self.has(unit) && self.commands(unit).any(runs);
        (started.contains(name) && self.has(name))
            || started.iter().any(is_run)
            || self.scripts.iter().any(|script| script.contains(program))
    }

    fn started(&self) -> BTreeSet<String> {
        let mut started: BTreeSet<String> = BTreeSet::new();
        let mut pending: Vec<String> = STARTED.iter().map(|name| (*name).to_owned()).collect();
        pending.push("default.target".to_owned());
        let lines = self.scripts.iter().flat_map(|script| script.lines());
        pending.extend(lines.flat_map(called));
        while let Some(name) = pending.pop() {
            if self.masked.contains(&name) || !started.insert(name.clone()) {
                continue;
            }
            pending.extend(self.starts.get(&name).into_iter().flatten().cloned());
            pending.extend(self.commands(&name).flat_map(called));
            if let Some((template, instance)) = name.split_once('@') {
                let suffix = instance.rsplit_once('.').map_or("", |(_, suffix)| suffix);
                pending.push(format!("{template}@.{suffix}"));
            }
            // What a socket, a path or a timer is for, unless it says otherwise.
            let activates = [".path", ".socket", ".timer"];
            let mut stems = activates.iter().filter_map(|kind| name.strip_suffix(kind));
            pending.extend(stems.next().map(|stem| format!("{stem}.service")));
        }
        started
    }

    fn see_link(&mut self, initrd: &Initrd, path: &[u8], target: &[u8]) {
        let (parent, name) = split(path);
        let (_, directory) = split(parent);
        if is_starting(name) || name.ends_with(b".d") {
            // A directory of them elsewhere, perhaps by another name.
            self.is_unsure = true;
            return;
        }
        let is_alias = is_unit(name) && starting_unit(directory).is_none();
        let (_, other) = split(target);
        if is_alias && other != name && is_unit(other) {
            self.start(&text(name), text(other));
        }
        self.see_file(initrd, path);
    }

    fn see_file(&mut self, initrd: &Initrd, path: &[u8]) {
        let (parent, name) = split(path);
        let (_, directory) = split(parent);
        let Some(entry) = initrd.resolve(path) else {
            // In a directory of what is started the name alone counts.
            if let Some(unit) = starting_unit(directory) {
                self.start(&unit, text(name));
            }
            return;
        };
        let unit = if name.ends_with(b".rules") {
            let rules = self.text(initrd, path).unwrap_or_default();
            let rules = rules.lines().filter(|line| !line.starts_with('#'));
            self.scripts.push(rules.collect::<Vec<_>>().join("\n"));
            return;
        } else if name.ends_with(b"fstab") {
            let fstab = self.text(initrd, path).unwrap_or_default();
            self.see_fstab(&fstab);
            return;
        } else if is_unit(name) {
            if let Some(unit) = starting_unit(directory) {
                self.start(&unit, text(name));
                return;
            }
            if matches!(entry.kind, EntryKind::Regular { .. }) {
                self.files.insert(text(name));
            }
            text(name)
        } else if name.ends_with(b".conf")
            && let Some(unit) = directory.strip_suffix(b".d").filter(|unit| is_unit(unit))
        {
            text(unit)
        } else {
            return;
        };
        let is_empty = entry.kind == EntryKind::Regular { size: 0 };
        let Some(contents) = self.text(initrd, path) else {
            self.is_unsure |= !is_empty;
            return;
        };
        let contents = contents.replace("\\\n", " ");
        let commands = self.commands.entry(unit.clone()).or_default();
        let mut starts = BTreeSet::new();
        for (key, value) in contents.lines().filter_map(|line| line.split_once('=')) {
            let key = key.trim();
            if key.starts_with("Exec") {
                commands.push_str(value);
                commands.push('\n');
            } else if STARTING.contains(&key) {
                starts.extend(value.split_ascii_whitespace().map(str::to_owned));
            }
        }
        self.starts.entry(unit).or_default().extend(starts);
    }

    /// What a mount has started (systemd.mount(5)).
    fn see_fstab(&mut self, fstab: &str) {
        let options = fstab.split([',', ' ', '\t', '\n']);
        for (key, unit) in options.filter_map(|option| option.split_once('=')) {
            if matches!(key, "x-systemd.requires" | "x-systemd.wants") {
                self.start("initrd.target", unit.to_owned());
            }
        }
    }

    /// The text of a file, if there is room for more.
    fn text(&mut self, initrd: &Initrd, path: &[u8]) -> Option<String> {
        let text = initrd.text(path)?;
        self.length += text.len();
        if self.length > TEXT_MAX {
            self.is_unsure = true;
            return None;
        }
        Some(String::from_utf8_lossy(text).into_owned())
    }

    fn start(&mut self, unit: &str, other: String) {
        let starts = self.starts.entry(unit.to_owned());
        starts.or_default().insert(other);
    }
}

/// Units that a command may have started.
fn called(command: &str) -> Vec<String> {
    let is_call = words(command).any(|word| word.ends_with("systemctl"));
    let names = words(command).flat_map(|word| {
        let name = is_unit(word.as_bytes()).then(|| word.to_owned());
        let short = is_call.then(|| format!("{word}.service"));
        name.into_iter().chain(short)
    });
    names.collect()
}

/// Whether what is at a path is a link to nowhere on purpose (systemd.unit(5)).
pub(in crate::check) fn is_masked(initrd: &Initrd, path: &[u8]) -> bool {
    let kind = initrd.lookup(path).map(|entry| entry.kind);
    matches!(
        kind,
        Some(EntryKind::Symlink {
            target: b"/dev/null"
        })
    )
}

fn text(name: &[u8]) -> String {
    String::from_utf8_lossy(name).into_owned()
}

fn is_unit(name: &[u8]) -> bool {
    SUFFIXES.iter().any(|suffix| name.ends_with(suffix))
}

fn is_starting(name: &[u8]) -> bool {
    STARTING_DIRECTORIES
        .iter()
        .any(|suffix| name.ends_with(suffix))
}

/// The unit that starts what is in a directory of this name.
fn starting_unit(directory: &[u8]) -> Option<String> {
    let mut suffixes = STARTING_DIRECTORIES.iter();
    let unit = suffixes.find_map(|suffix| directory.strip_suffix(*suffix))?;
    is_unit(unit).then(|| text(unit))
}
