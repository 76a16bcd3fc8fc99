//! Programs, and what keeps Linux from starting them.

use proptest::prelude::*;

use super::make::*;
use crate::initrd::{ElfMachine, Execution, Initrd, Obstacle, ReadOptions, parse_program};

const AARCH64: u16 = 183;
const LOADER: &str = "/lib/ld-linux-aarch64.so.1";

fn elf(loader: Option<&str>, libraries: &[&str]) -> Vec<u8> {
    program(true, AARCH64, loader, libraries)
}

fn start(items: &[Item]) -> Execution {
    let initrd = read(&archive(items));
    assert!(initrd.broken().is_none(), "{:?}", initrd.broken());
    initrd.execution(b"/init")
}

/// A loader, a program that wants it, and libraries by what each asks for.
fn dynamic(libraries: &[&str], present: &[(&str, &[&str])]) -> Execution {
    let mut items = vec![
        directory("lib"),
        item("init", PROGRAM, elf(Some(LOADER), libraries)),
        item(&LOADER[1..], PROGRAM, elf(None, &[])),
    ];
    let library = |(name, needed): &(&str, &[&str])| {
        let name = format!("lib/{name}");
        file(name, elf(None, needed))
    };
    items.extend(present.iter().map(library));
    start(&items)
}

fn missing(execution: &Execution) -> Vec<(String, String)> {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let missing = execution.missing.iter();
    missing
        .map(|library| (text(&library.name), text(&library.needed_by)))
        .collect()
}

#[test]
fn what_an_elf_file_says() {
    for (wide, number, machine) in [
        (true, AARCH64, ElfMachine::Aarch64),
        (false, 40, ElfMachine::Arm),
    ] {
        let bytes = program(wide, number, Some(LOADER), &["libc.so.6", "libm.so.6"]);
        let info = parse_program(&bytes).unwrap();
        assert_eq!(info.machine, machine);
        assert_eq!(info.interpreter.as_deref(), Some(LOADER.as_bytes()));
        assert_eq!(info.libraries, [b"libc.so.6", b"libm.so.6"]);
        // Of a file that is cut, what is left of it.
        for length in 0..bytes.len() {
            let info = parse_program(&bytes[..length]);
            assert!(info.is_none_or(|info| info.machine == machine));
        }
    }
    let mut bytes = elf(None, &[]);
    assert!(parse_program(&bytes).is_some());
    // An object file, and what is for machines with the greatest byte first.
    bytes[16] = 1;
    assert!(parse_program(&bytes).is_none());
    (bytes[16], bytes[5]) = (3, 2);
    assert!(parse_program(&bytes).is_none());
}

#[test]
fn this_test_is_a_program() {
    let bytes = std::fs::read(std::env::current_exe().unwrap()).unwrap();
    let info = parse_program(&bytes).unwrap();
    if cfg!(target_arch = "x86_64") {
        assert_eq!(info.machine, ElfMachine::X86_64);
    }
    if cfg!(target_env = "gnu") {
        let libc = |name: &Vec<u8>| name.starts_with(b"libc.so");
        assert!(info.libraries.iter().any(libc), "{info:?}");
        assert!(info.interpreter.is_some());
    }
}

#[test]
fn a_program_that_starts() {
    let execution = start(&[item("init", PROGRAM, elf(None, &["libgone.so"]))]);
    assert_eq!((execution.obstacle, execution.missing), (None, vec![]));
    assert_eq!(
        execution.machines,
        [(b"/init".to_vec(), ElfMachine::Aarch64)]
    );

    let execution = dynamic(&["libc.so.6"], &[("libc.so.6", &["ld-linux-aarch64.so.1"])]);
    assert_eq!((execution.obstacle, execution.missing), (None, vec![]));
    assert_eq!(execution.files, [b"/init", LOADER.as_bytes()]);

    let execution = start(&[
        directory("bin"),
        link("bin/sh", "busybox"),
        item("bin/busybox", PROGRAM, elf(None, &[])),
        item("init", PROGRAM, "#! /bin/sh -e\nexec x"),
    ]);
    assert_eq!(execution.obstacle, None);
    assert_eq!(execution.files, [&b"/init"[..], b"/bin/sh"]);
}

#[test]
fn files_that_are_no_programs() {
    let obstacle = |items: &[Item]| start(items).obstacle;
    let target = b"/nowhere".to_vec();
    assert_eq!(obstacle(&[]), Some(Obstacle::Missing));
    assert_eq!(
        obstacle(&[link("init", &target)]),
        Some(Obstacle::Dangling { target })
    );
    assert_eq!(obstacle(&[directory("init")]), Some(Obstacle::NoFile));
    let device = item("init", 0o020_755, "");
    assert_eq!(obstacle(&[device]), Some(Obstacle::NoFile));
    assert_eq!(
        obstacle(&[file("init", elf(None, &[]))]),
        Some(Obstacle::NotExecutable)
    );
    assert_eq!(
        obstacle(&[item("init", PROGRAM, "")]),
        Some(Obstacle::Empty)
    );
    for text in ["exec sh\n", "#!", "#! \n/bin/sh", "\x7fELF", "\n#!/bin/sh"] {
        let found = obstacle(&[item("init", PROGRAM, text)]);
        assert_eq!(found, Some(Obstacle::NoProgram), "{text:?}");
    }
    let whole = elf(None, &["libc.so.6"]);
    let cut = &whole[..whole.len() - 1];
    let found = obstacle(&[item("init", PROGRAM, cut)]);
    assert_eq!(found, Some(Obstacle::NoProgram));
    let long = format!("#!/{}", "x".repeat(300));
    let found = obstacle(&[item("init", PROGRAM, long)]);
    assert_eq!(found, Some(Obstacle::NoProgram));
}

#[test]
fn the_last_of_a_name_is_started() {
    let good = elf(None, &[]);
    for (first, last, obstacle) in [
        (&good[..], &b""[..], Some(Obstacle::Empty)),
        (&good, b"text", Some(Obstacle::NoProgram)),
        (b"text", &good, None),
    ] {
        let items = [item("init", PROGRAM, first), item("init", PROGRAM, last)];
        assert_eq!(start(&items).obstacle, obstacle);
    }
}

#[test]
fn interpreters() {
    // A carriage return is part of the name.
    let execution = start(&[
        directory("bin"),
        item("bin/sh", PROGRAM, elf(None, &[])),
        item("init", PROGRAM, "#!/bin/sh\r\necho\n"),
    ]);
    assert_eq!(execution.obstacle, Some(Obstacle::Missing));
    assert_eq!(execution.files.last().unwrap(), b"/bin/sh\r");

    let execution = start(&[item("init", PROGRAM, elf(Some(LOADER), &["libc.so.6"]))]);
    assert_eq!(execution.obstacle, Some(Obstacle::Missing));
    assert_eq!(execution.files.last().unwrap(), LOADER.as_bytes());
    assert_eq!(execution.missing, []);

    let itself = start(&[item("init", PROGRAM, "#!/init\n")]);
    assert_eq!(itself.obstacle, Some(Obstacle::TooManyScripts));
    let chain = |length: usize| {
        let script = |number: usize| format!("#!/{}\n", number + 1);
        let mut items = vec![item("init", PROGRAM, "#!/1")];
        items.extend((1..length).map(|number| item(number.to_string(), PROGRAM, script(number))));
        items.push(item(length.to_string(), PROGRAM, elf(None, &[])));
        start(&items).obstacle
    };
    assert_eq!(chain(5), None);
    assert_eq!(chain(6), Some(Obstacle::TooManyScripts));
}

#[test]
fn libraries_that_are_missing() {
    let found = missing(&dynamic(
        &["libmount.so.1", "libc.so.6"],
        &[("libmount.so.1", &["libblkid.so.1", "libc.so.6"])],
    ));
    let expected = [("libc.so.6", "/init"), ("libblkid.so.1", "libmount.so.1")];
    assert_eq!(
        found,
        expected.map(|(name, by)| (name.to_owned(), by.to_owned()))
    );
    // A name is enough, whatever it leads to, and so is another directory.
    let execution = start(&[
        directory("lib"),
        directory("else"),
        item(&LOADER[1..], PROGRAM, elf(None, &[])),
        link("else/libc.so.6", "/gone"),
        item("init", PROGRAM, elf(Some(LOADER), &["libc.so.6", "plugin"])),
    ]);
    assert_eq!(missing(&execution), []);
}

#[test]
fn musl_is_its_own_library() {
    let loader = "lib/ld-musl-aarch64.so.1";
    let execution = start(&[
        directory("lib"),
        item(loader, PROGRAM, elf(None, &[])),
        item(
            "init",
            PROGRAM,
            elf(Some("/lib/ld-musl-aarch64.so.1"), &["libc.so", "libx.so.1"]),
        ),
    ]);
    let expected = ("libx.so.1".to_owned(), "/init".to_owned());
    assert_eq!(missing(&execution), [expected]);
}

#[test]
fn large_programs_are_looked_into_at_their_start() {
    let mut bytes = elf(Some(LOADER), &["libc.so.6"]);
    bytes.resize(100_000, 0);
    let mut options = ReadOptions::default();
    options.limits.program = 90_000;
    let initrd = Initrd::read(&*archive(&[item("init", PROGRAM, bytes)]), &options);
    let execution = initrd.execution(b"init");
    assert_eq!(execution.files.last().unwrap(), LOADER.as_bytes());
}

#[test]
fn what_is_not_kept_is_not_known() {
    let mut items: Vec<_> = (0..10_000)
        .map(|number| item(number.to_string(), PROGRAM, "#!/nowhere"))
        .collect();
    items.push(item("init", PROGRAM, "no program"));
    assert_eq!(
        start(&items),
        Execution {
            files: vec![b"/init".to_vec()],
            ..Execution::default()
        }
    );
}

proptest! {
    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse_program(&bytes);
        let _ = start(&[item("init", PROGRAM, bytes)]);
    }

    #[test]
    fn survives_changes(
        wide: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = program(wide, AARCH64, Some("/ld"), &["liba.so", "libb.so"]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(info) = parse_program(&bytes) {
            prop_assert!(info.libraries.iter().all(|name| !name.is_empty() && name.len() < 256));
        }
    }

    /// What is put into a program comes out of it.
    #[test]
    fn names_survive(
        wide: bool,
        machine: u16,
        loader in prop::option::of("/[a-z/]{1,60}"),
        libraries in prop::collection::vec("lib[a-z]{1,30}", 0..20),
    ) {
        let libraries: Vec<&str> = libraries.iter().map(String::as_str).collect();
        let info = parse_program(&program(wide, machine, loader.as_deref(), &libraries)).unwrap();
        prop_assert_eq!(info.interpreter, loader.map(String::into_bytes));
        let expected: Vec<_> = libraries.iter().map(|name| name.as_bytes().to_vec()).collect();
        prop_assert_eq!(info.libraries, expected);
    }
}
