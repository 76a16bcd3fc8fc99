//! What can be said of a kernel.

use super::rule::{error, note, rules};

const BOOTING: &str = "https://docs.kernel.org/arch/arm64/booting.html";
const ARM_64BIT: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#arm_64bit";
const KERNEL_KEY: &str =
    "https://www.raspberrypi.com/documentation/computers/config_txt.html#kernel";
const MODULES: &str = "https://docs.kernel.org/kbuild/modules.html";
const U_BOOT: &str = "https://docs.u-boot.org/en/latest/board/broadcom/raspberrypi.html";
const PAGE_SIZE_16K: &str = "https://github.com/raspberrypi/bookworm-feedback/issues/107";

rules! {
    "Kernel";

    UNRECOGNISED = error("kernel-unrecognised")
        .reason("The firmware copies the file to memory and jumps to it, whatever it is.")
        .remedy("Give the file Image or zImage that the kernel's build makes.")
        .source(BOOTING);
    WRONG_MODE = error("kernel-wrong-mode")
        .reason("arm_64bit decides in which mode the processor enters the kernel, and a kernel runs in one mode only.")
        .remedy("Set arm_64bit=1 in config.txt for a 64-bit kernel and arm_64bit=0 for a 32-bit one, or give a kernel for the other mode.")
        .source(ARM_64BIT);
    OTHER_SYSTEM = error("kernel-other-system")
        .reason("The kernel cannot run the toplevel's programs, which are for a different architecture.")
        .remedy("Build the system for aarch64-linux (nixpkgs.hostPlatform), and take the toplevel's own kernel.")
        .source(KERNEL_KEY);
    TRUNCATED = error("kernel-truncated")
        .reason("A file that does not match its own header, or does not unpack to its end, is not a whole kernel.")
        .remedy("Copy the kernel again.")
        .source(BOOTING);
    HEADER = error("kernel-header")
        .reason("The firmware starts little-endian kernels only, at the addresses that Linux has always used.")
        .remedy("Give the file that the kernel's build makes.")
        .source(BOOTING);
    LARGE_PAGES = note("kernel-large-pages")
        .reason("Programs that expect pages of 4 KiB fail on a kernel with larger ones.")
        .remedy("Make sure that every program of the system runs with them, or take a kernel with 4 KiB.")
        .source(PAGE_SIZE_16K);
    BOOT_LOADER = note("kernel-boot-loader")
        .reason("A boot loader's own settings, which are not checked, say what it loads and from where.")
        .remedy("Check by hand that it finds the kernel, the device tree, the initrd and their command line.")
        .source(U_BOOT);
    OTHER_MODULES = error("kernel-other-modules")
        .reason("A 64-bit kernel loads 64-bit modules only, and a 32-bit kernel 32-bit modules only.")
        .remedy("Take kernel and initrd from one system.")
        .source(MODULES);
}
