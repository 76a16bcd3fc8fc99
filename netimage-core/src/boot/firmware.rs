//! The firmware, `start*.elf`: whether a file can be it, from its first bytes.
//!
//! Whether it is the one for the board cannot be told: `start.elf` and
//! `start4.elf` of one release have the same header, sections and build strings,
//! and `start_cd.elf` and `start4cd.elf` are equal but for the time of their build
//! (Debian's raspi-firmware 1.20220830 and 1.20240424).

use std::io::{self, Read};

use object::LittleEndian;
use object::elf::{EM_386, EM_AARCH64, EM_ARM, EM_RISCV, EM_X86_64, FileHeader32, Machine};
use object::read::elf::{FileHeader, ProgramHeader};

use crate::explanation::{Explain, Explanation};

/// So many bytes from the start of a firmware file are enough to judge it: its
/// headers.
const HEAD_LENGTH: u64 = 4096;

const MAGIC: &[u8] = b"\x7fELF";

/// 32 bits, little-endian (`EI_CLASS`, `EI_DATA`).
const CLASS_AND_ORDER: &[u8] = &[1, 1];

/// Processors that no firmware is for. That of the firmware is `EM_VIDEOCORE3`;
/// which numbers other tools write is not known.
const FOREIGN: [(Machine, &str); 5] = [
    (EM_386, "x86"),
    (EM_ARM, "32-bit Arm"),
    (EM_X86_64, "x86-64"),
    (EM_AARCH64, "64-bit Arm"),
    (EM_RISCV, "RISC-V"),
];

/// How pages begin, and the pointers of Git LFS.
const NOT_DOWNLOADED: [&[u8]; 6] = [
    b"<!DOCTYPE",
    b"<!doctype",
    b"<html",
    b"<HTML",
    b"404: Not Found",
    b"version https://git-lfs.github.com/spec/",
];

/// Bytes of the header, of an entry of the program headers, and of the section
/// headers.
const HEADER: u64 = 52;
const SEGMENT: u64 = 32;
const SECTION: u64 = 40;

/// Why a file is not firmware that a boot loader starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.explain())]
#[non_exhaustive]
pub enum FirmwareError {
    /// No bytes.
    Empty,
    /// Not ELF for 32 bits, little-endian, or a part of the header only.
    NotFirmware,
    /// A program for another processor.
    OtherProcessor(&'static str),
    /// What a web server or Git gives in place of the file.
    NotDownloaded,
    /// A fixup file of another start file.
    OtherStart {
        /// Segments that the fixup file is for.
        listed: u64,
        /// Segments of the start file.
        segments: u64,
    },
    /// What its headers list is not in the file.
    Truncated {
        /// Bytes of the file.
        size: u64,
        /// Bytes that its headers tell of.
        least: u64,
    },
}

impl Explain for FirmwareError {
    fn explain(&self) -> Explanation {
        let from_release = "copy it from the firmware's release";
        match self {
            Self::Empty => Explanation::new("it is empty", "copy it again"),
            Self::NotFirmware => {
                Explanation::new("it is not an ELF file for the VideoCore", from_release)
            }
            Self::OtherProcessor(processor) => Explanation::new(
                format!("it is a program for {processor}, not for the VideoCore"),
                from_release,
            ),
            Self::NotDownloaded => Explanation::new(
                "it is an HTML page or Git LFS pointer, not the file",
                from_release,
            ),
            Self::OtherStart { listed, segments } => Explanation::new(
                format!(
                    "it is for a start file of {listed} segments, but the one loaded has {segments}"
                ),
                "copy both from one release, by their own names",
            ),
            Self::Truncated { size, least } => Explanation::new(
                format!("it has {size} bytes but needs at least {least}"),
                "copy it again",
            ),
        }
    }
}

/// A file that the boot loader reads, judged by its size and its first bytes.
#[derive(Debug, Clone)]
pub struct FirmwareFile {
    head: Vec<u8>,
    size: u64,
}

impl FirmwareFile {
    /// Reads the first bytes of a file that has so many in all.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn read(file: impl Read, size: u64) -> io::Result<Self> {
        let mut head = Vec::new();
        file.take(HEAD_LENGTH).read_to_end(&mut head)?;
        Ok(Self { head, size })
    }

    /// Whether it is a whole `start*.elf`.
    ///
    /// The file has to have all its headers and segments ("Executable and Linking
    /// Format Specification", version 1.2). Of a table of segments that reaches
    /// beyond the first 4 KiB only the place is looked at.
    ///
    /// # Errors
    ///
    /// [`FirmwareError`] says what is wrong with it.
    pub fn check_start(&self) -> Result<(), FirmwareError> {
        let size = self.size;
        if size == 0 {
            return Err(FirmwareError::Empty);
        }
        let header = self.head.strip_prefix(MAGIC);
        if !header.is_some_and(|header| header.starts_with(CLASS_AND_ORDER)) {
            return Err(FirmwareError::NotFirmware);
        }
        let Some(header) = self.header() else {
            let least = HEADER;
            return Err(FirmwareError::Truncated { size, least });
        };
        let machine = header.e_machine(LittleEndian);
        if let Some((_, name)) = FOREIGN.iter().find(|(foreign, _)| *foreign == machine) {
            return Err(FirmwareError::OtherProcessor(name));
        }
        let least = length(header, &self.head);
        if size < least {
            return Err(FirmwareError::Truncated { size, least });
        }
        Ok(())
    }

    /// Whether it may be a companion of the firmware, `fixup*.dat` or
    /// `bootcode.bin`. Nothing of their format is documented, so that only what is
    /// surely something else is told.
    ///
    /// # Errors
    ///
    /// [`FirmwareError`] says what is wrong with it.
    pub fn check_companion(&self) -> Result<(), FirmwareError> {
        if self.size == 0 {
            return Err(FirmwareError::Empty);
        }
        let mut others = NOT_DOWNLOADED.iter();
        if others.any(|start| self.head.starts_with(start)) {
            return Err(FirmwareError::NotDownloaded);
        }
        Ok(())
    }

    /// Whether it, a fixup file, is for a start file.
    ///
    /// A fixup file lists the places of the start file that hold addresses, each by
    /// the distance from the one before. The first are in the header: the entry, then
    /// two of each segment, so that their number can be compared. All pairs of
    /// Debian's raspi-firmware 1.20220830, 1.20240424 and 1.20260408 agree in it.
    /// Where a fixup file begins otherwise, nothing is said.
    ///
    /// # Errors
    ///
    /// [`FirmwareError::OtherStart`].
    pub fn check_fixup(&self, start: &Self) -> Result<(), FirmwareError> {
        let (Some(listed), Some(header)) = (listed_segments(&self.head), start.header()) else {
            return Ok(());
        };
        let segments = header.e_phnum(LittleEndian).into();
        // Other tables than those that follow the header would be listed otherwise.
        let is_usual = u64::from(header.e_phoff(LittleEndian)) == HEADER
            && u64::from(header.e_phentsize(LittleEndian)) == SEGMENT;
        if is_usual && listed != segments {
            return Err(FirmwareError::OtherStart { listed, segments });
        }
        Ok(())
    }

    fn header(&self) -> Option<&FileHeader32<LittleEndian>> {
        FileHeader32::parse(&*self.head).ok()
    }
}

/// Bytes that the file of this header has at least.
fn length(header: &FileHeader32<LittleEndian>, head: &[u8]) -> u64 {
    let table = |at: u32, count: u16, entry: u64| match u64::from(count) {
        0 => 0,
        count => u64::from(at) + count * entry,
    };
    let segments = header.program_headers(LittleEndian, head);
    let ends = segments.unwrap_or_default().iter().map(|segment| {
        let (offset, size) = segment.file_range(LittleEndian);
        offset + size
    });
    let (segments, segment_count) = (header.e_phoff(LittleEndian), header.e_phnum(LittleEndian));
    let (sections, section_count) = (header.e_shoff(LittleEndian), header.e_shnum(LittleEndian));
    let tables = HEADER
        .max(table(segments, segment_count, SEGMENT))
        .max(table(sections, section_count, SECTION));
    ends.fold(tables, u64::max)
}

/// The segments of which a fixup file lists the two addresses. Distances are in
/// bytes, halved and odd: 28 to the entry, 36 to the first segment, 4 between its
/// addresses, 28 to the next; 1 is before a longer one.
fn listed_segments(fixup: &[u8]) -> Option<u64> {
    const ENTRY: &[u8] = &[0x0f, 0x13, 0x03];
    const NEXT: [u8; 2] = [0x0f, 0x03];
    const FAR: u8 = 0x01;
    let mut rest = fixup.strip_prefix(ENTRY)?;
    let mut segments = 1;
    while let Some(further) = rest.strip_prefix(&NEXT) {
        segments += 1;
        rest = further;
    }
    (rest.first() == Some(&FAR)).then_some(segments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A file with these segments (place and size), and its section headers behind.
    fn firmware(machine: u16, segments: &[(u32, u32)]) -> Vec<u8> {
        let end = segments.iter().map(|(at, size)| at + size).max();
        let end = end
            .unwrap_or(0)
            .max(52 + 32 * u32::try_from(segments.len()).unwrap());
        let mut bytes = b"\x7fELF\x01\x01\x01".to_vec();
        bytes.resize(16, 0);
        for half in [2, machine] {
            bytes.extend(half.to_le_bytes());
        }
        for word in [1, 0xcec0_0200, 52, end, 0] {
            bytes.extend(u32::to_le_bytes(word));
        }
        let count = u16::try_from(segments.len()).unwrap();
        for half in [52, 32, count, 40, 2, 1] {
            bytes.extend(u16::to_le_bytes(half));
        }
        for (at, size) in segments {
            for word in [1, *at, 0, 0, *size, *size, 5, 32] {
                bytes.extend(u32::to_le_bytes(word));
            }
        }
        bytes.resize(end as usize + 80, 0);
        bytes
    }

    fn file(bytes: &[u8]) -> FirmwareFile {
        FirmwareFile::read(bytes, bytes.len() as u64).unwrap()
    }

    fn check(bytes: &[u8]) -> Result<(), FirmwareError> {
        file(bytes).check_start()
    }

    fn check_fixup(fixup: &[u8], start: &[u8]) -> Result<(), FirmwareError> {
        file(fixup).check_fixup(&file(start))
    }

    #[test]
    fn firmware_is_whole_or_not() {
        let whole = firmware(137, &[(0x200, 0x1000), (0x1200, 0x4000)]);
        assert_eq!(check(&whole), Ok(()));
        assert_eq!(check(&[&whole[..], b"more"].concat()), Ok(()));
        let least = whole.len() as u64;
        for length in [52, 100, 0x200, 0x5200, whole.len() - 1] {
            let size = length as u64;
            let error = FirmwareError::Truncated { size, least };
            // What is behind the cut is not known to be needed.
            let found = check(&whole[..length]).unwrap_err();
            assert!(found == error || length < 116, "{length}: {found:?}");
        }
        for (bytes, error) in [
            (&b""[..], FirmwareError::Empty),
            (b"bootcode", FirmwareError::NotFirmware),
            (b"\x7fELF", FirmwareError::NotFirmware),
            (b"\x7fELF\x02\x01", FirmwareError::NotFirmware),
            (
                b"\x7fELF\x01\x01",
                FirmwareError::Truncated { size: 6, least: 52 },
            ),
            (
                &firmware(40, &[]),
                FirmwareError::OtherProcessor("32-bit Arm"),
            ),
        ] {
            assert_eq!(check(bytes), Err(error));
        }
        // Without segments, or by another linker.
        assert_eq!(check(&firmware(137, &[])), Ok(()));
        assert_eq!(check(&firmware(0, &[])), Ok(()));
    }

    /// As that of a start file with so many segments begins.
    fn fixup(segments: usize) -> Vec<u8> {
        let mut bytes = vec![0x0f, 0x13, 0x03];
        bytes.extend([0x0f, 0x03].repeat(segments - 1));
        bytes.extend([0x01, 0x70, 0x01, 0x00, 0x03]);
        bytes
    }

    #[test]
    fn a_fixup_file_is_for_one_start_file() {
        let start = firmware(137, &[(0x200, 4); 23]);
        assert_eq!(check_fixup(&fixup(23), &start), Ok(()));
        let error = FirmwareError::OtherStart {
            listed: 22,
            segments: 23,
        };
        assert_eq!(check_fixup(&fixup(22), &start), Err(error));
        // What is not known, or cut off.
        for unknown in [&b"fixup"[..], b"", &fixup(22)[..20]] {
            assert_eq!(check_fixup(unknown, &start), Ok(()));
        }
        assert_eq!(check_fixup(&fixup(22), b"\x7fELF"), Ok(()));
    }

    #[test]
    fn a_page_is_no_firmware() {
        for (text, expected) in [
            (&b""[..], Err(FirmwareError::Empty)),
            (b"404: Not Found", Err(FirmwareError::NotDownloaded)),
            (b"<!DOCTYPE html>", Err(FirmwareError::NotDownloaded)),
            (b"any text", Ok(())),
            (&fixup(20), Ok(())),
        ] {
            assert_eq!(file(text).check_companion(), expected);
        }
    }

    #[test]
    fn headers_that_lie_take_no_time() {
        let mut bytes = firmware(137, &[]);
        bytes[28..36].fill(0xff);
        bytes[44..50].fill(0xff);
        let error = check(&bytes).unwrap_err();
        assert!(matches!(error, FirmwareError::Truncated { .. }), "{error}");
    }

    proptest! {
        #[test]
        fn whole_is_what_the_headers_tell_of(
            segments in proptest::collection::vec((0..100_000_u32, 0..100_000_u32), 0..40),
            cut in 1..80_usize,
        ) {
            let bytes = firmware(137, &segments);
            prop_assert_eq!(check(&bytes), Ok(()));
            prop_assert!(check(&bytes[..bytes.len() - cut]).is_err());
        }

        #[test]
        fn anything_is_judged(
            bytes in proptest::collection::vec(any::<u8>(), 0..200), size: u64,
        ) {
            let elf = [b"\x7fELF\x01\x01", &bytes[..]].concat();
            for bytes in [&bytes[..], &elf] {
                let file = FirmwareFile::read(bytes, size).unwrap();
                let _ = (file.check_start(), file.check_companion(), file.check_fixup(&file));
            }
            let _ = check_fixup(&[&[0x0f, 0x13, 0x03], &bytes[..]].concat(), &bytes);
        }
    }
}
