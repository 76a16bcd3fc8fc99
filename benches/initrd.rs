//! Reading an initrd: a cpio archive of many files, plain and compressed.

#![allow(clippy::unwrap_used, reason = "a bench may panic")]
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;
use std::io::{Cursor, Write};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use flate2::Compression;
use flate2::write::GzEncoder;
use netimage_core::initrd::{Initrd, ReadOptions};

/// An archive of 2 000 files of 16 KiB.
fn archive() -> Vec<u8> {
    let files = (0..2_000_u32).map(|number| {
        let bytes: Vec<u8> = (0..=250)
            .cycle()
            .skip(number as usize % 250)
            .take(16 << 10)
            .collect();
        let name = format!("usr/lib/file-{number}");
        (
            cpio::NewcBuilder::new(&name).mode(0o100_644),
            Cursor::new(bytes),
        )
    });
    cpio::write_cpio(files, Vec::new()).unwrap()
}

fn initrds(criterion: &mut Criterion) {
    let plain = archive();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&plain).unwrap();
    let gzip = gzip.finish().unwrap();
    let mut group = criterion.benchmark_group("initrd");
    group.throughput(Throughput::Bytes(plain.len() as u64));
    for (name, bytes) in [("plain", &plain), ("gzip", &gzip)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| Initrd::read(black_box(&bytes[..]), &ReadOptions::default()));
        });
    }
    group.finish();
}

criterion_group!(benches, initrds);
criterion_main!(benches);
