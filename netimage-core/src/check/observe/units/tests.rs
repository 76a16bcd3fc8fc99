use super::*;

fn runs_unknown(directory: &str, name: &str, text: &str) -> bool {
    let mut units = Units::default();
    units.see_text(directory.as_bytes(), name.as_bytes(), text);
    units.runs_unknown
}

fn is_unknown(command: &str) -> bool {
    let text = format!("[Service]\nExecStart={command}\n");
    runs_unknown("etc/systemd/system", "x.service", &text)
}

#[test]
fn what_nixos_runs_is_known() {
    for command in [
        "",
        "!!/nix/store/x-systemd-255.9/lib/systemd/systemd-networkd",
        "-/nix/store/x-kmod-31/bin/modprobe -abq %i",
        "systemctl --no-block switch-root",
        "systemctl --no-block switch-root /sysroot \"${NEW_INIT}\"",
        "/nix/store/x-coreutils-9.10/bin/echo c",
        "-/bin/sh",
        "/nix/store/x-bash-5.2p32/bin/bash ",
        "/nix/store/x-nixos-init-0.1.0/bin/initrd-init",
        "/nix/store/x-nixos-init-0.1.0/bin/clear-etc-opaque /run/nixos-etc-metadata /x",
        "/nix/store/x-systemd-255.9/bin/systemd-repart \\\n    --dry-run=no /dev/sda",
        "/nix/store/x-bcachefs-tools-1.9.4/bin/bcachefs unlock -c \"/dev/sda1\"",
        "/nix/store/x-unit-script-unlock-bcachefs-d-start/bin/unlock-bcachefs-d-start ",
        "/nix/store/x-unit-script-zfs-import-tank-start/bin/zfs-import-tank-start ",
        "/nix/store/x-unit-script-unl0kr-ask-password-start/bin/unl0kr-ask-password-start ",
        "/nix/store/x-mdadm-4.3/sbin/mdmon --foreground --offroot --takeover %I",
        "/nix/store/x-openssh-9.7p1/bin/sshd -D -f /etc/ssh/sshd_config",
        "/nix/store/x-dbus-1.14.10/bin/dbus-daemon --system --nofork",
        "/nix/store/x-util-linux-2.39.4-bin/bin/umount /clevis-x",
    ] {
        assert!(!is_unknown(command), "{command}");
    }
}

#[test]
fn what_a_user_runs_is_unknown() {
    for command in [
        "/bin/sh /etc/net.sh",
        "/bin/sh -c 'exec sh'",
        "/nix/store/x-unit-script-initrd-network-start/bin/initrd-network-start ",
        "/nix/store/x-unit-script-systemd-lease-start/bin/systemd-lease-start ",
        "/nix/store/x-unit-script-systemd-lease-pre-stop/bin/systemd-lease-pre-stop",
        "/nix/store/x-unit-script-netimage-lease-start/bin/netimage-lease-start ",
        "/nix/store/x-unit-script-unlock-disk-start/bin/unlock-disk-start ",
        "/nix/store/x-systemd-255.9/bin/systemd-run udhcpc -i eth0",
        "/nix/store/x-systemd-255.9/bin/systemd-mount server:/srv /sysroot",
        "/nix/store/x-systemd-255.9/bin/systemd-nspawn -D /x",
        "/bin/mkdir /x ; /bin/lease eth0",
        "/bin/mkdir /x \\\n  ; /bin/lease eth0",
        "systemctl switch-root /new",
        "/nix/store/x-openvpn-2.6.12/bin/openvpn /etc/initrd.ovpn",
        "/nix/store/x-unit-script-cryptsetup-clevis-x-start/bin/cryptsetup-clevis-x-start ",
        "/nix/store/x-zfs-2.2.6/bin/zpool import -a",
        "/bin/mdadm-lease",
    ] {
        assert!(is_unknown(command), "{command}");
    }
}

#[test]
fn settings_that_run_nothing_are_no_commands() {
    for (name, text, is_run) in [
        ("x.service", "[Service]\nExecSearchPath=/x/bin\n", false),
        ("x.service", "[Service]\nExecPaths=/x/lease\n", false),
        ("x.service", "[D-BUS Service]\nExec=/bin/false\n", false),
        ("x.service", "[Service]\nExecCondition=/x/lease\n", true),
        ("x.service", "[Service]\nExecReload=/x/lease\n", true),
        ("x.service", "[Service]\nExecStopPost=/x/lease\n", true),
        ("x.socket", "[Socket]\nExecStartPre=/x/lease\n", true),
        ("x.desktop", "ExecStart=/x/lease\n", false),
    ] {
        assert_eq!(runs_unknown("etc", name, text), is_run, "{name} {text}");
    }
}

#[test]
fn what_is_beside_units_adds_to_them() {
    for (directory, adds) in [
        ("etc/systemd/system/x.service.d", true),
        ("etc/systemd/system/service.d", true),
        ("etc/systemd/system/x.target.d", false),
        ("etc/x.d", false),
    ] {
        let text = "[Service]\nExecStart=/x/lease\n";
        let is_run = runs_unknown(directory, "more.conf", text);
        assert_eq!(is_run, adds, "{directory}");
    }
}

#[test]
fn what_asks_for_networkd_is_told_from_what_names_it() {
    for (line, asks) in [
        ("Wants=a.service systemd-networkd.service", true),
        ("BindsTo=systemd-networkd.service", true),
        ("Wants=systemd-networkd-wait-online.service", true),
        ("systemctl start systemd-networkd-wait-online@eth0", true),
        ("After=systemd-networkd.service", false),
        ("Requisite=systemd-networkd.service", false),
        ("Documentation=man:systemd-networkd.service(8)", false),
        ("# systemd-networkd.service is not started", false),
        ("ExecStart=/x/systemd-networkd-wait-online --any", false),
    ] {
        let mut units = Units::default();
        units.see_text(b"etc/systemd/system", b"x.service", line);
        assert_eq!(units.asks_for_networkd, asks, "{line}");
    }
}
