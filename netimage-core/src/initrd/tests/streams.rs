//! Segments, their compression and their padding.

use lzma_rust2::CheckType;

use super::make::*;
use crate::initrd::{Compression, Fault, KernelObjection, XzCheck};

#[test]
fn every_compression_in_one_initrd() {
    let mut bytes = Vec::new();
    for compression in COMPRESSIONS
        .into_iter()
        .chain(COMPRESSIONS.into_iter().rev())
    {
        let items = [directory("d"), file(format!("d/{compression}"), "text")];
        bytes.extend(pack(compression, &archive(&items)));
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    let initrd = read(&bytes);
    assert!(initrd.broken().is_none(), "{:?}", initrd.broken());
    let found: Vec<_> = initrd
        .segments()
        .iter()
        .map(|segment| segment.compression)
        .collect();
    let reversed = COMPRESSIONS.into_iter().rev();
    assert_eq!(
        found,
        COMPRESSIONS.into_iter().chain(reversed).collect::<Vec<_>>()
    );
    for segment in initrd.segments() {
        assert_eq!(
            (segment.entries, segment.objection),
            (2, None),
            "{segment:?}"
        );
        assert_eq!(segment.offset % 512, 0, "{segment:?}");
    }
    assert_eq!(listing(&initrd).len(), 1 + COMPRESSIONS.len());
    assert_eq!(initrd.text(b"d/zstd"), Some(&b"text"[..]));
}

#[test]
fn long_archives_of_every_compression() {
    for compression in COMPRESSIONS {
        // More than any buffer, and than a chunk of lz4.
        let size = if compression == Compression::Lz4 {
            8_400_000
        } else {
            300_000
        };
        let noise = (0..size).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13).to_le_bytes()[0]);
        let items = [file("a", noise.collect::<Vec<_>>()), file("b", "end")];
        let packed = pack(compression, &archive(&items));
        let initrd = read(&packed);
        assert!(
            initrd.broken().is_none(),
            "{compression}: {:?}",
            initrd.broken()
        );
        assert_eq!(
            listing(&initrd),
            [format!("a ({size})"), "b (3)".into()],
            "{compression}"
        );
        let segment = &initrd.segments()[0];
        assert_eq!(segment.unpacked, entries(&items).len() as u64 + 124);
        if compression != Compression::None {
            assert_eq!(segment.length, packed.len() as u64, "{compression}");
        }
    }
}

#[test]
fn streams_may_follow_each_other_closely() {
    for compression in COMPRESSIONS.into_iter().skip(1) {
        let mut bytes = pack(compression, &archive(&[file("a", "")]));
        if compression == Compression::Lz4 {
            // Which has no end but a chunk of no bytes.
            bytes.extend([0; 4]);
        }
        let end = bytes.len();
        bytes.extend(pack(Compression::Gzip, &archive(&[file("b", "")])));
        let initrd = read(&bytes);
        assert!(
            initrd.broken().is_none(),
            "{compression}: {:?}",
            initrd.broken()
        );
        assert_eq!(initrd.segments()[1].offset, end as u64, "{compression}");
        assert_eq!(listing(&initrd), ["a (0)", "b (0)"], "{compression}");
    }
}

#[test]
fn lz4_runs_on_without_zeros() {
    let lz4 = pack(Compression::Lz4, &archive(&[file("a", "")]));
    let gzip = pack(Compression::Gzip, &archive(&[file("b", "")]));
    let initrd = read(&[lz4.clone(), gzip].concat());
    let fault = &initrd.broken().unwrap().fault;
    let taken_as_a_chunk = matches!(fault, Fault::Corrupt { .. } | Fault::Truncated);
    assert!(taken_as_a_chunk, "{fault:?}");

    // Another frame is more of the same segment, and a few zeros are an end.
    let initrd = read(&[lz4.clone(), lz4, vec![0; 3]].concat());
    assert!(initrd.broken().is_none());
    assert_eq!(initrd.segments().len(), 1);
    assert_eq!(initrd.segments()[0].entries, 2);
}

#[test]
fn archives_are_aligned() {
    let archive = archive(&[file("a", "")]);
    let gzip = pack(Compression::Gzip, &archive);
    for zeros in 0..8 {
        let mut bytes = archive.clone();
        bytes.resize(bytes.len() + zeros, 0);
        bytes.extend(&gzip);
        let fine = zeros % 4 == 0;
        let initrd = read(&bytes);
        assert_eq!(initrd.broken().is_none(), fine, "{zeros}");
        assert!(fine || matches!(initrd.broken().unwrap().fault, Fault::Padding));

        // An archive behind a stream, likewise.
        let mut bytes = gzip.clone();
        bytes.resize(gzip.len().next_multiple_of(4) + zeros, 0);
        bytes.extend(&archive);
        let initrd = read(&bytes);
        assert_eq!(initrd.broken().is_none(), fine, "{zeros}");
        assert!(fine || matches!(initrd.broken().unwrap().fault, Fault::Padding));
    }
}

#[test]
fn zeros_and_nothing_are_empty() {
    for bytes in [vec![], vec![0; 3], vec![0; 100_000]] {
        let initrd = read(&bytes);
        assert!(initrd.broken().is_none());
        assert!(initrd.segments().is_empty());
    }
}

#[test]
fn an_archive_may_lack_its_mark() {
    let plain = entries(&[file("a", "1")]);
    for compression in COMPRESSIONS {
        let initrd = read(&pack(compression, &plain));
        assert!(
            initrd.broken().is_none(),
            "{compression}: {:?}",
            initrd.broken()
        );
        assert_eq!(listing(&initrd), ["a (1)"]);
    }
}

#[test]
fn microcode_comes_first() {
    let early = archive(&[directory("kernel"), file("kernel/microcode.bin", [0; 5])]);
    let late = pack(Compression::Zstd, &archive(&[file("init", "")]));
    let initrd = read(&[early, late].concat());
    assert!(initrd.broken().is_none());
    let compressions: Vec<_> = initrd.segments().iter().map(|s| s.compression).collect();
    assert_eq!(compressions, [Compression::None, Compression::Zstd]);
}

#[test]
fn what_linux_will_refuse_is_said() {
    let archive = archive(&[file("a", "")]);
    for (check, objection) in [
        (CheckType::None, None),
        (CheckType::Crc32, None),
        (CheckType::Crc64, Some(XzCheck::Crc64)),
        (CheckType::Sha256, Some(XzCheck::Sha256)),
    ] {
        let initrd = read(&xz(&archive, check, 1 << 20));
        assert!(initrd.broken().is_none());
        assert_eq!(
            initrd.segments()[0].objection,
            objection.map(KernelObjection::XzCheck)
        );
    }

    for (header, objection) in [
        // 128 MiB, and an eighth more.
        (&[0x00, 17 << 3][..], None),
        (&[0x00, (17 << 3) + 1], Some((1 << 27) + (1 << 24))),
        (&[0x00, 0xff], Some((1 << 41) + 7 * (1 << 38))),
        // In one piece, of so many bytes.
        (&[0xa0, 0, 0, 0, 8], None),
        (&[0xa0, 2, 0, 0, 8], Some((1 << 27) + 2)),
        (&[0xa3, 9, 9, 9, 9, 0, 0, 0, 16], Some(1 << 28)),
        (&[0xe0, 0, 0, 0, 0, 1, 0, 0, 0], Some(1 << 32)),
        (&[0x20, 0xff], None),
        (&[0x60, 0xff, 0xff], None),
        (&[0xe0, 0, 0], None),
    ] {
        let initrd = read(&[b"\x28\xb5\x2f\xfd", header].concat());
        let found = initrd.segments()[0].objection;
        assert_eq!(
            found,
            objection.map(KernelObjection::ZstdWindow),
            "{header:?}"
        );
    }

    let gzip = |builder: flate2::GzBuilder| {
        use std::io::Write;
        let mut packer = builder.write(Vec::new(), flate2::Compression::fast());
        packer.write_all(&archive).unwrap();
        read(&packer.finish().unwrap()).segments()[0].objection
    };
    assert_eq!(gzip(flate2::GzBuilder::new().filename("initrd")), None);
    let extra = flate2::GzBuilder::new().comment("made today");
    assert_eq!(gzip(extra), Some(KernelObjection::GzipHeader));
}

#[test]
fn sums_of_files_are_compared() {
    let sum = "text".bytes().map(u32::from).sum();
    let initrd = read(&archive(&[
        file("a", "text").summed(sum),
        file("b", "").summed(0),
    ]));
    assert!(initrd.broken().is_none());
    assert_eq!(listing(&initrd), ["a (4)", "b (0)"]);
    let initrd = read(&archive(&[file("a", "text").summed(sum + 1)]));
    let fault = &initrd.broken().unwrap().fault;
    assert!(matches!(fault, Fault::Refused(_)) && fault.to_string().contains("checksum"));
}
