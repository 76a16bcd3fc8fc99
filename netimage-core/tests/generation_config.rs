//! The `config.txt` of a generation as a board's own boot loader makes it, by
//! `nix/module/generation-config.awk`, against the one that a deploy makes.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::Path;
use std::process::Command;

use netimage_core::boot::config_txt::ConfigTxt;
use netimage_core::depot::{GenerationNumber, generation_config};
use proptest::prelude::*;
use tempfile::TempDir;

const FIRST_LINES: &str = "[all]\nos_prefix=g1/\n";

/// What awk makes of it, or what it says.
fn by_awk(directory: &Path) -> Result<String, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../nix/module/generation-config.awk");
    let output = Command::new("awk")
        .args(["-v", "directory=.", "-f"])
        .args([&script, Path::new("config.txt")])
        .current_dir(directory)
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() {
        Ok(format!("{FIRST_LINES}{}", text(output.stdout)))
    } else {
        Err(text(output.stderr))
    }
}

/// What a deploy makes of it, or what it says.
fn by_deploy(directory: &Path) -> Result<String, String> {
    let mut provider = |name: &str| fs::read(directory.join(name)).ok();
    let bytes = fs::read(directory.join("config.txt")).unwrap();
    let config = ConfigTxt::parse("config.txt", &bytes);
    let text = generation_config(GenerationNumber::FIRST, &config, &mut provider);
    text.map_err(|error| error.to_string())
}

/// Both of them.
fn both(files: &[(&str, &str)]) -> [Result<String, String>; 2] {
    let directory = TempDir::new().unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    [by_awk(directory.path()), by_deploy(directory.path())]
}

#[test]
fn what_a_deploy_refuses_a_board_refuses() {
    for (config, more) in [
        ("os_prefix=next/\n", ""),
        ("\n  boot_ramdisk=1\n", ""),
        ("kernel=/kernel8.img\n", ""),
        ("[pi4]\ndtoverlay=/mine\n", ""),
        ("initramfs a,/b followkernel\n", ""),
        ("include none.txt\n", ""),
        ("include config.txt\n", ""),
        ("[pi4]\ninclude more.txt\n", "[all]\nkernel=a\n"),
        ("include more.txt\n", "arm_64bit=1\ncmdline=/a.txt\n"),
    ] {
        let [awk, deploy] = both(&[("config.txt", config), ("more.txt", more)]);
        let (awk, deploy) = (awk.unwrap_err(), deploy.unwrap_err());
        assert_eq!(awk, format!("netimage: {deploy}\n"));
    }
    let long = "gpio=1=op,dh\n".repeat(320);
    let [awk, deploy] = both(&[("config.txt", &long)]);
    assert!(awk.unwrap_err().contains("bytes without its comments"));
    assert!(deploy.unwrap_err().contains("bytes without its comments"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn they_make_the_same(
        lines in proptest::collection::vec(proptest::sample::select(vec![
            "[all]", "[ALL]", "[pi4]", "[pi5]", "[none]", "[0x1234]", "kernel=a.img",
            "  kernel = b.img\r", "arm_64bit=0", "auto_initramfs=1 ", "\tcmdline=c.txt",
            "include more.txt", "initramfs i,j followkernel", "dtoverlay=disable-bt",
            "dtparam=audio=on", "", "   ", "# text", " #[pi4]", "dtoverlay=",
        ]), 0..24),
        more in proptest::collection::vec(proptest::sample::select(vec![
            "[all]", "[pi4]", "kernel=c.img", "# more", "device_tree=d.dtb", "include last.txt",
        ]), 0..4),
    ) {
        let (config, more) = (lines.join("\n"), more.join("\n"));
        let files = [
            ("config.txt", config.as_str()),
            ("more.txt", more.as_str()),
            ("last.txt", "[all]\ngpu_mem=64"),
        ];
        let [awk, deploy] = both(&files);
        prop_assert_eq!(awk.map_err(drop), deploy.map_err(drop));
    }
}
