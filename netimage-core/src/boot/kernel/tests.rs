use super::*;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::io::{self, Write};

const BANNER: &str = "Linux version 6.12.22-arm64 (user@host) (gcc 14) #1 SMP Debian";

/// The start of an Image, as Debian's has it.
fn arm64(text_offset: u64, image_size: u64, flags: u64) -> Vec<u8> {
    let mut head = b"MZ\x40\xfa\x3b\x90\x74\x14".to_vec();
    for field in [text_offset, image_size, flags, 0, 0, 0] {
        head.extend(field.to_le_bytes());
    }
    head.extend(b"ARM\x64\x40\0\0\0");
    head
}

fn zimage(fields: [[u8; 4]; 4]) -> Vec<u8> {
    let mut head = vec![0; 0x24];
    head.extend(fields.concat());
    head
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn recognise(head: &[u8]) -> KernelImage {
    KernelImage::recognise(head, head.len() as u64).unwrap()
}

fn arm64_image(head: &[u8]) -> Arm64Image {
    match recognise(head).format {
        KernelFormat::Arm64(image) => image,
        other => panic!("{other:?}"),
    }
}

#[test]
fn reads_the_header_of_an_arm64_image() {
    let head = arm64(0, 0x0250_0000, 0xa);
    let kernel = KernelImage::recognise(&head[..], 0x0230_0000).unwrap();
    assert_eq!(kernel.architecture(), Some(Architecture::Arm64));
    assert_eq!(kernel.size_is_sane(), Some(true));
    assert!(!kernel.is_gzipped);
    assert_eq!(
        arm64_image(&head),
        Arm64Image {
            text_offset: 0,
            image_size: 0x0250_0000,
            endianness: Endianness::Little,
            page_size: Some(4096),
            file_length: None,
        }
    );
    for (flags, page_size) in [
        (0, None),
        (2, Some(4096)),
        (4, Some(16384)),
        (6, Some(65536)),
    ] {
        let image = arm64_image(&arm64(0, 1, flags | 1));
        assert_eq!(image.page_size, page_size);
        assert_eq!(image.endianness, Endianness::Big);
    }
    let mut without_stub = head.clone();
    without_stub[..4].copy_from_slice(&[0x10, 0, 0, 0x14]);
    assert_eq!(arm64_image(&without_stub).file_length, None);
    assert!(matches!(
        recognise(&head[..60]).format,
        KernelFormat::Arm64(_)
    ));
    assert_eq!(recognise(&head[..59]).format, KernelFormat::Pe);
}

#[test]
fn an_arm64_image_holds_its_file() {
    let image = arm64_image(&arm64(0, 4096, 0));
    assert_eq!(image.holds(4096), Some(true));
    assert_eq!(image.holds(4097), Some(false));
    let kernel = KernelImage::recognise(&arm64(0, 4096, 0)[..], 4097).unwrap();
    assert_eq!(kernel.size_is_sane(), Some(false));
    let old = arm64_image(&arm64(0x0800_0000_0000, 0, 0));
    assert_eq!(old.holds(4096), None);
    assert_eq!(old.effective_text_offset(), 0x8_0000);
    assert!(old.has_sane_text_offset());
}

/// An Image with a table of sections: where each starts in the file, and its size.
fn with_sections(image_size: u64, sections: &[(u32, u32)]) -> Vec<u8> {
    let mut head = arm64(0, image_size, 0xa);
    let count = u16::try_from(sections.len()).unwrap();
    head.extend(b"PE\0\0\x64\xaa");
    head.extend(count.to_le_bytes());
    head.extend([0; 12]);
    head.extend([160, 0, 6, 2]);
    head.extend([0; 160]);
    for (start, size) in sections {
        head.extend([0; 16]);
        head.extend(size.to_le_bytes());
        head.extend(start.to_le_bytes());
        head.extend([0; 16]);
    }
    head
}

#[test]
fn an_arm64_image_for_uefi_is_whole_or_cut() {
    let head = with_sections(0x4000, &[(0x1000, 0x1000), (0x2000, 0x800)]);
    assert_eq!(arm64_image(&head).file_length, Some(0x2800));
    for (file_size, sane) in [
        (0x27ff, false),
        (0x2800, true),
        (0x4000, true),
        (0x4001, false),
    ] {
        let kernel = KernelImage::recognise(&head[..], file_size).unwrap();
        assert_eq!(kernel.size_is_sane(), Some(sane), "{file_size:#x}");
    }
    let unsized_head = with_sections(0, &[(u32::MAX, u32::MAX)]);
    assert_eq!(
        arm64_image(&unsized_head).is_whole(0x1_ffff_fffd),
        Some(false)
    );
    assert_eq!(recognise(&unsized_head).size_is_sane(), Some(false));

    assert_eq!(arm64_image(&head[..head.len() - 17]).file_length, None);
    assert_eq!(arm64_image(&with_sections(1, &[])).file_length, Some(0));
    let mut elsewhere = head.clone();
    elsewhere[60..64].fill(0xff);
    assert_eq!(arm64_image(&elsewhere).file_length, None);
    // Within what is unpacked of a gzipped one.
    let packed = gzip(&head);
    assert_eq!(recognise(&packed).format, recognise(&head).format);
}

#[test]
fn text_offsets_are_aligned_or_the_old_one() {
    for (text_offset, sane) in [
        (0, true),
        (0x8_0000, true),
        (0x20_0000, true),
        (0x40_0000, true),
        (0x10_0000, false),
        (0x8_0001, false),
        (0x28_0000, false),
        (u64::MAX, false),
    ] {
        let image = arm64_image(&arm64(text_offset, 1, 0));
        assert_eq!(image.has_sane_text_offset(), sane, "{text_offset:#x}");
    }
}

#[test]
fn reads_the_header_of_a_zimage() {
    let little = [0x016f_2818, 0x1000, 0x5000, 0x0403_0201_u32];
    // Big-endian in memory, with a header that is not.
    let mut big_8 = little.map(u32::to_le_bytes);
    big_8[3].reverse();
    for (fields, endianness) in [
        (little.map(u32::to_le_bytes), Some(Endianness::Little)),
        (little.map(u32::to_be_bytes), Some(Endianness::Big)),
        (big_8, Some(Endianness::Big)),
        ([0x016f_2818, 0x1000, 0x5000, 0].map(u32::to_le_bytes), None),
    ] {
        let kernel = KernelImage::recognise(&zimage(fields)[..], 0x4000).unwrap();
        let expected = ZImage {
            start: 0x1000,
            end: 0x5000,
            endianness,
        };
        assert_eq!(kernel.format, KernelFormat::ZImage(expected));
        assert_eq!(kernel.architecture(), Some(Architecture::Arm));
        assert_eq!(kernel.size_is_sane(), Some(true));
        assert!(!expected.is_whole(0x3fff));
        assert!(expected.is_whole(0x4001));
    }
    let head = zimage(little.map(u32::to_le_bytes));
    assert!(matches!(
        recognise(&head[..0x30]).format,
        KernelFormat::ZImage(_)
    ));
    assert_eq!(recognise(&head[..0x2f]).format, KernelFormat::Unknown);
    for (start, end) in [(5, 5), (6, 5)] {
        let image = ZImage {
            start,
            end,
            endianness: None,
        };
        assert_eq!(image.length(), None);
        assert!(!image.is_whole(u64::MAX));
    }
}

#[test]
fn looks_into_one_gzip() {
    let mut image = arm64(0, 0x0250_0000, 0xa);
    image.extend((0..100_000_u32).flat_map(u32::to_le_bytes));
    let packed = gzip(&image);
    let kernel = recognise(&packed);
    assert!(kernel.is_gzipped);
    assert_eq!(kernel.architecture(), Some(Architecture::Arm64));
    assert_eq!(kernel.size_is_sane(), None);

    assert_eq!(
        recognise(&gzip(&gzip(b""))),
        KernelImage {
            format: KernelFormat::Compressed("gzip"),
            is_gzipped: true,
            file_size: gzip(&gzip(b"")).len() as u64,
        }
    );
    for broken in [&packed[..10], b"\x1f\x8b", &gzip(b"")] {
        let kernel = recognise(broken);
        assert!(kernel.is_gzipped);
        assert_eq!(kernel.format, KernelFormat::Unknown);
    }
}

#[test]
fn knows_other_files_by_their_start() {
    for (head, format) in [
        (b"\xfd7zXZ\0".as_slice(), KernelFormat::Compressed("xz")),
        (b"\x28\xb5\x2f\xfd", KernelFormat::Compressed("zstd")),
        (b"\x02\x21\x4c\x18", KernelFormat::Compressed("lz4")),
        (b"\x27\x05\x19\x56", KernelFormat::UImage),
        (b"\xd0\x0d\xfe\xed", KernelFormat::DeviceTree),
        (b"\x7fELF\x02", KernelFormat::Elf),
        (b"ANDROID!", KernelFormat::AndroidBoot),
        (b"MZ\0\0zimg", KernelFormat::EfiZboot),
        (b"MZ\0\0zim", KernelFormat::Pe),
        (b"\x0a\0\0\x14", KernelFormat::Code(Architecture::Arm64)),
        (b"\xb8\0\0\xea", KernelFormat::Code(Architecture::Arm)),
        (b"\x0a\0\0", KernelFormat::Unknown),
        (b"", KernelFormat::Unknown),
        (b"#!/bin/sh\n", KernelFormat::Unknown),
    ] {
        assert_eq!(recognise(head).format, format, "{head:?}");
        assert!(!recognise(head).is_gzipped);
    }
}

/// A kernel with `text` so many bytes after its header.
fn with_text(before: usize, text: &str) -> Vec<u8> {
    let mut kernel = arm64(0, 1 << 30, 0xa);
    kernel.resize(kernel.len() + before, b'L');
    kernel.extend(text.as_bytes());
    kernel
}

fn banner_of(kernel: &[u8]) -> Option<LinuxBanner> {
    recognise(kernel).find_banner(kernel).unwrap()
}

#[test]
fn finds_the_banner_wherever_it_is() {
    for before in [0, 1, 63 << 10, (64 << 10) - 70, (64 << 10) - 1, 200_001] {
        let kernel = with_text(before, &format!("{BANNER}\n\0more"));
        let banner = banner_of(&kernel).unwrap();
        assert_eq!(banner.to_string(), BANNER);
        assert_eq!(banner.release(), "6.12.22-arm64");
        let (packed, size) = (gzip(&kernel), kernel.len() as u64);
        assert_eq!(
            recognise(&kernel).read_whole(kernel.as_slice()).1.unwrap(),
            size
        );
        let kernel = recognise(&packed);
        assert_eq!(kernel.read_whole(packed.as_slice()).1.unwrap(), size);
        let (found, whole) = kernel.read_whole(packed.as_slice());
        assert_eq!((found.as_ref(), whole.unwrap()), (Some(&banner), size));
        assert_eq!(kernel.find_banner(packed.as_slice()).unwrap(), Some(banner));
    }
}

#[test]
fn takes_no_other_text_for_the_banner() {
    for text in [
        "Linux version %s (%s)\n",
        "Linux version 6.12.22-arm64\n",
        "Linux version 6.12.22-arm64 [user]\n",
        "Linux version (user@host)\n",
        "Linux version 6.12.\x7f (user@host)\n",
        "linux version 6.12.22 (user@host)\n",
        "Linux version ",
        "",
    ] {
        assert_eq!(banner_of(&with_text(10, text)), None, "{text:?}");
        let kernel = with_text(10, &format!("{text}\n{BANNER}\0"));
        assert_eq!(banner_of(&kernel).unwrap().to_string(), BANNER, "{text:?}");
    }
    assert_eq!(banner_of(&with_text(10, BANNER)), None);
    let long = format!("Linux version 6 ({})\n", "x".repeat(1024));
    assert_eq!(banner_of(&with_text(10, &long)), None);
    let release = format!("Linux version {} (user)\n", "6".repeat(65));
    assert_eq!(banner_of(&with_text(10, &release)), None);
}

/// A disk that cannot be read.
struct Failing;

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("disk"))
    }
}

#[test]
fn says_why_there_is_no_banner() {
    let packed = gzip(&with_text(100_000, BANNER));
    let kernel = recognise(&packed);
    let cut = kernel.find_banner(&packed[..packed.len() / 2]);
    assert!(matches!(cut, Err(KernelReadError::Gzip(_))), "{cut:?}");
    let cut = kernel.read_whole(&packed[..packed.len() - 1]).1;
    assert!(matches!(cut, Err(KernelReadError::Gzip(_))), "{cut:?}");
    // A banner before the mistake is found all the same.
    let mut long = with_text(10, &format!("{BANNER}\n"));
    long.extend((0..1_u32 << 20).map(|at| (at.wrapping_mul(at) >> 7).to_le_bytes()[0]));
    let long = gzip(&long);
    let (banner, whole) = recognise(&long).read_whole(&long[..long.len() - 1]);
    assert_eq!(banner.unwrap().to_string(), BANNER);
    assert!(matches!(whole, Err(KernelReadError::Gzip(_))), "{whole:?}");

    // Also where both come with the same read.
    let short = gzip(&with_text(1000, &format!("{BANNER}\n")));
    let (banner, whole) = recognise(&short).read_whole(&short[..short.len() - 1]);
    assert_eq!(banner.unwrap().to_string(), BANNER);
    assert!(matches!(whole, Err(KernelReadError::Gzip(_))), "{whole:?}");

    let mut changed = packed.clone();
    let checksum = packed.len() - 8;
    changed[checksum] ^= 1;
    let changed = kernel.read_whole(changed.as_slice()).1;
    assert!(
        matches!(changed, Err(KernelReadError::Gzip(_))),
        "{changed:?}"
    );

    let failed = kernel.find_banner(packed[..20].chain(Failing));
    assert!(
        matches!(failed, Err(KernelReadError::Read(_))),
        "{failed:?}"
    );
    let endless = recognise(b"").find_banner(io::repeat(0));
    assert!(matches!(endless, Err(KernelReadError::TooLarge)));
    let endless = recognise(b"").read_whole(io::repeat(0)).1;
    assert!(matches!(endless, Err(KernelReadError::TooLarge)));
    let (_, endless) = recognise(b"").read_whole(io::repeat(0));
    assert!(matches!(endless, Err(KernelReadError::TooLarge)));
    // What comes before is enough.
    let banner = format!("{BANNER}\n");
    let found = recognise(b"").find_banner(banner.as_bytes().chain(Failing));
    assert_eq!(found.unwrap().unwrap().to_string(), BANNER);
}

/// Gives few bytes at a time.
struct Dripping<'a>(&'a [u8], usize);

impl Read for Dripping<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.1);
        self.0.read(&mut buffer[..length])
    }
}

proptest! {
    #[test]
    fn headers_read_as_they_were_written(
        text_offset: u64, image_size: u64, flags: u64, file_size: u64,
    ) {
        let image = arm64_image(&arm64(text_offset, image_size, flags));
        prop_assert_eq!((image.text_offset, image.image_size), (text_offset, image_size));
        let page_size = match image.page_size {
            None => 0,
            Some(4096) => 1,
            Some(16384) => 2,
            Some(_) => 3,
        };
        let read = u64::from(image.endianness == Endianness::Big)
            | page_size << 1;
        prop_assert_eq!(read, flags & 0x7);
        let holds = image.holds(file_size);
        prop_assert_eq!(holds, (image_size > 0).then_some(file_size <= image_size));
    }

    #[test]
    fn any_head_is_something(
        start in prop::sample::select(vec![&b""[..], b"MZ", GZIP, b"\x1f\x8b\x08\0\0\0\0\0\0\0"]),
        rest in proptest::collection::vec(any::<u8>(), 0..200),
        file_size: u64,
    ) {
        let head = [start, rest.as_slice()].concat();
        let kernel = KernelImage::recognise(&head[..], file_size).unwrap();
        let _ = (kernel.size_is_sane(), kernel.architecture());
        let _ = kernel.find_banner(head.as_slice());
    }

    #[test]
    fn the_banner_is_found_however_it_is_read(
        before in 0..1500_usize,
        chunk in 1..3000_usize,
        release in "[0-9][0-9A-Za-z.+-]{0,63}",
    ) {
        let before = (64 << 10) * (before % 3) + before;
        let kernel = with_text(before, &format!("Linux version {release} (a) #1\n"));
        let banner = recognise(&kernel).find_banner(Dripping(&kernel, chunk)).unwrap().unwrap();
        prop_assert_eq!(banner.release(), release);
    }
}
