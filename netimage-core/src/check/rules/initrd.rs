//! What can be said of an initrd.

use super::rule::Rule;

const BUFFER_FORMAT: &str = "https://docs.kernel.org/driver-api/early-userspace/buffer-format.html";
const INITRAMFS: &str = "https://github.com/torvalds/linux/blob/v6.12/init/initramfs.c";
const MEMORY_SIZES: &str = "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html";
const PARAMETERS: &str = "https://docs.kernel.org/admin-guide/kernel-parameters.html";
const BOOTUP: &str = "https://man7.org/linux/man-pages/man7/bootup.7.html";
const EARLY_USERSPACE: &str = "https://docs.kernel.org/filesystems/ramfs-rootfs-initramfs.html";
const NFS_MODULES: &str = "https://github.com/NixOS/nixpkgs/pull/492102";
const MODULES: &str = "https://www.kernel.org/doc/html/latest/kbuild/modules.html";
const MODPROBE: &str = "https://man7.org/linux/man-pages/man8/modprobe.8.html";
const NFS_5: &str = "https://man7.org/linux/man-pages/man5/nfs.5.html";
const NETWORKD: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/networkd.nix";
const NETWORK_5: &str = "https://man7.org/linux/man-pages/man5/systemd.network.5.html";
const EXECVE: &str = "https://man7.org/linux/man-pages/man2/execve.2.html";
const LD_SO: &str = "https://man7.org/linux/man-pages/man8/ld.so.8.html";
const STAGE_1: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/stage-1-init.sh";
const MODPROBE_PATH: &str = "https://docs.kernel.org/admin-guide/sysctl/kernel.html#modprobe";
const FSTAB_GENERATOR: &str =
    "https://man7.org/linux/man-pages/man8/systemd-fstab-generator.8.html";
const EXECUTOR: &str = "https://github.com/systemd/systemd/pull/31045";
const FSTAB: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/tasks/filesystems.nix";
const STORE_MOUNT: &str = "https://github.com/NixOS/nixpkgs/issues/95105";

pub(in crate::check) static UNREADABLE: Rule = Rule::error(
    "initrd-unreadable",
    "The kernel stops unpacking where the initrd is broken, and panics without an init.",
    BUFFER_FORMAT,
);
pub(in crate::check) static JUNK: Rule = Rule::warning(
    "initrd-junk",
    "The kernel keeps the archives that it has unpacked, complains of what follows them, and looks no further.",
    BUFFER_FORMAT,
);
pub(in crate::check) static NOT_INSPECTED: Rule = Rule::warning(
    "initrd-not-inspected",
    "Linux may read it, but what is in it was not checked beyond that place.",
    BUFFER_FORMAT,
);
pub(in crate::check) static COMPRESSION: Rule = Rule::error(
    "initrd-compression",
    "The kernel unpacks fewer forms of a compression than its program makes.",
    INITRAMFS,
);
pub(in crate::check) static TOO_LARGE: Rule = Rule::error(
    "initrd-too-large",
    "All that an initrd unpacks to stays in memory, and no board that it is for has so much.",
    MEMORY_SIZES,
);
pub(in crate::check) static MEMORY: Rule = Rule::warning(
    "initrd-memory",
    "All that an initrd unpacks to stays in memory, and some of the boards have less.",
    MEMORY_SIZES,
);
pub(in crate::check) static SKIPPED: Rule = Rule::warning(
    "initrd-skipped",
    "The kernel leaves out a file whose directory does not come before it.",
    INITRAMFS,
);
pub(in crate::check) static NO_INIT: Rule = Rule::error(
    "initrd-no-init",
    "The kernel starts /init, or what rdinit= names, and without it takes the initrd for none and panics as it cannot mount a root.",
    EARLY_USERSPACE,
);
pub(in crate::check) static NO_INTERPRETER: Rule = Rule::error(
    "initrd-no-interpreter",
    "A script is run by the program that its first line names, and an ELF program by its loader, ld.so.",
    EXECVE,
);
pub(in crate::check) static MISSING_LIBRARY: Rule = Rule::error(
    "initrd-missing-library",
    "ld.so ends a program at once if it does not find a library that it was linked with.",
    LD_SO,
);
pub(in crate::check) static OTHER_MACHINE: Rule = Rule::error(
    "initrd-other-machine",
    "A kernel runs programs of its own architecture only, and panics when init is none.",
    EXECVE,
);
pub(in crate::check) static NO_PROGRAM: Rule = Rule::error(
    "initrd-no-program",
    "Stage 1 mounts the root and goes over to it by running other programs.",
    STAGE_1,
);
pub(in crate::check) static NO_MODPROBE: Rule = Rule::warning(
    "initrd-no-modprobe",
    "The kernel asks for modules, such as that of a version of NFS, by running modprobe.",
    MODPROBE_PATH,
);
pub(in crate::check) static NO_ROOT: Rule = Rule::warning(
    "initrd-no-root",
    "Stage 1 mounts what its fstab, its list of mounts, a unit or root= names, and finds no system without.",
    FSTAB_GENERATOR,
);
pub(in crate::check) static WITHOUT_ROOT: Rule = Rule::error(
    "initrd-without-root",
    "systemd mounts what an fstab, a unit or root= names, and nothing else in this initrd would mount a root.",
    FSTAB_GENERATOR,
);
pub(in crate::check) static ROOT_TYPE: Rule = Rule::error(
    "initrd-root-type",
    "A file system of disks wants a block device, and SERVER:/PATH is none.",
    FSTAB,
);
pub(in crate::check) static ROOT_NOAUTO: Rule = Rule::warning(
    "initrd-root-noauto",
    "systemd mounts a root with noauto only if another unit asks for it.",
    FSTAB_GENERATOR,
);
pub(in crate::check) static EMPTY: Rule = Rule::warning(
    "initrd-empty",
    "An initrd without bytes is none, mostly for a copy that did not come to its end.",
    BUFFER_FORMAT,
);
pub(in crate::check) static NO_MOUNTS: Rule = Rule::error(
    "initrd-no-mounts",
    "NixOS's script reads what it mounts from a file, and ends when it cannot open that.",
    STAGE_1,
);
pub(in crate::check) static NO_EXECUTOR: Rule = Rule::error(
    "initrd-no-executor",
    "systemd opens systemd-executor, by which it starts services since version 255, before anything else, and freezes without.",
    EXECUTOR,
);
pub(in crate::check) static NO_STAGE_1: Rule = Rule::error(
    "initrd-no-stage-1",
    "systemd is stage 1 only where /etc/initrd-release is, by initrd.target, and goes over to the root by systemctl.",
    BOOTUP,
);
pub(in crate::check) static NO_GENERATOR: Rule = Rule::error(
    "initrd-no-fstab-generator",
    "systemd mounts units; systemd-fstab-generator makes them of the lines of an fstab and of root=.",
    FSTAB_GENERATOR,
);
pub(in crate::check) static NO_NETWORKD: Rule = Rule::error(
    "initrd-no-networkd",
    "systemd itself brings up no network but by networkd, which a unit has to start, and the kernel only that of drivers that are built in, for ip=.",
    NETWORKD,
);
pub(in crate::check) static NO_ADDRESS: Rule = Rule::error(
    "initrd-no-address",
    "networkd gives an interface an address only by the first .network file that matches it.",
    NETWORK_5,
);
pub(in crate::check) static NO_DRIVER: Rule = Rule::error(
    "initrd-no-network-driver",
    "The root is behind the board's Ethernet, and that comes up with its driver and those of its buses, clocks, resets and interrupts.",
    EARLY_USERSPACE,
);
pub(in crate::check) static LATE_DRIVER: Rule = Rule::warning(
    "initrd-late-network-driver",
    "Before it tries the Ethernet's own driver, the kernel waits ten seconds for those of the devices that supply it.",
    PARAMETERS,
);
pub(in crate::check) static NO_NFS: Rule = Rule::error(
    "initrd-no-nfs",
    "Without the NFS client the root is a file system of an unknown type.",
    NFS_MODULES,
);
pub(in crate::check) static NO_NFS_VERSION: Rule = Rule::error(
    "initrd-no-nfs-version",
    "Each version of NFS is a module of its own, and supportedFilesystems brings none of them into the initrd.",
    NFS_MODULES,
);
pub(in crate::check) static DEPENDENCY: Rule = Rule::error(
    "initrd-module-dependency",
    "A module is loaded only after all that it depends on.",
    MODPROBE,
);
pub(in crate::check) static UNLISTED: Rule = Rule::error(
    "initrd-module-unlisted",
    "modprobe finds modules by modules.dep, not by their files.",
    MODPROBE,
);
pub(in crate::check) static BROKEN_MODULE: Rule = Rule::warning(
    "initrd-module-broken",
    "A module whose file is damaged or for another machine is not loaded.",
    MODULES,
);
pub(in crate::check) static REFUSED_MODULE: Rule = Rule::error(
    "initrd-module-refused",
    "The kernel refuses a module whose file is empty, damaged or for another machine or build, and without this one there is no network or no NFS.",
    MODULES,
);
pub(in crate::check) static FORBIDDEN_MODULE: Rule = Rule::error(
    "initrd-module-forbidden",
    "The kernel refuses every module that module_blacklist= names, and without this one there is no network or no NFS.",
    PARAMETERS,
);
pub(in crate::check) static BLACKLISTED_MODULE: Rule = Rule::warning(
    "initrd-module-blacklisted",
    "What modprobe.blacklist= names is not loaded for a device, nor by systemd-modules-load, but by its name alone.",
    MODPROBE,
);
pub(in crate::check) static UNKNOWN_MODULES: Rule = Rule::note(
    "initrd-modules-unknown",
    "Without modules.builtin, what is not in the initrd may be in the kernel or nowhere.",
    MODPROBE,
);
pub(in crate::check) static OTHER_KERNEL: Rule = Rule::error(
    "initrd-other-kernel",
    "A kernel refuses modules that were made for another release of it.",
    MODULES,
);
pub(in crate::check) static IDLE_MODULES: Rule = Rule::warning(
    "initrd-idle-modules",
    "A kernel refuses modules that were made for another release of it; here it has built in what it boots with.",
    MODULES,
);
pub(in crate::check) static NO_MOUNT_HELPER: Rule = Rule::error(
    "initrd-no-mount-helper",
    "mount(8) leaves names and addresses to mount.nfs; without it the options have to give addr=.",
    NFS_5,
);
pub(in crate::check) static NO_NETWORK: Rule = Rule::error(
    "initrd-no-network",
    "networkd brings up what its .network files say, and without any of them nothing.",
    NETWORKD,
);
pub(in crate::check) static OTHER_ROOT: Rule = Rule::error(
    "initrd-other-root",
    "The root's place is written into the initrd; the board would mount another one.",
    FSTAB,
);
pub(in crate::check) static NO_STORE: Rule = Rule::error(
    "initrd-no-store",
    "The system is in the store, which a root in memory has not: stage 1 finds no init unless it mounts one there.",
    STORE_MOUNT,
);
pub(in crate::check) static OTHER_STORE: Rule = Rule::warning(
    "initrd-other-store",
    "The board starts what is in the store that stage 1 mounts, not what was copied into the image's root.",
    STORE_MOUNT,
);

pub(in crate::check) static RULES: &[&Rule] = &[
    &UNREADABLE,
    &JUNK,
    &NOT_INSPECTED,
    &COMPRESSION,
    &TOO_LARGE,
    &MEMORY,
    &SKIPPED,
    &NO_INIT,
    &NO_INTERPRETER,
    &MISSING_LIBRARY,
    &OTHER_MACHINE,
    &NO_PROGRAM,
    &NO_MODPROBE,
    &NO_ROOT,
    &WITHOUT_ROOT,
    &ROOT_TYPE,
    &ROOT_NOAUTO,
    &NO_MOUNTS,
    &EMPTY,
    &NO_EXECUTOR,
    &NO_STAGE_1,
    &NO_GENERATOR,
    &NO_NETWORKD,
    &NO_ADDRESS,
    &NO_DRIVER,
    &LATE_DRIVER,
    &NO_NFS,
    &NO_NFS_VERSION,
    &DEPENDENCY,
    &UNLISTED,
    &BROKEN_MODULE,
    &REFUSED_MODULE,
    &FORBIDDEN_MODULE,
    &BLACKLISTED_MODULE,
    &UNKNOWN_MODULES,
    &OTHER_KERNEL,
    &IDLE_MODULES,
    &NO_MOUNT_HELPER,
    &NO_NETWORK,
    &OTHER_ROOT,
    &NO_STORE,
    &OTHER_STORE,
];
