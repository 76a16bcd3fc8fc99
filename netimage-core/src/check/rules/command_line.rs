//! What can be said of a command line.

use super::rule::Rule;

const PARAMETERS: &str = "https://docs.kernel.org/admin-guide/kernel-parameters.html";
const NFSROOT: &str = "https://docs.kernel.org/admin-guide/nfs/nfsroot.html";
const CMDLINE_TXT: &str = "https://www.raspberrypi.com/documentation/computers/configuration.html#kernel-command-line-cmdline-txt";
const NIXOS_SYSTEMD: &str = "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/systemd/initrd.nix";
const NIXOS_STAGE_1: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/stage-1-init.sh";
const NETWORK_GENERATOR: &str = "https://www.freedesktop.org/software/systemd/man/latest/systemd-network-generator.service.html";
const DEBUG_GENERATOR: &str =
    "https://www.freedesktop.org/software/systemd/man/latest/systemd-debug-generator.html";
const SYSTEMD_PARAMETERS: &str =
    "https://www.freedesktop.org/software/systemd/man/latest/kernel-command-line.html";
const FIRST_INIT: &str = "https://github.com/raspberrypi/documentation/pull/1045";

pub(in crate::check) static CARRIAGE_RETURN: Rule = Rule::error(
    "command-line-carriage-return",
    "The kernel takes a carriage return as part of the last parameter, which then means something else.",
    CMDLINE_TXT,
);
pub(in crate::check) static SEVERAL_LINES: Rule = Rule::error(
    "command-line-several-lines",
    "The command line is one line; what stands on a further one is not read as parameters.",
    CMDLINE_TXT,
);
pub(in crate::check) static NOT_TEXT: Rule = Rule::error(
    "command-line-not-text",
    "Control characters and unclosed quotes make the kernel split the parameters elsewhere than it seems.",
    PARAMETERS,
);
pub(in crate::check) static TOO_LONG: Rule = Rule::error(
    "command-line-too-long",
    "The firmware adds parameters of its own; beyond 1024 bytes the end is cut off.",
    CMDLINE_TXT,
);
pub(in crate::check) static DUPLICATE: Rule = Rule::warning(
    "command-line-duplicate",
    "Of a parameter with one value only the last counts, and readers disagree on which that is.",
    PARAMETERS,
);
pub(in crate::check) static CONTRADICTION: Rule = Rule::warning(
    "command-line-contradiction",
    "Two parameters want opposite things, and which of them wins depends on the stage that reads them.",
    PARAMETERS,
);
pub(in crate::check) static NO_INIT: Rule = Rule::error(
    "command-line-no-init",
    "A NixOS root has no /init; without init= stage 1 does not know which system to start.",
    NIXOS_STAGE_1,
);
pub(in crate::check) static INIT_MISSING: Rule = Rule::error(
    "command-line-init-missing",
    "The last act of stage 1 is to start what init= names; if it is not in the root, the kernel panics.",
    NIXOS_STAGE_1,
);
pub(in crate::check) static INIT_WRAPPER: Rule = Rule::error(
    "command-line-init-wrapper",
    "NixOS's systemd stage 1 activates only an init= that lies in a toplevel; it refuses a wrapper like /sbin/init.",
    NIXOS_SYSTEMD,
);
pub(in crate::check) static OTHER_TOPLEVEL: Rule = Rule::error(
    "command-line-other-toplevel",
    "The board would start another system than the one that the image was made for.",
    NIXOS_STAGE_1,
);
pub(in crate::check) static ROOT: Rule = Rule::error(
    "command-line-root",
    "root= has to be what the stage that mounts the root understands: fstab for systemd, /dev/nfs for the kernel.",
    NIXOS_SYSTEMD,
);
pub(in crate::check) static OTHER_NFS_ROOT: Rule = Rule::error(
    "command-line-other-nfs-root",
    "The board would mount another root than the one that the image was made for.",
    NFSROOT,
);
pub(in crate::check) static NO_ADDRESS: Rule = Rule::error(
    "command-line-no-address",
    "A kernel that mounts its root itself asks for an address only if ip= says so.",
    NFSROOT,
);
pub(in crate::check) static ADDRESS_UNKNOWN: Rule = Rule::warning(
    "command-line-address-unknown",
    "The kernel passes over a part of ip= that is no address, and may end up with another one than was meant.",
    NFSROOT,
);
pub(in crate::check) static ADDRESS_OFF: Rule = Rule::warning(
    "command-line-address-off",
    "systemd makes a .network file of ip=, which comes before that of the initrd by its name.",
    NETWORK_GENERATOR,
);
pub(in crate::check) static READ_ONLY: Rule = Rule::warning(
    "command-line-read-only",
    "A kernel mounts its root read-only unless it is given rw; what it starts has to remount it before it can write.",
    PARAMETERS,
);
pub(in crate::check) static OTHER_ROOT: Rule = Rule::warning(
    "command-line-other-root",
    "An initrd that goes by root= mounts the disk in place of the NFS root, if it finds one.",
    NFSROOT,
);
pub(in crate::check) static DEBUGGING: Rule = Rule::warning(
    "command-line-debugging",
    "Leftovers of debugging open a root shell without a password, stop the boot or fill the console.",
    SYSTEMD_PARAMETERS,
);
pub(in crate::check) static FIRST_BOOT: Rule = Rule::warning(
    "command-line-first-boot",
    "It resizes the partitions of a card or runs a script once, and starts the board again; over a network it finds no card, or comes back at each boot.",
    FIRST_INIT,
);
pub(in crate::check) static INIT_ARGUMENTS: Rule = Rule::warning(
    "command-line-init-arguments",
    "The kernel takes what follows -- for arguments of init, and none of it for a parameter.",
    PARAMETERS,
);
pub(in crate::check) static MEMORY: Rule = Rule::error(
    "command-line-memory",
    "The kernel leaves memory beyond mem= alone; what it unpacks the initrd to has to fit beside itself.",
    PARAMETERS,
);
pub(in crate::check) static MASKED: Rule = Rule::warning(
    "command-line-masked-unit",
    "systemd does not start a unit that rd.systemd.mask= masks in stage 1, nor what hangs on it.",
    DEBUG_GENERATOR,
);

pub(in crate::check) static RULES: &[&Rule] = &[
    &CARRIAGE_RETURN,
    &SEVERAL_LINES,
    &NOT_TEXT,
    &TOO_LONG,
    &DUPLICATE,
    &CONTRADICTION,
    &NO_INIT,
    &INIT_MISSING,
    &INIT_WRAPPER,
    &OTHER_TOPLEVEL,
    &ROOT,
    &OTHER_NFS_ROOT,
    &NO_ADDRESS,
    &ADDRESS_UNKNOWN,
    &ADDRESS_OFF,
    &READ_ONLY,
    &OTHER_ROOT,
    &DEBUGGING,
    &FIRST_BOOT,
    &INIT_ARGUMENTS,
    &MEMORY,
    &MASKED,
];
