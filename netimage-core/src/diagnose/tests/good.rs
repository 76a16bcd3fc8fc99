//! Boots that went well: nothing is wrong with them.

use super::super::BootStage;
use super::{board, codes, dnsmasq};
use crate::check::Severity;

/// Probes, as of raspberrypi/rpi-eeprom#74 and raspberrypi/firmware#1605, and optional
/// files that are not there.
const PI_4: &str = "
    0 d DHCPDISCOVER(eth0) dc:a6:32:11:22:33
    0 d DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:11:22:33
    4 t error 0 Early terminate received from 192.0.2.41
    4 t failed sending /srv/tftp/1234abcd/start4.elf to 192.0.2.41
    4 t sent /srv/tftp/1234abcd/config.txt to 192.0.2.41
    4 t file /srv/tftp/1234abcd/vl805.sig not found for 192.0.2.41
    4 t file /srv/tftp/1234abcd/recovery.elf not found for 192.0.2.41
    6 t sent /srv/tftp/1234abcd/start4.elf to 192.0.2.41
    6 t sent /srv/tftp/1234abcd/fixup4.dat to 192.0.2.41
    7 t sent /srv/tftp/1234abcd/config.txt to 192.0.2.41
    9 t sent /srv/tftp/1234abcd/initrd to 192.0.2.41
    9 t sent /srv/tftp/1234abcd/bcm2711-rpi-4-b.dtb to 192.0.2.41
    9 t sent /srv/tftp/1234abcd/cmdline.txt to 192.0.2.41
    12 t sent /srv/tftp/1234abcd/kernel8.img to 192.0.2.41
";

#[test]
fn a_good_boot_has_nothing_wrong() {
    let board = board(&dnsmasq(PI_4));
    assert!(board.is_well(), "{board:#?}");
    let notes: Vec<_> = board
        .findings()
        .iter()
        .map(|note| note.cause.code)
        .collect();
    assert_eq!(notes, ["log-ends-with-kernel"]);
    assert_eq!(board.boots[0].stage, BootStage::Kernel);
    let kernel = board.boots[0].files.last().unwrap();
    assert_eq!(kernel.milliseconds, Some(3000));
}

#[test]
fn what_the_kernel_asks_for_is_no_boot() {
    let later = "
        25 d DHCPDISCOVER(eth0) dc:a6:32:11:22:33
        25 d DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:11:22:33
    ";
    let log = dnsmasq(&format!("{PI_4}{later}"));
    let board = board(&log);
    assert!(board.is_well());
    assert_eq!(board.boots.len(), 1);
    assert_eq!(board.boots[0].stage, BootStage::Running);
}

/// tftpd-hpa and atftpd only tell what was asked for (raspberrypi/rpi-eeprom#74).
#[test]
fn a_server_that_only_tells_requests_says_how_far_it_went() {
    let names = "start4.elf config.txt start4.elf fixup4.dat config.txt initrd bcm2711-rpi-4-b.dtb cmdline.txt kernel8.img";
    for form in [
        "in.tftpd[31]: RRQ from 192.0.2.41 filename 1234abcd/NAME",
        "atftpd[31]: Serving 1234abcd/NAME to 192.0.2.41:2070",
    ] {
        let lines = names.split(' ').map(|name| {
            let line = form.replace("NAME", name);
            format!("Jan  2 18:23:31 srv {line}\n")
        });
        let log: String = lines.collect();
        let once = board(&log);
        assert!(once.is_well(), "{once:#?}");
        let note = &once.findings()[0];
        assert_eq!(note.cause.code, "log-ends-with-kernel");
        assert!(note.problem.contains("up to 1234abcd/kernel8.img"));
        assert!(note.problem.contains("does not tell whether it was sent"));
        let again = board(&log.repeat(3));
        assert_eq!((again.boots.len(), again.boots[0].times), (1, 3));
        assert_eq!(codes(&again), ["log-boots-again"]);
    }
}

/// Whose kernel has no network and whose has one are told apart, in one boot and in many.
#[test]
fn a_kernel_that_asks_for_an_address_is_told_apart() {
    let problem = |log: &str| {
        let board = board(&dnsmasq(log));
        assert_eq!(board.boots.len(), 1, "{board:#?}");
        (board.boots[0].stage, board.findings()[0].problem.clone())
    };
    let (stage, silent) = problem(PI_4);
    assert_eq!(stage, BootStage::Kernel);
    assert!(silent.contains("asked for no address"), "{silent}");
    let files = &PI_4[PI_4.find("4 t").unwrap()..];
    let (_, untold) = problem(files);
    assert!(!untold.contains("address"), "{untold}");
    let asks = "
        25 d DHCPDISCOVER(eth0) dc:a6:32:11:22:33
        26 d DHCPDISCOVER(eth0) dc:a6:32:11:22:33
    ";
    let (stage, unheard) = problem(&format!("{PI_4}{asks}"));
    assert_eq!(stage, BootStage::Running);
    assert!(unheard.contains("nobody gives"), "{unheard}");
    let given = "
        25 d DHCPDISCOVER(eth0) dc:a6:32:11:22:33
        25 d DHCPOFFER(eth0) 192.0.2.41 dc:a6:32:11:22:33
        25 d DHCPREQUEST(eth0) 192.0.2.41 dc:a6:32:11:22:33
        25 d DHCPACK(eth0) 192.0.2.41 dc:a6:32:11:22:33
    ";
    // One that still has an address asks for no other.
    for given in [given, &given[given.find("25 d DHCPREQUEST").unwrap()..]] {
        let (stage, has_one) = problem(&format!("{PI_4}{given}"));
        assert_eq!(stage, BootStage::Running);
        assert!(has_one.contains("runs and has an address"), "{has_one}");
    }
    // What the loader asks for and what the kernel does, with and without log-dhcp.
    let class = "0 d 77 vendor class: PXEClient:Arch:00000:UNDI:002001\n";
    for (class, given) in [("", given), (class, given), (class, asks)] {
        let boot = format!("{class}{PI_4}{given}");
        let (_, heard) = problem(&boot.repeat(3));
        assert!(heard.contains("asked for an address with it"), "{heard}");
    }
    let (_, unheard) = problem(&format!("{class}{PI_4}").repeat(3));
    assert!(!unheard.contains("asked for an address"), "{unheard}");
}

#[test]
fn a_board_that_loops_is_told_once() {
    let three = PI_4.repeat(3);
    let board = board(&dnsmasq(&three));
    assert_eq!(board.boots.len(), 1);
    assert_eq!(board.boots[0].times, 3);
    assert_eq!(codes(&board), ["log-boots-again"]);
}

#[test]
fn a_board_that_is_booted_now_and_then_is_well() {
    let first = dnsmasq(PI_4);
    let later = first.replace(" 10:00:", " 11:00:");
    let board = board(&format!("{first}{later}"));
    assert_eq!(board.boots[0].times, 2, "{board:#?}");
    assert!(board.is_well(), "{board:#?}");
}

/// The first code asks for an address anew (raspberrypi/firmware#1605), with a proxy, in
/// a log with log-dhcp and without addresses of what is missing.
#[test]
fn a_pi_3_has_two_exchanges_in_one_boot() {
    let log = dnsmasq(
        "
        0 d 653460281 vendor class: PXEClient:Arch:00000:UNDI:002001
        0 d 653460281 PXE(eth0) b8:27:eb:11:22:33 proxy
        0 d 653460281 sent size: 32 option: 43 vendor-encap  06:01:03:0a:04:00:50:58:45
        0 t file /srv/tftp/bootsig.bin not found
        0 t sent /srv/tftp/bootcode.bin to 192.0.2.31
        1 d 653460281 vendor class: PXEClient:Arch:00000:UNDI:002001
        1 d 653460281 PXE(eth0) b8:27:eb:11:22:33 proxy
        2 t error 0 Early terminate received from 192.0.2.31
        2 t failed sending /srv/tftp/12112233/start.elf to 192.0.2.31
        2 t file /srv/tftp/12112233/autoboot.txt not found
        2 t sent /srv/tftp/12112233/config.txt to 192.0.2.31
        2 t file /srv/tftp/12112233/recovery.elf not found
        4 t sent /srv/tftp/12112233/start.elf to 192.0.2.31
        4 t sent /srv/tftp/12112233/fixup.dat to 192.0.2.31
        5 t sent /srv/tftp/12112233/bcm2710-rpi-3-b.dtb to 192.0.2.31
        5 t sent /srv/tftp/12112233/cmdline.txt to 192.0.2.31
        5 t file /srv/tftp/12112233/kernel8-32.img not found
        8 t sent /srv/tftp/12112233/kernel7.img to 192.0.2.31
        ",
    );
    let board = board(&log);
    assert!(board.is_well(), "{board:#?}");
    assert_eq!(board.boots.len(), 1);
    assert_eq!(board.identity.address.as_deref(), Some("192.0.2.31"));
    assert_eq!(board.identity.serial.as_deref(), Some("12112233"));
    assert_eq!(board.model.unwrap().boards, [crate::boot::Board::Rpi3]);
}

/// A server that was away for a while (raspberrypi/firmware#249), up to the login.
#[test]
fn what_went_well_after_all_is_no_cause() {
    let log = "[    5.037709] IP-Config: Complete:
[    5.1] NFS: Server returned error -111 while mounting /srv/pi
[   44.356954] nfs: server 192.0.2.1 not responding, still trying
[   54.376007] nfs: server 192.0.2.1 OK
[   54.388687] VFS: Mounted root (nfs filesystem) on device 0:12.
";
    let board = board(log);
    assert!(codes(&board).is_empty(), "{board:#?}");
    assert!(
        board
            .findings()
            .iter()
            .all(|cause| cause.severity == Severity::Note)
    );
    assert_eq!(board.boots[0].stage, BootStage::Root);
}

/// Linux says that it waits for any device that is not there at once
/// (raspberrypi/firmware#1371).
#[test]
fn a_device_that_comes_is_no_cause() {
    let log = "\
[    0.806721] Waiting for root device PARTUUID=ea7d04d6-02...
[    0.868338] mmcblk0: mmc0:59b4       29.8 GiB
[    1.200000] EXT4-fs (mmcblk0p2): mounted filesystem with ordered data mode. Opts: (null)
";
    assert_eq!(codes(&board(log)), [""; 0]);
}

/// config.txt is fetched several times in one boot (raspberrypi/rpi-eeprom#87, and with
/// broken off kernels between them raspberrypi/firmware#1605, Hexxeh/rpi-firmware#269).
#[test]
fn a_boot_reads_config_txt_again_and_again() {
    let names = "config.txt start4.elf fixup4.dat config.txt bcm2711-rpi-4-b.dtb config.txt cmdline.txt kernel8.img";
    let lines = names.split(' ').zip(0..);
    let lines = lines
        .map(|(name, second)| format!("{second} t sent /srv/tftp/1234abcd/{name} to 192.0.2.41\n"));
    let board = board(&dnsmasq(&lines.collect::<String>()));
    assert_eq!((board.boots.len(), board.boots[0].times), (1, 1));
    assert_eq!(board.boots[0].stage, BootStage::Kernel);
    assert!(board.is_well());
}
