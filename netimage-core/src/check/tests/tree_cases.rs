//! What stands in the way of a file of the boot tree.

use std::io::Read;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::sample::Sample;
use super::{Case, case, codes, said, told};
use crate::Observer;
use crate::boot::requests::{Prefix, Requests};
use crate::check::{CheckReport, check};
use crate::fs::ServedDirectory;

pub(super) static CASES: &[Case] = &[
    case(
        "boot-serial-directory",
        |sample| sample.move_below("1234abcd"),
        |sample| {
            // Boards look at the top first when this one has nothing.
            std::fs::create_dir(sample.path("boot", "1234abcd")).unwrap();
            sample.subject.serial = Some("1234abcd".parse().unwrap());
        },
    ),
    case(
        "boot-serial-directory",
        |sample| {
            sample.move_below("1234abcd");
            sample.boot("00000001/config.txt", "");
            sample.subject.serial = Some("100000001234abcd".parse().unwrap());
        },
        |sample| {
            sample.boot("1234abcd/config.txt", "");
            sample.subject.serial = Some("1234abcd".parse().unwrap());
        },
    ),
    case(
        "boot-no-tree",
        |sample| {
            sample.move_below("1234abcd");
            sample.boot("00000001/start4.elf", "");
        },
        |sample| {
            sample.move_below("1234abcd");
            sample.boot("20241124/backup", "");
            sample.boot("ABCDEF01/config.txt", "");
        },
    ),
    case(
        "boot-no-tree",
        |sample| {
            sample.move_below("1234abcd");
            sample.subject.serial = Some("1".parse().unwrap());
        },
        |sample| {
            sample.boot("1234abcd/config.txt", "");
            sample.subject.serial = Some("1".parse().unwrap());
        },
    ),
    // dnsmasq and tftpd-hpa follow a link as long as it stays within what they serve.
    case(
        "boot-stray-link",
        |sample| {
            let own = own(sample);
            share(&own, "../../common");
        },
        |sample| {
            let own = own(sample);
            share(&own, "../common");
        },
    ),
    // raspberrypi/firmware#794
    case(
        "boot-missing-firmware",
        |sample| {
            super::file_cases::rpi3(sample);
            own(sample);
        },
        |sample| {
            super::file_cases::rpi3(sample);
            let own = own(sample);
            std::fs::rename(
                own.join("bootcode.bin"),
                sample.path("boot", "bootcode.bin"),
            )
            .unwrap();
        },
    ),
    // raspberrypi/rpi-eeprom#376
    case(
        "boot-prefix-dropped",
        |sample| {
            let own = own(sample);
            std::fs::remove_file(own.join("start4.elf")).unwrap();
        },
        |sample| {
            let own = own(sample);
            std::fs::write(own.join("start.elf"), "for a Pi 3").unwrap();
        },
    )
    .and(&["boot-missing-firmware"]),
    case(
        "boot-prefix-dropped",
        |sample| {
            super::boot_cases::rpi5(sample);
            let own = own(sample);
            std::fs::remove_file(own.join("config.txt")).unwrap();
        },
        |sample| {
            super::boot_cases::rpi5(sample);
            own(sample);
        },
    )
    .and(&["boot-missing-file"]),
    // The same where there is another one at the top.
    case(
        "boot-prefix-dropped",
        |sample| {
            super::boot_cases::rpi5(sample);
            let own = own(sample);
            std::fs::rename(own.join("config.txt"), sample.path("boot", "config.txt")).unwrap();
        },
        |sample| {
            super::boot_cases::rpi5(sample);
            own(sample);
            sample.boot("config.txt", "");
        },
    )
    .and(&["boot-missing-file"]),
    // The same where what is at the top boots.
    case(
        "boot-prefix-dropped",
        |sample| {
            sample.boot("1234abcd/cmdline.txt", "");
            sample.subject.serial = Some("1234abcd".parse().unwrap());
        },
        |sample| {
            std::fs::create_dir(sample.path("boot", "1234abcd")).unwrap();
            sample.subject.serial = Some("1234abcd".parse().unwrap());
        },
    ),
    case(
        "boot-prefix-dropped",
        |sample| {
            sample.boot("1234ABCD/config.txt", "");
            sample.subject.serial = Some("1234abcd".parse().unwrap());
        },
        |sample| {
            sample.boot("1234ABCE/config.txt", "");
            sample.subject.serial = Some("1234abcd".parse().unwrap());
        },
    ),
];

/// Puts the tree into the directory of the serial number 1234abcd.
fn own(sample: &mut Sample) -> PathBuf {
    sample.move_below("1234abcd");
    sample.subject.serial = Some("1234abcd".parse().unwrap());
    sample.path("boot", "1234abcd")
}

/// Puts all files into this directory outside of the board's own, and links there.
fn share(own: &Path, common: &str) {
    let place = own
        .parent()
        .unwrap()
        .join(common.strip_prefix("../").unwrap());
    std::fs::rename(own, &place).unwrap();
    std::fs::create_dir(own).unwrap();
    for entry in std::fs::read_dir(place).unwrap() {
        let name = entry.unwrap().file_name();
        symlink(Path::new(common).join(&name), own.join(&name)).unwrap();
    }
}

/// Beside notes there is nothing but this.
fn assert_only(report: &CheckReport, code: &'static str) {
    assert_eq!(codes(report, ""), [code].into(), "{}", told(report));
}

/// A link out of the tree is followed for a serial number that is given.
#[test]
fn a_linked_directory_is_looked_at_when_it_is_meant() {
    let mut sample = Sample::new();
    sample.move_below("1234abcd");
    let elsewhere = sample.path("elsewhere", "");
    std::fs::rename(sample.path("boot", "1234abcd"), &elsewhere).unwrap();
    sample.link_boot("1234abcd", &elsewhere);
    let report = sample.check();
    assert_only(&report, "boot-no-tree");
    let (problem, remedy) = said(&report, "boot-no-tree");
    assert!(problem.ends_with("serial numbers: 1234abcd"), "{problem}");
    assert!(remedy.ends_with("or its serial number"), "{remedy}");
    sample.subject.serial = Some("1234abcd".parse().unwrap());
    let report = sample.check();
    assert_eq!(codes(&report, ""), [].into(), "{}", told(&report));
}

/// A sample whose boot tree is in this directory.
fn placed(name: &str, serial: Option<&str>) -> Sample {
    let mut sample = Sample::new();
    sample.move_below("aside");
    let found = sample.path("boot", name);
    std::fs::create_dir_all(found.parent().unwrap()).unwrap();
    std::fs::rename(sample.path("boot", "aside"), found).unwrap();
    sample.subject.serial = serial.map(|serial| serial.parse().unwrap());
    sample
}

#[test]
fn a_directory_that_no_board_looks_into_is_named() {
    const SERIAL: Option<&str> = Some("1234abcd");
    for (name, serial, expected) in [
        ("1234ABCD", SERIAL, "move 1234ABCD to 1234abcd"),
        (
            "34abcd",
            Some("100000000034abcd"),
            "move 34abcd to 0034abcd",
        ),
        (
            "100000001234abcd",
            SERIAL,
            "move 100000001234abcd to 1234abcd",
        ),
    ] {
        let report = placed(name, serial).check();
        assert_only(&report, "boot-no-tree");
        let (_, remedy) = said(&report, "boot-no-tree");
        assert_eq!(remedy, expected);
    }
}

/// Of twelve digits, the last eight are no serial number.
#[test]
fn what_is_no_near_miss_is_not_named() {
    for name in ["dca6320136c2", "tftp/boot", "tftp/more/1234abcd"] {
        for serial in [None, Some("320136c2"), Some("1234abcd")] {
            let report = placed(name, serial).check();
            assert!(
                !codes(&report, "").contains("boot-no-tree"),
                "{}",
                told(&report)
            );
        }
    }
}

/// An empty directory is as good as none, one that lacks files is not.
#[test]
fn an_empty_directory_hides_no_other() {
    for (name, expected) in [
        ("1234ABCD", "move 1234ABCD to 1234abcd"),
        (
            "00000001",
            "give the directory of the board that is meant, or its serial number",
        ),
    ] {
        let sample = placed(name, Some("1234abcd"));
        std::fs::create_dir(sample.path("boot", "1234abcd")).unwrap();
        let report = sample.check();
        assert_only(&report, "boot-no-tree");
        assert_eq!(said(&report, "boot-no-tree").1, expected);
    }
    let sample = placed("00000001", Some("1234abcd"));
    sample.boot("1234abcd/fixup4.dat", "");
    let report = sample.check();
    assert!(
        !codes(&report, "").contains("boot-no-tree"),
        "{}",
        told(&report)
    );
    said(&report, "boot-missing-firmware");
}

/// What a check says is missing is what the simulation misses.
#[test]
fn a_check_agrees_with_the_requests() {
    let changes: [fn(&mut Sample); 7] = [
        |_| (),
        |sample| std::fs::remove_file(sample.path("boot", "1234abcd/start4.elf")).unwrap(),
        |sample| std::fs::remove_file(sample.path("boot", "1234abcd/fixup4.dat")).unwrap(),
        |sample| sample.boot("start4.elf", ""),
        |sample| share(&sample.path("boot", "1234abcd"), "../common"),
        |sample| super::boot_cases::rpi5(sample),
        |sample| super::file_cases::rpi3(sample),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut sample = Sample::new();
        own(&mut sample);
        change(&mut sample);
        let served = ServedDirectory::open(&sample.subject.boot).unwrap();
        let prefix = Prefix::Serial(sample.subject.serial.unwrap());
        let requests = Requests::of(sample.subject.boards[0])
            .prefix(&prefix)
            .simulate(&served);
        let report = sample.check();
        let is_missing = |code: &&str| code.starts_with("boot-missing");
        let missing = codes(&report, "").into_iter().filter(is_missing).count();
        let told = told(&report);
        assert_eq!(missing == 0, requests.is_complete(), "{at}: {told}");
    }
}

#[test]
fn a_link_says_where_it_leads() {
    for (target, says) in [
        ("kernel8.img", "the link leads in a circle"),
        ("../kernel", "the link leads out of the tree"),
        ("/boot/kernel8.img", "the link leads out of the tree"),
        ("gone", "the link leads nowhere"),
    ] {
        let sample = Sample::new();
        sample.remove_boot("kernel8.img");
        sample.link_boot("kernel8.img", Path::new(target));
        let report = sample.check();
        assert_only(&report, "boot-stray-link");
        assert_eq!(said(&report, "boot-stray-link").0, says);
    }
}

#[test]
fn a_pi_3_asks_for_its_first_file_at_the_top() {
    let mut sample = Sample::new();
    super::file_cases::rpi3(&mut sample);
    sample.replace(
        "config.txt",
        "arm_64bit=1",
        "arm_64bit=1\n[0x1234abcd]\nkernel=kernel8.img",
    );
    sample.move_below("1234abcd");
    let at = |name: &str| sample.path("boot", name);
    std::fs::rename(at("1234abcd/bootcode.bin"), at("bootcode.bin")).unwrap();
    let report = sample.check();
    assert_eq!(
        codes(&report, "config-undecided"),
        [].into(),
        "{}",
        told(&report)
    );
}

#[test]
fn what_is_no_file_is_told_once() {
    for name in [
        "kernel8.img",
        "initrd",
        "cmdline.txt",
        "start4.elf",
        "bcm2711-rpi-4-b.dtb",
    ] {
        let sample = Sample::new();
        sample.fifo("boot", name);
        let report = sample.check();
        assert_only(&report, "boot-special-file");
        let sample = Sample::new();
        sample.remove_boot(name);
        sample.link_boot(name, Path::new("/nowhere"));
        let report = sample.check();
        assert_only(&report, "boot-stray-link");
    }
}

#[test]
fn a_configuration_that_is_no_file_is_told_once() {
    let sample = Sample::new();
    sample.fifo("boot", "config.txt");
    let report = sample.check();
    assert_only(&report, "boot-special-file");
}

#[test]
fn a_pi_5_lacks_its_configuration_once() {
    let mut sample = Sample::new();
    super::boot_cases::rpi5(&mut sample);
    sample.remove_boot("config.txt");
    let report = sample.check();
    let told = told(&report);
    assert_eq!(told.matches("there is no config.txt").count(), 1, "{told}");
    assert_only(&report, "boot-missing-file");
}

#[test]
fn a_pi_5_lacks_all_of_an_empty_tree_at_once() {
    let mut sample = Sample::new();
    super::boot_cases::rpi5(&mut sample);
    sample.move_below("aside");
    std::fs::remove_dir_all(sample.path("boot", "aside")).unwrap();
    let report = sample.check();
    let expected = [
        "boot-missing-command-line",
        "boot-missing-device-tree",
        "boot-missing-file",
        "boot-missing-kernel",
    ];
    assert_eq!(codes(&report, ""), expected.into(), "{}", told(&report));
}

#[test]
fn a_comment_in_a_name_is_taken_for_one() {
    let sample = Sample::new();
    sample.config("kernel=kernel8.img # the kernel");
    let (_, remedy) = said(&sample.check(), "boot-missing-kernel");
    assert!(remedy.starts_with("put the comment"), "{remedy}");
}

#[test]
fn quotes_in_a_name_are_taken_for_such() {
    for (name, setting, code) in [
        ("kernel8.img", "kernel=", "boot-missing-kernel"),
        ("initrd", "initramfs ", "boot-missing-initrd"),
        ("cmdline.txt", "cmdline=", "boot-missing-command-line"),
        (
            "bcm2711-rpi-4-b.dtb",
            "device_tree=",
            "boot-missing-device-tree",
        ),
        ("stub.bin", "armstub=", "boot-missing-armstub"),
        ("start4.elf", "start_file=", "boot-missing-firmware"),
    ] {
        let remedy = |name: &str| {
            let sample = Sample::new();
            sample.config(&format!("{setting}{name}"));
            said(&sample.check(), code).1
        };
        let quoted = remedy(&format!("\"{name}\""));
        assert!(quoted.starts_with("remove the quotes"), "{name}: {quoted}");
        let other = remedy("gone");
        assert!(!other.contains("quotes"), "{name}: {other}");
    }
}

#[test]
fn firmware_that_a_line_asks_for_names_the_line() {
    for (line, place) in [
        ("gpu_mem=16", Some(5)),
        ("start_x=1", Some(5)),
        ("gpu_mem=32", None),
    ] {
        let sample = Sample::new();
        sample.config(line);
        sample.remove_boot("start4.elf");
        let report = sample.check();
        let mut findings = report.findings.iter();
        let found = findings.find(|finding| finding.rule.code == "boot-missing-firmware");
        let at = found.unwrap().place.as_ref();
        assert_eq!(at.and_then(|at| at.line), place, "{line}");
    }
}

#[test]
fn an_empty_kernel_is_called_so() {
    let sample = Sample::new();
    super::boot_cases::kernel_is(&sample, b"");
    let (problem, _) = said(&sample.check(), "kernel-unrecognised");
    assert_eq!(problem, "it is empty, not a kernel");
}

#[test]
fn what_unpacks_without_end_is_not_called_truncated() {
    let mut sample = Sample::new();
    sample.subject.root = None;
    let kernel = super::parts::kernel();
    let mut bytes = kernel.as_slice().chain(std::io::repeat(0).take(256 << 20));
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    std::io::copy(&mut bytes, &mut packed).unwrap();
    sample.boot("kernel8.img", packed.finish().unwrap());
    let report = sample.check();
    let (problem, _) = said(&report, "kernel-unrecognised");
    assert_eq!(problem, "it unpacks to more than 256 MiB");
    assert!(
        !codes(&report, "").contains("kernel-truncated"),
        "{}",
        told(&report)
    );
}

#[test]
fn a_directory_of_overlays_that_is_a_stray_link_is_told_once() {
    let sample = Sample::new();
    std::fs::remove_dir_all(sample.path("boot", "overlays")).unwrap();
    sample.link_boot("overlays", Path::new("/nowhere"));
    sample.config("dtoverlay=disable-bt");
    let report = sample.check();
    assert_only(&report, "boot-stray-link");
    assert!(report.boots(), "{}", told(&report));
}

#[test]
fn a_check_stops_when_it_is_asked_to() {
    struct Asked(AtomicBool);
    impl Observer for Asked {
        fn advance(&self, _: u64) {
            self.0.store(true, Ordering::Relaxed);
        }

        fn is_cancelled(&self) -> bool {
            self.0.load(Ordering::Relaxed)
        }
    }
    let sample = Sample::new();
    let path = sample.path("boot", "initrd");
    std::fs::File::options()
        .append(true)
        .open(path)
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    let error = check(&sample.subject, &Asked(AtomicBool::new(false))).unwrap_err();
    assert!(error.is_cancelled(), "{error}");
    let error = check(&Sample::new().subject, &Asked(AtomicBool::new(true))).unwrap_err();
    assert!(error.is_cancelled(), "{error}");
}
