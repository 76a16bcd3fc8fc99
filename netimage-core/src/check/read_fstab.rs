//! The root by the tables of an initrd.

use super::nfsroot::is_disk;
use crate::boot::KernelCommandLine;
use crate::initrd::{EntryKind, Initrd};
use crate::nfs::{MountOptions, NfsVersion};

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
            // The one in force may be named to the generator by its environment.
            Some(name) if name.ends_with(b"fstab") => says(names_root),
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

/// A mount at `/`.
#[derive(Debug, Clone)]
struct Mount {
    place: String,
    device: String,
    kind: String,
    options: String,
}

fn is_nfs(mount: &Mount) -> bool {
    mount.kind.starts_with("nfs")
}

/// What an initrd says that it mounts at `/`.
#[derive(Debug, Default)]
pub(super) struct Mounts {
    /// The device and the options of an NFS root.
    pub nfs: Option<(String, String)>,
    /// A disk, where there is no NFS root.
    pub disk: Option<String>,
    /// The device of an NFS root, and the type of a disk that it has.
    pub mistyped: Option<(String, String)>,
    /// Whether the NFS root is one that systemd does not mount by itself.
    pub is_noauto: bool,
}

impl Mounts {
    /// The version that the options of an NFS root ask for.
    pub(super) fn version(&self) -> Option<NfsVersion> {
        let (_, options) = self.nfs.as_ref()?;
        MountOptions::parse(&[options.as_str()]).ok()?.version()
    }
}

/// What is mounted at `/`, by the fstab of systemd's stage 1 or the list of the
/// scripted one.
pub(super) fn mounts(initrd: &Initrd) -> Mounts {
    let mut found = Vec::new();
    initrd.walk(|path, _| {
        let text = || Some(String::from_utf8_lossy(initrd.text(path)?).into_owned());
        if path.ends_with(b"-initrd-fstab") {
            found.extend(text().and_then(|text| of_fstab(&text)));
        } else if path == b"etc/fstab" {
            // Its `/` may be that of stage 1 itself.
            let mount = text().and_then(|text| of_fstab(&text));
            found.extend(mount.filter(|mount| mount.place != "/" || is_nfs(mount)));
        } else if path.ends_with(b"-initrd-fsinfo") {
            found.extend(text().and_then(|text| of_fsinfo(&text)));
        }
    });
    let nfs = found.iter().find(|mount| is_nfs(mount));
    // Of several, any may be what counts.
    let all_on_disk = found.iter().all(|mount| is_disk(&mount.device));
    let disk = found.first().filter(|_| all_on_disk);
    let mistyped = found.iter().find(|mount| is_mistyped(mount));
    let mistyped = mistyped.filter(|_| nfs.is_none());
    Mounts {
        is_noauto: nfs.is_some_and(|mount| is_noauto(&mount.options)),
        mistyped: mistyped.map(|mount| (mount.device.clone(), mount.kind.clone())),
        nfs: nfs.map(|mount| (mount.device.clone(), options(&mount.options))),
        disk: disk.map(|mount| mount.device.clone()),
    }
}

/// Whether the device is one of NFS, but the type that of a file system of disks.
fn is_mistyped(mount: &Mount) -> bool {
    const OF_DISKS: [&str; 9] = [
        "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "vfat", "xfs",
    ];
    let server = mount.device.split_once(":/").map(|(server, _)| server);
    let is_nfs = server.is_some_and(|server| !server.is_empty() && !server.contains('/'));
    is_nfs && OF_DISKS.contains(&mount.kind.as_str())
}

/// Of `auto` and `noauto` the last counts.
fn is_noauto(options: &str) -> bool {
    let options = options.split(',');
    let mut options = options.filter(|option| matches!(*option, "auto" | "noauto"));
    options.next_back() == Some("noauto")
}

/// The line of fstab(5) for the root, the first for NFS if there are several.
fn of_fstab(text: &str) -> Option<Mount> {
    let lines = text.lines().filter(|line| !is_comment(line));
    let mounts = lines.filter_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let (device, place, kind) = (fields.next()?, fields.next()?, fields.next()?);
        is_root(place).then(|| Mount {
            place: place.to_owned(),
            device: device.to_owned(),
            kind: kind.to_owned(),
            options: fields.next().unwrap_or_default().to_owned(),
        })
    });
    first_of_nfs(mounts)
}

/// NixOS's scripted stage 1 has a file of four lines for each mount: place,
/// device, type, options.
fn of_fsinfo(text: &str) -> Option<Mount> {
    let lines: Vec<&str> = text.lines().collect();
    let mounts = lines.chunks(4).filter_map(|lines| {
        let [place, device, kind, rest @ ..] = lines else {
            return None;
        };
        (*place == "/").then(|| Mount {
            place: (*place).to_owned(),
            device: (*device).to_owned(),
            kind: (*kind).to_owned(),
            options: rest.first().copied().unwrap_or_default().to_owned(),
        })
    });
    first_of_nfs(mounts)
}

fn first_of_nfs(mounts: impl Iterator<Item = Mount>) -> Option<Mount> {
    let mounts: Vec<Mount> = mounts.collect();
    let nfs = mounts.iter().position(is_nfs);
    mounts.into_iter().nth(nfs.unwrap_or(0))
}

/// Without those that are for systemd.
fn options(text: &str) -> String {
    let options = text.split(',').filter(|option| !option.starts_with("x-"));
    options.collect::<Vec<_>>().join(",")
}

/// What is amiss with the list of mounts that NixOS's script reads
/// (stage-1-init.sh, `exec 3< @fsInfo@`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ListFault {
    /// There is no such file.
    Missing(String),
    /// It has nothing for `/`.
    NoRoot(String),
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
        Some(text) => of_fsinfo(&String::from_utf8_lossy(text)).is_some(),
        None => entry.kind != EntryKind::Regular { size: 0 },
    };
    (!has_root).then(|| ListFault::NoRoot(list.to_owned()))
}
