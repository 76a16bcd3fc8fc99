//! The root by the tables of an initrd.

use crate::boot::KernelCommandLine;
use crate::check::facts::{ListFault, Mount, Mounts, TO_STORE, is_disk};
use crate::initrd::{EntryKind, Initrd};

/// Whether the command line names a root to systemd (systemd-fstab-generator(8)).
pub(super) fn is_root_given(line: &KernelCommandLine) -> bool {
    let root = line.get("root").unwrap_or_default();
    !matches!(root, "" | "fstab") || line.get("systemd.mount-extra").is_some()
}

/// Whether an fstab has a line for the root.
pub(super) fn names_root(fstab: &str) -> bool {
    let mut lines = fstab.lines().filter(|line| !is_comment(line));
    lines.any(|line| {
        let place = line.split_ascii_whitespace().nth(1);
        place.is_some_and(is_root)
    })
}

/// A place of fstab(5) that is the root: `/` or, as it is seen from stage 1,
/// `/sysroot`.
fn is_root(place: &str) -> bool {
    matches!(place, "/" | "/sysroot" | "/sysroot/")
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// What is given in the fields of fstab(5), its place seen from the root.
fn mount(place: &str, device: &str, kind: &str, options: &str) -> Option<Mount> {
    let place = match place.trim_end_matches('/') {
        "" => "/",
        place => place,
    };
    let mut places = TO_STORE.into_iter();
    let kept = options
        .split(',')
        .filter(|option| !option.starts_with("x-"));
    Some(Mount {
        place: places.find(|known| *known == place)?,
        device: device.to_owned(),
        kind: kind.to_owned(),
        options: kept.collect::<Vec<_>>().join(","),
        is_noauto: options.split(',').any(|option| option == "noauto"),
    })
}

/// What tables mount, of which any may be the one that counts.
pub(super) fn mounts_of(tables: &[Vec<Mount>]) -> Mounts {
    let roots = || tables.iter().flatten().filter(|mount| mount.is_root());
    let holders: Vec<&Mount> = tables.iter().filter_map(|table| holder(table)).collect();
    let root = roots().find(|mount| mount.is_nfs());
    let below = holders.iter().copied().find(|mount| !mount.is_root());
    let all_on_disk = roots().all(|mount| is_disk(&mount.device));
    let disk = roots().next().filter(|_| all_on_disk);
    let mistyped = roots().chain(below).find(|mount| mount.is_mistyped());
    let are_alike = holders.iter().all(|mount| Some(mount) == holders.first());
    let holder = holders.first().filter(|_| are_alike);
    let nfs = root.into_iter().chain(below.filter(|mount| mount.is_nfs()));
    Mounts {
        nfs: nfs.cloned().collect(),
        disk: disk.or(mistyped).filter(|_| root.is_none()).cloned(),
        holder: holder.map(|mount| (*mount).clone()),
    }
}

/// Of the mounts of one table that which holds the store.
fn holder(table: &[Mount]) -> Option<&Mount> {
    let mut places = TO_STORE.into_iter();
    places.find_map(|place| {
        let mut mounts = table.iter().filter(|mount| mount.place == place);
        mounts.find(|mount| mount.is_root() || !mount.is_noauto)
    })
}

/// What a table mounts on the way to the store, if it is the fstab of systemd's stage 1
/// or the list of the scripted one.
pub(super) fn table(path: &[u8], text: &str) -> Option<Vec<Mount>> {
    if path.ends_with(b"-initrd-fstab") {
        Some(of_fstab(text, |_| true))
    } else if path == b"etc/fstab" {
        // Its `/` may be that of stage 1 itself.
        Some(of_fstab(text, |place| place.starts_with("/sysroot")))
    } else {
        let is_list = path.ends_with(b"-initrd-fsinfo");
        is_list.then(|| of_fsinfo(text))
    }
}

/// The lines of fstab(5) for places on the way to the store; those of NFS at any
/// place, others where `counts`.
fn of_fstab(text: &str, counts: fn(&str) -> bool) -> Vec<Mount> {
    let lines = text.lines().filter(|line| !is_comment(line));
    let mounts = lines.filter_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let (device, place, kind) = (fields.next()?, fields.next()?, fields.next()?);
        let own = place.strip_prefix("/sysroot").unwrap_or(place);
        let mount = mount(own, device, kind, fields.next().unwrap_or_default())?;
        (counts(place) || mount.is_nfs()).then_some(mount)
    });
    first_of_nfs(mounts.collect())
}

/// NixOS's scripted stage 1 has a file of four lines for each mount: place,
/// device, type, options.
fn of_fsinfo(text: &str) -> Vec<Mount> {
    let lines: Vec<&str> = text.lines().collect();
    let mounts = lines.chunks(4).filter_map(|lines| {
        let [place, device, kind, rest @ ..] = lines else {
            return None;
        };
        let options = rest.first().copied().unwrap_or_default();
        mount(place, device, kind, options)
    });
    first_of_nfs(mounts.collect())
}

/// Of several lines for the root that for NFS, if there is one.
fn first_of_nfs(mut mounts: Vec<Mount>) -> Vec<Mount> {
    mounts.sort_by_key(|mount| !mount.is_nfs());
    mounts
}

/// Whether a command may mount something on the way to the store.
pub(super) fn mounts_store(command: &str) -> bool {
    let is_mount = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or_default();
        name.contains("mount") && !name.starts_with("umount")
    };
    let is_place = |word: &str| TO_STORE[..2].iter().any(|place| word.ends_with(place));
    words(command).any(is_mount) && words(command).any(is_place)
}

/// What may be a name or a path among the words of a command.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| {
        letter.is_ascii_alphanumeric() || matches!(letter, '/' | '.' | '_' | '-' | '+' | '@')
    };
    let words = line.split(move |letter| !is_part(letter));
    words.map(|word| word.trim_start_matches(['-', '+', '@']))
}

/// What is amiss with the list of a script, if that names one.
pub(super) fn list_fault(initrd: &Initrd, script: &[u8]) -> Option<ListFault> {
    let script = String::from_utf8_lossy(script);
    // What hooks read is called otherwise.
    let mut lists = script.lines().filter_map(|line| {
        let list = line.strip_prefix("exec 3< ")?.trim();
        list.ends_with("-initrd-fsinfo").then_some(list)
    });
    let list = lists.find(|list| list.starts_with('/'))?;
    let Some(entry) = initrd.resolve(list.as_bytes()) else {
        return Some(ListFault::Missing(list.to_owned()));
    };
    let has_root = match initrd.text(list.as_bytes()) {
        Some(text) => {
            let mounts = of_fsinfo(&String::from_utf8_lossy(text));
            mounts.iter().any(Mount::is_root)
        }
        None => entry.kind != EntryKind::Regular { size: 0 },
    };
    (!has_root).then(|| ListFault::NoRoot(list.to_owned()))
}
