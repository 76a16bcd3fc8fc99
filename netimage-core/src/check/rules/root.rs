//! What can be said of a root.

use super::rule::Rule;

const LOAD_DB: &str = "https://github.com/NixOS/nixpkgs/issues/341071";
const STAGE_2: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/stage-2-init.sh";
const TOPLEVEL: &str = "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/activation/top-level.nix";
const BUFFER_FORMAT: &str = "https://docs.kernel.org/driver-api/early-userspace/buffer-format.html";
const BOOTSPEC: &str = "https://github.com/NixOS/rfcs/blob/master/rfcs/0125-bootspec.md";
const DATABASE: &str = "https://www.sqlite.org/fileformat2.html#the_database_header";
const JOURNAL: &str = "https://www.sqlite.org/howtocorrupt.html";
const EXECVE: &str = "https://man7.org/linux/man-pages/man2/execve.2.html";
const MOUNT: &str =
    "https://www.freedesktop.org/software/systemd/man/latest/systemd.mount.html#fstab";
const PATH_RESOLUTION: &str = "https://man7.org/linux/man-pages/man7/path_resolution.7.html";

pub(in crate::check) static NO_STORE: Rule = Rule::error(
    "root-no-store",
    "The system is in the store; without it there is nothing to start.",
    TOPLEVEL,
);
pub(in crate::check) static MISSING_DIRECTORY: Rule = Rule::warning(
    "root-missing-directory",
    "What is mounted over it has no place in a root that cannot be written to.",
    STAGE_2,
);
pub(in crate::check) static LONG_PATH: Rule = Rule::warning(
    "root-path-too-long",
    "The kernel takes paths of at most 4095 bytes, so that programs cannot name the file.",
    PATH_RESOLUTION,
);
pub(in crate::check) static DISK: Rule = Rule::warning(
    "root-fstab-disk",
    "Where the disk is not there, as on a board without a card, systemd waits 90 s for it and may then go no further than an emergency shell.",
    MOUNT,
);
pub(in crate::check) static REGISTRATION_BROKEN: Rule = Rule::error(
    "store-registration-broken",
    "nix-store --load-db refuses it as a whole, so that Nix knows no path of the store.",
    LOAD_DB,
);
pub(in crate::check) static NOT_COMPARED: Rule = Rule::warning(
    "store-not-compared",
    "What is too large to be read was not checked.",
    LOAD_DB,
);
pub(in crate::check) static NOT_REGISTERED: Rule = Rule::warning(
    "store-not-registered",
    "The first collection of garbage deletes a store that Nix does not know.",
    LOAD_DB,
);
pub(in crate::check) static PATH_MISSING: Rule = Rule::error(
    "store-path-missing",
    "Whatever refers to the path fails, perhaps only long after the boot.",
    LOAD_DB,
);
pub(in crate::check) static PATH_UNREGISTERED: Rule = Rule::warning(
    "store-path-unregistered",
    "The first collection of garbage deletes it.",
    LOAD_DB,
);
pub(in crate::check) static TOPLEVEL_MISSING: Rule = Rule::error(
    "toplevel-missing",
    "It is the system that is to be started.",
    TOPLEVEL,
);
pub(in crate::check) static TOPLEVEL_NO_INIT: Rule = Rule::error(
    "toplevel-no-init",
    "Stage 1 ends by starting the toplevel's init.",
    TOPLEVEL,
);
pub(in crate::check) static KERNEL_DIFFERS: Rule = Rule::error(
    "toplevel-kernel-differs",
    "The modules in the root are for the toplevel's kernel; another one cannot load them.",
    TOPLEVEL,
);
pub(in crate::check) static INITRD_DIFFERS: Rule = Rule::error(
    "toplevel-initrd-differs",
    "The initrd mounts the root as the toplevel's configuration says; another one mounts something else.",
    TOPLEVEL,
);
pub(in crate::check) static INITRD_LONGER: Rule = Rule::note(
    "toplevel-initrd-longer",
    "The kernel unpacks what lies before and after the toplevel's initrd as well, and of two files of a name it keeps the later.",
    BUFFER_FORMAT,
);
pub(in crate::check) static BOOTSPEC_DIFFERS: Rule = Rule::warning(
    "toplevel-bootspec-differs",
    "The bootspec says how the system is to be started; what it asks for is not on the command line.",
    BOOTSPEC,
);

pub(in crate::check) static DATABASE_BROKEN: Rule = Rule::error(
    "store-database-broken",
    "Nix opens no such database, so that it knows no path of the store, and no registration can be loaded into it.",
    DATABASE,
);
pub(in crate::check) static DATABASE_UNCLEAN: Rule = Rule::warning(
    "store-database-unclean",
    "A journal beside a database is played back into it at its next use; it was copied while something wrote to it.",
    JOURNAL,
);
pub(in crate::check) static NO_KERNEL: Rule = Rule::error(
    "toplevel-no-kernel",
    "The system has the modules for its own kernel beside it; one without a kernel was not made to be booted.",
    TOPLEVEL,
);
pub(in crate::check) static NO_INITRD: Rule = Rule::warning(
    "toplevel-no-initrd",
    "The initrd that boards load is of some other system, which mounts what that one says.",
    TOPLEVEL,
);
pub(in crate::check) static INIT_NOT_EXECUTABLE: Rule = Rule::error(
    "toplevel-init-not-executable",
    "The kernel starts only what has a bit for it, root's programs too.",
    EXECVE,
);
pub(in crate::check) static INIT_NO_PROGRAM: Rule = Rule::error(
    "toplevel-init-no-program",
    "The kernel starts programs for its own kind of processor, and scripts that begin with #!, and refuses all else.",
    EXECVE,
);
pub(in crate::check) static NO_INTERPRETER: Rule = Rule::error(
    "toplevel-no-interpreter",
    "The kernel starts a script by starting the program that its first line names.",
    EXECVE,
);
pub(in crate::check) static BOOTSPEC_BROKEN: Rule = Rule::warning(
    "toplevel-bootspec-broken",
    "Boot loaders and tools that go by the bootspec cannot start the system; what it says was not compared.",
    BOOTSPEC,
);

pub(in crate::check) static RULES: &[&Rule] = &[
    &NO_STORE,
    &MISSING_DIRECTORY,
    &LONG_PATH,
    &DISK,
    &REGISTRATION_BROKEN,
    &NOT_COMPARED,
    &NOT_REGISTERED,
    &PATH_MISSING,
    &PATH_UNREGISTERED,
    &TOPLEVEL_MISSING,
    &TOPLEVEL_NO_INIT,
    &KERNEL_DIFFERS,
    &INITRD_DIFFERS,
    &INITRD_LONGER,
    &BOOTSPEC_DIFFERS,
    &DATABASE_BROKEN,
    &DATABASE_UNCLEAN,
    &NO_KERNEL,
    &NO_INITRD,
    &INIT_NOT_EXECUTABLE,
    &INIT_NO_PROGRAM,
    &NO_INTERPRETER,
    &BOOTSPEC_BROKEN,
];
