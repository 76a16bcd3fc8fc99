//! The boot tree, sizes, kernels and device trees.

use std::fs::File;
use std::path::Path;

use super::parts::{
    Node, RELEASE, device_tree, firmware, flatten, kernel, kernel_of, labels, overlay, zimage,
};
use super::sample::{LINUX, Sample, TOPLEVEL};
use super::{Case, case};
use crate::boot::Board;

/// Makes the image one for a Raspberry Pi 5.
fn rpi5(sample: &mut Sample) {
    sample.subject.boards = vec![Board::Rpi5];
    sample.boot(
        "bcm2712-rpi-5-b.dtb",
        device_tree(&["raspberrypi,5-model-b", "brcm,bcm2712"]),
    );
    sample.add_module("macb", "");
    sample.add_module("rp1_pci", "");
    sample.pack();
}

fn rpi3(sample: &mut Sample) {
    sample.subject.boards = vec![Board::Rpi3];
    sample.boot(
        "bcm2710-rpi-3-b.dtb",
        device_tree(&["raspberrypi,3-model-b", "brcm,bcm2837"]),
    );
    for name in ["bootcode.bin", "fixup.dat"] {
        sample.boot(name, name);
    }
    sample.boot("start.elf", [&firmware()[..], b"for a Pi 3"].concat());
    sample.add_module("smsc95xx", "");
    sample.add_module("dwc2", "");
    sample.pack();
}

/// Another kernel, in the boot tree and the toplevel.
fn kernel_is(sample: &Sample, bytes: &[u8]) {
    sample.boot("kernel8.img", bytes);
    sample.root(&format!("nix/store/{LINUX}/Image"), bytes);
}

/// A kernel that claims so many bytes of memory.
fn claiming(memory: u64) -> Vec<u8> {
    let mut bytes = kernel();
    bytes[16..24].copy_from_slice(&memory.to_le_bytes());
    bytes
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A kernel of this size, as a sparse file.
fn large(sample: &Sample, size: u64) {
    for (tree, name) in [
        ("boot", "kernel8.img"),
        ("root", &*format!("nix/store/{LINUX}/Image")),
    ] {
        let path = sample.path(tree, name);
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, kernel()).unwrap();
        let mut bytes = kernel();
        // It claims the memory that it needs.
        bytes[16..24].copy_from_slice(&size.next_multiple_of(1 << 21).to_le_bytes());
        std::fs::write(&path, bytes).unwrap();
        File::options()
            .write(true)
            .open(path)
            .unwrap()
            .set_len(size)
            .unwrap();
    }
}

/// A map with one overlay for the Raspberry Pi 5 only.
fn overlay_map() -> Vec<u8> {
    flatten(&Node {
        properties: vec![],
        children: vec![
            ("five-only", labels(&["bcm2712"])),
            (
                "for-all",
                Node {
                    properties: vec![("bcm2711", b"\0".to_vec())],
                    children: vec![],
                },
            ),
        ],
    })
}

pub(super) static CASES: [Case; 50] = [
    case(
        "boot-missing-firmware",
        |sample| sample.remove_boot("fixup4.dat"),
        |sample| {
            rpi5(sample);
            sample.remove_boot("fixup4.dat");
        },
    ),
    case(
        "boot-missing-kernel",
        |sample| sample.remove_boot("kernel8.img"),
        |sample| {
            sample.replace("config.txt", "kernel=kernel8.img", "kernel=linux.img");
            sample.boot("linux.img", kernel());
            sample.remove_boot("kernel8.img");
        },
    ),
    case(
        "boot-missing-device-tree",
        |sample| sample.remove_boot("bcm2711-rpi-4-b.dtb"),
        |sample| {
            sample.config("device_tree=pi.dtb");
            sample.boot(
                "pi.dtb",
                device_tree(&["raspberrypi,4-model-b", "brcm,bcm2711"]),
            );
            sample.remove_boot("bcm2711-rpi-4-b.dtb");
        },
    ),
    case(
        "boot-no-device-tree",
        |sample| sample.config("device_tree="),
        |sample| {
            sample.config("device_tree=");
            // A boot loader, which may bring a tree.
            let mut bytes = kernel();
            bytes[64..].fill(0);
            kernel_is(sample, &bytes);
        },
    ),
    case(
        "boot-missing-variant",
        |sample| {
            rpi5(sample);
            sample.subject.boards = vec![Board::Cm5];
            let tree = device_tree(&["raspberrypi,5-compute-module", "brcm,bcm2712"]);
            sample.boot("bcm2712-rpi-cm5-cm5io.dtb", tree);
        },
        rpi5,
    ),
    case(
        "boot-missing-initrd",
        |sample| sample.remove_boot("initrd"),
        |sample| {
            sample.replace("config.txt", "initramfs initrd", "initramfs other");
            sample.boot(
                "other",
                std::fs::read(sample.path("boot", "initrd")).unwrap(),
            );
            sample.remove_boot("initrd");
        },
    ),
    case(
        "boot-missing-command-line",
        |sample| sample.remove_boot("cmdline.txt"),
        |sample| {
            sample.config("cmdline=line.txt");
            sample.boot(
                "line.txt",
                std::fs::read(sample.path("boot", "cmdline.txt")).unwrap(),
            );
            sample.remove_boot("cmdline.txt");
        },
    ),
    case(
        "boot-missing-file",
        |sample| sample.config("boot_ramdisk=1"),
        |sample| sample.config("boot_ramdisk=0"),
    ),
    case(
        "boot-missing-armstub",
        |sample| sample.config("armstub=stub.bin"),
        |sample| {
            sample.config("armstub=stub.bin");
            sample.boot("stub.bin", "stub");
        },
    ),
    case(
        "boot-no-initrd",
        |sample| sample.replace("config.txt", "initramfs initrd followkernel\n", ""),
        |sample| {
            sample.replace("config.txt", "initramfs initrd followkernel\n", "");
            sample.remove_root(&format!("nix/store/{TOPLEVEL}/initrd"));
        },
    )
    .and(&["command-line-root"]),
    case(
        "boot-no-initrd",
        |sample| {
            sample.replace(
                "config.txt",
                "initramfs initrd followkernel",
                "auto_initramfs=1",
            )
        },
        |sample| {
            sample.replace(
                "config.txt",
                "initramfs initrd followkernel",
                "auto_initramfs=1",
            );
            let initrd = std::fs::read(sample.path("boot", "initrd")).unwrap();
            sample.boot("initramfs8", initrd);
        },
    )
    .and(&["command-line-root"]),
    case(
        "boot-auto-initramfs",
        |sample| {
            sample.replace(
                "config.txt",
                "initramfs initrd followkernel",
                "auto_initramfs=1",
            );
            sample.remove_root(&format!("nix/store/{TOPLEVEL}/initrd"));
        },
        |sample| {
            sample.replace(
                "config.txt",
                "initramfs initrd followkernel",
                "auto_initramfs=0",
            );
            sample.remove_root(&format!("nix/store/{TOPLEVEL}/initrd"));
        },
    )
    .and(&["command-line-root", "toplevel-bootspec-broken"]),
    case(
        "boot-no-config",
        |sample| sample.remove_boot("config.txt"),
        |sample| sample.boot("config.txt", "initramfs initrd followkernel\n"),
    )
    .and(&["boot-no-initrd", "command-line-root"]),
    case(
        "boot-prefix-dropped",
        |sample| {
            sample.config("start_file=own.elf\nfixup_file=own.dat");
            sample.boot("own.elf", firmware());
            sample.boot("own.dat", "fixup");
            sample.remove_boot("start4.elf");
        },
        |sample| {
            rpi5(sample);
            sample.remove_boot("start4.elf");
        },
    ),
    case(
        "boot-os-prefix-ignored",
        |sample| sample.config("os_prefix=new/"),
        |sample| {
            sample.config("os_prefix=new/");
            for name in [
                "kernel8.img",
                "bcm2711-rpi-4-b.dtb",
                "initrd",
                "cmdline.txt",
            ] {
                let bytes = std::fs::read(sample.path("boot", name)).unwrap();
                sample.boot(&format!("new/{name}"), bytes);
            }
        },
    ),
    case(
        "boot-no-board",
        |sample| {
            sample.subject.boards.clear();
            sample.remove_boot("bcm2711-rpi-4-b.dtb");
        },
        |sample| sample.subject.boards.clear(),
    ),
    case(
        "boot-cannot-netboot",
        |sample| sample.subject.boards.push(Board::RpiZero2W),
        |_| (),
    ),
    case(
        "boot-recovery",
        |sample| sample.boot("recovery.elf", "elf"),
        |sample| sample.boot("recovery.img", "img"),
    ),
    case(
        "boot-stray-link",
        |sample| sample.link_boot("secret", Path::new("/etc/hostname")),
        |sample| sample.link_boot("start.elf", Path::new("start4.elf")),
    ),
    case(
        "boot-special-file",
        |sample| sample.fifo("boot", "fifo"),
        |sample| sample.boot("fifo", ""),
    ),
    case(
        "boot-unreachable-name",
        |sample| sample.boot("a name", ""),
        |sample| sample.boot("a-name", ""),
    ),
    // Longer than what the kernel takes, and not.
    case(
        "boot-unreachable-name",
        |sample| super::deep(&sample.path("boot", "overlays"), 17),
        |sample| super::deep(&sample.path("boot", "overlays"), 1),
    ),
    case(
        "boot-case-clash",
        |sample| sample.boot("CONFIG.TXT", ""),
        |sample| sample.boot("overlays/config.txt", ""),
    ),
    case(
        "size-64-mib",
        |sample| large(sample, (64 << 20) + 1),
        |sample| large(sample, 64 << 20),
    ),
    case(
        "size-91-mib",
        |sample| large(sample, 65_535 * 1468 + 1),
        |sample| large(sample, 65_535 * 1468),
    ),
    case(
        "size-timeout",
        |sample| large(sample, 4_900_000 * 30 + 5_000_000),
        |sample| large(sample, 4_900_000 * 30),
    )
    .and(&["size-91-mib"]),
    case(
        "firmware-empty",
        |sample| sample.boot("fixup4.dat", ""),
        |sample| sample.boot("fixup4x.dat", ""),
    ),
    case(
        "firmware-empty",
        |sample| {
            rpi3(sample);
            sample.boot("bootcode.bin", "");
        },
        rpi3,
    ),
    case(
        "firmware-damaged",
        |sample| sample.boot("start4.elf", &firmware()[..1083]),
        |sample| sample.boot("start4.elf", firmware()),
    ),
    case(
        "firmware-damaged",
        |sample| sample.boot("start4.elf", "<!DOCTYPE html>"),
        |sample| {
            rpi5(sample);
            sample.boot("start4.elf", "<!DOCTYPE html>");
        },
    ),
    case(
        "firmware-alike",
        |sample| sample.boot("start.elf", firmware()),
        |sample| {
            sample.boot("start_cd.elf", firmware());
            sample.boot("start4cd.elf", firmware());
        },
    ),
    case(
        "kernel-unrecognised",
        |sample| kernel_is(sample, b"\x7fELF\x02\x01\x01, and more of it"),
        |sample| kernel_is(sample, &kernel()),
    ),
    case(
        "kernel-wrong-mode",
        |sample| sample.replace("config.txt", "arm_64bit=1", "arm_64bit=0"),
        |sample| {
            rpi3(sample);
            sample.replace("config.txt", "arm_64bit=1", "arm_64bit=2");
        },
    ),
    case(
        "kernel-other-system",
        |sample| {
            sample.replace("config.txt", "arm_64bit=1", "arm_64bit=0");
            kernel_is(sample, &zimage());
        },
        |sample| sample.root(&format!("nix/store/{TOPLEVEL}/system"), "armv7l-linux"),
    )
    .and(&["initrd-other-machine"]),
    case(
        "kernel-truncated",
        |sample| {
            let mut bytes = kernel();
            bytes[16..24].copy_from_slice(&4096_u64.to_le_bytes());
            kernel_is(sample, &bytes);
        },
        |sample| {
            let mut bytes = kernel();
            bytes[16..24].copy_from_slice(&8192_u64.to_le_bytes());
            kernel_is(sample, &bytes);
        },
    ),
    case(
        "kernel-header",
        |sample| {
            let mut bytes = kernel();
            bytes[8..16].copy_from_slice(&0x1234_u64.to_le_bytes());
            kernel_is(sample, &bytes);
        },
        |sample| {
            let mut bytes = kernel();
            bytes[8..16].copy_from_slice(&0x8_0000_u64.to_le_bytes());
            kernel_is(sample, &bytes);
        },
    ),
    case(
        "kernel-large-pages",
        |sample| kernel_is(sample, &kernel_of(RELEASE, 0b1100)),
        |sample| kernel_is(sample, &kernel_of(RELEASE, 0b1010)),
    ),
    case(
        "kernel-truncated",
        |sample| kernel_is(sample, &gzipped(&kernel())[..1000]),
        |sample| kernel_is(sample, &gzipped(&kernel())),
    ),
    case(
        "kernel-truncated",
        |sample| kernel_is(sample, &gzipped(&claiming(8191))),
        |sample| kernel_is(sample, &gzipped(&claiming(8192))),
    ),
    case(
        "kernel-memory",
        |sample| kernel_is(sample, &claiming(1 << 30)),
        |sample| kernel_is(sample, &claiming(1 << 29)),
    ),
    case(
        "kernel-other-modules",
        |sample| {
            sample.replace("config.txt", "arm_64bit=1", "arm_64bit=0");
            kernel_is(sample, &zimage());
            sample.remove_root(&format!("nix/store/{TOPLEVEL}/system"));
            sample.remove_root(&format!("nix/store/{TOPLEVEL}/boot.json"));
        },
        |sample| {
            sample.replace("config.txt", "arm_64bit=1", "arm_64bit=0");
            kernel_is(sample, &zimage());
        },
    )
    .and(&["initrd-other-machine"]),
    case(
        "kernel-other-modules",
        |sample| {
            for contents in sample.initrd.values_mut() {
                // e_machine of a module
                if contents.starts_with(b"\x7fELF") && contents.len() > 64 {
                    contents[18] = 40;
                }
            }
            sample.pack();
        },
        |sample| {
            sample.replace("config.txt", "arm_64bit=1", "arm_64bit=0");
            sample.pack();
        },
    ),
    case(
        "device-tree-invalid",
        |sample| sample.boot("bcm2711-rpi-4-b.dtb", "not a tree"),
        |sample| sample.boot("bcm2711-rpi-400.dtb", "not a tree"),
    ),
    case(
        "device-tree-other-board",
        |sample| {
            let tree = device_tree(&["raspberrypi,400", "brcm,bcm2711"]);
            sample.boot("bcm2711-rpi-4-b.dtb", tree);
        },
        |sample| {
            let tree = device_tree(&["raspberrypi,4-model-b"]);
            sample.boot("bcm2711-rpi-4-b.dtb", tree);
        },
    ),
    case(
        "device-tree-parameter-unknown",
        |sample| sample.config("dtparam=adio=on"),
        |sample| sample.config("dtparam=audio=on"),
    ),
    case(
        "overlay-missing",
        |sample| sample.config("dtoverlay=disable-wifi"),
        |sample| sample.config("dtoverlay=disable-bt"),
    ),
    case(
        "overlay-invalid",
        |sample| {
            sample.config("dtoverlay=disable-bt");
            sample.boot("overlays/disable-bt.dtbo", device_tree(&[]));
        },
        |sample| sample.config("[pi5]\ndtoverlay=disable-bt"),
    ),
    case(
        "overlay-parameter-unknown",
        |sample| sample.config("dtoverlay=disable-bt,sped=1"),
        |sample| sample.config("dtoverlay=disable-bt,speed=1"),
    ),
    case(
        "overlay-unappliable",
        |sample| {
            sample.config("dtoverlay=disable-bt");
            sample.boot("overlays/disable-bt.dtbo", overlay(&["spi0"], &[]));
        },
        |sample| {
            sample.config("dtoverlay=disable-bt");
            sample.boot("overlays/disable-bt.dtbo", overlay(&["i2c1"], &[]));
        },
    ),
    case(
        "overlay-not-for-board",
        |sample| {
            sample.boot("overlays/overlay_map.dtb", overlay_map());
            sample.config("dtoverlay=five-only");
        },
        |sample| {
            sample.boot("overlays/overlay_map.dtb", overlay_map());
            sample.boot("overlays/for-all.dtbo", overlay(&[], &[]));
            sample.config("dtoverlay=for-all");
        },
    ),
];
