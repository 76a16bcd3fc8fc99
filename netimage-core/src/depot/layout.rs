//! What lies where in a depot. All names are relative to it.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::{GenerationNumber, MachineName};
use crate::tree::TargetName;

/// What a depot consists of, sorted.
pub(super) const ENTRIES: [&str; 12] = [
    BOOT_FILES, CHECKS, SETTINGS, HOOK, LOCK, MACHINES, OWN_ROOTS, PERSIST, SERVERS, SPOOL, STORE,
    TFTP,
];

/// Those that are directories.
pub(super) const DIRECTORIES: [&str; 7] =
    [BOOT_FILES, MACHINES, OWN_ROOTS, PERSIST, SPOOL, STORE, TFTP];

/// The boot files of all generations, each under its SHA-256.
pub const BOOT_FILES: &str = "boot-files";
/// The depot's settings.
pub const SETTINGS: &str = "depot.json";
/// The program that dnsmasq calls, for which it has to be one word.
pub const HOOK: &str = "hook";
/// The file that is locked by whoever changes the depot.
pub const LOCK: &str = "lock";
/// A directory for each machine.
pub const MACHINES: &str = "machines";
/// The roots of the machines that have their own.
pub const OWN_ROOTS: &str = "own-roots";
/// What the other machines keep.
pub const PERSIST: &str = "persist";
/// What configuration was written for which program.
pub const SERVERS: &str = "servers.json";
/// What dnsmasq's hook has told.
pub const SPOOL: &str = "spool";
/// The store that machines share.
pub const STORE: &str = "store";
/// What the TFTP server serves.
pub const TFTP: &str = "tftp";

/// What was found to boot.
pub const CHECKS: &str = "checks.json";

/// The machine itself, in its directory.
pub const MACHINE: &str = "machine.json";
/// What is known of its generations.
pub const GENERATIONS: &str = "generations.json";
/// What was seen of its boots.
pub const BOOTS: &str = "boots.json";
/// The private half of its SSH host key, if it was asked for.
pub const HOST_KEY: &str = "ssh_host_ed25519_key";
/// The public half as ssh looks for it, under the machine's name.
pub const KNOWN_HOSTS: &str = "known_hosts";
/// The file by which it says that it is up, in what it keeps.
pub const CONFIRMATION: &str = "booted.json";

/// In the directory of a generation: its image's manifest,
pub const MANIFEST: &str = "manifest.json";
/// its image's registration,
pub const REGISTRATION: &str = "registration";
/// and how its kernel and command line are called.
pub const BOOT_NAMES: &str = "boot.json";

/// The first code of boards without an EEPROM, in the TFTP server's directory: one for
/// all of them.
pub const BOOTCODE: &str = "bootcode.bin";
/// In a machine's directory of the TFTP server: the only file that changes.
pub const CONFIG: &str = "config.txt";
/// And a link to the directory of the generation to fall back to.
pub const GOOD: &str = "good";

/// What the names of directories in the store begin with into which images come from
/// other computers.
pub(super) const INCOMING: &str = ".incoming-";

/// The directory in the store into which an image comes, by the SHA-256 of its manifest.
pub(super) fn incoming(sha256: &str) -> String {
    format!("{INCOMING}{sha256}")
}

/// Whether a name of the depot is that of such a directory.
pub(super) fn is_incoming(name: &Path) -> bool {
    let below = name.strip_prefix(STORE).unwrap_or(Path::new(""));
    below
        .as_os_str()
        .as_bytes()
        .starts_with(INCOMING.as_bytes())
}

/// The directory of a machine.
#[must_use]
pub fn machine(name: &MachineName) -> PathBuf {
    Path::new(MACHINES).join(name.as_str())
}

/// The directory of a machine's generations.
#[must_use]
pub fn generations(name: &MachineName) -> PathBuf {
    machine(name).join("generations")
}

/// The directory of a machine's generation, with its manifest and registration.
#[must_use]
pub fn generation(name: &MachineName, number: GenerationNumber) -> PathBuf {
    let number = number.to_string();
    generations(name).join(number)
}

/// The manifest of a generation's image.
#[must_use]
pub fn manifest(name: &MachineName, number: GenerationNumber) -> PathBuf {
    generation(name, number).join(MANIFEST)
}

/// The file that says how a generation's kernel and command line are called.
#[must_use]
pub fn boot_names(name: &MachineName, number: GenerationNumber) -> PathBuf {
    generation(name, number).join(BOOT_NAMES)
}

/// What a machine keeps.
#[must_use]
pub fn persist(name: &MachineName) -> PathBuf {
    Path::new(PERSIST).join(name.as_str())
}

/// The root of a machine that has its own.
#[must_use]
pub fn own_root(name: &MachineName) -> PathBuf {
    Path::new(OWN_ROOTS).join(name.as_str())
}

/// A directory of the TFTP server.
#[must_use]
pub fn tftp(directory: &str) -> PathBuf {
    Path::new(TFTP).join(directory)
}

/// The name of a generation's boot files in a machine's directory of the TFTP
/// server.
#[must_use]
pub fn boot_directory(number: GenerationNumber) -> String {
    format!("g{number}")
}

/// The generation whose directory is called so.
pub(super) fn generation_of(directory: &OsStr) -> Option<GenerationNumber> {
    directory.to_str()?.strip_prefix('g')?.parse().ok()
}

/// Whether this is the first code of a board without an EEPROM, which asks for it in the
/// TFTP server's own directory (Raspberry Pi documentation, "Network booting").
pub(crate) fn is_bootcode(name: &TargetName) -> bool {
    name.as_path() == Path::new(BOOTCODE)
}

/// What the boot loader and the firmware before the kernel are called (Raspberry Pi
/// documentation, "Boot folder contents").
pub(crate) fn is_firmware(name: &TargetName) -> bool {
    is_firmware_name(name.as_path().as_os_str().as_bytes())
}

/// The same, of a name below a machine's directory of the TFTP server.
pub(super) fn is_firmware_name(name: &[u8]) -> bool {
    let is = |start: &[u8], end: &[u8]| name.starts_with(start) && name.ends_with(end);
    !name.contains(&b'/')
        && (name == BOOTCODE.as_bytes() || is(b"start", b".elf") || is(b"fixup", b".dat"))
}
