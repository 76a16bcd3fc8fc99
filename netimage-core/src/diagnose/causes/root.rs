//! From the start of the kernel to the root.

use crate::check::rules::rule::{error, rules, warning};

const IPCONFIG: &str = "https://github.com/torvalds/linux/blob/v6.12/net/ipv4/ipconfig.c";
const DO_MOUNTS: &str = "https://github.com/torvalds/linux/blob/v6.12/init/do_mounts.c";
const MAIN_C: &str = "https://github.com/torvalds/linux/blob/v6.12/init/main.c";
const NFSROOT: &str = "https://docs.kernel.org/admin-guide/nfs/nfsroot.html";
const NFS_5: &str = "https://man7.org/linux/man-pages/man5/nfs.5.html";
const EXPORTS_5: &str = "https://man7.org/linux/man-pages/man5/exports.5.html";
const VERSION_2: &str = "https://github.com/raspberrypi/linux/issues/2187";
const SILENT: &str = "https://github.com/raspberrypi/firmware/issues/249";
const KLIBC: &str = "https://github.com/raspberrypi/documentation/issues/3205";
const CLIENT_IDENTIFIER: &str = "https://docs.kernel.org/filesystems/nfs/client-identifier.html";
const NFS_MODULES: &str = "https://github.com/NixOS/nixpkgs/issues/492102";
const POWER: &str =
    "https://www.raspberrypi.com/documentation/computers/raspberry-pi.html#power-supply-warnings";
const STAGE_1: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/stage-1-init.sh";
const UNITS: &str = "https://man7.org/linux/man-pages/man7/bootup.7.html";
const INITRD: &str = "https://docs.kernel.org/admin-guide/initrd.html";
const PANIC: &str = "https://github.com/raspberrypi/firmware/issues/863";

rules! {
    "Kernel and root";

    INITRD_BROKEN = error("log-initrd-broken")
        .reason("The kernel cannot unpack its initial RAM disk: it came cut off, or is compressed in a way that the kernel does not know.")
        .remedy("Compare its size and check it with netimage-builder check; serve it anew.")
        .source(INITRD);
    NO_DRIVER = error("log-no-driver")
        .reason("The kernel found no network device, so that its driver is neither built in nor in the initial RAM disk.")
        .remedy("Put the driver of this board's Ethernet into the initial RAM disk: genet for a Pi 4, macb and rp1 for a Pi 5, smsc95xx or lan78xx for a Pi 3.")
        .source(IPCONFIG);
    NO_ADDRESS = error("log-no-address")
        .reason("The kernel or stage 1 asked for an address and nobody gave one.")
        .remedy("See whether the DHCP server answers the running system too, not only the boot loader, or give a static ip=.")
        .source(NFSROOT);
    NO_NFS = error("log-no-nfs")
        .reason("Whatever mounts the root cannot mount NFS: the module or mount.nfs is not there.")
        .remedy("Put nfs, nfsv3 or nfsv4 and mount.nfs into the initial RAM disk.")
        .source(NFS_MODULES);
    NO_ROOT = error("log-no-root")
        .reason("The kernel has no root: without an initial RAM disk it needs driver, NFS client and root on NFS built in.")
        .remedy("Boot with an initial RAM disk, or take a kernel with ROOT_NFS; check root= and nfsroot= on the command line.")
        .source(DO_MOUNTS);
    NFS_ROOT = error("log-nfs-root")
        .reason("The NFS client of the kernel could not mount the root: the server does not answer, refuses the board, or has no such path or version.")
        .remedy("Mount the path from another computer with the same version and transport, and see what the server says; nfsrootdebug on the command line tells what the kernel asks for.")
        .source(DO_MOUNTS);
    UNREACHABLE = error("log-nfs-unreachable")
        .reason("Nothing answers at the address of the NFS server.")
        .remedy("See whether the server runs, whether its address is right, and let TCP port 2049 (and 111 for version 3) through the firewall.")
        .source(NFS_5);
    SILENT_SERVER = error("log-nfs-silent")
        .reason("The NFS server answered, or never did, and now it does not.")
        .remedy("See whether it runs and whether the board's network stays up in stage 2; mount with proto=tcp.")
        .source(SILENT);
    NO_PATH = error("log-nfs-no-path")
        .reason("The server does not have the path, or not under this name: with version 4 it is counted from the export with fsid=0.")
        .remedy("Compare the path with what exportfs -v and showmount -e tell.")
        .source(EXPORTS_5);
    DENIED = error("log-nfs-denied")
        .reason("The server exports the path, and not to this address.")
        .remedy("Export it to the board's address, and run exportfs -ra.")
        .source(EXPORTS_5);
    VERSION = error("log-nfs-version")
        .reason("The server does not have the version or the transport that is asked for; without vers= a kernel may ask for version 2.")
        .remedy("Give vers=3 or vers=4.1, which the server has, and proto=tcp.")
        .source(VERSION_2);
    OPTION = error("log-nfs-option")
        .reason("Whatever mounts the root does not know an option; klibc's nfsmount knows few.")
        .remedy("Remove the option, or take an initial RAM disk with mount.nfs.")
        .source(KLIBC);
    LOCKS = error("log-nfs-locks")
        .reason("Version 3 of NFS locks files by rpc.statd, which stage 1 does not have; mount.nfs then gives up.")
        .remedy("Mount with nolock, or by version 4.")
        .source(NFS_5);
    GRACE = warning("log-nfs-grace")
        .reason("After its start an NFS 4 server gives the clients of before 90 seconds to come back, and makes others wait.")
        .remedy("Wait; nfsdcld on the server shortens it.")
        .source(NFS_5);
    CLIENT_NAME = error("log-nfs-client-name")
        .reason("Two boards call themselves by one name, and the server takes each for a restart of the other.")
        .remedy("Give each board an nfs.nfs4_unique_id= or a host name of its own.")
        .source(CLIENT_IDENTIFIER);
    STALE = error("log-nfs-stale")
        .reason("The server has put another directory in the place of the one that the board had mounted.")
        .remedy("Boot the board again, and change exported directories in place.")
        .source(NFS_5);
    DEVICE = error("log-root-device")
        .reason("Stage 1 waits for a device that does not come, where the root should come from the network.")
        .remedy("See which device root= and the fstab name; for a root on NFS none must be waited for.")
        .source(NFSROOT);
    NO_INIT = error("log-no-init")
        .reason("The root is mounted, and has no init where the command line says.")
        .remedy("See whether the root is the right one and whole, and whether init= names a path in it.")
        .source(MAIN_C);
    ARCHITECTURE = error("log-architecture")
        .reason("A program of the root is for another kind of processor than the kernel runs on.")
        .remedy("Take a 64-bit kernel (arm_64bit=1) for a 64-bit root, and the other way round.")
        .source(MAIN_C);
    STAGE_1_FAILED = error("log-stage-1")
        .reason("Stage 1 gave up, and the log does not say why.")
        .remedy("Add boot.shell_on_fail or rd.systemd.debug_shell to the command line, and look there.")
        .source(STAGE_1);
    STAGE_1_WAITS = error("log-stage-1-waits")
        .reason("The log ends where systemd in stage 1 waits for a unit, and it has no root yet.")
        .remedy("Wait for what the line says of its limit; a network unit waits for an address, sysroot.mount for the NFS server.")
        .source(UNITS);
    PANICKED = error("log-panic")
        .reason("The kernel gave up; the line says why as far as it knows.")
        .remedy("Look at the lines before it.")
        .source(PANIC);
    VOLTAGE = warning("log-under-voltage")
        .reason("With too low a voltage a board does whatever it likes.")
        .remedy("Take the power supply of this model, and a short cable.")
        .source(POWER);
}
