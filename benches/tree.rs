//! Hashing and copying store paths: many small files, and one large file.

#![allow(clippy::unwrap_used, reason = "a bench may panic")]
#![allow(missing_docs, reason = "criterion's macros make public functions")]

use std::fs;
use std::path::{Path, PathBuf};

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use netimage_core::build::{BuildOptions, Destination, Verification, build};
use netimage_core::closure::{Closure, PathInfo};
use netimage_core::fs::hash_nar;
use netimage_core::image::{ImagePlan, ImageSpec, SpecFiles};
use netimage_core::store::StoreDir;

const PATH: &str = "00000000000000000000000000000001-tree";

/// Directories of 50 files of `length` bytes each.
fn store(at: &Path, files: usize, length: usize) -> PathBuf {
    let top = at.join(PATH);
    for number in 0..files {
        let directory = top.join(format!("d{}", number / 50));
        fs::create_dir_all(&directory).unwrap();
        let bytes: Vec<u8> = (0..=250).cycle().skip(number % 250).take(length).collect();
        fs::write(directory.join(format!("f{number}")), bytes).unwrap();
    }
    top
}

/// The plan of an image with that one store path and nothing to boot.
fn plan(real_store_dir: &Path) -> ImagePlan {
    let (hash, size) = hash_nar(&real_store_dir.join(PATH)).unwrap();
    let path = PATH.parse().unwrap();
    let infos = [PathInfo::new(path, hash, size)];
    let closure = Closure::new(StoreDir::default(), infos, []).unwrap();
    let name = "root".parse().unwrap();
    let nfs = "192.0.2.1:/srv/root,vers=4.1".parse().unwrap();
    let mut spec = ImageSpec::new("image", name, "x86_64-linux", nfs);
    spec.command_line = Some(Vec::new());
    spec.allow = vec!["command-line-no-init".to_owned()];
    let files = SpecFiles::gather(&spec).unwrap();
    ImagePlan::new(&spec, closure, files)
        .unwrap()
        .with_real_store_dir(real_store_dir)
}

fn trees(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("tree");
    for (name, files, length) in [("small", 5_000, 1_000), ("large", 1, 64 << 20)] {
        let place = tempfile::tempdir().unwrap();
        let top = store(place.path(), files, length);
        let plan = plan(place.path());
        group.throughput(Throughput::Bytes((files * length) as u64));
        group.sample_size(20);
        group.bench_function(format!("{name}/nar-hash"), |bencher| {
            bencher.iter(|| hash_nar(&top).unwrap());
        });
        for (verify, verification) in [("none", Verification::None), ("full", Verification::Full)] {
            let mut options = BuildOptions::default();
            options.verification = verification;
            group.bench_function(format!("{name}/build-verify-{verify}"), |bencher| {
                bencher.iter_batched(
                    || tempfile::tempdir().unwrap(),
                    |out| {
                        // As in a derivation: nothing waits for the disk.
                        let destination = Destination::Output(out.path().join("image"));
                        let report = build(&plan, &destination, &options, &());
                        (out, report.unwrap())
                    },
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

criterion_group!(benches, trees);
criterion_main!(benches);
