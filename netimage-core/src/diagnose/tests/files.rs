//! Files that boards ask for.

use super::super::BootDiagnosis;
use super::{board, dnsmasq, hold};

#[test]
fn every_cause_of_the_boot_loader_is_told() {
    hold(&[
        (
            "Tech-Byte-Tips/RPi-PXE#11",
            &dnsmasq("0 t file /srv/tftp/bootcode.bin not found for 192.0.2.31"),
            &["log-no-bootcode"],
        ),
        (
            "raspberrypi/rpi-eeprom#376, raspberrypi/firmware#754",
            &dnsmasq(
                "0 t file /srv/tftp/1234abcd/start4.elf not found
                 0 t file /srv/tftp/1234abcd/start.elf not found
                 0 t file /srv/tftp/config.txt not found
                 0 t file /srv/tftp/start4.elf not found",
            ),
            &["log-prefix-dropped"],
        ),
        (
            "raspberrypi/rpi-eeprom#74: neither in the directory nor above",
            &dnsmasq(
                "0 t file start4.elf not found for 192.0.2.32\n0 t file start.elf not found for 192.0.2.32",
            ),
            &["log-no-firmware"],
        ),
        (
            "raspberrypi/documentation, boot folder: the firmware of a Pi 3 for a Pi 4",
            &dnsmasq(
                "0 t file /t/1234abcd/start4.elf not found for 192.0.2.41
                 0 t sent /t/1234abcd/config.txt to 192.0.2.41
                 0 t file /t/1234abcd/vl805.sig not found for 192.0.2.41
                 2 t sent /t/1234abcd/start.elf to 192.0.2.41",
            ),
            &["log-wrong-firmware"],
        ),
        (
            "raspberrypi/firmware#1292, without fixup.dat",
            &dnsmasq(
                "0 t sent /t/1234abcd/start4.elf to 192.0.2.41
                 0 t file /t/1234abcd/fixup4.dat not found for 192.0.2.41",
            ),
            &["log-no-fixup"],
        ),
        (
            "raspberrypi/firmware#935, a Pi 2",
            &dnsmasq(
                "0 t file /netboot/autoboot.txt not found
                 0 t sent /netboot/config.txt to 192.0.2.103
                 2 t sent /netboot/start.elf to 192.0.2.103
                 2 t sent /netboot/fixup.dat to 192.0.2.103",
            ),
            &["log-firmware-stuck"],
        ),
    ]);
}

#[test]
fn every_cause_of_the_firmware_is_told() {
    hold(&[
        (
            "raspberrypi/firmware#1605, with none of the kernels",
            &dnsmasq(
                "0 t sent /t/1234abcd/start4.elf to 192.0.2.41
                 0 t sent /t/1234abcd/fixup4.dat to 192.0.2.41
                 1 t sent /t/1234abcd/bcm2711-rpi-4-b.dtb to 192.0.2.41
                 1 t file /t/1234abcd/kernel8.img not found for 192.0.2.41",
            ),
            &["log-no-kernel"],
        ),
        (
            "raspberrypi/firmware#1660, a CM4 without its device tree",
            &dnsmasq(
                "0 t sent /t/1234abcd/start4.elf to 192.0.2.41
                 0 t sent /t/1234abcd/fixup4.dat to 192.0.2.41
                 1 t file /t/1234abcd/bcm2711-rpi-cm4.dtb not found for 192.0.2.41
                 1 t file /t/1234abcd/bcm2711-rpi-4-b.dtb not found for 192.0.2.41
                 4 t sent /t/1234abcd/kernel8.img to 192.0.2.41",
            ),
            &["log-no-device-tree"],
        ),
        (
            "revred/TinyOS, a Pi 5 without config.txt",
            &dnsmasq("0 t file /t/1234abcd/config.txt not found for 192.0.2.50"),
            &["log-no-config"],
        ),
        (
            "raspberrypi/documentation, os_check",
            "Boot mode: NETWORK (02) order f\nTFTP_GET: 02:00:00:00:00:01 192.0.2.1 1234abcd/config.txt\nTFTP: complete 40\nThe installed operating system (OS) does not indicate support for Raspberry Pi 5\n",
            &["log-os-check"],
        ),
        (
            "raspberrypi/rpi-eeprom#857",
            " 15.48 TFTP_GET: 02:00:00:00:00:01 192.0.2.1 1234abcd/boot.img\n 66.37 Read boot.img failed\n 66.80 Error 12 loading boot.img\n",
            &["log-boot-image"],
        ),
        (
            "raspberrypi/documentation, boot flow: a recovery system is served",
            &dnsmasq(
                "0 t sent /t/1234abcd/config.txt to 192.0.2.41\n1 t sent /t/1234abcd/recovery.elf to 192.0.2.41",
            ),
            &["log-recovery"],
        ),
        (
            "dnsmasq's src/tftp.c, tftp-secure",
            &dnsmasq("0 t cannot access /t/1234abcd/config.txt: Permission denied"),
            &["log-file-unreadable"],
        ),
        (
            "raspberrypi/rpi-eeprom#687",
            &dnsmasq(
                "0 t sent /t/1234abcd/config.txt to 192.0.2.50
                 0 t sent /t/1234abcd/bcm2712-rpi-5-b.dtb to 192.0.2.50
                 31 t failed sending /t/1234abcd/initrd to 192.0.2.50",
            ),
            &["log-file-timeout"],
        ),
        (
            "raspberrypi/firmware#1292, a network that loses packets",
            &dnsmasq(
                "0 t sent /t/1234abcd/start4.elf to 192.0.2.41
                 0 t sent /t/1234abcd/bcm2711-rpi-4-b.dtb to 192.0.2.41
                 3 t timeout sending /t/1234abcd/kernel8.img to 192.0.2.41",
            ),
            &["log-transfer-broken"],
        ),
        (
            "raspberrypi/rpi-eeprom#375: 65 535 blocks of 1024 bytes",
            "TFTP_GET: 02:00:00:00:00:01 192.0.2.1 1234abcd/initrd\nTFTP: complete 67107840\nBooting Linux on physical CPU 0x0\nKernel panic - not syncing: VFS: Unable to mount root fs\n",
            &["log-no-root"],
        ),
    ]);
}

/// What does not stop a boot stands after what does.
#[test]
fn lesser_things_do_not_hide_the_cause() {
    let pi_5 = "
        0 t sent /t/1234abcd/config.txt to 192.0.2.50
        1 t sent /t/1234abcd/bcm2712-rpi-5-b.dtb to 192.0.2.50
        1 t file /t/1234abcd/overlays/disable-bt.dtbo not found for 192.0.2.50
        1 t sent /t/1234abcd/cmdline.txt to 192.0.2.50
    ";
    let kernel = "4 t sent /t/1234abcd/kernel_2712.img to 192.0.2.50";
    let told = |log: &str| {
        let board = board(&dnsmasq(log));
        let findings = board.findings().iter();
        findings.map(|cause| cause.cause.code).collect::<Vec<_>>()
    };
    assert_eq!(told(pi_5), ["log-stopped", "log-no-overlay"]);
    let whole = format!("{pi_5}{kernel}");
    assert_eq!(told(&whole), ["log-no-overlay", "log-ends-with-kernel"]);
    assert_eq!(
        told(&format!("{whole}\n").repeat(3)),
        ["log-boots-again", "log-no-overlay"]
    );
}

/// A board goes on without it; one that asks for nothing then has stopped.
#[test]
fn silence_after_a_file_that_may_be_missing_is_a_stop() {
    let log = "Jan  2 18:23:31 srv in.tftpd[31]: RRQ from 192.0.2.32 filename 1234abcd/config.txt
Jan  2 18:23:31 srv in.tftpd[32]: RRQ from 192.0.2.32 filename 1234abcd/boot.sig
Jan  2 18:23:31 srv in.tftpd[32]: sending NAK (1, File not found) to 192.0.2.32
";
    hold(&[(
        "raspberrypi/rpi-eeprom#74, in.tftpd -vv",
        log,
        &["log-stopped"],
    )]);
    let only_missing = "0 t file /t/1234abcd/boot.sig not found for 192.0.2.32";
    hold(&[("dnsmasq", &dnsmasq(only_missing), &["log-stopped"])]);
}

/// raspberrypi/rpi-eeprom#687, #857.
#[test]
fn a_boot_that_has_only_begun_does_not_hide_the_one_before() {
    let log = "  7.52 Boot mode: NETWORK (02) order f
 10.40 Link ready
 23.14 TFTP_GET: 02:00:00:00:00:01 192.0.2.1 1234abcd/config.txt
 23.20 TFTP: complete 40
 23.30 TFTP_GET: 02:00:00:00:00:01 192.0.2.1 1234abcd/initrd
 53.99 Boot mode: RESTART (0f) order 0
  7.52 Boot mode: NETWORK (02) order f
";
    let board = board(log);
    assert_eq!(board.boots.len(), 2);
    assert_eq!(
        board.findings()[0].cause.code,
        "log-file-timeout",
        "{board:#?}"
    );
}

/// raspberrypi/rpi-eeprom#375.
#[test]
fn a_file_cut_at_the_last_block_is_told() {
    for bytes in [65_535 * 1024, 65_535 * 1468] {
        let log = format!(
            "TFTP_GET: 02:00:00:00:00:01 192.0.2.1 1234abcd/initrd\nTFTP: complete {bytes}\n"
        );
        let board = board(&log);
        assert_eq!(
            board.findings()[0].cause.code,
            "log-file-truncated",
            "{board:#?}"
        );
    }
}

/// raspberrypi/firmware#1362, the German words.
#[test]
fn translations_come_to_the_same() {
    for log in [
        "0 t Datei /t/bootcode.bin nicht gefunden für 192.0.2.31",
        "0 t fichier /t/bootcode.bin non trouvé pour 192.0.2.31",
        "0 t plik /t/bootcode.bin nie został znaleziony dla 192.0.2.31",
        "0 t filen /t/bootcode.bin hittades inte för 192.0.2.31",
    ] {
        hold(&[("dnsmasq's catalogues", &dnsmasq(log), &["log-no-bootcode"])]);
    }
}

/// What is normal is told where something else is wrong, lest it be taken for the cause.
#[test]
fn early_terminate_is_normal() {
    let board = board(&dnsmasq(
        "0 t error 0 Early terminate received from 192.0.2.41
         0 t failed sending /t/1234abcd/start4.elf to 192.0.2.41
         0 t sent /t/1234abcd/start4.elf to 192.0.2.41
         0 t file /t/1234abcd/fixup4.dat not found for 192.0.2.41",
    ));
    let codes: Vec<_> = board
        .findings()
        .iter()
        .map(|cause| cause.cause.code)
        .collect();
    assert_eq!(codes, ["log-no-fixup", "log-early-terminate"]);
}

/// dnsmasq gives a transfer up 120 s after the request (its src/tftp.c), when a board that
/// waits 30 s for a file (raspberrypi/rpi-eeprom#687) has long begun anew.
#[test]
fn a_late_failure_is_of_the_boot_that_asked() {
    let boot = |second: u32| {
        let lines = [
            (0, "d DHCPDISCOVER(eth0) dc:a6:32:11:22:33"),
            (0, "d DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:11:22:33"),
            (4, "t sent /t/1234abcd/start4.elf to 192.0.2.41"),
            (4, "t sent /t/1234abcd/fixup4.dat to 192.0.2.41"),
            (8, "t sent /t/1234abcd/bcm2711-rpi-4-b.dtb to 192.0.2.41"),
        ];
        lines.map(|(after, line)| (second + after, line))
    };
    let failure = |second: u32| {
        (
            second + 128,
            "t timeout sending /t/1234abcd/initrd to 192.0.2.41",
        )
    };
    let board_of = |mut lines: Vec<(u32, &str)>| {
        lines.sort_by_key(|(second, _)| *second);
        let lines = lines
            .iter()
            .map(|(second, line)| format!("{second} {line}"));
        board(&dnsmasq(&lines.collect::<Vec<_>>().join("\n")))
    };
    let first_cause = |lines: Vec<(u32, &str)>| board_of(lines).findings()[0].cause.code;
    let told = |lines: Vec<(u32, &str)>| {
        let board = board_of(lines);
        assert_eq!(
            board.findings()[0].cause.code,
            "log-file-timeout",
            "{board:#?}"
        );
        let boots = board.boots.iter();
        let failed = |boot: &BootDiagnosis| boot.files.iter().any(|file| file.failed > 0);
        boots
            .map(|boot| (boot.times, failed(boot)))
            .collect::<Vec<_>>()
    };
    // A board that is silent then, and one that goes on to try.
    assert_eq!(told([&boot(0)[..], &[failure(0)]].concat()), [(1, true)]);
    let twice = [&boot(0)[..], &boot(45), &[failure(0), failure(45)]].concat();
    assert_eq!(told(twice), [(2, true)]);
    // What is of another day is no repetition.
    let mut seldom = [&boot(0)[..], &[failure(0)]].concat();
    seldom.extend(boot(3000));
    assert_eq!(first_cause(seldom), "log-stopped");
    let starts = [0, 45, 90, 135, 180];
    let mut many: Vec<_> = starts.into_iter().flat_map(boot).collect();
    many.extend([failure(0), failure(45)]);
    let boots = told(many);
    assert_eq!(boots.iter().map(|(times, _)| times).sum::<u32>(), 5);
    assert!(boots[0].1 && !boots[boots.len() - 1].1, "{boots:?}");
}

/// As dnsmasq 2.90 tells it, which takes what is broken off at its options for sent.
#[test]
fn what_was_only_looked_for_was_not_sent() {
    let board = board(&dnsmasq(
        "0 t sent /t/1234abcd/start4.elf to 192.0.2.41
         0 t sent /t/1234abcd/config.txt to 192.0.2.41
         1 t error 0 Early terminate received from 192.0.2.41
         1 t sent /t/1234abcd/kernel8.img to 192.0.2.41",
    ));
    assert!(!board.is_well(), "{board:#?}");
}
