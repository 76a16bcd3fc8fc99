//! The kernel: whether the board can start it.

use crate::boot::{Architecture, Board, Endianness, KERNEL_SIZE_MAX, KernelFormat};
use crate::check::facts::{KernelSurvey, Survey};
use crate::check::finding::Place;
use crate::check::judge::machines::{agrees, is_for_boards};
use crate::check::judge::reporter::Reporter;
use crate::check::rules::kernel::{
    BOOT_LOADER, HEADER, LARGE_PAGES, OTHER_MODULES, OTHER_SYSTEM, TRUNCATED, UNRECOGNISED,
    WRONG_MODE,
};

/// More bytes than any kernel has.
const KERNEL_BEYOND: u64 = KERNEL_SIZE_MAX + 1;

/// Looks at every kernel that a board would start.
pub(in crate::check) fn check(survey: &Survey, reporter: &mut Reporter<'_>) {
    for kernel in &survey.kernels {
        let mut reporter = reporter.at(Place::file(&kernel.name));
        let mut reporter = reporter.of(kernel.boards.iter().copied());
        check_one(survey, kernel, &mut reporter);
    }
    for load in &survey.loads {
        if let Some(stub) = load.lone_stub() {
            let problem =
                "there is no kernel, so only the armstub is started; what it loads was not checked";
            reporter
                .of([load.board])
                .at(Place::file(stub))
                .report(&BOOT_LOADER, problem);
        }
    }
}

fn check_one(survey: &Survey, kernel: &KernelSurvey, reporter: &mut Reporter<'_>) {
    let what = if kernel.image.file_size == 0 {
        Some("empty")
    } else {
        unusable(&kernel.image.format)
    };
    if let Some(what) = what {
        let problem = format!("it is {what}, not a kernel");
        reporter.report(&UNRECOGNISED, problem);
        return;
    }
    let architecture = kernel.image.architecture();
    let is_64 = |board: &&Board| kernel.boards_64.contains(board);
    let wrong: Vec<Board> = match architecture {
        Some(Architecture::Arm64) => kernel
            .boards
            .iter()
            .filter(|board| !is_64(board))
            .copied()
            .collect(),
        Some(Architecture::Arm) => kernel.boards.iter().filter(is_64).copied().collect(),
        None => Vec::new(),
    };
    if !wrong.is_empty() {
        let (own, other) = bits(architecture);
        let problem =
            format!("it is a {own}-bit kernel, but the board starts it in {other}-bit mode");
        reporter.of(wrong).report(&WRONG_MODE, problem);
    }
    if let Some(loader) = &kernel.loader {
        let problem = format!("it is the boot loader {loader}; what it loads was not checked");
        reporter.report(&BOOT_LOADER, problem);
    }
    let mut is_foreign = false;
    if let (Some(system), Some(architecture)) = (survey.system(), architecture)
        && !agrees(system, architecture)
        && (kernel.loader.is_none() || !is_for_boards(system))
    {
        is_foreign = true;
        let problem = format!("the toplevel is for {system}, which this kernel cannot run");
        reporter.report(&OTHER_SYSTEM, problem);
    }
    check_length(kernel, reporter);
    check_header(kernel, reporter);
    if !is_foreign {
        check_modules(survey, kernel, reporter);
    }
}

fn check_length(kernel: &KernelSurvey, reporter: &mut Reporter<'_>) {
    let size = kernel.image.file_size;
    if let Some(Ok(KERNEL_BEYOND..)) = kernel.unpacked {
        let problem = format!("it unpacks to more than {} MiB", KERNEL_SIZE_MAX >> 20);
        return reporter.report(&UNRECOGNISED, problem);
    }
    let problem = match (&kernel.unpacked, &kernel.image.format) {
        (Some(Err(error)), _) => format!("its {size} bytes do not unpack: {error}"),
        (Some(Ok(unpacked)), KernelFormat::Arm64(image))
            if image.is_whole(*unpacked) == Some(false)
                || image.holds(*unpacked) == Some(false) =>
        {
            format!("the {unpacked} bytes that it unpacks to do not match its header")
        }
        _ if kernel.image.size_is_sane() == Some(false) => {
            format!("its {size} bytes do not match its header")
        }
        _ => return,
    };
    reporter.report(&TRUNCATED, problem);
}

/// The modules of the initrds that it is loaded with.
fn check_modules(survey: &Survey, kernel: &KernelSurvey, reporter: &mut Reporter<'_>) {
    for initrd in &survey.initrds {
        let both = initrd.boards.iter();
        let both = both.filter(|board| kernel.boards.contains(board));
        let boards: Vec<Board> = both.copied().collect();
        let Some(module) = kernel.foreign_module(initrd).filter(|_| !boards.is_empty()) else {
            continue;
        };
        let (own, other) = bits(kernel.image.architecture());
        let problem = format!(
            "it is a {own}-bit kernel, but modules in {}, such as {}, are {other}-bit",
            initrd.name, module.name
        );
        reporter.of(boards).report(&OTHER_MODULES, problem);
    }
}

/// Those of a kernel, and those that it does not have.
const fn bits(architecture: Option<Architecture>) -> (u8, u8) {
    match architecture {
        Some(Architecture::Arm) => (32, 64),
        _ => (64, 32),
    }
}

fn check_header(kernel: &KernelSurvey, reporter: &mut Reporter<'_>) {
    let KernelFormat::Arm64(image) = &kernel.image.format else {
        return;
    };
    if image.endianness == Endianness::Big {
        let problem = "it is a big-endian kernel";
        reporter.report(&HEADER, problem);
    }
    if !image.has_sane_text_offset() {
        let problem = format!("its text offset is {:#x}", image.effective_text_offset());
        reporter.report(&HEADER, problem);
    }
    if let Some(size) = image.page_size.filter(|size| *size > 4096) {
        let problem = format!("the kernel uses pages of {} KiB", size / 1024);
        reporter.report(&LARGE_PAGES, problem);
    }
}

/// What a file is that no board starts.
fn unusable(format: &KernelFormat) -> Option<&'static str> {
    Some(match format {
        KernelFormat::Arm64(_) | KernelFormat::ZImage(_) | KernelFormat::Code(_) => return None,
        KernelFormat::EfiZboot => "a program for UEFI that unpacks a kernel",
        KernelFormat::Pe => "a program for UEFI",
        KernelFormat::UImage => "an image for U-Boot",
        KernelFormat::DeviceTree => "a device tree",
        KernelFormat::Elf => "an ELF file like vmlinux",
        KernelFormat::AndroidBoot => "an image for Android",
        KernelFormat::Compressed(how) => how,
        _ => "something unknown",
    })
}
