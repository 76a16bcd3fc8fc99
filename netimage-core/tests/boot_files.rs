//! Device trees and kernels that others made, held against what dtc, fdtget and
//! file say of them. They are in the directories that `NETIMAGE_BOOT_FILES`
//! names, with colons between: tests/device-tree/run fetches some.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use netimage_core::boot::{
    Architecture, Board, Endianness, FirmwareError, FirmwareFile, KernelFormat, KernelImage,
};
use netimage_core::device_tree::{DeviceTree, Node, OverlayMap, OverlayMapping};

/// The files whose names satisfy `wanted`. None without `NETIMAGE_BOOT_FILES`.
fn files(wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let Some(directories) = std::env::var_os("NETIMAGE_BOOT_FILES") else {
        eprintln!("left out: NETIMAGE_BOOT_FILES is not set");
        return Vec::new();
    };
    let mut directories: Vec<_> = std::env::split_paths(&directories).collect();
    let mut files = Vec::new();
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let entry = entry.unwrap();
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                directories.push(entry.path());
            } else if kind.is_file() && wanted(&entry.path()) {
                files.push(entry.path());
            }
        }
    }
    files.sort();
    assert!(!files.is_empty(), "there is nothing to test with");
    files
}

fn device_trees() -> Vec<PathBuf> {
    files(|path| {
        path.extension()
            .is_some_and(|end| end == "dtb" || end == "dtbo")
    })
}

fn file_name(path: &Path) -> &str {
    path.file_name().and_then(OsStr::to_str).unwrap()
}

/// What a program prints, given `input`.
fn output(program: &str, arguments: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{program}: {error}"));
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap();
    output.status.success().then_some(output.stdout)
}

/// The source of a node, with all values as bytes.
fn write_source(node: &Node<'_>, source: &mut String) {
    let name = str::from_utf8(node.name()).unwrap();
    writeln!(source, "{} {{", if name.is_empty() { "/" } else { name }).unwrap();
    for property in node.properties() {
        source.push_str(str::from_utf8(property.name).unwrap());
        if !property.value.is_empty() {
            source.push_str(" = [");
            for byte in property.value {
                write!(source, "{byte:02x}").unwrap();
            }
            source.push(']');
        }
        source.push_str(";\n");
    }
    for child in node.children() {
        write_source(&child, source);
    }
    source.push_str("};\n");
}

/// What dtc makes of a tree, without the memory that is reserved beside it.
fn decompiled(tree: &[u8]) -> String {
    let source = output("dtc", &["-q", "-I", "dtb", "-O", "dts", "-"], tree).unwrap();
    let source = String::from_utf8(source).unwrap();
    let lines = source.lines().filter(|line| !line.contains("/memreserve/"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
#[ignore = "needs dtc and files: run tests/device-tree/run"]
fn trees_are_read_as_dtc_reads_them() {
    let trees = device_trees();
    for path in &trees {
        let bytes = fs::read(path).unwrap();
        let tree = DeviceTree::parse(&bytes).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        assert_eq!(tree.total_size() as usize, bytes.len(), "{path:?}");
        let mut source = String::from("/dts-v1/;\n");
        write_source(&tree.root(), &mut source);
        let arguments = ["-q", "-f", "-I", "dts", "-O", "dtb", "-"];
        let again = output("dtc", &arguments, source.as_bytes()).unwrap();
        assert!(decompiled(&again) == decompiled(&bytes), "{path:?} differs");
    }
    println!("{} trees are the same for dtc", trees.len());
}

/// What fdtget prints of a tree, a line each.
fn fdtget(arguments: &[&str], path: &Path, rest: &[&str]) -> Vec<String> {
    let arguments = [arguments, &[path.to_str().unwrap()], rest].concat();
    let printed = output("fdtget", &arguments, b"").unwrap_or_default();
    String::from_utf8_lossy(&printed)
        .lines()
        .map(str::to_owned)
        .collect()
}

fn lines<'a>(values: impl Iterator<Item = &'a [u8]>) -> Vec<String> {
    values
        .map(|value| String::from_utf8_lossy(value).into_owned())
        .collect()
}

#[test]
#[ignore = "needs fdtget and files: run tests/device-tree/run"]
fn look_ups_find_what_fdtget_finds() {
    let (mut parameters, mut labels) = (0, 0);
    // It is of one vendor that all this is asked.
    let raspberry_pi = |path: &PathBuf| {
        file_name(path).starts_with("bcm27")
            || file_name(path).starts_with("bcm283")
            || path.extension() == Some("dtbo".as_ref())
    };
    for path in device_trees().iter().filter(|path| raspberry_pi(path)) {
        let bytes = fs::read(path).unwrap();
        let tree = DeviceTree::parse(&bytes).unwrap();
        let compatible = lines(tree.compatible()).join(" ");
        assert_eq!(
            fdtget(&["-t", "s"], path, &["/", "compatible"]).concat(),
            compatible,
            "{path:?}"
        );
        let model = lines(tree.model().into_iter()).concat();
        assert_eq!(
            fdtget(&["-t", "s"], path, &["/", "model"]).concat(),
            model,
            "{path:?}"
        );

        let children = lines(tree.root().children().map(|child| child.name()));
        assert_eq!(fdtget(&["-l"], path, &["/"]), children, "{path:?}");
        let names = |node| {
            let mut names = fdtget(&["-p"], path, &[node]);
            names.retain(|name| name != "phandle");
            names
        };
        let overrides = lines(tree.parameters());
        assert_eq!(names("/__overrides__"), overrides, "{path:?}");
        let needed = lines(tree.needed_labels());
        assert_eq!(names("/__fixups__"), needed, "{path:?}");
        let has_symbols = tree.node("/__symbols__").is_some();
        let symbols = names(if has_symbols {
            "/__symbols__"
        } else {
            "/aliases"
        });
        assert_eq!(symbols, lines(tree.labels()), "{path:?}");
        parameters += overrides.len();
        labels += needed.len() + symbols.len();
    }
    println!("{parameters} parameters and {labels} labels are the same for fdtget");
}

/// Which board's tree a file is, by its name in Linux or in Raspberry Pi's.
const BOARD_FILES: [(&str, &str); 21] = [
    ("bcm2710-rpi-3-b.dtb", "rpi3"),
    ("bcm2837-rpi-3-b.dtb", "rpi3"),
    ("bcm2710-rpi-3-b-plus.dtb", "rpi3-plus"),
    ("bcm2837-rpi-3-b-plus.dtb", "rpi3-plus"),
    ("bcm2710-rpi-zero-2.dtb", "rpi-zero2w"),
    ("bcm2710-rpi-zero-2-w.dtb", "rpi-zero2w"),
    ("bcm2837-rpi-zero-2-w.dtb", "rpi-zero2w"),
    ("bcm2711-rpi-4-b.dtb", "rpi4"),
    ("bcm2711-rpi-400.dtb", "rpi400"),
    ("bcm2711-rpi-cm4.dtb", "cm4"),
    ("bcm2711-rpi-cm4-io.dtb", "cm4"),
    ("bcm2712-rpi-5-b.dtb", "rpi5"),
    ("bcm2712-d-rpi-5-b.dtb", "rpi5"),
    ("bcm2712d0-rpi-5-b.dtb", "rpi5"),
    ("bcm2712-rpi-500.dtb", "rpi500"),
    ("bcm2712-rpi-cm5-cm4io.dtb", "cm5"),
    ("bcm2712-rpi-cm5-cm5io.dtb", "cm5"),
    ("bcm2712-rpi-cm5l-cm4io.dtb", "cm5"),
    ("bcm2712-rpi-cm5l-cm5io.dtb", "cm5"),
    ("bcm2712-rpi-cm5.dtb", "cm5"),
    ("bcm2712-rpi-cm5l.dtb", "cm5"),
];

#[test]
#[ignore = "needs files: run tests/device-tree/run"]
fn every_board_has_its_tree_and_no_other() {
    let mut seen = Vec::new();
    for path in device_trees() {
        let bytes = fs::read(&path).unwrap();
        let tree = DeviceTree::parse(&bytes).unwrap();
        let of_name = BOARD_FILES
            .iter()
            .find(|(name, _)| *name == file_name(&path));
        let expected = of_name.map(|(_, board)| *board);
        for board in Board::ALL {
            assert_eq!(
                tree.is_compatible(board.compatible()),
                expected == Some(board.as_str()),
                "{path:?} {board}"
            );
        }
        if let Some(board) = expected {
            seen.push(board);
        }
    }
    seen.sort_unstable();
    seen.dedup();
    println!("trees of {}", seen.join(", "));
}

#[test]
#[ignore = "needs files: run tests/device-tree/run"]
fn the_map_leads_to_overlays_that_exist() {
    let mut loaded = 0;
    for path in device_trees() {
        let bytes = fs::read(&path).unwrap();
        let directory = path.parent().unwrap();
        let overlay =
            |name| fs::read(directory.join(format!("{}.dtbo", str::from_utf8(name).unwrap())));
        if path.extension() == Some("dtbo".as_ref()) {
            assert!(DeviceTree::parse(&bytes).unwrap().is_overlay(), "{path:?}");
        }
        if file_name(&path) != "overlay_map.dtb" {
            continue;
        }
        let map = OverlayMap::parse(&bytes).unwrap();
        for node in DeviceTree::parse(&bytes).unwrap().root().children() {
            for family in ["bcm2835", "bcm2711", "bcm2712"] {
                let mapping = map.look_up(node.name(), family);
                if let OverlayMapping::Loads(name) = mapping
                    && name != node.name()
                {
                    let overlay = overlay(name).unwrap();
                    assert!(DeviceTree::parse(&overlay).unwrap().is_overlay());
                    loaded += 1;
                }
            }
        }
    }
    println!("{loaded} overlays that a map names exist");
}

#[test]
#[ignore = "needs files: run tests/device-tree/run"]
fn broken_trees_are_read_or_refused() {
    let mut read = 0;
    for path in device_trees()
        .iter()
        .filter(|path| file_name(path).contains("rpi"))
    {
        let whole = fs::read(path).unwrap();
        for length in (0..whole.len()).step_by(509) {
            assert!(DeviceTree::parse(&whole[..length]).is_err(), "{path:?}");
        }
        for at in (0..whole.len()).step_by(997) {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            if let Ok(tree) = DeviceTree::parse(&bytes) {
                let _ = (tree.is_overlay(), tree.missing_labels(&tree));
                read += tree.root().children().count();
            }
        }
    }
    println!("{read} nodes of broken trees could be read");
}

/// The words that file has for a kernel.
fn described(kernel: &KernelImage) -> String {
    let order = |endianness| match endianness {
        Endianness::Little => "little-endian",
        Endianness::Big => "big-endian",
    };
    match kernel.format {
        KernelFormat::Arm64(image) => {
            let pages = image.page_size.unwrap_or(0) / 1024;
            format!(
                "Linux kernel ARM64 boot executable Image, {}, {pages}K pages\n",
                order(image.endianness)
            )
        }
        KernelFormat::ZImage(image) => format!(
            "Linux kernel ARM boot executable zImage ({})\n",
            order(image.endianness.unwrap())
        ),
        other => panic!("{other:?}"),
    }
}

fn recognise(reader: impl Read, size: u64) -> KernelImage {
    KernelImage::recognise(reader, size).unwrap()
}

#[test]
#[ignore = "needs file, gzip and files: run tests/device-tree/run"]
fn kernels_are_what_file_says() {
    for path in files(|path| file_name(path).starts_with("vmlinuz-")) {
        let size = path.metadata().unwrap().len();
        let kernel = recognise(File::open(&path).unwrap(), size);
        let words = output("file", &["-b", path.to_str().unwrap()], b"").unwrap();
        assert_eq!(
            described(&kernel),
            String::from_utf8(words).unwrap(),
            "{path:?}"
        );
        assert_eq!(kernel.size_is_sane(), Some(true), "{path:?}");
        let cut = KernelImage {
            file_size: size / 2,
            ..kernel
        };
        assert_eq!(cut.size_is_sane(), Some(false), "{path:?}");

        let release = file_name(&path).strip_prefix("vmlinuz-").unwrap();
        let banner = kernel.find_banner(File::open(&path).unwrap()).unwrap();
        if let KernelFormat::Arm64(image) = kernel.format {
            assert!(image.has_sane_text_offset(), "{path:?}");
            let banner = banner.unwrap();
            assert_eq!(banner.release(), release, "{path:?}");

            let packed = output("gzip", &["-1", "-c", path.to_str().unwrap()], b"").unwrap();
            let gzipped = recognise(packed.as_slice(), packed.len() as u64);
            assert!(gzipped.is_gzipped);
            assert_eq!(gzipped.format, kernel.format);
            assert_eq!(
                gzipped.find_banner(packed.as_slice()).unwrap(),
                Some(banner)
            );
            assert_eq!(gzipped.read_whole(packed.as_slice()).1.unwrap(), size);
            let cut = &packed[..packed.len() / 100];
            assert!(gzipped.find_banner(cut).is_err());
        } else {
            assert_eq!(banner, None, "{path:?}");
        }
        println!("{release}: {:?}", kernel.format);
    }
}

#[test]
#[ignore = "needs files: run tests/device-tree/run"]
fn u_boot_is_code_without_a_header() {
    for path in files(|path| file_name(path) == "u-boot.bin") {
        let size = path.metadata().unwrap().len();
        let kernel = recognise(File::open(&path).unwrap(), size);
        assert_eq!(
            kernel.format,
            KernelFormat::Code(Architecture::Arm64),
            "{path:?}"
        );
        assert_eq!(
            kernel.find_banner(File::open(&path).unwrap()).unwrap(),
            None
        );
    }
}

#[test]
fn firmware_is_whole_and_not_when_cut() {
    let is_firmware = |path: &Path| {
        let name = file_name(path);
        name.starts_with("start") && path.extension().is_some_and(|end| end == "elf")
    };
    for path in files(is_firmware) {
        let bytes = fs::read(&path).unwrap();
        let size = bytes.len() as u64;
        let check = |size| FirmwareFile::read(&*bytes, size).unwrap().check_start();
        assert_eq!(check(size), Ok(()), "{}", path.display());
        for cut in [1, size / 100, size / 2] {
            let error = check(size - cut);
            let least = size;
            let expected = FirmwareError::Truncated {
                size: size - cut,
                least,
            };
            assert_eq!(error, Err(expected), "{}", path.display());
        }
    }
}
