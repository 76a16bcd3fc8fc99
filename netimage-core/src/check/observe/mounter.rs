//! Who mounts the root, by what an initrd starts.

use crate::check::facts::Mounter;
use crate::check::observe::contents::Contents;
use crate::check::observe::fstab::words;
use crate::initrd::{Init, Initrd, Script, split};

/// Who mounts where the kernel starts this. Where what it would start is not
/// there, it goes on as if there were no initrd (`kernel_init_freeable`), if it
/// can.
pub(super) fn mounter(
    initrd: &Initrd,
    contents: &Contents,
    init: &Init,
    may_be_kernel: bool,
) -> Mounter {
    match init {
        Init::Missing | Init::Dangling { .. } if may_be_kernel => Mounter::Kernel,
        Init::Systemd | Init::Script(_) if contents.has("nfs-lib.sh") => Mounter::Dracut,
        Init::Systemd => Mounter::Systemd,
        Init::Script(Script::NixOs) => Mounter::Scripted,
        Init::Script(script) if runs_nfsmount(initrd, contents, *script) => Mounter::Nfsmount,
        Init::Script(_) => Mounter::Other,
        _ if initrd.has_initrd_release() => Mounter::Systemd,
        _ => Mounter::Other,
    }
}

/// Whether the script that mounts NFS calls nfsmount, and that is klibc's or its
/// port. Some put mount.nfs in its place.
fn runs_nfsmount(initrd: &Initrd, contents: &Contents, script: Script) -> bool {
    let is_klibc = script == Script::InitramfsTools;
    let script: &[u8] = if is_klibc {
        b"scripts/nfs"
    } else {
        b"hooks/net"
    };
    let text = String::from_utf8_lossy(initrd.text(script).unwrap_or_default());
    let mut lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let Some(path) = initrd.program(b"nfsmount") else {
        return false;
    };
    let execution = initrd.execution(&path);
    let loader = execution.files.get(1).map(|loader| split(loader).1);
    let is_own = if is_klibc {
        loader.is_some_and(|loader| loader.starts_with(b"klibc-"))
    } else {
        !contents.has("mount.nfs")
    };
    is_own && lines.any(|line| words(line).any(|word| word == "nfsmount"))
}
