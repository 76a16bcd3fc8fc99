//! The root by the tables of an initrd.

use crate::boot::KernelCommandLine;
use crate::initrd::{EntryKind, Initrd};

/// Whether anything names a root to the systemd of an initrd
/// (systemd-fstab-generator(8)): a line of an fstab, a unit, or the command line.
pub(super) fn has_root(initrd: &Initrd, line: Option<&KernelCommandLine>) -> bool {
    let by_line = line.is_some_and(|line| {
        let root = line.get("root").unwrap_or_default();
        !matches!(root, "" | "fstab") || line.get("systemd.mount-extra").is_some()
    });
    let mut found = by_line;
    initrd.walk(|path, _| {
        if found {
            return;
        }
        let Some(entry) = initrd.resolve(path) else {
            return;
        };
        let is_empty = entry.kind == EntryKind::Regular { size: 0 };
        // Where a text is too long to have been kept, it may say so.
        let says = |find: fn(&str) -> bool| match initrd.text(path) {
            Some(text) => find(&String::from_utf8_lossy(text)),
            None => !is_empty,
        };
        found = match path.rsplit(|byte| *byte == b'/').next() {
            Some(b"sysroot.mount") => true,
            Some(name) if name == b"fstab" || name.ends_with(b"-initrd-fstab") => says(names_root),
            // dracut's, which its generator of the root reads.
            _ if path.starts_with(b"etc/cmdline") => says(|text| text.contains("root=")),
            _ => false,
        };
    });
    found
}

fn names_root(fstab: &str) -> bool {
    let mut lines = fstab.lines().filter(|line| !is_comment(line));
    lines.any(|line| {
        let place = line.split_ascii_whitespace().nth(1);
        matches!(place, Some("/" | "/sysroot"))
    })
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// What is mounted at `/`, by the fstab of systemd's stage 1 or the list of the
/// scripted one: device and options.
pub(super) fn mounts(initrd: &Initrd) -> Option<(String, String)> {
    let mut found = None;
    initrd.walk(|path, _| {
        if found.is_some() {
            return;
        }
        let text = || Some(String::from_utf8_lossy(initrd.text(path)?).into_owned());
        if path.ends_with(b"-initrd-fstab") || path == b"etc/fstab" {
            found = text().and_then(|text| of_fstab(&text));
        } else if path.ends_with(b"-initrd-fsinfo") {
            found = text().and_then(|text| of_fsinfo(&text));
        }
    });
    found
}

/// A line of fstab(5) for `/` or, as systemd's stage 1 has it, `/sysroot`.
fn of_fstab(text: &str) -> Option<(String, String)> {
    let mut lines = text.lines().filter(|line| !is_comment(line));
    lines.find_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let (device, place, kind) = (fields.next()?, fields.next()?, fields.next()?);
        let is_root = matches!(place, "/" | "/sysroot") && kind.starts_with("nfs");
        is_root.then(|| {
            (
                device.to_owned(),
                options(fields.next().unwrap_or_default()),
            )
        })
    })
}

/// NixOS's scripted stage 1 has a file of four lines for each mount: place,
/// device, type, options.
fn of_fsinfo(text: &str) -> Option<(String, String)> {
    let lines: Vec<&str> = text.lines().collect();
    let root = lines
        .windows(4)
        .find(|lines| lines[0] == "/" && lines[2].starts_with("nfs"))?;
    Some((root[1].to_owned(), options(root[3])))
}

/// Without those that are for systemd.
fn options(text: &str) -> String {
    let options = text.split(',').filter(|option| !option.starts_with("x-"));
    options.collect::<Vec<_>>().join(",")
}
