//! What NixOS's own stage 1 runs, and what else may bring up a network or a root.

use super::initrd_cases::insert;
use super::network_cases::without_dhcp;
use super::sample::{NETWORKD_WANTS, SYSROOT, Sample};
use super::{Case, case};

const UNITS: &str = "etc/systemd/system";

/// Units and rules of a plain NixOS 24.05: systemd's own, and what NixOS adds to them.
const NIXOS_24_05: [(&str, &str); 9] = [
    (
        "etc/systemd/system/initrd-nixos-activation.service",
        "[Service]\nExecStart=/nix/store/x-unit-script-initrd-nixos-activation-start/bin/initrd-nixos-activation-start \n",
    ),
    (
        "etc/systemd/system/initrd-switch-root.service",
        "[Service]\nExecStart=systemctl --no-block switch-root\n",
    ),
    (
        "etc/systemd/system/initrd-switch-root.service.d/overrides.conf",
        "[Service]\nEnvironmentFile=-/etc/switch-root.conf\nExecStart=\n\
         ExecStart=systemctl --no-block switch-root /sysroot \"${NEW_INIT}\"\n",
    ),
    (
        "etc/systemd/system/initrd-parse-etc.service",
        "[Service]\nExecStart=/nix/store/x-systemd-255.9/lib/systemd/systemd-sysroot-fstab-check\n\
         ExecStart=systemctl --no-block start initrd-cleanup.service\n",
    ),
    (
        "etc/systemd/system/panic-on-fail.service",
        "[Service]\nExecStart=/nix/store/x-unit-script-panic-on-fail-start/bin/panic-on-fail-start \n",
    ),
    (
        "etc/systemd/system/emergency.service",
        "[Service]\nExecStartPre=-plymouth --wait quit\n\
         ExecStart=-/nix/store/x-systemd-255.9/lib/systemd/systemd-sulogin-shell emergency\n",
    ),
    (
        "etc/systemd/system/debug-shell.service",
        "[Service]\nExecStart=/nix/store/x-bash-5.2p32/bin/bash\n",
    ),
    (
        "etc/systemd/system/systemd-networkd-wait-online.service.d/overrides.conf",
        "[Service]\nExecStart=\n\
         ExecStart=/nix/store/x-systemd-255.9/lib/systemd/systemd-networkd-wait-online \"--timeout=120\" \"--any\"\n",
    ),
    (
        "nix/store/x-systemd-255.9/lib/udev/rules.d/60-cdrom_id.rules",
        "ENV{DISK_EJECT_REQUEST}==\"?*\", RUN+=\"cdrom_id --eject-media $devnode\"\n",
    ),
];

/// What a NixOS 26.05 has besides.
const NIXOS_26_05: [(&str, &str); 4] = [
    (
        "etc/systemd/system/panic-on-fail.service",
        "[Service]\nExecStart=/nix/store/x-coreutils-9.10/bin/echo c\n\
         StandardOutput=file:/proc/sysrq-trigger\n",
    ),
    (
        "etc/systemd/system/initrd-find-etc.service",
        "[Service]\nExecStart=/nix/store/x-nixos-init-0.1.0/bin/find-etc\n",
    ),
    (
        "etc/systemd/system/rw-etc.service",
        "[Service]\nExecStart=/bin/mkdir -p -m 0755 /sysroot/.rw-etc/upper /sysroot/.rw-etc/work\n\
         ExecStart=/nix/store/x-nixos-init-0.1.0/bin/clear-etc-opaque /run/nixos-etc-metadata /sysroot/.rw-etc/upper\n",
    ),
    (
        "nix/store/x-systemd-260/share/dbus-1/system-services/org.freedesktop.hostname1.service",
        "[D-BUS Service]\nName=org.freedesktop.hostname1\nExec=/bin/false\nUser=root\n",
    ),
];

fn nixos_24_05(sample: &mut Sample) {
    for (name, text) in NIXOS_24_05 {
        insert(sample, name, text.as_bytes());
    }
}

fn nixos_26_05(sample: &mut Sample) {
    nixos_24_05(sample);
    for (name, text) in NIXOS_26_05 {
        insert(sample, name, text.as_bytes());
    }
}

/// A unit that runs this, where the port is given no address.
fn runs(sample: &mut Sample, command: &str) {
    without_dhcp(sample);
    let text = format!("[Service]\nExecStart={command}\n");
    insert(sample, &format!("{UNITS}/x.service"), text.as_bytes());
}

/// What waits for networkd, and asks for it if it is started itself.
fn waits(sample: &mut Sample) {
    sample.initrd.remove(NETWORKD_WANTS);
    let text = "[Unit]\nBindsTo=systemd-networkd.service\nAfter=systemd-networkd.service\n";
    let name = "systemd-networkd-wait-online.service";
    insert(sample, &format!("{UNITS}/{name}"), text.as_bytes());
    let text = "[Unit]\nAfter=systemd-networkd.service\nRequisite=systemd-networkd.service\n";
    let name = "systemd-network-wait-online@.service";
    insert(sample, &format!("{UNITS}/{name}"), text.as_bytes());
}

pub(super) static CASES: &[Case] = &[
    case(
        "initrd-no-address",
        |sample| {
            nixos_24_05(sample);
            without_dhcp(sample);
        },
        |sample| {
            nixos_24_05(sample);
            runs(sample, "/bin/sh /etc/net.sh");
        },
    ),
    case(
        "initrd-no-address",
        |sample| {
            nixos_26_05(sample);
            without_dhcp(sample);
        },
        |sample| {
            nixos_26_05(sample);
            runs(sample, "systemd-run udhcpc -i eth0");
        },
    ),
    case(
        "initrd-no-networkd",
        |sample| {
            nixos_26_05(sample);
            sample.initrd.remove(NETWORKD_WANTS);
            sample.pack();
        },
        |sample| {
            nixos_26_05(sample);
            sample.initrd.remove(NETWORKD_WANTS);
            let more = format!("{UNITS}/service.d/more.conf");
            insert(sample, &more, b"[Service]\nExecStartPre=/bin/lease eth0\n");
        },
    ),
    case(
        "initrd-no-root",
        |sample| {
            nixos_26_05(sample);
            sample.initrd.remove(SYSROOT);
            sample.pack();
        },
        |sample| {
            nixos_26_05(sample);
            sample.initrd.remove(SYSROOT);
            runs(sample, "systemctl --no-block switch-root /new");
        },
    ),
    case("initrd-no-networkd", waits, |sample| {
        waits(sample);
        // A mount over the network wants that target.
        let link = "network-online.target.wants/systemd-networkd-wait-online.service";
        let target = b"->../systemd-networkd-wait-online.service";
        insert(sample, &format!("{UNITS}/{link}"), target);
    }),
];
