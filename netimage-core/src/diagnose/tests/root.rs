//! From the start of the kernel to the root.

use super::{board, hold};

const CASES: &[(&str, &str, &[&str])] = &[
    (
        "Linux, init/main.c: without a root it goes on to look for an init",
        "[    5.0] IP-Config: Complete:\n[  102.1] VFS: Unable to mount root fs via NFS.\n[  102.2] devtmpfs: mounted\n[  102.3] Run /sbin/init as init process\n[  102.4] Kernel panic - not syncing: No working init found.\n",
        &["log-nfs-root"],
    ),
    (
        "RPi-Distro/raspi-config#117, an init that is there",
        "[    2.1] Kernel panic - not syncing: Requested init /usr/lib/raspi-config/init_resize.sh failed (error -13).\n",
        &["log-no-init"],
    ),
    (
        "klibc's ipconfig and nfsmount, whose first try had no answer",
        "IP-Config: no response after 2 secs - giving up\nIP-Config: eth0 complete (dhcp from 192.0.2.1):\nNFS over TCP not available from 192.0.2.1\n",
        &["log-nfs-unreachable"],
    ),
    (
        "dracut, modules.d/98dracut-systemd",
        "[  140.1] dracut-initqueue[300]: Warning: dracut-initqueue timeout - starting timeout scripts\n",
        &["log-stage-1"],
    ),
    (
        "kernelci/kernelci-core#1532, initramfs-tools without a driver",
        "ipconfig: no devices to configure\n",
        &["log-no-driver"],
    ),
    (
        "Linux, net/ipv4/ipconfig.c",
        "[   14.1] IP-Config: No network devices available\n[   14.2] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,255)\n",
        &["log-no-driver"],
    ),
    (
        "Linux, net/ipv4/ipconfig.c, no server for the kernel",
        "[   99.1] IP-Config: Auto-configuration of network failed\n",
        &["log-no-address"],
    ),
    (
        "raspberrypi/firmware#1642",
        "[    5.1] VFS: Cannot open root device \"nfs\" or unknown-block(0,255): error -6\n[    5.2] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,255)\n",
        &["log-no-root"],
    ),
    (
        "raspberrypi/firmware#863",
        "[    5.0] IP-Config: Complete:\n[  102.1] VFS: Unable to mount root fs via NFS, trying floppy.\n[  102.2] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(2,0)\n",
        &["log-nfs-root"],
    ),
    (
        "raspberrypi/linux#2187",
        "[    5.0] IP-Config: Complete:\n[    9.1] Root-NFS: Server returned error -93 while mounting /srv/pi\n",
        &["log-nfs-version"],
    ),
    (
        "raspberrypi/firmware#249",
        "[    5.0] IP-Config: Complete:\n[   54.3] nfs: server 192.0.2.10 not responding, still trying\n",
        &["log-nfs-silent"],
    ),
    (
        "nfs-utils, utils/mount: nobody at the address",
        "mount.nfs: Connection refused\n",
        &["log-nfs-unreachable"],
    ),
    (
        "nfs-utils, utils/mount: an export of another name",
        "mount.nfs: mounting 192.0.2.1:/srv/pj failed, reason given by server: No such file or directory\n",
        &["log-nfs-no-path"],
    ),
    (
        "nfs-utils, utils/mount: an export to another address",
        "mount.nfs: access denied by server while mounting 192.0.2.1:/srv/pi\n",
        &["log-nfs-denied"],
    ),
    (
        "discourse.nixos.org/t/8556, NixOS' scripted stage 1",
        "udhcpc: sending discover\nudhcpc: no lease, failing\nmount: mounting 192.0.2.1:/srv/pi on /mnt-root/ failed: Network is unreachable\nAn error occurred in stage 1 of the boot process, which must mount the\n",
        &["log-no-address"],
    ),
    (
        "raspberrypi/firmware#1540, another command line than the served one",
        "[    4.1] Waiting for root device /dev/mmcblk0p2...\n",
        &["log-root-device"],
    ),
    (
        "raspberrypi/bookworm-feedback#93, klibc's words",
        "nfsmount: bad option 'proto'\n",
        &["log-nfs-option"],
    ),
    (
        "raspberrypi/firmware#1292, its comment of 2019-11-27",
        "MESS:00:00:12.630625:0: Failed to load Device Tree file '?'\n",
        &["log-no-device-tree"],
    ),
    (
        "debian-pi/raspbian-ua-netinst#212, raspberrypi/documentation#3205",
        "nfsmount: bad option 'vers'\n",
        &["log-nfs-option"],
    ),
    (
        "Tech-Byte-Tips/RPi-PXE#12, nfs-utils' words",
        "mount.nfs: an incorrect mount option was specified\n",
        &["log-nfs-option"],
    ),
    (
        "Linux, fs/nfs/nfs4proc.c: a server that has just started",
        "[   20.1] NFS: nfs4_reclaim_open_state: unhandled error NFS4ERR_GRACE\n",
        &["log-nfs-grace"],
    ),
    (
        "Linux, Documentation/filesystems/nfs/client-identifier.rst",
        "[   20.1] NFS: Server 192.0.2.1 reports our clientid is in use\n",
        &["log-nfs-client-name"],
    ),
    (
        "Linux, fs/nfs: a directory that was exchanged",
        "[   20.1] ls: cannot access '/': Stale file handle\n",
        &["log-nfs-stale"],
    ),
    (
        "NixOS/nixpkgs#492102",
        "mount: mounting 192.0.2.1:/srv/pi on /mnt-root failed\nmodprobe: FATAL: Module nfsv4 not found in directory /lib/modules/6.12\nAn error occurred in stage 1 of the boot process, which must mount the\n",
        &["log-no-nfs"],
    ),
    (
        "systemd: a disk in the fstab of the root",
        "[  *** ] Job x\n[ TIME ] Timed out waiting for device /dev/disk/by-partuuid/1-1.\nYou are in emergency mode.\n",
        &["log-root-device"],
    ),
    (
        "Linux, init/main.c",
        "[    9.1] VFS: Mounted root (nfs filesystem) on device 0:19.\n[    9.3] Kernel panic - not syncing: No working init found.  Try passing init= option to kernel.\n",
        &["log-no-init"],
    ),
    (
        "NixOS/nixpkgs, stage-1-init.sh",
        "stage 2 init script (/mnt-root/nix/store/x/init) not found\nAn error occurred in stage 1 of the boot process, which must mount the\n",
        &["log-no-init"],
    ),
    (
        "Linux, init/main.c: a 64-bit root and a 32-bit kernel",
        "[    9.1] Starting init: /sbin/init exists but couldn't execute it (error -8)\n",
        &["log-architecture"],
    ),
    (
        "NixOS/nixpkgs, stage-1-init.sh, without a reason",
        "An error occurred in stage 1 of the boot process, which must mount the\n",
        &["log-stage-1"],
    ),
    (
        "Linux, init/initramfs.c: an initrd that was cut off",
        "[    1.1] Initramfs unpacking failed: ZSTD-compressed data is corrupt\n[    5.2] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)\n",
        &["log-initrd-broken"],
    ),
    (
        "raspberrypi/firmware#1420, a kernel that crashes",
        "[    1.2] Kernel panic - not syncing: Asynchronous SError Interrupt\n",
        &["log-panic"],
    ),
    (
        "coreos/bugs#575, xbianonpi/xbian#398",
        "mount.nfs: rpc.statd is not running but is required for remote locking.\nmount.nfs: Either use '-o nolock' to keep locks local, or start statd.\nmount.nfs: an incorrect mount option was specified\n",
        &["log-nfs-locks"],
    ),
    (
        "winnfsd/winnfsd#89, a server without version 4",
        "mount.nfs: Protocol family not supported\n",
        &["log-nfs-version"],
    ),
    (
        "osism/testbed#653, systemd's words on a narrow console",
        "[   ***] A start job is running for Wait for?e Configured (1min 59s / no limit)\n",
        &["log-stage-1-waits"],
    ),
    (
        "systemd/systemd#41220",
        "[   ***] (1 of 2) Job systemd-networkd-wait-\u{2026}start running (6min 3s / 7min 32s)\n",
        &["log-stage-1-waits"],
    ),
    (
        "systemd since release 254, a mount that fails",
        "[\u{1b}[0;1;31mFAILED\u{1b}[0m] Failed to mount \u{1b}[0;1;39msysroot.mount\u{1b}[0m - /sysroot.\n[DEPEND] Dependency failed for initrd-root\u{2026}get - Initrd Root File System.\n",
        &["log-stage-1"],
    ),
    (
        "systemd since release 254, no address in stage 1",
        "[FAILED] Failed to start systemd-networkd-wait\u{2026} Wait for Network to be Configured.\n",
        &["log-no-address"],
    ),
    (
        "systemd/systemd#28881: in stage 2 units may wait and fail",
        "[  OK  ] Reached target initrd-root\u{2026}get - Initrd Root File System.\n[   ***] A start job is running for x.service (9s / 1min 30s)\n[FAILED] Failed to start Wait for Network to be Configured.\n",
        &[],
    ),
    (
        "systemd/systemd#21967, a server that is lost after all is up",
        "[  OK  ] Reached target multi-user.target - Multi-User System.\n[   99.1] nfs: server 192.0.2.1 not responding, still trying\n[  101.1] nfs: server 192.0.2.1 OK\n[  154.3] nfs: server 192.0.2.1 not responding, still trying\n",
        &["log-nfs-silent"],
    ),
    (
        "Linux, net/sunrpc/clnt.c: a server that comes back",
        "[  OK  ] Reached target multi-user.target - Multi-User System.\n[   99.1] nfs: server 192.0.2.1 not responding, still trying\n[   99.2] nfs: server 192.0.2.1 not responding, still trying\n[  154.3] nfs: server 192.0.2.1 OK\n",
        &[],
    ),
    (
        "Raspberry Pi documentation, power supply warnings",
        "[    9.2] hwmon hwmon1: Undervoltage detected!\n",
        &["log-under-voltage"],
    ),
];
#[test]
fn every_cause_after_the_kernel_is_told() {
    let kernel = "[    0.000000] Booting Linux on physical CPU 0x0\n";
    for (source, log, expected) in CASES {
        hold(&[(source, &format!("{kernel}{log}"), expected)]);
    }
}

#[test]
fn a_refused_mount_is_told_by_the_server() {
    let log = "Nov 20 10:00:00 srv rpc.mountd[7]: refused mount request from 192.0.2.41 for /srv/pi (/): not exported\n";
    let board = board(log);
    assert_eq!(board.findings()[0].cause.code, "log-nfs-denied");
    assert_eq!(board.identity.address.as_deref(), Some("192.0.2.41"));
}

/// The line that decides is told.
#[test]
fn findings_quote_their_line() {
    let board =
        board("[ 1.0] Booting Linux on physical CPU 0x0\n[ 2.0] mount.nfs: Connection refused\n");
    let cause = &board.findings()[0];
    assert_eq!(cause.line, Some(2));
    assert_eq!(
        cause.quote.as_deref(),
        Some("[ 2.0] mount.nfs: Connection refused")
    );
}
