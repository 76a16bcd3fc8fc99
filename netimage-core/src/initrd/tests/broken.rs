//! Initrds that are cut, damaged, or ask for too much.

use std::io::{self, ErrorKind, Read};

use proptest::prelude::*;

use super::make::*;
use crate::initrd::{Compression, Fault, Initrd, ReadOptions};

fn fault(initrd: &Initrd) -> &Fault {
    &initrd.broken().expect("it is broken").fault
}

fn is_refused(initrd: &Initrd, why: &str) {
    let fault = fault(initrd);
    assert!(matches!(fault, Fault::Refused(_)), "{fault:?}");
    assert!(fault.to_string().contains(why), "{fault}");
}

fn is_too_much(initrd: &Initrd, why: &str) {
    let fault = fault(initrd);
    assert!(
        matches!(fault, Fault::Limit(_)) && fault.is_limit(),
        "{fault:?}"
    );
    assert!(fault.to_string().contains(why), "{fault}");
}

#[test]
fn what_is_cut_keeps_what_came_before() {
    for compression in COMPRESSIONS {
        let first = archive(&[directory("d"), file("d/a", "1")]);
        let second = pack(compression, &archive(&[file("b", "22"), file("c", "333")]));
        let whole = [&first[..], &second].concat();
        for length in first.len() + 1..whole.len() {
            let initrd = read(&whole[..length]);
            let lines = listing(&initrd);
            assert!(
                lines.contains(&"d/a (1)".to_owned()),
                "{compression} {length}"
            );
            if let Some(broken) = initrd.broken() {
                // Fewer than four bytes are no more of lz4, but of a segment behind it.
                let segments = 2..=2 + usize::from(compression == Compression::Lz4);
                assert!(segments.contains(&broken.segment), "{compression} {length}");
                assert!(broken.offset <= length as u64);
                assert!(broken.offset >= first.len() as u64);
                let cut = matches!(broken.fault, Fault::Truncated | Fault::Magic { .. });
                assert!(cut, "{compression} {length}: {:?}", broken.fault);
            } else {
                // Only a plain archive may end anywhere between two entries,
                // and lz4 between its chunks.
                assert!(
                    matches!(compression, Compression::None | Compression::Lz4),
                    "{compression} {length} of {}",
                    whole.len()
                );
            }
        }
    }
}

#[test]
fn what_is_damaged_is_said() {
    for compression in COMPRESSIONS.into_iter().skip(1) {
        let body: Vec<u8> = (0..200u32).map(|n| (n * n).to_le_bytes()[0]).collect();
        let packed = pack(compression, &archive(&[file("a", body)]));
        let mut unseen = 0;
        for at in 0..packed.len() {
            let mut bytes = packed.clone();
            bytes[at] ^= 0x10;
            unseen += usize::from(read(&bytes).broken().is_none());
        }
        // Without a sum, as in lzma and lz4, damage to a file's bytes is not seen.
        let summed = !matches!(
            compression,
            Compression::Lzma | Compression::Lz4 | Compression::Zstd
        );
        assert!(
            unseen < if summed { 16 } else { packed.len() },
            "{compression}: {unseen}"
        );
    }
}

#[test]
fn what_linux_cannot_read() {
    let archive = archive(&[]);
    is_refused(&read(b"\x04\x22\x4d\x18rest"), "lz4 frame");
    is_too_much(&read(b"\x89LZO"), "lzo compression");
    assert!(
        matches!(fault(&read(b"PK\x03\x04")), Fault::Magic { magic } if magic == b"PK\x03\x04")
    );
    for (old, new) in [("070701", "070707"), ("070701", "0707X1")] {
        let bytes = String::from_utf8(archive.clone())
            .unwrap()
            .replacen(old, new, 1);
        is_refused(&read(bytes.as_bytes()), new);
    }
    let gzip = pack(Compression::Gzip, b"no archive");
    assert!(matches!(fault(&read(&gzip)), Fault::Junk));
}

#[test]
fn headers_are_checked() {
    let mut bytes = file("a", "").bytes();
    bytes[20] = b'+';
    is_refused(&read(&bytes), "the header of an entry");

    let length = |length: &str| {
        let mut bytes = archive(&[file("a", "")]);
        bytes[94..102].copy_from_slice(length.as_bytes());
        read(&bytes)
    };
    is_refused(&length("00000000"), "the name of an entry");
    is_refused(&length("00001001"), "the name of an entry");
    is_refused(&length("FFFFFFFF"), "the name of an entry");
    is_refused(&length("00000001"), "the name of an entry");

    let long = read(&archive(&[link("a", vec![b'x'; 4097])]));
    is_refused(&long, "has 4097 bytes");
    assert!(
        read(&archive(&[link("a", vec![b'x'; 4096])]))
            .broken()
            .is_none()
    );
}

#[test]
fn a_size_that_is_not_there_takes_no_memory() {
    let mut bytes = file("init", "").bytes();
    bytes[54..62].copy_from_slice(b"FFFFFFFF");
    assert!(matches!(fault(&read(&bytes)), Fault::Truncated));
}

#[test]
fn junk_and_padding_inside_a_stream() {
    let inside = |tail: &[u8]| {
        let bytes = [entries(&[file("a", "")]), tail.to_vec()].concat();
        read(&pack(Compression::Gzip, &bytes))
    };
    assert!(inside(&[0; 7]).broken().is_none());
    assert!(matches!(fault(&inside(b"\0\0\0\0x")), Fault::Junk));
    assert!(matches!(fault(&inside(b"\0\0x")), Fault::Padding));
    assert!(matches!(fault(&inside(b"070701")), Fault::Truncated));
}

#[test]
fn windows_have_a_limit() {
    let mut zstd = vec![0x28, 0xb5, 0x2f, 0xfd, 0x00, 18 << 3];
    zstd.extend([1, 0, 0]);
    is_too_much(&read(&zstd), "a window of more than 33554432 bytes");
    zstd[5] = 15 << 3;
    assert!(read(&zstd).broken().is_none());

    let items = archive(&[file("a", "text")]);
    let mut lzma = pack(Compression::Lzma, &items);
    lzma[5..13].fill(0xff);
    lzma[1..5].copy_from_slice(&0x1000_0000u32.to_le_bytes());
    is_too_much(&read(&lzma), "window");

    let large = xz(&items, lzma_rust2::CheckType::Crc32, 64 << 20);
    is_too_much(&read(&large), "window");
    let largest = xz(&items, lzma_rust2::CheckType::Crc32, 32 << 20);
    assert!(read(&largest).broken().is_none());
}

#[test]
fn other_limits() {
    let bytes = archive(&[file("a", "1234"), file("b", "12345678")]);
    let initrd = read_within(&bytes, |limits| limits.unpacked = 200);
    assert!(matches!(fault(&initrd), Fault::Unpacked { limit: 200 }));
    assert_eq!(listing(&initrd), ["a (4)"]);

    let initrd = read_within(&bytes, |limits| limits.entries = 1);
    is_too_much(&initrd, "more than 1 entries");
    assert_eq!(listing(&initrd), ["a (4)"]);

    let initrd = read_within(&bytes, |limits| limits.names = 1);
    is_too_much(&initrd, "more than 1 bytes");

    let many = bytes.repeat(5);
    let initrd = read_within(&many, |limits| limits.segments = 4);
    is_too_much(&initrd, "more than 4 segments");

    let initrd = read_within(&bytes, |limits| limits.kept_small_file = 4);
    assert_eq!(
        (initrd.text(b"a"), initrd.text(b"b")),
        (Some(&b"1234"[..]), None)
    );
    let initrd = read_within(&bytes, |limits| limits.kept = 5);
    assert_eq!(
        (initrd.text(b"a"), initrd.text(b"b")),
        (Some(&b"1234"[..]), None)
    );
}

#[test]
fn a_bomb_stops() {
    let bomb = pack(
        Compression::Gzip,
        &archive(&[file("a", vec![0; 20_000_000])]),
    );
    assert!(bomb.len() < 100_000);
    let initrd = read_within(&bomb, |limits| limits.unpacked = 10_000_000);
    assert!(matches!(fault(&initrd), Fault::Unpacked { .. }));
}

/// Gives some bytes, then an error.
struct Failing<'a>(&'a [u8]);

impl Read for Failing<'_> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        match self.0.read(target)? {
            0 => Err(io::Error::new(
                ErrorKind::PermissionDenied,
                "the disk is gone",
            )),
            count => Ok(count),
        }
    }
}

#[test]
fn errors_of_the_reader_are_its_own() {
    for compression in COMPRESSIONS {
        let packed = pack(compression, &archive(&[file("init", "text")]));
        for length in [0, 1, 3, 30, packed.len()] {
            let initrd = Initrd::read(Failing(&packed[..length]), &ReadOptions::default());
            let Fault::Read(error) = fault(&initrd) else {
                panic!("{compression} {length}: {:?}", initrd.broken());
            };
            assert_eq!(error.to_string(), "the disk is gone");
        }
    }
}

#[test]
fn errors_say_where() {
    let bytes = [archive(&[file("a", "")]), b"?".to_vec()].concat();
    let initrd = read(&bytes);
    let broken = initrd.broken().unwrap();
    assert_eq!((broken.segment, broken.offset), (2, 512));
    assert!(
        broken
            .to_string()
            .ends_with("segment 2 of the initrd cannot be read beyond its byte 512")
    );
}

proptest! {
    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300), head in 0..9usize) {
        let heads: [&[u8]; 9] = [
            b"", b"070701", b"\x1f\x8b\x08\0", b"BZh9", b"\x5d\0\0\x10\0",
            b"\xfd7zXZ\0", b"\x02\x21\x4c\x18", b"\x28\xb5\x2f\xfd", b"070702",
        ];
        let _ = read(&[heads[head], &bytes].concat());
    }

    #[test]
    fn survives_changes(
        which in 0..7usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let items = [directory("lib"), file("lib/a", "some text of a file"), link("b", "lib/a")];
        let mut bytes = pack(COMPRESSIONS[which], &archive(&items));
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = listing(&read(&bytes));
    }
}
