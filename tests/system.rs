//! Faults that only a real file system can have: full, and failing to read.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod fixture;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use fixture::{BIG, Fixture, LIB};

const EXT4: [&str; 4] = ["mkfs.ext4", "-q", "-m", "0"];
const XFS: [&str; 4] = ["mkfs.xfs", "-q", "-m", "reflink=1"];

/// A file system of its own in a file, unmounted when dropped.
struct LoopMount {
    image: PathBuf,
    at: PathBuf,
}

impl LoopMount {
    fn new(directory: &Path, megabytes: u64, make: &[&str]) -> Self {
        let (image, at) = (directory.join("disk"), directory.join("mnt"));
        let disk = fs::File::create(&image).unwrap();
        disk.set_len(megabytes << 20).unwrap();
        fs::create_dir(&at).unwrap();
        run(Command::new(make[0]).args(&make[1..]).arg(&image));
        run(Command::new("mount")
            .args(["-o", "loop"])
            .args([&image, &at]));
        Self { image, at }
    }
}

impl Drop for LoopMount {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.at).status();
    }
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?}: {status}");
}

#[test]
#[ignore = "needs root: run tests/run"]
fn a_full_file_system_is_named_and_left_as_it_was() {
    let fixture = Fixture::new();
    let zeros = fixture.path("store").join(BIG).join("zeros");
    // Not sparse: sparse files stay so and need no space.
    fs::write(&zeros, vec![0; 3_000_000]).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mount = LoopMount::new(directory.path(), 2, &EXT4);
    let before = fs::read_dir(&mount.at).unwrap().count();
    let build = fixture.build_to(mount.at.join("image"));
    // Which entry finds no room is the workers' race: zeros, or one beside it.
    let place = format!("{}/.netimage.", mount.at.display());
    fixture.fails(build, 1, &[&place, "free space", "No space left on device"]);
    assert_eq!(fs::read_dir(&mount.at).unwrap().count(), before);
}

#[test]
#[ignore = "needs root: run tests/run"]
fn a_read_error_is_named() {
    let fixture = Fixture::new();
    let directory = tempfile::tempdir().unwrap();
    let mount = LoopMount::new(directory.path(), 16, &EXT4);
    let data = mount.at.join("data");
    fs::write(&data, vec![b'x'; 4 << 20]).unwrap();
    run(Command::new("sync").arg("-f").arg(&data));
    // The disk loses its second half; what the file occupies cannot be read.
    let disk = fs::File::options().write(true).open(&mount.image).unwrap();
    disk.set_len(1 << 20).unwrap();
    fs::write("/proc/sys/vm/drop_caches", "3").unwrap();
    let target = fixture.path("store").join(LIB).join("data");
    fs::remove_file(&target).unwrap();
    fs::write(&target, "").unwrap();
    run(Command::new("mount").arg("--bind").args([&data, &target]));
    let mut build = fixture.build();
    let output = build.output().unwrap();
    run(Command::new("umount").arg(&target));
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    for part in ["cannot read", "data", "Input/output error"] {
        assert!(error.contains(part), "{part}: {error}");
    }
    fixture.assert_clean(&[]);
}

#[test]
#[ignore = "needs root and mkfs.xfs: run tests/run"]
fn a_file_system_that_shares_blocks_is_let_to() {
    let fixture = Fixture::new();
    let directory = tempfile::tempdir().unwrap();
    let mount = LoopMount::new(directory.path(), 512, &XFS);
    let zeros = fixture.path("store").join(BIG).join("zeros");
    let big: Vec<u8> = (0_u32..20_000_000)
        .map(|at| (at >> 7).to_le_bytes()[0])
        .collect();
    fs::write(&zeros, big).unwrap();
    fixture.register();
    run(Command::new("cp")
        .arg("-a")
        .args([&fixture.path("store"), &mount.at]));
    run(Command::new("sync").arg("-f").arg(&mount.at));
    let free = || rustix::fs::statvfs(&mount.at).unwrap();
    let before = free();
    let (out, store) = (mount.at.join("image"), mount.at.join("store"));
    fixture
        .build_from(store.as_os_str(), &out)
        .assert()
        .success();
    let after = free();
    let written = (before.f_bfree - after.f_bfree) * after.f_frsize;
    assert!(written < 2_000_000, "{written} bytes for a store of 23 MB");
    fixture
        .run(["verify".as_ref(), out.as_os_str()])
        .assert()
        .success();
}
