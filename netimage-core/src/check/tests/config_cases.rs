//! `config.txt`.

use super::sample::Sample;
use super::{Case, case};

/// Puts a comment in front, so that the last setting ends before this byte.
fn end_at(sample: &Sample, end: usize) {
    let text = std::fs::read_to_string(sample.path("boot", "config.txt")).unwrap();
    let comment = "#".repeat(end - text.len());
    sample.boot("config.txt", format!("{comment}\n{text}"));
}

pub(super) static CASES: &[Case] = &[
    case(
        "config-too-long",
        |sample| sample.config(&"# long\n".repeat(20_000)),
        |sample| sample.config(&"# long\n".repeat(5_000)),
    ),
    // raspberrypi/firmware#1575: what is in force is all within 4096 bytes.
    case(
        "config-too-long",
        |sample| end_at(sample, 4097),
        |sample| end_at(sample, 4096),
    ),
    // raspberrypi/firmware#1848
    case(
        "config-too-long",
        |sample| {
            super::boot_cases::rpi5(sample);
            sample.config(&"# long\n".repeat(4_000));
        },
        |sample| {
            super::boot_cases::rpi5(sample);
            sample.config(&"# long\n".repeat(2_000));
        },
    ),
    case(
        "config-not-text",
        |sample| {
            let text = std::fs::read_to_string(sample.path("boot", "config.txt")).unwrap();
            sample.boot("config.txt", text.replace('\n', "\r"));
        },
        |sample| {
            let text = std::fs::read_to_string(sample.path("boot", "config.txt")).unwrap();
            sample.boot("config.txt", text.replace('\n', "\r\n"));
        },
    ),
    case(
        "config-line-too-long",
        |sample| sample.config(&format!("dtoverlay=disable-bt,speed={}", "1".repeat(72))),
        |sample| sample.config(&format!("dtoverlay=disable-bt,speed={}", "1".repeat(71))),
    ),
    case(
        "config-not-text",
        |sample| {
            let mut bytes = std::fs::read(sample.path("boot", "config.txt")).unwrap();
            bytes.extend(b"dtoverlay=disable-bt,speed=\xff\n");
            sample.boot("config.txt", bytes);
        },
        |sample| sample.config("# \u{fc}"),
    ),
    case(
        "config-unknown-key",
        |sample| sample.config("enable_urat=1"),
        |sample| sample.config("enable_uart=1\nlock_device_private_key=1\ncore_freq_fixed=1"),
    ),
    case(
        "config-unknown-filter",
        |sample| sample.config("[pi44]"),
        |sample| sample.config("[pi4]\n[board_attributes&0x4]\nenable_uart=1"),
    ),
    case(
        "config-not-a-setting",
        |sample| sample.config("enable uart"),
        |sample| sample.config("# enable uart"),
    ),
    case(
        "config-blank",
        |sample| sample.config("enable_uart = 1"),
        |sample| sample.config("enable_uart=1 "),
    ),
    case(
        "config-comment",
        |sample| sample.config("arm_64bit=1 # 64 bits"),
        |sample| sample.config("# arm_64bit=1 # 64 bits\ndtparam=audio=on#1"),
    ),
    case(
        "config-comment",
        |sample| sample.config("kernel=kernel8.img # the kernel"),
        |sample| sample.config("#kernel=kernel8.img # the kernel"),
    )
    .and(&["boot-missing-kernel"]),
    case(
        "config-not-text",
        |sample| {
            let bytes = std::fs::read(sample.path("boot", "config.txt")).unwrap();
            sample.boot("config.txt", [&bytes[..], b"#\0\n"].concat());
        },
        |sample| sample.config("#\u{1}"),
    ),
    case(
        "config-initramfs-equals",
        |sample| sample.replace("config.txt", "initramfs initrd", "initramfs=initrd"),
        |sample| sample.replace("config.txt", "initramfs initrd", "initramfs  initrd"),
    )
    .and(&["boot-no-initrd", "command-line-root"]),
    case(
        "config-not-a-number",
        |sample| sample.config("enable_uart=yes"),
        |sample| sample.config("enable_uart=0x1"),
    ),
    case(
        "config-name-too-long",
        |sample| {
            let name = "i".repeat(65);
            sample.replace(
                "config.txt",
                "initramfs initrd",
                &format!("initramfs {name}"),
            );
        },
        |sample| {
            let name = "i".repeat(64);
            sample.replace(
                "config.txt",
                "initramfs initrd",
                &format!("initramfs {name}"),
            );
        },
    )
    .and(&["boot-missing-initrd"]),
    case(
        "config-include-missing",
        |sample| sample.config("include more.txt"),
        |sample| {
            sample.config("include more.txt");
            sample.boot("more.txt", "enable_uart=1\n");
        },
    ),
    case(
        "config-include-loop",
        |sample| {
            sample.config("include more.txt");
            sample.boot("more.txt", "include more.txt\n");
        },
        |sample| {
            sample.config("include more.txt\ninclude more.txt");
            sample.boot("more.txt", "enable_uart=1\n");
        },
    ),
    case(
        "config-start-fixup-mismatch",
        |sample| {
            sample.config("start_file=start4x.elf");
            sample.boot("start4x.elf", super::parts::firmware());
        },
        |sample| {
            sample.config("start_file=start4x.elf\nfixup_file=fixup4x.dat");
            sample.boot("start4x.elf", super::parts::firmware());
            sample.boot("fixup4x.dat", "");
        },
    ),
    case(
        "config-undecided",
        |sample| sample.config("[gpio4=1]\nkernel=other.img"),
        |sample| sample.config("[gpio4=1]\nenable_uart=1\ndtparam=audio=on"),
    ),
    case(
        "config-undecided",
        |sample| sample.config("[0x1234abcd]\narm_64bit=0"),
        |sample| {
            sample.config("[0x1234abcd]\narm_64bit=1\n[0x1234abce]\narm_64bit=0");
            sample.subject.serial = Some("1234abcd".parse().unwrap());
        },
    ),
    case(
        "config-include-missing",
        |sample| sample.config("include=more.txt"),
        |sample| {
            sample.config("include more.txt");
            sample.boot("more.txt", "");
        },
    ),
    case(
        "config-initramfs-in-kernel",
        |sample| sample.replace("config.txt", "followkernel", "0x00210000"),
        |sample| sample.replace("config.txt", "followkernel", "0x00800000"),
    ),
    case(
        "config-initramfs-in-kernel",
        |sample| {
            sample.replace("config.txt", "followkernel", "0x00800000");
            sample.replace("config.txt", "kernel=", "kernel_address=0x700000\nkernel=");
        },
        |sample| {
            sample.replace("config.txt", "followkernel", "0x00210000");
            sample.replace("config.txt", "kernel=", "kernel_address=0x700000\nkernel=");
        },
    ),
    case(
        "config-initramfs-in-kernel",
        |sample| {
            let more = "ramfsfile=initrd\nramfsaddr=0x200000";
            sample.replace("config.txt", "initramfs initrd followkernel", more);
        },
        |sample| {
            // Whether it is in the kernel hangs on the firmware.
            let more = "ramfsfile=initrd\nramfsaddr=0x300000";
            sample.replace("config.txt", "initramfs initrd followkernel", more);
        },
    ),
];
