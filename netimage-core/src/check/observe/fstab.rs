//! The root by the tables of an initrd.

use std::fmt;

use crate::boot::KernelCommandLine;
use crate::check::facts::nfsroot::is_disk;
use crate::check::observe::units::words;
use crate::initrd::{EntryKind, Initrd};
use crate::nfs::{MountOptions, NfsRoot, NfsRootError, NfsVersion};

/// Whether anything names a root to the systemd of an initrd
/// (systemd-fstab-generator(8)): a line of an fstab, a unit, or the command line.
pub(in crate::check) fn has_root(initrd: &Initrd, line: Option<&KernelCommandLine>) -> bool {
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

/// The places on the way to the store, the deepest first: what is mounted at the
/// first of them that has a mount holds it.
const TO_STORE: [&str; 3] = ["/nix/store", "/nix", "/"];

/// A mount on the way to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) struct Mount {
    /// One of [`TO_STORE`].
    pub place: &'static str,
    pub device: String,
    pub kind: String,
    /// Without those that are for systemd.
    pub options: String,
    is_noauto: bool,
}

impl Mount {
    /// What is given in the fields of fstab(5), its place seen from the root.
    fn new(place: &str, device: &str, kind: &str, options: &str) -> Option<Self> {
        let place = match place.trim_end_matches('/') {
            "" => "/",
            place => place,
        };
        let mut places = TO_STORE.into_iter();
        let kept = options
            .split(',')
            .filter(|option| !option.starts_with("x-"));
        Some(Self {
            place: places.find(|known| *known == place)?,
            device: device.to_owned(),
            kind: kind.to_owned(),
            options: kept.collect::<Vec<_>>().join(","),
            is_noauto: last_of(options, ["auto", "noauto"]) == Some("noauto"),
        })
    }

    pub(in crate::check) fn is_root(&self) -> bool {
        self.place == "/"
    }

    fn is_nfs(&self) -> bool {
        self.kind.starts_with("nfs")
    }

    /// Whether it has nothing in it when it is mounted.
    pub(in crate::check) fn is_in_memory(&self) -> bool {
        matches!(self.kind.as_str(), "ramfs" | "tmpfs")
    }

    /// Whether the device is one of NFS, but the type that of a file system of disks.
    fn is_mistyped(&self) -> bool {
        const OF_DISKS: [&str; 9] = [
            "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "vfat", "xfs",
        ];
        let server = self.device.split_once(":/").map(|(server, _)| server);
        let is_nfs = server.is_some_and(|server| !server.is_empty() && !server.contains('/'));
        is_nfs && OF_DISKS.contains(&self.kind.as_str())
    }

    pub(in crate::check) fn is_on_disk(&self) -> bool {
        is_disk(&self.device)
    }

    /// Whether no program of it can be started (mount(8)).
    pub(in crate::check) fn is_noexec(&self) -> bool {
        last_of(&self.options, ["exec", "noexec"]) == Some("noexec")
    }

    /// The NFS root that it would be.
    pub(in crate::check) fn nfs_root(&self) -> Result<NfsRoot, NfsRootError> {
        self.to_string().parse()
    }
}

impl fmt::Display for Mount {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{},{}", self.device, self.options)
    }
}

/// What an initrd says that it mounts on the way to the store.
#[derive(Debug, Default)]
pub(in crate::check) struct Mounts {
    /// What is mounted over NFS: the root, and what holds the store below it.
    pub nfs: Vec<Mount>,
    /// A disk as the root, where no NFS root is.
    pub disk: Option<String>,
    /// What holds the store, where that is known.
    pub holder: Option<Mount>,
    /// An NFS device that has the type of a disk.
    pub mistyped: Option<Mount>,
    /// Whether the NFS root is one that systemd does not mount by itself.
    pub is_noauto: bool,
}

impl Mounts {
    /// The versions that the options of NFS mounts ask for.
    pub(in crate::check) fn versions(&self) -> impl Iterator<Item = NfsVersion> {
        let options = self.nfs.iter().map(|mount| mount.options.as_str());
        options.filter_map(|options| MountOptions::parse(&[options]).ok()?.version())
    }

    /// What tables mount, of which any may be the one that counts.
    fn of_tables(tables: &[Vec<Mount>]) -> Self {
        let roots = || tables.iter().flatten().filter(|mount| mount.is_root());
        let holders: Vec<&Mount> = tables.iter().filter_map(|table| holder(table)).collect();
        let root = roots().find(|mount| mount.is_nfs());
        let below = holders.iter().copied().find(|mount| !mount.is_root());
        let all_on_disk = roots().all(|mount| is_disk(&mount.device));
        let disk = roots().next().filter(|_| all_on_disk);
        let are_alike = holders.iter().all(|mount| Some(mount) == holders.first());
        let mistyped = roots().chain(below).find(|mount| mount.is_mistyped());
        let nfs = root.into_iter().chain(below.filter(|mount| mount.is_nfs()));
        Self {
            is_noauto: root.is_some_and(|mount| mount.is_noauto),
            mistyped: mistyped.filter(|_| root.is_none()).cloned(),
            nfs: nfs.cloned().collect(),
            disk: disk.map(|mount| mount.device.clone()),
            holder: holders
                .first()
                .filter(|_| are_alike)
                .map(|mount| (*mount).clone()),
        }
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

/// What is mounted on the way to the store, by the fstab of systemd's stage 1 or the
/// list of the scripted one.
pub(in crate::check) fn mounts(initrd: &Initrd) -> Mounts {
    let mut tables = Vec::new();
    initrd.walk(|path, _| {
        let text = || Some(String::from_utf8_lossy(initrd.text(path)?).into_owned());
        let table = if path.ends_with(b"-initrd-fstab") {
            text().map(|text| of_fstab(&text, |_| true))
        } else if path == b"etc/fstab" {
            // Its `/` may be that of stage 1 itself.
            text().map(|text| of_fstab(&text, |place| place.starts_with("/sysroot")))
        } else if path.ends_with(b"-initrd-fsinfo") {
            text().map(|text| of_fsinfo(&text))
        } else {
            None
        };
        tables.extend(table);
    });
    Mounts::of_tables(&tables)
}

/// Of options that undo each other the last counts.
fn last_of<'options>(options: &'options str, alike: [&str; 2]) -> Option<&'options str> {
    let mut options = options.split(',').filter(|option| alike.contains(option));
    options.next_back()
}

/// The lines of fstab(5) for places on the way to the store; those of NFS at any
/// place, others where `counts`.
fn of_fstab(text: &str, counts: fn(&str) -> bool) -> Vec<Mount> {
    let lines = text.lines().filter(|line| !is_comment(line));
    let mounts = lines.filter_map(|line| {
        let mut fields = line.split_ascii_whitespace();
        let (device, place, kind) = (fields.next()?, fields.next()?, fields.next()?);
        let own = place.strip_prefix("/sysroot").unwrap_or(place);
        let mount = Mount::new(own, device, kind, fields.next().unwrap_or_default())?;
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
        Mount::new(place, device, kind, options)
    });
    first_of_nfs(mounts.collect())
}

/// Of several lines for the root that for NFS, if there is one.
fn first_of_nfs(mut mounts: Vec<Mount>) -> Vec<Mount> {
    mounts.sort_by_key(|mount| !mount.is_nfs());
    mounts
}

/// Whether a command may mount something on the way to the store.
pub(in crate::check) fn mounts_store(command: &str) -> bool {
    let is_mount = |word: &str| {
        let name = word.rsplit('/').next().unwrap_or_default();
        name.contains("mount") && !name.starts_with("umount")
    };
    let is_place = |word: &str| TO_STORE[..2].iter().any(|place| word.ends_with(place));
    words(command).any(is_mount) && words(command).any(is_place)
}

/// What is amiss with the list of mounts that NixOS's script reads
/// (stage-1-init.sh, `exec 3< @fsInfo@`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::check) enum ListFault {
    /// There is no such file.
    Missing(String),
    /// It has nothing for `/`.
    NoRoot(String),
}

/// What is amiss with the list of a script, if that names one.
pub(in crate::check) fn list_fault(initrd: &Initrd, script: &[u8]) -> Option<ListFault> {
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
