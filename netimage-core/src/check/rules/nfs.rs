//! What can be said of an NFS root.

use super::rule::{error, note, rules, warning};

const NFS_5: &str = "https://man7.org/linux/man-pages/man5/nfs.5.html";
const EXPORTS_5: &str = "https://man7.org/linux/man-pages/man5/exports.5.html";
const NFSROOT: &str = "https://docs.kernel.org/admin-guide/nfs/nfsroot.html";
const FS_CONTEXT: &str = "https://github.com/torvalds/linux/blob/v6.12/fs/nfs/fs_context.c";
const NFSROOT_C: &str = "https://github.com/torvalds/linux/blob/v6.12/fs/nfs/nfsroot.c";
const CLIENT_IDENTIFIER: &str = "https://docs.kernel.org/filesystems/nfs/client-identifier.html";
const MOUNT_8: &str = "https://man7.org/linux/man-pages/man8/mount.8.html";
const KLIBC: &str = "https://github.com/raspberrypi/documentation/issues/3205";
const GSSD: &str = "https://man7.org/linux/man-pages/man8/rpc.gssd.8.html";
const TLSHD: &str = "https://docs.kernel.org/networking/tls-handshake.html";
const IPV6_SCOPES: &str = "https://www.rfc-editor.org/rfc/rfc4007";
const UDP: &str = "https://cateee.net/lkddb/web-lkddb/NFS_DISABLE_UDP_SUPPORT.html";
const STAGE_2: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/stage-2-init.sh";

rules! {
    "NFS";

    INVALID = error("nfs-invalid")
        .reason("A root whose server, path or options cannot be read, or contradict each other, is not mounted.")
        .remedy("Write it as SERVER:/PATH,OPTIONS.")
        .source(NFS_5);
    SERVER_NAME = error("nfs-server-name")
        .reason("Without mount.nfs nothing in stage 1 resolves names, and the kernel needs the server's address.")
        .remedy("Give the server's address, or addr= among the options.")
        .source(NFS_5);
    SERVER_ADDRESS = error("nfs-server-address")
        .or_warning("the address is the board itself, and something in the initrd may forward it")
        .reason("A board cannot reach a server by its own address, by a multicast or broadcast address, or by one that is valid on one link only.")
        .remedy("Give the server's own address.")
        .source(IPV6_SCOPES);
    OPTION_UNKNOWN = warning("nfs-option-unknown")
        .reason("The kernel refuses a mount with an option that it does not know.")
        .remedy("Correct or remove the option.")
        .source(FS_CONTEXT);
    KERBEROS = warning("nfs-kerberos")
        .reason("The kernel gets Kerberos keys from rpc.gssd, which NixOS's stage 1 does not run by itself.")
        .remedy("Have the initrd start rpc.gssd with a key, or give sec=sys.")
        .source(GSSD);
    VERSION_DEFAULT = warning("nfs-version-default")
        .reason("Without vers= a kernel that mounts its root asks for version 2, 3 or 4.0, whichever it was built with first.")
        .remedy("Add vers=4.1, or the server's version.")
        .source(NFSROOT_C);
    KERNEL_MOUNT = error("nfs-kernel-mount")
        .reason("A kernel that mounts its root itself knows IPv4 only and takes few options.")
        .remedy("Write nfsroot=ADDRESS:/PATH with few options, or boot with an initrd.")
        .source(NFSROOT);
    KLIBC_MOUNT = error("nfs-klibc-mount")
        .reason("klibc's nfsmount, which the initrds of initramfs-tools and mkinitcpio use, takes versions 2 and 3, IPv4 addresses and few options.")
        .remedy("Write nfsroot=ADDRESS:/PATH,vers=3.")
        .source(KLIBC);
    TRANSPORT = error("nfs-transport")
        .reason("Kernels since 5.6 are built without NFS over UDP, which version 4 never had, and no Raspberry Pi has a network adapter for RDMA.")
        .remedy("Give proto=tcp.")
        .source(UDP);
    NO_TLS = error("nfs-no-tls")
        .reason("Linux knows xprtsec= since 6.5 and leaves the handshake to tlshd; the mount fails without it.")
        .remedy("Take a newer kernel, and have the initrd start tlshd before it mounts the root.")
        .source(TLSHD);
    SOFT = warning("nfs-soft")
        .reason("When the server is away for a while, a soft mount returns errors to programs, which a root does not survive.")
        .remedy("Give hard.")
        .source(NFS_5);
    LOCKS = warning("nfs-locks")
        .reason("Locks of NFS version 3 need rpc.statd, which no stage 1 runs, so the mount fails or hangs.")
        .remedy("Give nolock.")
        .source(NFS_5);
    READ_ONLY = warning("nfs-read-only")
        .reason("NixOS writes to /etc and /var when it starts, which fails on a read-only root without an overlay.")
        .remedy("Mount the root rw, or put an overlay over it.")
        .source(STAGE_2);
    NOEXEC = warning("nfs-noexec")
        .reason("The kernel starts no program, not even init, from a file system that is mounted with noexec.")
        .remedy("Remove noexec.")
        .source(MOUNT_8);
    CLIENT_NAME = warning("nfs-client-name")
        .reason("Linux names its NFS 4 client after the host; if two machines have the same name, the server takes each for a restart of the other and keeps throwing both out.")
        .remedy("Have stage 1 write the MAC address to /sys/module/nfs/parameters/nfs4_unique_id, or give each machine an nfs.nfs4_unique_id= of its own on the command line.")
        .source(CLIENT_IDENTIFIER);
    OPEN = note("nfs-open")
        .reason("An export to an address trusts whoever has it: with no_root_squash anyone who can take an address of the network becomes root in the board's files.")
        .remedy("Export it to the board's own address only, on a network that you trust.")
        .source(EXPORTS_5);
}
