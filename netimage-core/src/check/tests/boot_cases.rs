//! The boot tree: its names and sizes.

use std::fs::File;
use std::path::Path;

use super::parts::{device_tree, firmware, kernel};
use super::sample::{LINUX, Sample, TOPLEVEL};
use super::{Case, case};
use crate::boot::Board;

/// Makes the image one for a Raspberry Pi 5.
pub(super) fn rpi5(sample: &mut Sample) {
    sample.subject.boards = vec![Board::Rpi5];
    sample.boot(
        "bcm2712-rpi-5-b.dtb",
        device_tree(&["raspberrypi,5-model-b", "brcm,bcm2712"]),
    );
    sample.add_module("macb", "");
    sample.add_module("rp1_pci", "");
    sample.pack();
}

/// Another kernel, in the boot tree and the toplevel.
pub(super) fn kernel_is(sample: &Sample, bytes: &[u8]) {
    sample.boot("kernel8.img", bytes);
    sample.root(&format!("nix/store/{LINUX}/Image"), bytes);
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

pub(super) static CASES: &[Case] = &[
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
        "boot-no-initrd",
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
    .mild()
    .and(&["command-line-root"]),
    case(
        "boot-no-config",
        |sample| sample.remove_boot("config.txt"),
        |sample| {
            rpi5(sample);
            sample.remove_boot("config.txt");
        },
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
            sample.system_below("new/");
        },
    ),
    case(
        "boot-os-prefix-ignored",
        |sample| sample.config("upstream_kernel=1\nos_prefix=new/"),
        // raspberrypi/firmware#1660
        |sample| sample.config("upstream_kernel=1"),
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
        |sample| {
            sample.remove_boot("cmdline.txt");
            sample.link_boot("cmdline.txt", Path::new("/etc/hostname"));
        },
        |sample| {
            sample.link_boot("start.elf", Path::new("start4.elf"));
            // Of another board.
            sample.link_boot("1234abcd", Path::new("../other/boot"));
        },
    ),
    case(
        "boot-special-file",
        |sample| sample.fifo("boot", "initrd"),
        |sample| sample.fifo("boot", "fifo"),
    ),
    // Boards ask for it, and start without.
    case(
        "boot-stray-link",
        |sample| sample.link_boot("dt-blob.bin", Path::new("/etc/hostname")),
        |sample| sample.link_boot("dt-blob.bin", Path::new("config.txt")),
    )
    .mild(),
    case(
        "boot-special-file",
        |sample| sample.fifo("boot", "recovery.elf"),
        |sample| sample.fifo("boot", "fifo"),
    )
    .mild(),
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
];
