//! `mem=`: how much memory the kernel is to use.

use super::{Check, rules};
use crate::boot::{Board, KernelCommandLine, KernelFormat};

/// The kernel leaves what is no whole page out, and takes none for no limit
/// (`early_mem` in `arch/arm64/mm/init.c`, `memblock_mem_limit_remove_map`).
const PAGE: u64 = 4096;

impl Check<'_> {
    /// The kernel and what it unpacks have to be in memory at the same time.
    pub(super) fn check_memory(&mut self, line: &KernelCommandLine) {
        let Some(value) = line.get("mem") else {
            return;
        };
        let Some(limit) = bytes(value).filter(|limit| *limit >= PAGE) else {
            return;
        };
        let survey = self.survey;
        let needed = |board: &Board| {
            let mut kernels = survey.kernels.iter();
            let kernel = kernels.find(|kernel| kernel.boards.contains(board))?;
            let KernelFormat::Arm64(image) = &kernel.image.format else {
                return None;
            };
            let mut initrds = survey.initrds.iter();
            let initrd = initrds.find(|initrd| initrd.boards.contains(board));
            let unpacked = initrd.map_or(0, |initrd| initrd.unpacked);
            Some(image.image_size.saturating_add(unpacked))
        };
        let of_boards = self.line.boards.iter();
        let largest = of_boards.filter_map(needed).max().unwrap_or(0);
        if largest > limit {
            let mib = largest.div_ceil(1 << 20);
            let problem =
                format!("mem={value} is less than the {mib} MiB of the kernel and its initrd");
            self.reporter.report(&rules::MEMORY, problem, "remove mem=");
        }
    }
}

/// A number of bytes with a suffix, as the kernel reads it (`memparse` in
/// `lib/cmdline.c`).
fn bytes(value: &str) -> Option<u64> {
    let (digits, base) = match value.strip_prefix("0x").or(value.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if value.starts_with('0') => (value, 8),
        None => (value, 10),
    };
    let end = digits.find(|character: char| !character.is_digit(base));
    let (digits, suffix) = digits.split_at(end.unwrap_or(digits.len()));
    let number = u64::from_str_radix(digits, base).ok()?;
    let shift = match suffix
        .chars()
        .next()
        .map(|letter| letter.to_ascii_lowercase())
    {
        Some('k') => 10,
        Some('m') => 20,
        Some('g') => 30,
        Some('t') => 40,
        Some('p') => 50,
        Some('e') => 60,
        _ => 0,
    };
    number.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes_are_read_as_the_kernel_reads_them() {
        for (value, expected) in [
            ("512M", Some(512 << 20)),
            ("1g", Some(1 << 30)),
            ("512", Some(512)),
            ("0x1000k", Some(4096 << 10)),
            ("010", Some(8)),
            ("0", Some(0)),
            ("64MB", Some(64 << 20)),
            ("", None),
            ("much", None),
            ("99999999999E", None),
        ] {
            assert_eq!(bytes(value), expected, "{value}");
        }
    }
}
