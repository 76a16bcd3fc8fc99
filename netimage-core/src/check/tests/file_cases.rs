//! What is in the files of the boot tree: kernels, firmware, device trees.

use super::boot_cases::{kernel_is, rpi5};
use super::parts::{
    Node, RELEASE, U_BOOT, code, device_tree, firmware, flatten, gzipped, kernel, kernel_of,
    labels, overlay, zimage,
};
use super::sample::{Sample, TOPLEVEL};
use super::{Case, case};
use crate::boot::Board;

pub(super) fn rpi3(sample: &mut Sample) {
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

/// A kernel that claims so many bytes of memory.
fn claiming(memory: u64) -> Vec<u8> {
    let mut bytes = kernel();
    bytes[16..24].copy_from_slice(&memory.to_le_bytes());
    bytes
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

pub(super) static CASES: &[Case] = &[
    case(
        "firmware-damaged",
        |sample| sample.boot("fixup4.dat", ""),
        |sample| sample.boot("fixup4x.dat", ""),
    ),
    case(
        "firmware-damaged",
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
        "firmware-damaged",
        |sample| sample.boot("fixup4.dat", "404: Not Found"),
        |sample| sample.boot("fixup4.dat", "anything else"),
    ),
    case(
        "firmware-other-fixup",
        // Of two segments, where the firmware has one.
        |sample| sample.boot("fixup4.dat", b"\x0f\x13\x03\x0f\x03\x01\x70\x01\0\x03"),
        |sample| sample.boot("fixup4.dat", b"\x0f\x13\x03\x01\x70\x01\0\x03"),
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
        "kernel-boot-loader",
        |sample| kernel_is(sample, &code(U_BOOT)),
        |sample| kernel_is(sample, &code("U-Boot")),
    ),
    case(
        "kernel-boot-loader",
        // Only it knows what else it asks for.
        |sample| {
            sample.boot("kernel8.img", gzipped(&code(U_BOOT)));
            sample.boot("config.txt", "arm_64bit=1\n");
            sample.remove_boot("cmdline.txt");
            sample.remove_boot("bcm2711-rpi-4-b.dtb");
        },
        // A Linux with a boot loader in its initrd.
        |sample| kernel_is(sample, &[&kernel()[..4096], U_BOOT.as_bytes()].concat()),
    ),
    case(
        "kernel-boot-loader",
        |sample| {
            sample.remove_boot("kernel8.img");
            sample.remove_boot("cmdline.txt");
            sample.boot("RPI_EFI.fd", "UEFI");
            sample.boot("config.txt", "arm_64bit=1\narmstub=RPI_EFI.fd\n");
        },
        |sample| {
            sample.boot("RPI_EFI.fd", "UEFI");
            sample.config("armstub=RPI_EFI.fd");
        },
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
