//! What can be said of an initrd.

use super::rule::{error, note, rules, warning};

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
const STAGE_1: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/stage-1-init.sh";
const MODPROBE_PATH: &str = "https://docs.kernel.org/admin-guide/sysctl/kernel.html#modprobe";
const FSTAB_GENERATOR: &str =
    "https://man7.org/linux/man-pages/man8/systemd-fstab-generator.8.html";
const FSTAB: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/tasks/filesystems.nix";
const STORE_MOUNT: &str = "https://github.com/NixOS/nixpkgs/issues/95105";

rules! {
    "Initrd";

    UNREADABLE = error("initrd-unreadable")
        .reason("The kernel stops unpacking where the initrd is broken, and panics without an init.")
        .remedy("Make the initrd again.")
        .source(BUFFER_FORMAT);
    JUNK = warning("initrd-junk")
        .reason("The kernel keeps the archives before it, complains about what follows, and reads no further.")
        .remedy("Leave it out, or make the initrd again.")
        .source(BUFFER_FORMAT);
    NOT_INSPECTED = warning("initrd-not-inspected")
        .reason("Linux may be able to read the whole initrd, but this check stopped before its end.")
        .remedy("Check the rest of the contents by hand.")
        .source(BUFFER_FORMAT);
    COMPRESSION = error("initrd-compression")
        .reason("Compressors can write variants that the kernel cannot unpack.")
        .remedy("Compress the initrd as the kernel's own build does.")
        .source(INITRAMFS);
    TOO_LARGE = error("initrd-too-large")
        .or_warning("some of the boards have enough memory")
        .reason("Everything that an initrd unpacks to stays in memory.")
        .remedy("Leave out what the initrd does not need.")
        .source(MEMORY_SIZES);
    SKIPPED = warning("initrd-skipped")
        .reason("The kernel skips a file whose directory does not come before it.")
        .remedy("Put directories before what is in them.")
        .source(INITRAMFS);
    NO_INIT = error("initrd-no-init")
        .reason("The kernel starts /init, or what rdinit= names, with the program that a script names in its first line or the loader and the libraries that an ELF program needs; without it the kernel ignores the initrd, cannot mount a root and panics.")
        .remedy("Make an initrd with a working init and all that it needs.")
        .source(EARLY_USERSPACE);
    OTHER_MACHINE = error("initrd-other-machine")
        .reason("A kernel runs programs for its own architecture only, and panics if it cannot run init.")
        .remedy("Make the initrd with programs for the kernel's architecture.")
        .source(EXECVE);
    NO_PROGRAM = error("initrd-no-program")
        .reason("Stage 1 runs other programs to mount the root and switch to it.")
        .remedy("Add the program to the initrd.")
        .source(STAGE_1);
    NO_MODPROBE = warning("initrd-no-modprobe")
        .reason("The kernel runs modprobe to load modules, such as that of an NFS version.")
        .remedy("Add kmod and its modprobe to the initrd.")
        .source(MODPROBE_PATH);
    NO_ROOT = error("initrd-no-root")
        .or_warning("something else in the initrd may mount a root")
        .reason("Stage 1 mounts what its fstab, its list of mounts, a unit or root= names, and finds no system if none of them does.")
        .remedy("Name the root in one of them, as fileSystems.\"/\" does in NixOS, and make the initrd again.")
        .source(FSTAB_GENERATOR);
    NO_MOUNTS = error("initrd-no-mounts")
        .reason("NixOS's script reads what to mount from a file, and ends if it cannot open that file.")
        .remedy("Make the initrd again.")
        .source(STAGE_1);
    EMPTY = warning("initrd-empty")
        .reason("An empty initrd does nothing; mostly it is a copy that was not finished.")
        .remedy("Copy the initrd again.")
        .source(BUFFER_FORMAT);
    NO_STAGE_1 = error("initrd-no-stage-1")
        .reason("systemd acts as stage 1 only if there is /etc/initrd-release, starts initrd.target, since version 255 by systemd-executor, and has the root mounted by a unit, which systemd-fstab-generator makes.")
        .remedy("Make the initrd again with the missing file.")
        .source(BOOTUP);
    NO_NETWORKD = error("initrd-no-networkd")
        .or_note("a unit runs a program that may ask for an address")
        .reason("systemd brings up the network only with networkd, which a unit has to start; the kernel does so for ip=, but only with built-in drivers.")
        .remedy("Set boot.initrd.network.enable = true in NixOS, or add systemd-networkd and a link to its unit in etc/systemd/system/initrd.target.wants.")
        .source(NETWORKD);
    NO_ADDRESS = error("initrd-no-address")
        .or_note("a unit runs a program that may ask for an address")
        .reason("networkd brings up only what its .network files match, each interface with the first that does.")
        .remedy("Write a .network file, in NixOS by boot.initrd.systemd.network.networks, with Name=en* eth* in [Match] and DHCP=yes, or an address, in [Network].")
        .source(NETWORK_5);
    NO_DRIVER = error("initrd-no-network-driver")
        .reason("The root is reached over the board's Ethernet, which needs its driver and those of its buses, clocks, resets and interrupts.")
        .remedy("Add the modules to the initrd, or take a kernel with the drivers built in.")
        .source(EARLY_USERSPACE);
    LATE_DRIVER = warning("initrd-late-network-driver")
        .reason("The kernel waits ten seconds for the drivers of the devices that the Ethernet depends on before it tries the Ethernet's own.")
        .remedy("Add the modules to the initrd.")
        .source(PARAMETERS);
    NO_NFS = error("initrd-no-nfs")
        .reason("Without the NFS client the kernel does not know the root's file system.")
        .remedy("Add the module nfs to the initrd.")
        .source(NFS_MODULES);
    NO_NFS_VERSION = error("initrd-no-nfs-version")
        .reason("Each NFS version has a module of its own, and supportedFilesystems adds none of them to the initrd.")
        .remedy("Add the module of the version to the initrd.")
        .source(NFS_MODULES);
    DEPENDENCY = error("initrd-module-dependency")
        .reason("A module is loaded only after everything that it depends on.")
        .remedy("Add the missing modules to the initrd.")
        .source(MODPROBE);
    UNLISTED = error("initrd-module-unlisted")
        .reason("modprobe finds modules by modules.dep, not by their files.")
        .remedy("Run depmod when the initrd is made.")
        .source(MODPROBE);
    BROKEN_MODULE = error("initrd-module-broken")
        .or_warning("the boot does not need the module")
        .reason("The kernel refuses a module whose file is empty, damaged, or for another machine or build.")
        .remedy("Make the initrd again, with all modules from one build.")
        .source(MODULES);
    BLACKLISTED_MODULE = error("initrd-module-blacklisted")
        .or_warning("only modprobe.blacklist= names it, so that it can still be loaded by its name")
        .reason("The kernel refuses every module that module_blacklist= names, and the boot needs this one.")
        .remedy("Remove the module from the list.")
        .source(PARAMETERS);
    UNKNOWN_MODULES = note("initrd-modules-unknown")
        .reason("Without modules.builtin it is not known whether a module that is not in the initrd is built into the kernel.")
        .remedy("Add the modules.builtin of the kernel's build to the initrd or the root.")
        .source(MODPROBE);
    OTHER_KERNEL = error("initrd-other-kernel")
        .or_warning("the kernel has everything that it boots with built in")
        .reason("A kernel refuses modules that were made for another release.")
        .remedy("Take kernel and initrd from one system.")
        .source(MODULES);
    NO_MOUNT_HELPER = error("initrd-no-mount-helper")
        .reason("mount(8) leaves names and addresses to mount.nfs; without it the mount options have to give addr=.")
        .remedy("Give addr=, with the server's address, among the mount options.")
        .source(NFS_5);
    OTHER_ROOT = error("initrd-other-root")
        .reason("The initrd says where its root is, and the board would not mount the image's.")
        .remedy("Leave fileSystems.\"/\" to netImage.nfs in NixOS, or name the image's NFS root in the initrd's fstab.")
        .source(FSTAB);
    NO_STORE = error("initrd-no-store")
        .reason("A root in memory has no store; stage 1 finds no init unless it mounts one there.")
        .remedy("Leave fileSystems.\"/\" to netImage.nfs in NixOS, or mount the nix directory of the NFS root as /nix.")
        .source(STORE_MOUNT);
}
