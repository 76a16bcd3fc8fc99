//! The kernel: whether the board can start it.

use super::facts::KernelSurvey;
use super::finding::{Findings, Place, Rule};
use super::survey::Survey;
use crate::boot::{Architecture, Board, Endianness, KernelFormat};

const BOOTING: &str = "https://docs.kernel.org/arch/arm64/booting.html";
const ARM_64BIT: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#arm_64bit";
const KERNEL_KEY: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#kernel";
const PAGE_SIZE_16K: &str = "https://github.com/raspberrypi/bookworm-feedback/issues/107";

pub(super) static UNRECOGNISED: Rule = Rule::error(
    "kernel-unrecognised",
    "The firmware copies the file to memory and jumps to it; what is no kernel does nothing there.",
    BOOTING,
);
pub(super) static WRONG_MODE: Rule = Rule::error(
    "kernel-wrong-mode",
    "arm_64bit decides in which mode the processor enters the kernel, and a kernel runs in one only.",
    ARM_64BIT,
);
pub(super) static OTHER_SYSTEM: Rule = Rule::error(
    "kernel-other-system",
    "The programs of the toplevel are for another architecture than the kernel.",
    KERNEL_KEY,
);
pub(super) static TRUNCATED: Rule = Rule::error(
    "kernel-truncated",
    "The header says how much memory the kernel takes; a file that does not fit it is not whole.",
    BOOTING,
);
pub(super) static HEADER: Rule = Rule::error(
    "kernel-header",
    "The firmware starts little-endian kernels at the places that Linux has always had.",
    BOOTING,
);
pub(super) static LARGE_PAGES: Rule = Rule::note(
    "kernel-large-pages",
    "Programs that were linked or that allocate for pages of 4 KiB fail on a kernel with larger ones.",
    PAGE_SIZE_16K,
);

pub(super) static RULES: [&Rule; 6] = [
    &UNRECOGNISED,
    &WRONG_MODE,
    &OTHER_SYSTEM,
    &TRUNCATED,
    &HEADER,
    &LARGE_PAGES,
];

/// Looks at every kernel that a board would start.
pub(super) fn check(survey: &Survey, findings: &mut Findings) {
    for kernel in &survey.kernels {
        check_one(survey, kernel, findings);
    }
}

fn check_one(survey: &Survey, kernel: &KernelSurvey, findings: &mut Findings) {
    let mut say = |rule, boards: &[Board], problem: String, remedy: &str| {
        let place = Some(Place::file(&kernel.name));
        findings.add(rule, boards.iter().copied(), place, problem, remedy);
    };
    let all = &kernel.boards[..];
    if let Some(what) = unusable(&kernel.image.format) {
        let remedy = "give the file Image or zImage that the kernel's build makes";
        say(
            &UNRECOGNISED,
            all,
            format!("it is {what}, not a kernel"),
            remedy,
        );
        return;
    }
    let architecture = kernel.image.architecture();
    let is_64 = |board: &&Board| kernel.boards_64.contains(board);
    let wrong: Vec<Board> = match architecture {
        Some(Architecture::Arm64) => all.iter().filter(|board| !is_64(board)).copied().collect(),
        Some(Architecture::Arm) => all.iter().filter(is_64).copied().collect(),
        None => Vec::new(),
    };
    if !wrong.is_empty() {
        let (has, remedy) = match architecture {
            Some(Architecture::Arm64) => ("64", "set arm_64bit=1 in config.txt"),
            _ => (
                "32",
                "give a 64-bit kernel, or set arm_64bit=0 where the board knows it",
            ),
        };
        let problem =
            format!("the kernel has {has} bits, but the board enters it in the other mode");
        say(&WRONG_MODE, &wrong, problem, remedy);
    }
    let system = survey
        .root
        .as_ref()
        .and_then(|root| root.toplevel.as_ref()?.system.clone());
    if let (Some(system), Some(architecture)) = (system, architecture)
        && !agrees(&system, architecture)
    {
        let problem = format!("the toplevel is for {system}, which this kernel cannot run");
        say(
            &OTHER_SYSTEM,
            all,
            problem,
            "take the toplevel's own kernel",
        );
    }
    if kernel.image.size_is_sane() == Some(false) {
        let problem = format!("its {} bytes do not fit its header", kernel.image.file_size);
        say(&TRUNCATED, all, problem, "copy it again");
    }
    check_header(kernel, &mut say);
}

type Say<'say> = dyn FnMut(&'static Rule, &[Board], String, &str) + 'say;

fn check_header(kernel: &KernelSurvey, say: &mut Say<'_>) {
    let KernelFormat::Arm64(image) = &kernel.image.format else {
        return;
    };
    if image.endianness == Endianness::Big {
        let problem = "it is a big-endian kernel".to_owned();
        say(&HEADER, &kernel.boards, problem, "give a little-endian one");
    }
    if !image.has_sane_text_offset() {
        let problem = format!("its text offset is {:#x}", image.effective_text_offset());
        say(
            &HEADER,
            &kernel.boards,
            problem,
            "give the file that the kernel's build makes",
        );
    }
    if let Some(size) = image.page_size.filter(|size| size.bytes() > 4096) {
        let problem = format!("the kernel has pages of {} KiB", size.bytes() / 1024);
        let remedy =
            "see that every program of the system runs with them, or take a kernel with 4 KiB";
        say(&LARGE_PAGES, &kernel.boards, problem, remedy);
    }
}

fn agrees(system: &str, architecture: Architecture) -> bool {
    match architecture {
        Architecture::Arm64 => system.starts_with("aarch64") || system.starts_with("armv"),
        Architecture::Arm => system.starts_with("armv"),
    }
}

/// What a file is that no board starts.
fn unusable(format: &KernelFormat) -> Option<&'static str> {
    Some(match format {
        KernelFormat::Arm64(_) | KernelFormat::ZImage(_) | KernelFormat::Code(_) => return None,
        KernelFormat::EfiZboot => "a program for UEFI that unpacks a kernel",
        KernelFormat::Pe => "a program for UEFI",
        KernelFormat::UImage => "wrapped for U-Boot",
        KernelFormat::DeviceTree => "a device tree",
        KernelFormat::Elf => "an ELF file like vmlinux",
        KernelFormat::AndroidBoot => "an image for Android",
        KernelFormat::Compressed(how) => how,
        _ => "something unknown",
    })
}
