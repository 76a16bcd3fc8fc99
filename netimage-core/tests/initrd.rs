//! Holds the reading of initrds against other tools; `tests/initrd/run` does it.
//!
//! Reads every `NAME.initrd` in the directory that `NETIMAGE_INITRDS` names and
//! writes what it found beside it, a line for each, fields separated by tabs:
//!
//! - `NAME.files`: mode in octal, size, path, target of a link
//! - `NAME.modules`: path, name, vermagic, depends
//! - `NAME.facts`: how it was read, how long that took and what is asked of it
//!
//! Of the file names in `NAME.paths`, one on each line, which lead to ELF files, it
//! writes `NAME.programs`: path, loader, libraries.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::Path;
use std::time::Instant;

use netimage_core::initrd::{
    BuiltInModules, EntryKind, Initrd, ModuleName, ReadOptions, parse_program,
};

/// What an NFS root over the network of a Raspberry Pi wants, and what none has.
const WANTED: [&str; 8] = [
    "nfs", "nfsv3", "nfsv4", "sunrpc", "genet", "lan78xx", "smsc95xx", "nonesuch",
];

#[test]
#[ignore = "needs initrds: run tests/initrd/run"]
fn lists_initrds() {
    let Some(directory) = std::env::var_os("NETIMAGE_INITRDS") else {
        eprintln!("left out: NETIMAGE_INITRDS is not set; run tests/initrd/run");
        return;
    };
    for file in fs::read_dir(directory).unwrap() {
        let path = file.unwrap().path();
        if path
            .extension()
            .is_some_and(|extension| extension == "initrd")
        {
            list(&path);
        }
        if path
            .extension()
            .is_some_and(|extension| extension == "paths")
        {
            programs(&path);
        }
    }
}

fn list(path: &Path) {
    let start = Instant::now();
    let initrd = Initrd::read(File::open(path).unwrap(), &ReadOptions::default());
    let milliseconds = start.elapsed().as_millis();

    let mut files = Vec::new();
    initrd.walk(|path, entry| {
        let (size, target) = match entry.kind {
            EntryKind::Regular { size } => (size, &b""[..]),
            EntryKind::Symlink { target } => (0, target),
            _ => (0, &b""[..]),
        };
        files.extend(format!("{:o}\t{size}\t", entry.mode).bytes());
        files.extend(path);
        files.push(b'\t');
        files.extend(target);
        files.push(b'\n');
    });
    fs::write(path.with_extension("files"), files).unwrap();
    fs::write(path.with_extension("modules"), modules(&initrd)).unwrap();

    let mut facts = String::new();
    for segment in initrd.segments() {
        writeln!(
            facts,
            "segment\t{}\t{} entries\t{:?}",
            segment.compression, segment.entries, segment.objection
        )
        .unwrap();
    }
    let broken = initrd.broken().map(ToString::to_string);
    writeln!(facts, "broken\t{broken:?}").unwrap();
    writeln!(facts, "skipped\t{:?}", initrd.skipped().0).unwrap();
    writeln!(facts, "init\t{:?}", initrd.init()).unwrap();
    execution(&initrd, &mut facts);
    availability(&initrd, &mut facts);
    writeln!(facts, "milliseconds\t{milliseconds}").unwrap();
    fs::write(path.with_extension("facts"), facts).unwrap();
}

fn programs(list: &Path) {
    let mut lines = String::new();
    for path in fs::read_to_string(list).unwrap().lines() {
        let info = parse_program(&fs::read(path).unwrap()).unwrap();
        let libraries: Vec<_> = info
            .libraries
            .iter()
            .map(|name| String::from_utf8_lossy(name))
            .collect();
        let loader = info.interpreter.unwrap_or_default();
        let loader = String::from_utf8_lossy(&loader);
        writeln!(lines, "{path}\t{loader}\t{}", libraries.join(",")).unwrap();
    }
    fs::write(list.with_extension("programs"), lines).unwrap();
}

fn execution(initrd: &Initrd, facts: &mut String) {
    let mut paths = vec![b"init".to_vec()];
    initrd.walk(|path, entry| {
        if entry.is_executable() && !path.ends_with(b".so") {
            paths.push(path.to_vec());
        }
    });
    for path in paths {
        let execution = initrd.execution(&path);
        let machine = execution.machines.first().map(|(_, machine)| *machine);
        let missing = execution.missing.iter().map(|library| &*library.name);
        let missing: Vec<_> = missing.map(String::from_utf8_lossy).collect();
        writeln!(
            facts,
            "execution\t{}\t{machine:?}\t{:?}\t{}",
            path.escape_ascii(),
            execution.obstacle,
            missing.join(",")
        )
        .unwrap();
    }
}

fn availability(initrd: &Initrd, facts: &mut String) {
    for release in initrd.releases() {
        let index = initrd.module_index(release).unwrap();
        let list = [b"/lib/modules/", release, b"/modules.builtin"].concat();
        let built_in = BuiltInModules::parse(initrd.text(&list).unwrap_or_default()).unwrap();
        for name in WANTED {
            let found = index.availability(&ModuleName::new(name).unwrap(), &built_in);
            writeln!(facts, "module\t{name}\t{found:?}").unwrap();
        }
    }
}

fn modules(initrd: &Initrd) -> Vec<u8> {
    let mut lines = Vec::new();
    for module in initrd.modules() {
        let Some(info) = &module.info else {
            continue;
        };
        let info = info.as_ref().unwrap();
        lines.extend(&module.path);
        let depends: Vec<_> = info.depends.iter().map(ModuleName::as_str).collect();
        let line = format!(
            "\t{}\t{}\t{}\n",
            info.name.as_ref().unwrap_or(&module.name),
            info.vermagic.as_deref().unwrap_or(""),
            depends.join(",")
        );
        lines.extend(line.bytes());
    }
    lines
}
