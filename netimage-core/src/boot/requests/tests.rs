//! Against what real boards were seen to ask for.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::boot::Board;
use crate::tree::TargetName;

type Files = BTreeMap<TargetName, Vec<u8>>;

fn files(names: &str) -> Files {
    names
        .split_whitespace()
        .map(|name| (name.parse().unwrap(), b"1234".to_vec()))
        .collect()
}

fn with_config(names: &str, path: &str, config: &str) -> Files {
    let mut files = files(names);
    files.insert(path.parse().unwrap(), config.as_bytes().to_owned());
    files
}

fn requests(board: Board, prefix: &Prefix, files: &dyn BootFiles) -> Requests {
    Requests::of(board).prefix(prefix).simulate(files)
}

fn serial(text: &str) -> Prefix {
    Prefix::Serial(text.parse().unwrap())
}

/// The names in order. Most logs have each twice, once for the size.
fn names(requests: &Requests) -> Vec<&str> {
    let mut names: Vec<_> = requests
        .asked
        .iter()
        .map(|request| request.name.as_str())
        .collect();
    names.dedup();
    names
}

/// Holds the requests against a log, but for what that release leaves out.
#[track_caller]
fn agree(requests: &Requests, left_out: &[&str], log: &str) {
    let mut names = names(requests);
    names.retain(|name| !left_out.iter().any(|left_out| name.ends_with(left_out)));
    names.dedup();
    assert_eq!(names, log.split_whitespace().collect::<Vec<_>>());
}

fn missing(requests: &Requests, need: Need) -> Vec<&str> {
    let missing = requests
        .asked
        .iter()
        .filter(|request| request.need == need && request.size.is_none());
    missing.map(|request| request.name.as_str()).collect()
}

#[test]
fn a_pi_3b_plus_of_2022() {
    // https://github.com/PexMor/raspi-netboot, "Files requested on RPi 3B+":
    // Raspberry Pi OS of 2022-04-04, 64 bit, whose config.txt has these.
    let files = with_config(
        "bootcode.bin b66c4c16/start.elf b66c4c16/fixup.dat b66c4c16/bcm2710-rpi-3-b-plus.dtb
         b66c4c16/cmdline.txt b66c4c16/kernel8.img",
        "b66c4c16/config.txt",
        "dtoverlay=vc4-kms-v3d\n[all]\narm_64bit=1\n",
    );
    let requests = requests(Board::Rpi3Plus, &serial("b66c4c16"), &files);
    agree(
        &requests,
        &[],
        "bootcode.bin bootsig.bin b66c4c16/start.elf b66c4c16/autoboot.txt b66c4c16/config.txt
         b66c4c16/recovery.elf b66c4c16/start.elf b66c4c16/fixup.dat b66c4c16/recovery.elf
         b66c4c16/config.txt b66c4c16/dt-blob.bin b66c4c16/recovery.elf b66c4c16/config.txt
         b66c4c16/bootcfg.txt b66c4c16/bcm2710-rpi-3-b-plus.dtb b66c4c16/overlays/overlay_map.dtb
         b66c4c16/config.txt b66c4c16/overlays/vc4-kms-v3d.dtbo b66c4c16/cmdline.txt
         b66c4c16/recovery8.img b66c4c16/kernel8.img b66c4c16/armstub8.bin b66c4c16/kernel8.img",
    );
    // It booted, overlay or not.
    assert_eq!(requests.outcome, Outcome::Complete);
    assert_eq!(
        missing(&requests, Need::Wanted),
        ["b66c4c16/overlays/vc4-kms-v3d.dtbo"]
    );
}

#[test]
fn a_pi_3b_plus_of_2025() {
    // A dnsmasq log of 2025-09-26, Raspberry Pi OS with auto_initramfs: the
    // kernel is looked for before the initramfs that goes with it.
    let files = with_config(
        "bootcode.bin 8b07bcc6/start.elf 8b07bcc6/fixup.dat 8b07bcc6/bcm2710-rpi-3-b-plus.dtb
         8b07bcc6/overlays/overlay_map.dtb 8b07bcc6/overlays/vc4-kms-v3d.dtbo 8b07bcc6/cmdline.txt
         8b07bcc6/kernel8.img 8b07bcc6/initramfs8",
        "8b07bcc6/config.txt",
        "auto_initramfs=1\ndtoverlay=vc4-kms-v3d\narm_64bit=1\n",
    );
    let requests = requests(Board::Rpi3Plus, &serial("000000008b07bcc6"), &files);
    agree(
        &requests,
        &[],
        "bootcode.bin bootsig.bin 8b07bcc6/start.elf 8b07bcc6/autoboot.txt 8b07bcc6/config.txt
         8b07bcc6/recovery.elf 8b07bcc6/start.elf 8b07bcc6/fixup.dat 8b07bcc6/recovery.elf
         8b07bcc6/config.txt 8b07bcc6/dt-blob.bin 8b07bcc6/recovery.elf 8b07bcc6/config.txt
         8b07bcc6/bootcfg.txt 8b07bcc6/recovery8.img 8b07bcc6/kernel8.img 8b07bcc6/initramfs8
         8b07bcc6/bcm2710-rpi-3-b-plus.dtb 8b07bcc6/overlays/overlay_map.dtb 8b07bcc6/config.txt
         8b07bcc6/overlays/vc4-kms-v3d.dtbo 8b07bcc6/cmdline.txt 8b07bcc6/armstub8.bin
         8b07bcc6/kernel8.img",
    );
    assert_eq!(requests.resolved.initramfs, ["8b07bcc6/initramfs8"]);
}

#[test]
fn a_pi_3b_in_32_bits() {
    // raspberrypi/firmware#1605 and #1362. dnsmasq writes a transfer that the
    // board breaks off after the requests that follow it: kernel8.img comes
    // after kernel8-32.img there.
    let files = with_config(
        "bootcode.bin b66c4c16/start.elf b66c4c16/fixup.dat b66c4c16/bcm2710-rpi-3-b.dtb
         b66c4c16/cmdline.txt b66c4c16/kernel8.img b66c4c16/kernel7.img b66c4c16/kernel.img",
        "b66c4c16/config.txt",
        "",
    );
    let requests = requests(Board::Rpi3, &serial("b66c4c16"), &files);
    let names = names(&requests);
    let from = names
        .iter()
        .position(|name| name.ends_with("/cmdline.txt"))
        .unwrap();
    assert_eq!(
        names[from..],
        [
            "b66c4c16/cmdline.txt",
            "b66c4c16/recovery8.img",
            "b66c4c16/recovery8-32.img",
            "b66c4c16/recovery7.img",
            "b66c4c16/recovery.img",
            "b66c4c16/kernel8.img",
            "b66c4c16/kernel8-32.img",
            "b66c4c16/kernel7.img",
            "b66c4c16/armstub8-32.bin",
            "b66c4c16/kernel7.img",
        ]
    );
    assert!(!requests.resolved.is_64bit);
}

#[test]
fn a_pi_3b_whose_prefix_is_not_there() {
    // raspberrypi/firmware#1041 and #754 (bootcode.bin drops the prefix), and
    // #1362: without a device tree, no overlay is looked for.
    let files = files("bootcode.bin start.elf fixup.dat kernel8.img kernel7.img");
    let requests = requests(Board::Rpi3, &serial("e1ffda08"), &files);
    agree(
        &requests,
        &[],
        "bootcode.bin bootsig.bin e1ffda08/start.elf autoboot.txt config.txt recovery.elf
         start.elf fixup.dat recovery.elf config.txt dt-blob.bin recovery.elf config.txt
         bootcfg.txt bcm2710-rpi-3-b.dtb cmdline.txt recovery8.img recovery8-32.img recovery7.img
         recovery.img kernel8.img kernel8-32.img kernel7.img armstub8-32.bin kernel7.img",
    );
    assert_eq!(requests.outcome, Outcome::Incomplete);
    assert_eq!(
        missing(&requests, Need::Needed),
        ["bcm2710-rpi-3-b.dtb", "cmdline.txt"]
    );
}

#[test]
fn a_pi_3_without_any_other_takes_the_64_bit_kernel() {
    let files = files("bootcode.bin start.elf fixup.dat kernel8.img");
    let started = requests(Board::Rpi3, &Prefix::None, &files);
    assert_eq!(started.resolved.kernel.as_deref(), Some("kernel8.img"));
    assert!(started.resolved.is_64bit);
}

#[test]
fn a_pi_4_with_the_eeprom_of_april_2021() {
    // "Netboot Raspberry Pi from Raspberry Pi": Ubuntu 20.04, EEPROM
    // 2021-04-29. Its touch display and PoE HAT bring three overlays of their
    // own (rpi-ft5406, rpi-backlight, rpi-poe), left out here.
    let files = with_config(
        "syscfg.txt usercfg.txt start4.elf fixup4.dat initrd.img bcm2711-rpi-4-b.dtb cmdline.txt
         vmlinux",
        "config.txt",
        "[pi4]\nmax_framebuffers=2\n[all]\narm_64bit=1\ncmdline=cmdline.txt\ninclude syscfg.txt\n\
         include usercfg.txt\nkernel=vmlinux\ninitramfs initrd.img followkernel\n",
    );
    let requests = requests(Board::Rpi4, &serial("5b154510"), &files);
    agree(
        &requests,
        &[],
        "5b154510/start4.elf 5b154510/start.elf config.txt vl805.sig pieeprom.sig recover4.elf
         recovery.elf start4.elf fixup4.dat recovery.elf config.txt syscfg.txt usercfg.txt
         dt-blob.bin recovery.elf config.txt syscfg.txt usercfg.txt bootcfg.txt initrd.img
         bcm2711-rpi-4-b.dtb overlays/overlay_map.dtb config.txt syscfg.txt usercfg.txt cmdline.txt
         vmlinux armstub8-gic.bin vmlinux",
    );
    assert_eq!(requests.outcome, Outcome::Complete);
}

#[test]
fn a_pi_4_without_kernel_but_a_stub() {
    // A dnsmasq log of pipxe (EDK2 as armstub=, nothing else is started).
    let files = with_config(
        "91cdf03d/start4.elf 91cdf03d/fixup4.dat 91cdf03d/bcm2711-rpi-4-b.dtb
         91cdf03d/overlays/overlay_map.dtb 91cdf03d/overlays/mcp2515-can0.dtbo 91cdf03d/RPI_EFI.fd",
        "91cdf03d/config.txt",
        "arm_64bit=1\narmstub=RPI_EFI.fd\ndtoverlay=mcp2515-can0\n",
    );
    let requests = requests(Board::Rpi4, &serial("91cdf03d"), &files);
    agree(
        &requests,
        &["vl805.sig"],
        "91cdf03d/start4.elf 91cdf03d/config.txt 91cdf03d/pieeprom.sig 91cdf03d/recover4.elf
         91cdf03d/recovery.elf 91cdf03d/start4.elf 91cdf03d/fixup4.dat 91cdf03d/recovery.elf
         91cdf03d/config.txt 91cdf03d/dt-blob.bin 91cdf03d/recovery.elf 91cdf03d/config.txt
         91cdf03d/bootcfg.txt 91cdf03d/bcm2711-rpi-4-b.dtb 91cdf03d/overlays/overlay_map.dtb
         91cdf03d/config.txt 91cdf03d/overlays/mcp2515-can0.dtbo 91cdf03d/cmdline.txt
         91cdf03d/recovery8.img 91cdf03d/kernel8.img 91cdf03d/RPI_EFI.fd",
    );
}

#[test]
fn a_pi_4_as_its_loader_tells() {
    // raspberrypi/rpi-eeprom#417, the boot loader's own words: TFTP_GET ...
    let files = with_config(
        "b7f44626/start4.elf b7f44626/fixup4.dat b7f44626/vl805.sig b7f44626/vl805.bin",
        "b7f44626/config.txt",
        "",
    );
    let requests = requests(Board::Rpi4, &serial("b7f44626"), &files);
    assert_eq!(
        names(&requests)[..8],
        [
            "b7f44626/start4.elf",
            "b7f44626/config.txt",
            "b7f44626/vl805.sig",
            "b7f44626/vl805.bin",
            "b7f44626/pieeprom.sig",
            "b7f44626/recover4.elf",
            "b7f44626/recovery.elf",
            "b7f44626/start4.elf",
        ]
    );
}

#[test]
fn a_pi_4_with_nothing_on_the_server() {
    // raspberrypi/rpi-eeprom#74, November 2019: it starts over after this.
    let requests = requests(Board::Rpi4, &serial("d9780558"), &files(""));
    agree(
        &requests,
        &["vl805.sig", "pieeprom.sig"],
        "d9780558/start4.elf d9780558/start.elf config.txt recover4.elf recovery.elf start4.elf
         start.elf",
    );
    assert_eq!(requests.outcome, Outcome::Stops(StopReason::NoFirmware));
    let old = self::requests(Board::Rpi4, &Prefix::None, &files("start.elf fixup.dat"));
    assert_eq!(old.outcome, Outcome::Stops(StopReason::OldFirmware));
    let effects: Vec<_> = requests
        .asked
        .iter()
        .take(2)
        .map(|request| request.if_missing)
        .collect();
    assert_eq!(effects, [IfMissing::TriesNext, IfMissing::DropsPrefix]);
}

#[test]
fn a_pi_4_loads_these() {
    // raspberrypi/rpi-eeprom#87 lists the successful downloads with sizes.
    let mut files = with_config(
        "start4.elf fixup4.dat rpi4-initrd.gz bcm2711-rpi-4-b.dtb overlays/vc4-fkms-v3d.dtbo
         rpi4-cmdline.txt rpi4-vmlinuz",
        "config.txt",
        "kernel=rpi4-vmlinuz\ncmdline=rpi4-cmdline.txt\ninitramfs rpi4-initrd.gz followkernel\n\
         dtoverlay=vc4-fkms-v3d\n",
    );
    files.insert("rpi4-vmlinuz".parse().unwrap(), vec![0; 5_500_000]);
    let requests = requests(Board::Rpi4, &Prefix::None, &files);
    let loaded = requests
        .asked
        .iter()
        .filter(|request| request.loads && request.size.is_some());
    let loaded: Vec<_> = loaded.map(|request| request.name.as_str()).collect();
    assert_eq!(
        loaded,
        [
            "config.txt",
            "start4.elf",
            "fixup4.dat",
            "config.txt",
            "config.txt",
            "rpi4-initrd.gz",
            "bcm2711-rpi-4-b.dtb",
            "config.txt",
            "overlays/vc4-fkms-v3d.dtbo",
            "rpi4-cmdline.txt",
            "rpi4-vmlinuz",
        ]
    );
    assert_eq!(requests.time(DEFAULT_RATE).as_millis(), 1122);
    assert!(
        !requests
            .asked
            .iter()
            .any(|request| request.times_out(DEFAULT_RATE))
    );
    assert!(
        requests
            .asked
            .iter()
            .any(|request| request.times_out(100_000))
    );
    assert_eq!(requests.time(0).as_secs(), requests.bytes());
}

#[test]
fn a_pi_5_of_may_2026() {
    // https://github.com/revred/TinyOS, docs/pi5-netboot-investigation.md:
    // EEPROM 2026-05-26; config.txt of 45 bytes. The second and third reading
    // of config.txt, and cmdline.txt, have a doubled slash. It booted.
    let files = with_config(
        "7bf18f79/kernel8.img",
        "7bf18f79/config.txt",
        "os_check=0\nkernel=kernel8.img\npciex4_reset=0\n",
    );
    let requests = requests(Board::Rpi5, &serial("d7bd1a077bf18f79"), &files);
    agree(
        &requests,
        &[],
        "7bf18f79/config.txt 7bf18f79/pieeprom.sig 7bf18f79/config.txt 7bf18f79/kernel8.img
         7bf18f79/bcm2712-rpi-5-b.dtb 7bf18f79/cmdline.txt 7bf18f79/armstub8-2712.bin
         7bf18f79/kernel8.img",
    );
    assert_eq!(
        requests.resolved.kernel.as_deref(),
        Some("7bf18f79/kernel8.img")
    );
    // No Linux would have.
    assert_eq!(requests.outcome, Outcome::Incomplete);
}

#[test]
fn a_pi_5_checks_for_its_device_tree_first() {
    // The order of "Loading ..." in the boot logs of Pi 5s from SD cards: the
    // device tree, kernel_2712.img or kernel8.img, initramfs, device tree,
    // overlay_map.dtb, config.txt, overlays, cmdline.txt, armstub, kernel.
    let names_of = "bcm2712-rpi-5-b.dtb kernel8.img initrd cmdline.txt overlays/a.dtbo";
    let config = "initramfs initrd followkernel\ndtoverlay=a\n";
    let served = with_config(names_of, "config.txt", config);
    let requests = |board, files: &Files| requests(board, &Prefix::None, files);
    let pi5 = requests(Board::Rpi5, &served);
    agree(
        &pi5,
        &[],
        "config.txt pieeprom.sig bcm2712-rpi-5-b.dtb config.txt kernel_2712.img kernel8.img initrd
         bcm2712-rpi-5-b.dtb overlays/overlay_map.dtb config.txt overlays/a.dtbo cmdline.txt
         armstub8-2712.bin kernel8.img",
    );
    assert_eq!(pi5.outcome, Outcome::Complete);
    assert_eq!(pi5.resolved.kernel.as_deref(), Some("kernel8.img"));
    for board in [Board::Rpi500, Board::Cm5] {
        assert_eq!(
            requests(board, &served).outcome,
            Outcome::Stops(StopReason::NoDeviceTree)
        );
    }
    assert_eq!(
        requests(Board::Rpi5, &files("a")).outcome,
        Outcome::Stops(StopReason::NoConfig)
    );
}

#[test]
fn a_pi_5_with_the_d0_stepping_makes_do_with_an_overlay() {
    let files = with_config(
        "bcm2712-rpi-5-b.dtb kernel8.img cmdline.txt overlays/bcm2712d0.dtbo",
        "config.txt",
        "",
    );
    let d0 = &Board::Rpi5.variants()[1];
    let requests = Requests::of(Board::Rpi5).variant(d0).simulate(&files);
    assert_eq!(requests.resolved.overlays, ["overlays/bcm2712d0.dtbo"]);
    assert_eq!(
        requests.resolved.device_tree.as_deref(),
        Some("bcm2712-rpi-5-b.dtb")
    );
}

#[test]
fn each_board_lacks_what_is_taken_away() {
    let all = "bootcode.bin start.elf fixup.dat start4.elf fixup4.dat kernel8.img initrd
        cmdline.txt bcm2710-rpi-3-b.dtb bcm2710-rpi-3-b-plus.dtb bcm2711-rpi-4-b.dtb
        bcm2711-rpi-400.dtb bcm2711-rpi-cm4.dtb bcm2712-rpi-5-b.dtb bcm2712-rpi-500.dtb
        bcm2712-rpi-cm5-cm5io.dtb";
    let served = with_config(
        all,
        "config.txt",
        "arm_64bit=1\ninitramfs initrd followkernel\n",
    );
    for board in Board::ALL {
        let outcome = |files: &Files| requests(board, &Prefix::None, files).outcome;
        if !board.can_netboot() {
            assert_eq!(outcome(&served), Outcome::Stops(StopReason::CannotNetboot));
            continue;
        }
        assert_eq!(outcome(&served), Outcome::Complete, "{board}");
        let used = requests(board, &Prefix::None, &served);
        for request in used
            .asked
            .iter()
            .filter(|request| request.need == Need::Needed)
        {
            let mut fewer = served.clone();
            fewer.remove(&request.name.parse().unwrap());
            let without = requests(board, &Prefix::None, &fewer);
            // The 3B+ and the Compute Module 4 have a second choice.
            let other = ["bcm2710-rpi-3-b-plus.dtb", "bcm2711-rpi-cm4.dtb"];
            let is_complete = other.contains(&request.name.as_str());
            assert_eq!(
                without.is_complete(),
                is_complete,
                "{board} without {}",
                request.name
            );
        }
    }
}

#[test]
fn os_prefix_needs_kernel_and_device_tree() {
    let os = "os/kernel8.img os/bcm2711-rpi-4-b.dtb os/cmdline.txt os/initrd common.dtbo
        os/overlays/README os/overlays/a.dtbo overlays/a.dtbo start4.elf fixup4.dat";
    let config = "os_prefix=os/\ninitramfs initrd\ndtoverlay=a\ndtoverlay=/common\n";
    let mut files = with_config(os, "config.txt", config);
    let resolve = |files: &Files| requests(Board::Rpi4, &Prefix::None, files).resolved;
    let with = resolve(&files);
    assert_eq!(with.kernel.as_deref(), Some("os/kernel8.img"));
    assert_eq!(with.device_tree.as_deref(), Some("os/bcm2711-rpi-4-b.dtb"));
    assert_eq!(with.command_line.as_deref(), Some("os/cmdline.txt"));
    assert_eq!(with.initramfs, ["os/initrd"]);
    assert_eq!(with.overlays, ["os/overlays/a.dtbo", "common.dtbo"]);
    // Without README the overlays are shared.
    files.remove(&"os/overlays/README".parse().unwrap());
    assert_eq!(resolve(&files).overlays, ["overlays/a.dtbo", "common.dtbo"]);
    files.remove(&"os/bcm2711-rpi-4-b.dtb".parse().unwrap());
    assert_eq!(resolve(&files).os_prefix, "");
    let fallback = requests(Board::Rpi4, &Prefix::None, &files);
    assert_eq!(fallback.outcome, Outcome::Stops(StopReason::NoKernel));
}

#[test]
fn a_pi_5_may_have_all_in_its_os_prefix() {
    let served = "nixos/default/kernel_2712.img nixos/default/bcm2712-rpi-5-b.dtb
        nixos/default/cmdline.txt nixos/default/initrd";
    let config = "os_prefix=nixos/default/\ninitramfs initrd followkernel\n";
    let files = with_config(served, "config.txt", config);
    let requests = requests(Board::Rpi5, &Prefix::None, &files);
    assert_eq!(requests.outcome, Outcome::Complete);
    assert_eq!(requests.resolved.os_prefix, "nixos/default/");
    assert_eq!(missing(&requests, Need::Needed), [""; 0]);
}

#[test]
fn upstream_kernels_prefer_upstream_device_trees() {
    let served = "bootcode.bin start.elf fixup.dat kernel8.img cmdline.txt overlays/upstream.dtbo
        bcm2710-rpi-3-b.dtb";
    let config = "arm_64bit=1\nupstream_kernel=1\n";
    let mut files = with_config(served, "config.txt", config);
    let resolve = |files: &Files| requests(Board::Rpi3, &Prefix::None, files).resolved;
    let downstream = resolve(&files);
    assert_eq!(
        downstream.device_tree.as_deref(),
        Some("bcm2710-rpi-3-b.dtb")
    );
    assert_eq!(downstream.overlays, ["overlays/upstream.dtbo"]);
    files.insert("bcm2837-rpi-3-b.dtb".parse().unwrap(), Vec::new());
    let upstream = resolve(&files);
    assert_eq!(upstream.device_tree.as_deref(), Some("bcm2837-rpi-3-b.dtb"));
    assert!(upstream.overlays.is_empty());
}

#[test]
fn a_ramdisk_or_a_recovery_ends_the_list() {
    let ramdisk = with_config("boot.img", "config.txt", "boot_ramdisk=1\n");
    for board in [Board::Cm4, Board::Cm5] {
        let found = requests(board, &Prefix::None, &ramdisk);
        assert_eq!(found.outcome, Outcome::Ramdisk);
        assert!(found.is_complete());
        let missing = with_config("", "config.txt", "boot_ramdisk=1\n");
        let missing = requests(board, &Prefix::None, &missing);
        assert_eq!(missing.outcome, Outcome::Stops(StopReason::NoRamdisk));
    }
    let recovery = requests(
        Board::Rpi3,
        &Prefix::None,
        &files("bootcode.bin recovery.elf"),
    );
    assert_eq!(recovery.outcome, Outcome::Recovery);
}

#[test]
fn a_tree_can_be_served_below_its_prefix() {
    let files = with_config(
        "bootcode.bin start.elf fixup.dat kernel8.img cmdline.txt bcm2710-rpi-3-b.dtb",
        "config.txt",
        "arm_64bit=1\n",
    );
    let below = Below::new("./1234abcd//", &files);
    let requests = requests(Board::Rpi3, &serial("1234abcd"), &below);
    assert_eq!(requests.outcome, Outcome::Complete);
    assert_eq!(requests.resolved.prefix, "1234abcd/");
    assert_eq!(below.size(&"start.elf".parse().unwrap()), None);
}

#[test]
fn names_cannot_climb() {
    assert_eq!(served_name("a//b/./c"), Some("a/b/c".parse().unwrap()));
    assert_eq!(served_name("/a"), Some("a".parse().unwrap()));
    for name in ["", "/", "..", "a/../b", "a\0"] {
        assert_eq!(served_name(name), None, "{name:?}");
    }
    let config = "os_check=0\nkernel=../../etc/passwd\nos_prefix=../\n";
    let files = with_config("etc/passwd", "config.txt", config);
    let requests = requests(Board::Rpi5, &Prefix::None, &files);
    assert_eq!(requests.outcome, Outcome::Stops(StopReason::NoKernel));
}

/// A flattened device tree with these nodes and properties.
fn overlay_map(nodes: &[(&str, &[(&str, &str)])]) -> Vec<u8> {
    fn text(structure: &mut Vec<u8>, text: &[u8]) {
        structure.extend(text);
        structure.resize(structure.len().next_multiple_of(4), 0);
    }
    let (mut structure, mut strings) = (Vec::new(), Vec::new());
    let word = |structure: &mut Vec<u8>, word: usize| {
        structure.extend(u32::try_from(word).unwrap().to_be_bytes());
    };
    word(&mut structure, 1);
    text(&mut structure, b"\0");
    for (node, properties) in nodes {
        word(&mut structure, 1);
        text(&mut structure, format!("{node}\0").as_bytes());
        for (property, value) in *properties {
            let value = if value.is_empty() {
                String::new()
            } else {
                format!("{value}\0")
            };
            word(&mut structure, 3);
            word(&mut structure, value.len());
            word(&mut structure, strings.len());
            text(&mut structure, value.as_bytes());
            strings.extend(format!("{property}\0").bytes());
        }
        word(&mut structure, 2);
    }
    word(&mut structure, 2);
    word(&mut structure, 9);
    let (header, reserved) = (40, 16);
    let start = header + reserved;
    let fields = [
        0xd00d_feed,
        start + structure.len() + strings.len(),
        start,
        start + structure.len(),
        header,
        17,
        16,
        0,
        strings.len(),
        structure.len(),
    ];
    let mut bytes = Vec::new();
    for field in fields {
        word(&mut bytes, field);
    }
    [bytes, vec![0; reserved], structure, strings].concat()
}

#[test]
fn the_overlay_map_chooses_by_family() {
    let map = overlay_map(&[
        (
            "vc4-kms-v3d",
            &[
                ("bcm2835", ""),
                ("bcm2711", "vc4-kms-v3d-pi4"),
                ("bcm2712", "vc4-kms-v3d-pi5"),
            ],
        ),
        ("pi3-only", &[("bcm2835", "")]),
        ("old", &[("renamed", "new")]),
    ]);
    let config =
        "os_check=0\ndtoverlay=vc4-kms-v3d\ndtoverlay=pi3-only\ndtoverlay=old\ndtoverlay=x\n";
    let mut files = with_config(
        "bootcode.bin start.elf fixup.dat start4.elf fixup4.dat kernel7.img kernel8.img
         bcm2710-rpi-3-b.dtb bcm2711-rpi-4-b.dtb bcm2712-rpi-5-b.dtb overlays/vc4-kms-v3d.dtbo
         overlays/vc4-kms-v3d-pi4.dtbo overlays/vc4-kms-v3d-pi5.dtbo overlays/pi3-only.dtbo
         overlays/new.dtbo overlays/x.dtbo",
        "config.txt",
        config,
    );
    files.insert("overlays/overlay_map.dtb".parse().unwrap(), map);
    for (board, kms, unsupported) in [
        (Board::Rpi3, "overlays/vc4-kms-v3d.dtbo", false),
        (Board::Rpi4, "overlays/vc4-kms-v3d-pi4.dtbo", true),
        (Board::Rpi5, "overlays/vc4-kms-v3d-pi5.dtbo", true),
    ] {
        let resolved = requests(board, &Prefix::None, &files).resolved;
        assert_eq!(resolved.overlays[0], kms);
        assert!(
            resolved
                .overlays
                .ends_with(&["overlays/new.dtbo".to_owned(), "overlays/x.dtbo".to_owned()])
        );
        assert_eq!(
            resolved.unsupported_overlays.len(),
            usize::from(unsupported)
        );
    }
}

proptest! {
    #[test]
    fn any_server_gives_an_end(
        config in "((kernel|initramfs|include|os_prefix|dtoverlay|cmdline|boot_ramdisk|auto_initramfs|arm_64bit|armstub|overlay_prefix|\\[all\\]|\\[pi4\\])[ =][a-z0-9./,]{0,8}\n){0,12}",
        map in proptest::collection::vec(any::<u8>(), 0..64),
        served in proptest::collection::vec("[a-z0-9./]{1,12}", 0..6),
    ) {
        let mut files = with_config(
            "bootcode.bin start.elf fixup.dat start4.elf fixup4.dat kernel8.img kernel7.img
             bcm2710-rpi-3-b.dtb bcm2711-rpi-4-b.dtb bcm2712-rpi-5-b.dtb",
            "config.txt",
            &config,
        );
        files.insert("overlays/overlay_map.dtb".parse().unwrap(), map);
        for name in served {
            if let Ok(name) = name.parse() {
                files.insert(name, config.clone().into_bytes());
            }
        }
        for board in Board::ALL {
            for variant in board.variants() {
                let requests = Requests::of(board).variant(variant).simulate(&files);
                prop_assert!(requests.asked.len() < 2000);
                prop_assert_eq!(requests.asked.is_empty(), !board.can_netboot());
            }
        }
    }
}

#[test]
fn what_is_missing_in_the_end_is_what_nothing_stands_for() {
    let served = files("config.txt start.elf kernel8.img bcm2711-rpi-4-b.dtb");
    let pi4 = requests(Board::Rpi4, &Prefix::None, &served);
    assert_eq!(pi4.missing(Need::Needed), ["start4.elf"]);
    let served = files("config.txt start4.elf fixup4.dat kernel8.img bcm2711-rpi-4-b.dtb");
    let pi4 = requests(Board::Rpi4, &Prefix::None, &served);
    assert_eq!(pi4.missing(Need::Needed), ["cmdline.txt"]);
}
