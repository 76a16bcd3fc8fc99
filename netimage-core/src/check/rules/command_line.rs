//! What can be said of a command line.

use super::rule::{error, rules, warning};

const PARAMETERS: &str = "https://docs.kernel.org/admin-guide/kernel-parameters.html";
const NFSROOT: &str = "https://docs.kernel.org/admin-guide/nfs/nfsroot.html";
const CMDLINE_TXT: &str = "https://www.raspberrypi.com/documentation/computers/configuration.html#kernel-command-line-cmdline-txt";
const NIXOS_SYSTEMD: &str = "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/systemd/initrd.nix";
const NIXOS_STAGE_1: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/stage-1-init.sh";
const NETWORK_GENERATOR: &str = "https://www.freedesktop.org/software/systemd/man/latest/systemd-network-generator.service.html";
const SYSTEMD_PARAMETERS: &str =
    "https://www.freedesktop.org/software/systemd/man/latest/kernel-command-line.html";
const DEBUG_GENERATOR: &str =
    "https://www.freedesktop.org/software/systemd/man/latest/systemd-debug-generator.html";
const FIRST_INIT: &str = "https://github.com/raspberrypi/documentation/pull/1045";

rules! {
    "Command line";

    CARRIAGE_RETURN = error("command-line-carriage-return")
        .reason("The kernel reads a carriage return as part of the last parameter, which changes its meaning.")
        .remedy("Save the file with Unix line endings.")
        .source(CMDLINE_TXT);
    SEVERAL_LINES = error("command-line-several-lines")
        .reason("The command line is one line; parameters on further lines are not read.")
        .remedy("Put all parameters on one line.")
        .source(CMDLINE_TXT);
    NOT_TEXT = error("command-line-not-text")
        .reason("Control characters and unclosed quotes make the kernel split the parameters in unexpected places.")
        .remedy("Remove the control characters and close every quote.")
        .source(PARAMETERS);
    TOO_LONG = error("command-line-too-long")
        .reason("The firmware adds parameters of its own, and everything after 1024 bytes is cut off.")
        .remedy("Remove parameters that are not needed.")
        .source(CMDLINE_TXT);
    DUPLICATE = warning("command-line-duplicate")
        .reason("Only the last value of such a parameter counts, and programs disagree about which one is the last.")
        .remedy("Keep one of them.")
        .source(PARAMETERS);
    CONTRADICTION = warning("command-line-contradiction")
        .reason("Two parameters ask for opposite things, and which one wins depends on the stage that reads them.")
        .remedy("Keep one of the two.")
        .source(PARAMETERS);
    NO_INIT = error("command-line-no-init")
        .reason("A NixOS root has no /init, so without init= stage 1 does not know which system to start.")
        .remedy("Give init= with the init of the toplevel.")
        .source(NIXOS_STAGE_1);
    INIT_MISSING = error("command-line-init-missing")
        .reason("Stage 1 ends by starting what init= names, and the kernel panics if that is not in the root.")
        .remedy("Copy the whole closure of the toplevel, or correct init=.")
        .source(NIXOS_STAGE_1);
    INIT_WRAPPER = error("command-line-init-wrapper")
        .reason("NixOS's systemd stage 1 activates only an init= that is in a toplevel; it refuses a wrapper like /sbin/init.")
        .remedy("Give init= with the init of the toplevel.")
        .source(NIXOS_SYSTEMD);
    OTHER_TOPLEVEL = error("command-line-other-toplevel")
        .reason("The board would not start the system that the image was made for.")
        .remedy("Give init= with the init of the image's toplevel.")
        .source(NIXOS_STAGE_1);
    ROOT = error("command-line-root")
        .reason("root= has to suit what mounts the root: fstab for systemd, /dev/nfs for the kernel.")
        .remedy("Give root=fstab with NixOS's initrd, or root=/dev/nfs without an initrd.")
        .source(NIXOS_SYSTEMD);
    OTHER_NFS_ROOT = error("command-line-other-nfs-root")
        .reason("The board would not mount the root that the image was made for.")
        .remedy("Make nfsroot= and the image agree.")
        .source(NFSROOT);
    NO_ADDRESS = error("command-line-no-address")
        .reason("A kernel that mounts its root itself asks for an address only if ip= says so.")
        .remedy("Give ip=dhcp.")
        .source(NFSROOT);
    ADDRESS_UNKNOWN = warning("command-line-address-unknown")
        .reason("The kernel skips a part of ip= that is not an address, and may not get the address you meant.")
        .remedy("Correct ip=.")
        .source(NFSROOT);
    ADDRESS_OFF = warning("command-line-address-off")
        .reason("systemd turns ip= into a .network file whose name sorts before that of the initrd's own.")
        .remedy("Remove ip=.")
        .source(NETWORK_GENERATOR);
    READ_ONLY = warning("command-line-read-only")
        .reason("Without rw a kernel mounts its root read-only, and the system has to remount it before it can write.")
        .remedy("Give rw, or ro if that is meant.")
        .source(PARAMETERS);
    OTHER_ROOT = warning("command-line-other-root")
        .reason("An initrd that follows root= mounts the disk instead of the NFS root, if there is such a disk.")
        .remedy("Remove root=, or name the NFS root with it.")
        .source(NFSROOT);
    DEBUGGING = warning("command-line-debugging")
        .reason("Leftovers of debugging open a root shell without a password, stop the boot or flood the console.")
        .remedy("Remove the parameter.")
        .source(SYSTEMD_PARAMETERS);
    FIRST_BOOT = warning("command-line-first-boot")
        .reason("Such a program resizes the partitions of a card or runs a script once, and then restarts the board; over a network there is no card, or every boot runs the script.")
        .remedy("Remove the parameter, and systemd.run_success_action= and systemd.unit= beside systemd.run=.")
        .source(FIRST_INIT);
    INIT_ARGUMENTS = warning("command-line-init-arguments")
        .reason("The kernel passes everything after -- to init and reads no parameters there.")
        .remedy("Put the kernel's parameters before --.")
        .source(PARAMETERS);
    MEMORY = warning("command-line-memory")
        .reason("The kernel uses no memory beyond mem=, and has to fit into it together with the unpacked initrd.")
        .remedy("Remove mem=.")
        .source(PARAMETERS);
    MASKED = error("command-line-masked-unit")
        .reason("In stage 1 systemd does not start a unit that rd.systemd.mask= names, nor what depends on it.")
        .remedy("Remove the unit from rd.systemd.mask=.")
        .source(DEBUG_GENERATOR);
}
