//! Reading, ordering and printing closures of the size of a NixOS system, and of
//! one sixteen times as large.

#![allow(clippy::unwrap_used, reason = "a bench may panic")]
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use netimage_core::closure::{Closure, PathInfo, Registration, parse_registration};
use netimage_core::image::{ImagePlan, ImageSpec, SpecFiles};
use netimage_core::store::{NarHash, StoreDir, StorePath, nix32_encode};

/// `paths` store paths, each referring to up to twelve before it.
fn path_infos(paths: u32) -> Vec<PathInfo> {
    let path = |index: u32| -> StorePath {
        let mut digest = [7; 20];
        digest[..4].copy_from_slice(&index.to_le_bytes());
        format!("{}-package-{index}", nix32_encode(&digest))
            .parse()
            .unwrap()
    };
    let paths: Vec<_> = (0..paths).map(path).collect();
    let references = |at: usize| {
        (1..=12)
            .filter_map(move |step| at.checked_sub(step * step))
            .collect::<Vec<_>>()
    };
    let info = |at: usize| {
        let hash = NarHash::from_bytes([u8::try_from(at % 256).unwrap_or(0); 32]);
        let mut info = PathInfo::new(paths[at].clone(), hash, 1000 + at as u64);
        info.references = references(at)
            .into_iter()
            .map(|at| paths[at].clone())
            .collect();
        info
    };
    (0..paths.len()).map(info).collect()
}

/// An image of store paths alone.
fn spec() -> ImageSpec {
    let name = "root".parse().unwrap();
    let nfs = "192.0.2.1:/srv/root,vers=4.1".parse().unwrap();
    ImageSpec::new("image", name, "x86_64-linux", nfs)
}

fn closures(criterion: &mut Criterion) {
    let store_dir = StoreDir::default();
    let mut group = criterion.benchmark_group("closure");
    for paths in [1_200, 20_000] {
        let infos = path_infos(paths);
        let closure = Closure::new(store_dir.clone(), infos.clone(), []).unwrap();
        let text = Registration::new(&closure).to_string();
        group.throughput(Throughput::Elements(u64::from(paths)));
        group.bench_function(BenchmarkId::new("registration/parse", paths), |bencher| {
            bencher.iter(|| parse_registration(black_box(text.as_bytes()), &store_dir));
        });
        group.bench_function(BenchmarkId::new("registration/print", paths), |bencher| {
            bencher.iter(|| black_box(Registration::new(&closure)).to_string());
        });
        // All that a build does before it writes: what is registered to what is planned.
        group.bench_function(BenchmarkId::new("plan", paths), |bencher| {
            bencher.iter(|| {
                let infos = parse_registration(black_box(text.as_bytes()), &store_dir).unwrap();
                let closure = Closure::new(store_dir.clone(), infos, []).unwrap();
                let spec = spec();
                ImagePlan::new(&spec, closure, SpecFiles::gather(&spec).unwrap()).unwrap()
            });
        });
        group.bench_function(BenchmarkId::new("order", paths), |bencher| {
            bencher.iter_batched(
                || infos.clone(),
                |infos| Closure::new(store_dir.clone(), infos, []),
                criterion::BatchSize::LargeInput,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, closures);
criterion_main!(benches);
