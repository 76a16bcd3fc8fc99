//! What can be said of a kernel.

use super::rule::Rule;

const BOOTING: &str = "https://docs.kernel.org/arch/arm64/booting.html";
const ARM_64BIT: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#arm_64bit";
const KERNEL_KEY: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#kernel";
const MODULES: &str = "https://docs.kernel.org/kbuild/modules.html";
const U_BOOT: &str = "https://docs.u-boot.org/en/latest/board/broadcom/raspberrypi.html";
const PAGE_SIZE_16K: &str = "https://github.com/raspberrypi/bookworm-feedback/issues/107";

pub(in crate::check) static UNRECOGNISED: Rule = Rule::error(
    "kernel-unrecognised",
    "The firmware copies the file to memory and jumps to it; what is no kernel does nothing there.",
    BOOTING,
);
pub(in crate::check) static WRONG_MODE: Rule = Rule::error(
    "kernel-wrong-mode",
    "arm_64bit decides in which mode the processor enters the kernel, and a kernel runs in one only.",
    ARM_64BIT,
);
pub(in crate::check) static OTHER_SYSTEM: Rule = Rule::error(
    "kernel-other-system",
    "The programs of the toplevel are for another architecture than the kernel.",
    KERNEL_KEY,
);
pub(in crate::check) static TRUNCATED: Rule = Rule::error(
    "kernel-truncated",
    "A file that does not fit what its header says of it, or that does not unpack to its end, is not a whole kernel.",
    BOOTING,
);
pub(in crate::check) static HEADER: Rule = Rule::error(
    "kernel-header",
    "The firmware starts little-endian kernels at the places that Linux has always had.",
    BOOTING,
);
pub(in crate::check) static LARGE_PAGES: Rule = Rule::note(
    "kernel-large-pages",
    "Programs that were linked or that allocate for pages of 4 KiB fail on a kernel with larger ones.",
    PAGE_SIZE_16K,
);
pub(in crate::check) static BOOT_LOADER: Rule = Rule::note(
    "kernel-boot-loader",
    "What a boot loader loads, and from where, is in its own settings, which are not looked at.",
    U_BOOT,
);
pub(in crate::check) static MEMORY: Rule = Rule::warning(
    "kernel-memory",
    "The kernel's header claims the memory that it takes; none needs near to what a board has.",
    BOOTING,
);
pub(in crate::check) static OTHER_MODULES: Rule = Rule::error(
    "kernel-other-modules",
    "A kernel loads modules for its own kind of processor only, 32 bits or 64.",
    MODULES,
);
pub(in crate::check) static RULES: &[&Rule] = &[
    &UNRECOGNISED,
    &WRONG_MODE,
    &OTHER_SYSTEM,
    &TRUNCATED,
    &HEADER,
    &LARGE_PAGES,
    &BOOT_LOADER,
    &MEMORY,
    &OTHER_MODULES,
];
