//! Every rule is provoked by one change to a good image, and nearly provoked by
//! another.

#![allow(
    clippy::semicolon_if_nothing_returned,
    reason = "a change is one expression"
)]

mod boot_cases;
mod command_line_cases;
mod config_cases;
mod driver_cases;
mod file_cases;
mod initrd_cases;
mod mounter_cases;
mod network_cases;
mod nfs_cases;
mod parts;
mod root_cases;
mod sample;
mod stage_1_cases;
mod toplevel_cases;
mod tree_cases;
mod unit_cases;

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use parts::overlay;
use sample::Sample;

use super::{CheckReport, Finding, Severity, find_rule, rules};
use crate::boot::Board;

/// A rule, and two changes of which only the first makes it speak.
struct Case {
    code: &'static str,
    provoke: fn(&mut Sample),
    nearly: fn(&mut Sample),
    /// Codes that the first change makes speak as well.
    also: &'static [&'static str],
    /// Whether it is the rule's milder case.
    is_mild: bool,
}

const fn case(code: &'static str, provoke: fn(&mut Sample), nearly: fn(&mut Sample)) -> Case {
    Case {
        code,
        provoke,
        nearly,
        also: &[],
        is_mild: false,
    }
}

impl Case {
    const fn and(mut self, also: &'static [&'static str]) -> Self {
        self.also = also;
        self
    }

    const fn mild(mut self) -> Self {
        self.is_mild = true;
        self
    }

    /// Whether the rule is broken, as badly as is said.
    fn is_found(&self, report: &CheckReport) -> bool {
        let rule = find_rule(self.code).unwrap();
        let severity = if self.is_mild {
            rule.mildest()
        } else {
            rule.severity
        };
        let mut findings = report.findings.iter();
        findings.any(|finding| (finding.rule, finding.severity) == (rule, severity))
    }
}

fn cases() -> impl Iterator<Item = &'static Case> {
    let tables = [
        boot_cases::CASES,
        config_cases::CASES,
        driver_cases::CASES,
        file_cases::CASES,
        initrd_cases::CASES,
        stage_1_cases::CASES,
        command_line_cases::CASES,
        root_cases::CASES,
        toplevel_cases::CASES,
        tree_cases::CASES,
        network_cases::CASES,
        unit_cases::CASES,
        nfs_cases::CASES,
        mounter_cases::CASES,
    ];
    tables.into_iter().flatten()
}

/// Whatever is worse than a note, and the notes in `wanted`.
fn codes(report: &CheckReport, wanted: &str) -> BTreeSet<&'static str> {
    let findings = report.findings.iter();
    findings
        .filter(|finding| finding.severity > Severity::Note || finding.rule.code == wanted)
        .map(|finding| finding.rule.code)
        .collect()
}

/// What was found, a line each.
fn told(report: &CheckReport) -> String {
    let line = |finding: &Finding| {
        let place = finding
            .place
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        format!(
            "{} {} {place} {}\n",
            finding.severity, finding.rule.code, finding.problem
        )
    };
    report.findings.iter().map(line).collect()
}

/// Makes so many directories in each other, of 250 bytes each.
fn deep(place: &Path, depth: usize) {
    let name = "d".repeat(249);
    let mut directory = File::open(place).unwrap();
    for _ in 0..depth {
        rustix::fs::mkdirat(&directory, &name, rustix::fs::Mode::RWXU).unwrap();
        let flags = rustix::fs::OFlags::DIRECTORY;
        let below = rustix::fs::openat(&directory, &name, flags, rustix::fs::Mode::empty());
        directory = below.unwrap().into();
    }
}

#[test]
fn a_good_image_is_good() {
    let report = Sample::new().check();
    assert_eq!(codes(&report, ""), BTreeSet::new(), "{}", told(&report));
    assert!(report.boots());
}

/// Runs every case and says all that is not as it should be.
fn run_cases(change: fn(&Case) -> fn(&mut Sample), is_right: fn(&Case, &CheckReport) -> bool) {
    let wrong: Vec<String> = cases()
        .filter_map(|case| {
            let mut sample = Sample::new();
            change(case)(&mut sample);
            let report = sample.check();
            let wrong = !is_right(case, &report);
            wrong.then(|| format!("{}:\n{}", case.code, told(&report)))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_rule_speaks_when_it_should() {
    run_cases(
        |case| case.provoke,
        |case, report| {
            let expected = case.also.iter().copied().chain([case.code]).collect();
            codes(report, case.code) == expected && case.is_found(report)
        },
    );
}

#[test]
fn no_rule_speaks_when_it_should_not() {
    run_cases(|case| case.nearly, |case, report| !case.is_found(report));
}

#[test]
fn every_rule_has_a_case() {
    let tried: BTreeSet<_> = cases().map(|case| (case.code, case.is_mild)).collect();
    let usual = rules().map(|rule| (rule.code, false));
    let milder = rules().filter(|rule| rule.milder.is_some());
    let milder = milder.map(|rule| (rule.code, true));
    let all: BTreeSet<_> = usual.chain(milder).collect();
    let untried: Vec<_> = all.symmetric_difference(&tried).collect();
    assert!(untried.is_empty(), "{untried:?}");
}

/// What is said of the first finding with this code.
fn said(report: &CheckReport, code: &str) -> (String, String) {
    let mut findings = report.findings.iter();
    let finding = findings.find(|finding| finding.rule.code == code);
    let finding = finding.unwrap_or_else(|| panic!("no {code}:\n{}", told(report)));
    (finding.problem.clone(), finding.remedy.clone())
}

#[test]
fn all_that_is_missing_is_told_at_once() {
    let sample = Sample::new();
    for name in [
        "start4.elf",
        "fixup4.dat",
        "kernel8.img",
        "bcm2711-rpi-4-b.dtb",
        "initrd",
        "cmdline.txt",
    ] {
        sample.remove_boot(name);
    }
    sample.config("dtoverlay=none-such");
    let report = sample.check();
    let told = told(&report);
    let expected = [
        "boot-missing-command-line",
        "boot-missing-device-tree",
        "boot-missing-firmware",
        "boot-missing-initrd",
        "boot-missing-kernel",
        "overlay-missing",
    ];
    assert_eq!(codes(&report, ""), expected.into(), "{told}");
    for name in ["start4.elf", "fixup4.dat", "kernel8.img", "initrd"] {
        let times = told.matches(&format!("there is no {name}")).count();
        assert_eq!(times, 1, "{name}: {told}");
    }
}

#[test]
fn a_start_file_of_another_name_is_told_by_that() {
    let sample = Sample::new();
    sample.config("start_file=own.elf\nfixup_file=own.dat");
    sample.boot("own.dat", "");
    let (problem, _) = said(&sample.check(), "boot-missing-firmware");
    assert_eq!(problem, "there is no own.elf");
}

#[test]
fn remedies_say_what_to_write() {
    let sample = Sample::new();
    sample.config("cmdline=console=tty1 quiet\ninclude=more.txt\ndtparam=adio=on\ndtoverlay=disable-bt\ndtparam=sped=1");
    let report = sample.check();
    let (problem, remedy) = said(&report, "config-include-missing");
    assert!(problem.contains("'include=' does not work"), "{problem}");
    assert_eq!(remedy, "write include more.txt");
    let (_, remedy) = said(&report, "boot-missing-command-line");
    assert!(remedy.starts_with("cmdline= takes the name"), "{remedy}");
    let (problem, _) = said(&report, "device-tree-parameter-unknown");
    assert_eq!(
        problem,
        "the board's own tree bcm2711-rpi-4-b.dtb has no parameter adio"
    );
    let (problem, _) = said(&report, "overlay-parameter-unknown");
    assert_eq!(problem, "the overlay disable-bt has no parameter sped");
}

#[test]
fn a_directory_in_place_of_a_file_is_told_as_such() {
    for (name, code) in [
        ("kernel8.img", "boot-missing-kernel"),
        ("initrd", "boot-missing-initrd"),
        ("cmdline.txt", "boot-missing-command-line"),
        ("bcm2711-rpi-4-b.dtb", "boot-missing-device-tree"),
        ("start4.elf", "boot-missing-firmware"),
        ("config.txt", "boot-no-config"),
    ] {
        let sample = Sample::new();
        sample.remove_boot(name);
        std::fs::create_dir(sample.path("boot", name)).unwrap();
        let (problem, _) = said(&sample.check(), code);
        let expected = format!("{name} is a directory, but the board asks for a file");
        assert_eq!(problem, expected);
    }
}

#[test]
fn causes_are_told_first() {
    let sample = Sample::new();
    sample.remove_boot("config.txt");
    sample.remove_boot("start4.elf");
    let report = sample.check();
    let of_board = report
        .findings
        .iter()
        .find(|finding| !finding.boards.is_empty());
    assert_eq!(
        of_board.unwrap().rule.code,
        "boot-no-config",
        "{}",
        told(&report)
    );
}

#[test]
fn settings_out_of_reach_are_named() {
    let mut sample = Sample::new();
    sample.replace(
        "config.txt",
        "arm_64bit",
        &format!("{}[pi4]\narm_64bit", "# long\n".repeat(600)),
    );
    let (problem, _) = said(&sample.check(), "config-too-long");
    assert!(
        problem
            .ends_with("no effect: arm_64bit=1, kernel=kernel8.img, initramfs initrd followkernel"),
        "{problem}"
    );
    // Not those of other boards, and not on a Pi 5, which reads more.
    sample.replace("config.txt", "[pi4]", "[pi5]");
    boot_cases::rpi5(&mut sample);
    let report = sample.check();
    assert_eq!(codes(&report, ""), BTreeSet::new(), "{}", told(&report));
}

/// With `kernel8_rt.img` a Pi 3 runs 64 bits, and loads `initramfs8_rt`.
#[test]
fn a_kernel_of_another_name_has_its_initramfs() {
    let mut sample = Sample::new();
    file_cases::rpi3(&mut sample);
    let at = |name: &str| sample.path("boot", name);
    std::fs::rename(at("kernel8.img"), at("kernel8_rt.img")).unwrap();
    std::fs::rename(at("initrd"), at("initramfs8_rt")).unwrap();
    sample.boot("config.txt", "kernel=kernel8_rt.img\nauto_initramfs=1\n");
    let report = sample.check();
    assert_eq!(codes(&report, ""), BTreeSet::new(), "{}", told(&report));
    sample.boot("initramfs8_rt", "");
    assert!(!sample.check().boots());
}

/// raspberrypi/firmware#1660: a Compute Module 4 with the name that Linux itself has.
#[test]
fn upstream_kernel_is_set_for_names_alone() {
    let mut sample = Sample::new();
    sample.subject.boards = vec![Board::Cm4];
    sample.remove_boot("bcm2711-rpi-4-b.dtb");
    let compatible = ["raspberrypi,4-compute-module", "brcm,bcm2711"];
    sample.boot("bcm2711-rpi-cm4-io.dtb", parts::device_tree(&compatible));
    said(&sample.check(), "boot-missing-device-tree");
    sample.config("upstream_kernel=1");
    let report = sample.check();
    assert_eq!(codes(&report, ""), BTreeSet::new(), "{}", told(&report));
}

/// `arm_control=0x200` is the older name of `arm_64bit=1`.
#[test]
fn the_older_name_of_the_mode_is_known() {
    let mut sample = Sample::new();
    file_cases::rpi3(&mut sample);
    sample.replace("config.txt", "kernel=kernel8.img\n", "kernel=linux.img\n");
    sample.link_boot("linux.img", Path::new("kernel8.img"));
    sample.replace("config.txt", "arm_64bit=1", "arm_control=0x200");
    let report = sample.check();
    assert_eq!(codes(&report, ""), BTreeSet::new(), "{}", told(&report));
    sample.replace("config.txt", "0x200", "0x100");
    said(&sample.check(), "kernel-wrong-mode");
}

#[test]
fn overlays_of_a_prefix_need_their_readme() {
    let sample = Sample::new();
    sample.config("os_prefix=new/\ndtoverlay=own");
    sample.system_below("new/");
    sample.boot("new/overlays/own.dtbo", overlay(&["uart0"], &[]));
    let (problem, _) = said(&sample.check(), "overlay-missing");
    assert_eq!(problem, "there is no overlays/own.dtbo");
    sample.boot("new/overlays/README", "");
    let report = sample.check();
    assert!(
        !codes(&report, "").contains("overlay-missing"),
        "{}",
        told(&report)
    );
}

#[test]
fn an_initrd_for_a_serial_number_may_be_there() {
    let sample = Sample::new();
    sample.replace("config.txt", "initramfs", "[0x1234abcd]\ninitramfs");
    let report = sample.check();
    assert!(report.boots(), "{}", told(&report));
    said(&report, "config-undecided");
}
