//! What can be said of an NFS root.

use super::rule::Rule;

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
const RDMA_RST: &str = "https://docs.kernel.org/admin-guide/nfs/nfs-rdma.html";
const IPV6_SCOPES: &str = "https://www.rfc-editor.org/rfc/rfc4007";
const UDP: &str = "https://cateee.net/lkddb/web-lkddb/NFS_DISABLE_UDP_SUPPORT.html";
const STAGE_2: &str =
    "https://github.com/NixOS/nixpkgs/blob/nixos-24.05/nixos/modules/system/boot/stage-2-init.sh";

pub(in crate::check) static INVALID: Rule = Rule::error(
    "nfs-invalid",
    "A root whose server, path or options cannot be read, or contradict each other, is not mounted.",
    NFS_5,
);
pub(in crate::check) static SERVER_NAME: Rule = Rule::error(
    "nfs-server-name",
    "Without mount.nfs nothing in stage 1 resolves names; the kernel wants the server's address.",
    NFS_5,
);
pub(in crate::check) static KERNEL_MOUNT: Rule = Rule::error(
    "nfs-kernel-mount",
    "A kernel that mounts its root itself knows IPv4 only and takes few options.",
    NFSROOT,
);
pub(in crate::check) static KLIBC_MOUNT: Rule = Rule::error(
    "nfs-klibc-mount",
    "klibc's nfsmount, with which initrds of initramfs-tools and mkinitcpio mount, takes versions 2 and 3, IPv4 addresses and few options.",
    KLIBC,
);
pub(in crate::check) static SERVER_ADDRESS: Rule = Rule::error(
    "nfs-server-address",
    "The board cannot reach a server by an address that is its own, that is none machine's, or that needs a link to be named.",
    IPV6_SCOPES,
);
pub(in crate::check) static SERVER_ITSELF: Rule = Rule::warning(
    "nfs-server-itself",
    "On the board its loopback address is the board, so that something in the initrd has to forward it.",
    NFS_5,
);
pub(in crate::check) static OPTION_UNKNOWN: Rule = Rule::warning(
    "nfs-option-unknown",
    "The kernel refuses a mount with an option that it does not know.",
    FS_CONTEXT,
);
pub(in crate::check) static KERBEROS: Rule = Rule::warning(
    "nfs-kerberos",
    "The kernel asks rpc.gssd for the keys of Kerberos, and NixOS's stage 1 does not run it by itself.",
    GSSD,
);
pub(in crate::check) static VERSION_DEFAULT: Rule = Rule::warning(
    "nfs-version-default",
    "Without vers= a kernel that mounts its root asks for version 2, 3 or 4.0, whichever it was built with first.",
    NFSROOT_C,
);
pub(in crate::check) static UDP_ROOT: Rule = Rule::error(
    "nfs-udp",
    "NFS version 4 has no UDP, and kernels since 5.6 leave it out of version 3.",
    UDP,
);
pub(in crate::check) static NO_TLS: Rule = Rule::error(
    "nfs-no-tls",
    "Linux knows xprtsec= since 6.5 and has tlshd shake hands; the mount fails if that does not come about.",
    TLSHD,
);
pub(in crate::check) static NO_RDMA: Rule = Rule::error(
    "nfs-no-rdma",
    "NFS over RDMA is a module of the kernel, and the mount fails without it.",
    RDMA_RST,
);
pub(in crate::check) static RDMA: Rule = Rule::warning(
    "nfs-rdma",
    "NFS over RDMA takes a network adapter for it, which no Raspberry Pi has, or a stand-in that stage 1 sets up.",
    RDMA_RST,
);
pub(in crate::check) static SOFT: Rule = Rule::warning(
    "nfs-soft",
    "When the server is away for a while, a soft mount gives errors to programs, and a root does not survive that.",
    NFS_5,
);
pub(in crate::check) static LOCKS: Rule = Rule::warning(
    "nfs-locks",
    "Locks of NFS version 3 need rpc.statd, which no stage 1 runs, so that the mount fails or waits.",
    NFS_5,
);
pub(in crate::check) static READ_ONLY: Rule = Rule::warning(
    "nfs-read-only",
    "NixOS writes to /etc and /var when it starts, which a read-only root without an overlay refuses.",
    STAGE_2,
);
pub(in crate::check) static NOEXEC: Rule = Rule::warning(
    "nfs-noexec",
    "The kernel starts no program from a file system that is mounted with noexec, init among them.",
    MOUNT_8,
);
pub(in crate::check) static CLIENT_NAME: Rule = Rule::warning(
    "nfs-client-name",
    "Linux calls its client of NFS version 4 after its host name; of two machines of one name a server takes each for a restart of the other, and throws both out over and over.",
    CLIENT_IDENTIFIER,
);
pub(in crate::check) static CLIENT_NAME_FIXED: Rule = Rule::note(
    "nfs-client-name-fixed",
    "Machines that boot with one command line and initrd have the one name to the server that is written there.",
    CLIENT_IDENTIFIER,
);
pub(in crate::check) static OPEN: Rule = Rule::note(
    "nfs-open",
    "An export to an address trusts whoever has it: with no_root_squash anyone who can take an address of the network becomes root in the board's files.",
    EXPORTS_5,
);

pub(in crate::check) static RULES: &[&Rule] = &[
    &INVALID,
    &SERVER_NAME,
    &SERVER_ADDRESS,
    &SERVER_ITSELF,
    &OPTION_UNKNOWN,
    &KERBEROS,
    &VERSION_DEFAULT,
    &KERNEL_MOUNT,
    &KLIBC_MOUNT,
    &UDP_ROOT,
    &NO_TLS,
    &NO_RDMA,
    &RDMA,
    &SOFT,
    &LOCKS,
    &READ_ONLY,
    &NOEXEC,
    &CLIENT_NAME,
    &CLIENT_NAME_FIXED,
    &OPEN,
];
