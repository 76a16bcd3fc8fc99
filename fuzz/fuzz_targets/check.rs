//! A check: of any config.txt, command line and initrd with systemd, whatever its
//! fstab, units and `.network` files say, there is a report. A NUL separates the
//! parts; each part more is a file of the initrd whose name is its first line.
#![no_main]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use netimage_core::boot::Board;
use netimage_core::check::{Subject, check};

const SYSTEMD: &str = "usr/lib/systemd/systemd";
const FILES_MAX: usize = 16;

static BOOT: LazyLock<PathBuf> = LazyLock::new(|| {
    let name = format!("netimage-fuzz-check-{}", std::process::id());
    let directory = std::env::temp_dir().join(name);
    fs::create_dir_all(&directory).expect("a directory for the boot tree");
    // The start of an arm64 kernel, and its banner.
    let mut kernel = vec![0; 128];
    kernel[16..24].copy_from_slice(&(1_u64 << 20).to_le_bytes());
    kernel[24] = 0xa;
    kernel[56..60].copy_from_slice(b"ARM\x64");
    kernel.extend(b"Linux version 6.12.57 (nixbld@localhost) (gcc 14) #1-NixOS SMP\n\0");
    fs::write(directory.join("kernel8.img"), kernel).expect("the kernel");
    directory
});

/// An entry of an archive as `cpio -H newc` makes it.
fn entry(archive: &mut Vec<u8>, number: usize, name: &[u8], mode: u32, contents: &[u8]) {
    let fields = [
        u32::try_from(number).unwrap_or(u32::MAX),
        mode,
        0,
        0,
        1,
        0,
        u32::try_from(contents.len()).unwrap_or(u32::MAX),
        0,
        0,
        0,
        0,
        u32::try_from(name.len() + 1).unwrap_or(u32::MAX),
        0,
    ];
    archive.extend(b"070701");
    for field in fields {
        archive.extend(format!("{field:08x}").into_bytes());
    }
    archive.extend(name);
    archive.push(0);
    archive.resize(archive.len().next_multiple_of(4), 0);
    archive.extend(contents);
    archive.resize(archive.len().next_multiple_of(4), 0);
}

/// Files by name, each after the directories above it; what begins with `->` is a
/// link.
fn archive(files: &BTreeMap<&[u8], &[u8]>) -> Vec<u8> {
    let mut entries: BTreeMap<&[u8], (u32, &[u8])> = BTreeMap::new();
    for (name, contents) in files {
        for (at, _) in name.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            entries.insert(&name[..at], (0o040_755, b""));
        }
        let value = match contents.strip_prefix(b"->") {
            Some(target) => (0o120_777, target),
            None => (0o100_755, *contents),
        };
        entries.insert(name, value);
    }
    let mut archive = Vec::new();
    for (number, (name, (mode, contents))) in entries.iter().enumerate() {
        entry(&mut archive, number, name, *mode, contents);
    }
    entry(&mut archive, 0, b"TRAILER!!!", 0, b"");
    archive
}

fuzz_target!(|bytes: &[u8]| {
    let mut parts = bytes.split(|byte| *byte == 0);
    let mut part = || parts.next().unwrap_or_default();
    let (config, line, fstab) = (part(), part(), part());
    let mut files: BTreeMap<&[u8], &[u8]> = BTreeMap::new();
    files.insert(b"init", b"->/usr/lib/systemd/systemd");
    files.insert(SYSTEMD.as_bytes(), b"\x7fELF");
    files.insert(b"usr/lib/systemd/systemd-networkd", b"\x7fELF");
    files.insert(b"etc/initrd-release", b"ID=nixos\n");
    files.insert(b"etc/fstab", fstab);
    for part in parts.take(FILES_MAX) {
        let end = part.iter().position(|byte| *byte == b'\n');
        let (name, contents) = part.split_at(end.unwrap_or(part.len()));
        if !name.is_empty() {
            files.insert(name, contents.get(1..).unwrap_or_default());
        }
    }
    let write = |name: &str, contents: &[u8]| {
        fs::write(BOOT.join(name), contents).expect("a file of the boot tree");
    };
    write("config.txt", config);
    write("cmdline.txt", line);
    write("initrd", &archive(&files));
    let mut subject = Subject::new(&BOOT, None);
    subject.boards = vec![Board::Rpi4];
    subject.nfs = "192.0.2.1:/srv/pi,vers=4.1".parse().ok();
    let report = check(&subject, &()).expect("the boot tree can be read");
    // There is neither firmware nor a device tree.
    assert!(!report.boots());
});
