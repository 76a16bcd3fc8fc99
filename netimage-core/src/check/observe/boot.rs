//! What is in the boot tree, as a TFTP server shows it.

use std::path::Path;

use rustix::fs::FileType;
use rustix::io::Errno;

use crate::check::facts::{BootEntry, BootKind};
use crate::fs::{Found, FsError, ServedDirectory, Step, Walk, failed, join};
use crate::tree::TargetName;

/// Most names of a boot tree; Raspberry Pi's whole firmware has 500.
const NAMES_MAX: usize = 100_000;

/// Most bytes of a directory's name that is looked into: two packets of TFTP.
const DIRECTORY_MAX: usize = 1024;

/// Every name below a directory or, without one, all, sorted; of directories whose
/// name is longer than any that a board asks for, not what is in them.
pub(in crate::check) fn list(
    boot: &ServedDirectory,
    below: Option<&TargetName>,
) -> Result<Vec<BootEntry>, FsError> {
    let below = below.map_or(Path::new(""), TargetName::as_path);
    let path = join(boot.path(), below);
    let directory = boot.tree().open_directory(below);
    let directory = directory.map_err(failed("open", &path))?;
    let mut walk = Walk::within(directory, &path, NAMES_MAX)?;
    let mut entries = Vec::new();
    while let Some(step) = walk.step()? {
        let Step::Node(node) = step else { continue };
        let Ok(name) = TargetName::new(below.join(node.entry.relative)) else {
            continue;
        };
        let kind = kind(boot, &name)?;
        entries.push(BootEntry { name, kind });
        // A link to a directory is not followed: it may lead in circles.
        if kind == BootKind::Directory && node.kind == FileType::Directory {
            walk.enter()?;
        }
    }
    entries.sort_unstable_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

/// What a name stands for, if there is something.
pub(in crate::check) fn look_up(
    boot: &ServedDirectory,
    name: &TargetName,
) -> Result<Option<BootEntry>, FsError> {
    let kind = kind(boot, name)?;
    let is_there = !matches!(kind, BootKind::Stray(_)) || boot.tree().is_link(name.as_path());
    let name = name.clone();
    Ok(is_there.then_some(BootEntry { name, kind }))
}

fn kind(boot: &ServedDirectory, name: &TargetName) -> Result<BootKind, FsError> {
    let name = name.as_path();
    Ok(match boot.tree().find(name)? {
        Found::File(..) => BootKind::File,
        Found::Directory if name.as_os_str().len() > DIRECTORY_MAX => BootKind::Deep,
        Found::Directory => BootKind::Directory,
        Found::Special(kind) => BootKind::Special(kind),
        Found::Nothing => BootKind::Stray(match boot.tree().look_up(name) {
            Err(Errno::XDEV) => "leads out of the tree",
            Err(Errno::LOOP) => "leads in a circle",
            _ => "leads nowhere",
        }),
    })
}
