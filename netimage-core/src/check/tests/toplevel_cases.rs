//! The toplevel's init, its kernel and its bootspec.

use super::parts::{RELEASE, gzipped, kernel, kernel_of, program, program_for};
use super::root_cases::edit_bootspec;
use super::sample::{LINUX, Sample, TOPLEVEL};
use super::{Case, Severity, case, said, told};

const X86_64: u16 = 62;

fn init(sample: &Sample, contents: impl AsRef<[u8]>) {
    sample.program(&format!("nix/store/{TOPLEVEL}/init"), contents, 0o555);
}

fn script(sample: &Sample, shell: &[u8]) {
    init(sample, "#!/bin/sh -e\n");
    sample.program("bin/sh", shell, 0o555);
}

fn own_kernel(sample: &Sample, bytes: &[u8]) {
    sample.root(&format!("nix/store/{LINUX}/Image"), bytes);
}

pub(super) static CASES: &[Case] = &[
    case(
        "toplevel-kernel-differs",
        |sample| sample.boot("kernel8.img", gzipped(&kernel_of(RELEASE, 0b0010))),
        |sample| sample.boot("kernel8.img", gzipped(&kernel())),
    ),
    case(
        "toplevel-kernel-differs",
        |sample| own_kernel(sample, &gzipped(&kernel())[..4096]),
        |sample| own_kernel(sample, &gzipped(&kernel())),
    ),
    case(
        "toplevel-init-unusable",
        |sample| init(sample, ""),
        |sample| script(sample, &program(&[])),
    ),
    case(
        "toplevel-init-unusable",
        |sample| init(sample, "echo hello\n"),
        |sample| script(sample, b"#! /bin/other\n"),
    ),
    case(
        "toplevel-init-unusable",
        |sample| init(sample, &program(&[])[..63]),
        // Its other headers may lie anywhere.
        |sample| init(sample, &program(&[])[..64]),
    ),
    case(
        "toplevel-init-unusable",
        |sample| init(sample, program_for(X86_64, &[])),
        // A 64-bit kernel may run these.
        |sample| init(sample, program_for(40, &[])),
    ),
    case(
        "toplevel-init-unusable",
        |sample| script(sample, &program_for(X86_64, &[])),
        |sample| script(sample, &program(&[])),
    ),
    case(
        "toplevel-init-unusable",
        |sample| script(sample, b""),
        |sample| init(sample, program(&[])),
    ),
];

/// That one is said by the rules of the kernel.
#[test]
fn a_system_for_another_machine_is_told_once() {
    let sample = Sample::new();
    init(&sample, program_for(X86_64, &[]));
    sample.root(&format!("nix/store/{TOPLEVEL}/system"), "x86_64-linux");
    edit_bootspec(&sample, "aarch64-linux", "x86_64-linux");
    let report = sample.check();
    let codes: Vec<_> = report.errors().map(|finding| finding.rule.code).collect();
    assert_eq!(codes, ["kernel-other-system"]);
    let (_, remedy) = said(&report, "kernel-other-system");
    assert!(
        remedy.starts_with("build the system for aarch64-linux"),
        "{remedy}"
    );
    assert_eq!(report.count(Severity::Warning), 0, "{}", told(&report));
}
