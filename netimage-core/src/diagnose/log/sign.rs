//! Messages of which it is enough to know that they were there.
//!
//! Their texts are those of the programs' sources: Linux (`init/main.c`,
//! `init/do_mounts.c`, `net/ipv4/ipconfig.c`, `fs/nfs/`, `net/sunrpc/`), nfs-utils
//! (`mount.nfs`), klibc (`nfsmount`, `ipconfig`), systemd, nixpkgs (`stage-1-init.sh`);
//! those of the boot loader and firmware are of public logs (raspberrypi/rpi-eeprom#376,
//! #417, #687, #720, #857, raspberrypi/firmware#1292, #1575).

use serde::Serialize;

/// A message that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Sign {
    /// The TFTP server has no directory.
    TftpDirectory,
    /// The TFTP server is netkit's, which knows no options of the protocol.
    PlainTftp,
    /// The DHCP server has no addresses for the network.
    NoAddressRange,
    /// The NFS server granted a mount.
    MountGranted,
    /// The boot loader was started.
    LoaderStarted,
    /// The boot loader waits for a cable with something behind it.
    WaitsForLink,
    /// There is a link.
    HasLink,
    /// The boot loader tries a network boot.
    TriesNetwork,
    /// An address, but no TFTP server, was offered.
    NoTftpServer,
    /// The boot loader has no firmware to start.
    NoFirmware,
    /// The boot loader has tried all that it knows, and begins again or stops.
    LoaderGaveUp,
    /// It boots from something else, and the network is none of what it tries after that.
    NoNetworkLeft,
    /// The system does not say that it is for a Pi 5.
    OsCheck,
    /// `boot.img` could not be loaded.
    BootImage,
    /// The firmware has no device tree.
    NoDeviceTree,
    /// The kernel runs.
    KernelStarted,
    /// The voltage is too low.
    UnderVoltage,
    /// The kernel cannot unpack the initial RAM disk.
    InitrdBroken,
    /// There is no network device.
    NoNetworkDevice,
    /// Nobody gave the kernel or stage 1 an address.
    NoAddress,
    /// There is an address.
    HasAddress,
    /// The NFS server cannot be reached.
    NfsUnreachable,
    /// The NFS server does not answer.
    NfsSilent,
    /// It answers again.
    NfsAnswers,
    /// The path is not there.
    NfsNoPath,
    /// The server refuses the board.
    NfsDenied,
    /// The server does not have the version or the transport.
    NfsVersion,
    /// An option is not known.
    NfsOption,
    /// There is no program for the locks of version 3.
    NfsLocks,
    /// Stage 1 or the kernel cannot mount NFS at all.
    NoNfs,
    /// The server waits for clients of before its start.
    NfsGrace,
    /// Two clients have one name.
    NfsClientName,
    /// A file that is open is not there any more.
    NfsStale,
    /// A device that is waited for does not come.
    DeviceTimeout,
    /// No root was mounted.
    NoRoot,
    /// The root is mounted.
    RootMounted,
    /// The root has no init, or init is not what it should be.
    NoInit,
    /// A program is for another processor.
    WrongArchitecture,
    /// systemd waits for a unit.
    UnitWaits,
    /// Stage 1 gave up.
    StageOneFailed,
    /// The kernel gave up.
    Panic,
    /// The system is up.
    Up,
}

/// Words of a message and what it is a sign of; the first that fits counts.
const SIGNS: &[(&str, Sign)] = &[
    ("RPi: BOOTSYS release", Sign::LoaderStarted),
    ("RPi: BOOTLOADER release", Sign::LoaderStarted),
    ("Raspberry Pi Bootcode", Sign::LoaderStarted),
    ("Boot mode: NETWORK", Sign::TriesNetwork),
    ("wait for link", Sign::WaitsForLink),
    ("Wait for Link up", Sign::WaitsForLink),
    ("Link ready", Sign::HasLink),
    ("Link up", Sign::HasLink),
    ("LINK STATUS: speed", Sign::HasLink),
    ("tftp 0.0.0.0", Sign::NoTftpServer),
    ("Firmware not found", Sign::NoFirmware),
    ("Boot mode: RESTART", Sign::LoaderGaveUp),
    ("Boot mode: STOP", Sign::LoaderGaveUp),
    (
        "does not indicate support for Raspberry Pi 5",
        Sign::OsCheck,
    ),
    ("Read boot.img failed", Sign::BootImage),
    ("loading boot.img", Sign::BootImage),
    ("Failed to load Device Tree", Sign::NoDeviceTree),
    ("Booting Linux on physical CPU", Sign::KernelStarted),
    ("Linux version ", Sign::KernelStarted),
    ("Under-voltage detected", Sign::UnderVoltage),
    ("Undervoltage detected", Sign::UnderVoltage),
    ("Initramfs unpacking failed", Sign::InitrdBroken),
    (
        "invalid magic at start of compressed archive",
        Sign::InitrdBroken,
    ),
    (
        "IP-Config: No network devices available",
        Sign::NoNetworkDevice,
    ),
    ("ipconfig: no devices to configure", Sign::NoNetworkDevice),
    ("IP-Config: Failed to open any", Sign::NoNetworkDevice),
    (
        "IP-Config: Auto-configuration of network failed",
        Sign::NoAddress,
    ),
    ("IP-Config: Retrying forever", Sign::NoAddress),
    ("IP-Config: no response after", Sign::NoAddress),
    ("udhcpc: no lease, failing", Sign::NoAddress),
    (
        "Timeout occurred while waiting for network connectivity",
        Sign::NoAddress,
    ),
    ("IP-Config: Complete", Sign::HasAddress),
    ("IP-Config: Got DHCP answer", Sign::HasAddress),
    ("Failed to start systemd-networkd-wait", Sign::NoAddress),
    ("Failed to start Wait for Network", Sign::NoAddress),
    ("rpc.statd is not running", Sign::NfsLocks),
    ("incorrect mount option was specified", Sign::NfsOption),
    ("nfsmount: bad option", Sign::NfsOption),
    ("nfs: Unknown parameter", Sign::NfsOption),
    ("NFS: bad mount option", Sign::NfsOption),
    ("NFS: bad option", Sign::NfsOption),
    ("Unrecognized mount option", Sign::NfsOption),
    ("unknown filesystem type 'nfs", Sign::NoNfs),
    ("mount.nfs: not found", Sign::NoNfs),
    ("nfs: module not found", Sign::NoNfs),
    ("Module nfsv4 not found", Sign::NoNfs),
    ("Module nfs not found", Sign::NoNfs),
    (
        "requested NFS version or transport protocol is not supported",
        Sign::NfsVersion,
    ),
    ("Protocol not supported", Sign::NfsVersion),
    ("Protocol family not supported", Sign::NfsVersion),
    ("Program not registered", Sign::NfsVersion),
    ("Server returned error -93", Sign::NfsVersion),
    ("Server returned error -96", Sign::NfsVersion),
    ("Server returned error -5 ", Sign::NfsVersion),
    ("access denied by server", Sign::NfsDenied),
    ("Server returned error -13", Sign::NfsDenied),
    ("Server returned error -1 ", Sign::NfsDenied),
    ("mount.nfs: Operation not permitted", Sign::NfsDenied),
    ("mount call failed: 13", Sign::NfsDenied),
    ("mount call failed: 2", Sign::NfsNoPath),
    ("NFS over TCP not available", Sign::NfsUnreachable),
    ("Server returned error -2 ", Sign::NfsNoPath),
    (
        "reason given by server: No such file or directory",
        Sign::NfsNoPath,
    ),
    ("mount.nfs: mount system call failed for", Sign::NoRoot),
    ("Server returned error -101", Sign::NfsUnreachable),
    ("Server returned error -111", Sign::NfsUnreachable),
    ("Server returned error -113", Sign::NfsUnreachable),
    ("mount.nfs: Connection refused", Sign::NfsUnreachable),
    ("mount(2): Connection refused", Sign::NfsUnreachable),
    ("mount.nfs4: Connection refused", Sign::NfsUnreachable),
    ("mount.nfs: No such device", Sign::NoNfs),
    ("mount.nfs4: No such device", Sign::NoNfs),
    ("mount.nfs: Connection timed out", Sign::NfsUnreachable),
    ("mount.nfs: No route to host", Sign::NfsUnreachable),
    ("mount.nfs: Network is unreachable", Sign::NfsUnreachable),
    ("mount(nfs): Connection refused", Sign::NfsUnreachable),
    ("Server returned error -116", Sign::NfsStale),
    ("Stale file handle", Sign::NfsStale),
    ("not responding, still trying", Sign::NfsSilent),
    ("not responding, timed out", Sign::NfsSilent),
    ("NFS4ERR_GRACE", Sign::NfsGrace),
    ("grace period", Sign::NfsGrace),
    ("reports our clientid is in use", Sign::NfsClientName),
    ("NFS4ERR_CLID_INUSE", Sign::NfsClientName),
    (
        "testing state ID with incorrect client ID",
        Sign::NfsClientName,
    ),
    ("state manager: lease expired failed", Sign::NfsClientName),
    ("Timed out waiting for device", Sign::DeviceTimeout),
    ("Gave up waiting for root", Sign::DeviceTimeout),
    ("Waiting for root device", Sign::DeviceTimeout),
    ("timed out waiting for device", Sign::DeviceTimeout),
    // What is said of an init that is there, before what is said of none.
    ("Exec format error", Sign::WrongArchitecture),
    ("(error -8)", Sign::WrongArchitecture),
    ("does not look like a NixOS installation", Sign::NoInit),
    ("No working init found", Sign::NoInit),
    ("not syncing: No init found", Sign::NoInit),
    ("Requested init ", Sign::NoInit),
    ("stage 2 init script", Sign::NoInit),
    ("os-release file is missing", Sign::NoInit),
    ("Target filesystem doesn't have requested", Sign::NoInit),
    // On a narrow console a name is cut in its middle (systemd/systemd#28881).
    ("Dependency failed for initrd-root", Sign::StageOneFailed),
    ("Dependency failed for Initrd Root", Sign::StageOneFailed),
    ("Dependency failed for sysroot.mount", Sign::StageOneFailed),
    ("Dependency failed for /sysroot", Sign::StageOneFailed),
    ("A start job is running for ", Sign::UnitWaits),
    ("start running (", Sign::UnitWaits),
    ("VFS: Mounted root", Sign::RootMounted),
    ("): mounted filesystem", Sign::RootMounted),
    (
        "write access will be enabled during recovery",
        Sign::RootMounted,
    ),
    ("get - Initrd Root File System", Sign::RootMounted),
    ("get - Switch Root", Sign::RootMounted),
    ("Mounted /sysroot", Sign::RootMounted),
    // The same with the names of units, as systemd has it since release 254.
    ("Mounted sysroot.mount", Sign::RootMounted),
    ("Reached target initrd-root-fs.target", Sign::RootMounted),
    (
        "Reached target initrd-switch-root.target",
        Sign::RootMounted,
    ),
    ("Failed to mount sysroot.mount", Sign::StageOneFailed),
    ("Reached target multi-user.target", Sign::Up),
    ("Reached target Initrd Root File System", Sign::RootMounted),
    ("Reached target Switch Root", Sign::RootMounted),
    ("VFS: Unable to mount root fs", Sign::NoRoot),
    ("VFS: Cannot open root device", Sign::NoRoot),
    ("Root-NFS: no NFS server", Sign::NoRoot),
    ("Failed to mount /sysroot", Sign::StageOneFailed),
    ("ALERT!  /dev/nfs does not exist", Sign::NoRoot),
    ("An error occurred in stage 1", Sign::StageOneFailed),
    ("You are in emergency mode", Sign::StageOneFailed),
    (
        "Cannot open access to console, the root account is locked",
        Sign::StageOneFailed,
    ),
    ("Entering emergency mode", Sign::StageOneFailed),
    ("dracut-initqueue timeout", Sign::StageOneFailed),
    ("Warning: Could not boot", Sign::StageOneFailed),
    ("Kernel panic - not syncing", Sign::Panic),
    ("Reached target Multi-User System", Sign::Up),
    ("<<< Welcome to NixOS", Sign::Up),
    ("Welcome to NixOS", Sign::RootMounted),
    (" login:", Sign::Up),
];

/// What a message is a sign of.
pub(super) fn sign(message: &str) -> Option<Sign> {
    let is_nfs_answer = (message.contains("nfs: server ") || message.contains("NFS: server "))
        && message.ends_with(" OK");
    if is_nfs_answer {
        return Some(Sign::NfsAnswers);
    }
    // klibc: `IP-Config: eth0 complete (dhcp from 192.0.2.1):`.
    if message.contains("IP-Config: ") && message.contains(" complete") {
        return Some(Sign::HasAddress);
    }
    // Of stage 1, which has no root yet: `Welcome to NixOS 25.11 (Xantusia) (Initrd)!`.
    if message.contains("Welcome to NixOS") && message.contains("(Initrd)") {
        return None;
    }
    if let Some(sign) = mount_error(message).or_else(|| boot_mode(message)) {
        return Some(sign);
    }
    SIGNS
        .iter()
        .find_map(|(words, sign)| message.contains(words).then_some(*sign))
}

/// `Boot mode: SD (01) order f4`: what is tried, and, from the right, what comes after it
/// (Raspberry Pi documentation, "Raspberry Pi bootloader configuration", `BOOT_ORDER`).
fn boot_mode(message: &str) -> Option<Sign> {
    const NETWORK: char = '2';
    let (mode, order) = message.split_once("Boot mode: ")?.1.split_once(" order ")?;
    let is_other = !["NETWORK", "RESTART", "STOP"]
        .iter()
        .any(|known| mode.starts_with(known));
    let left = order.split(' ').next()?;
    (is_other && !left.contains(NETWORK)).then_some(Sign::NoNetworkLeft)
}

/// What busybox's mount says: `mount: mounting 192.0.2.1:/srv/pi on /mnt-root failed:
/// Network is unreachable`.
fn mount_error(message: &str) -> Option<Sign> {
    let (source, reason) = message
        .split_once("mount: mounting ")?
        .1
        .rsplit_once(" failed: ")?;
    source.contains(":/").then_some(match reason {
        "Network is unreachable"
        | "Connection refused"
        | "Connection timed out"
        | "No route to host" => Sign::NfsUnreachable,
        "Permission denied" => Sign::NfsDenied,
        "No such file or directory" => Sign::NfsNoPath,
        "Protocol not supported" => Sign::NfsVersion,
        "Invalid argument" => Sign::NfsOption,
        "No such device" => Sign::NoNfs,
        _ => Sign::NoRoot,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_a_sign_of_what_it_stands_for() {
        for (words, expected) in SIGNS {
            assert_eq!(sign(&format!("x: {words}x")), Some(*expected), "{words}");
        }
        assert_eq!(sign("nfs: server 192.0.2.1 OK"), Some(Sign::NfsAnswers));
        let mount = "mount: mounting 192.0.2.1:/srv/pi on /mnt-root/ failed: Permission denied";
        assert_eq!(sign(mount), Some(Sign::NfsDenied));
        for (message, expected) in [
            ("Boot mode: SD (01) order f4", Some(Sign::NoNetworkLeft)),
            ("Boot mode: SD (01) order f2", None),
            ("Boot mode: USB-MSD (04) order f", Some(Sign::NoNetworkLeft)),
            ("Boot mode: NETWORK (02) order f", Some(Sign::TriesNetwork)),
            ("Boot mode: RESTART (0f) order 0", Some(Sign::LoaderGaveUp)),
        ] {
            assert_eq!(sign(message), expected, "{message}");
        }
        let klibc = "IP-Config: eth0 complete (dhcp from 192.0.2.1):";
        assert_eq!(sign(klibc), Some(Sign::HasAddress));
        let init = "Requested init /init failed (error -8).";
        assert_eq!(sign(init), Some(Sign::WrongArchitecture));
        assert_eq!(sign("random: crng init done"), None);
        assert_eq!(sign("Welcome to NixOS 25.11 (Xantusia) (Initrd)!"), None);
    }
}
