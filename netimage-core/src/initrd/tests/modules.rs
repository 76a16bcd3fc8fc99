//! Kernel modules, and what they need.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::make::*;
use crate::initrd::{
    Availability, BuiltInModules, Compression, ElfMachine, Initrd, ModuleFileError, ModuleIndex,
    ModuleName, ReadOptions, modules_for, parse_module,
};

fn name(name: &str) -> ModuleName {
    ModuleName::new(name).unwrap()
}

const VERMAGIC: &str = "vermagic=6.1.0-9-arm64 SMP mod_unload aarch64";

fn nfs() -> Vec<u8> {
    module(
        true,
        &["license=GPL", "depends=sunrpc,lockd", "name=nfs", VERMAGIC],
    )
}

#[test]
fn names_of_modules() {
    assert_eq!(name("bcm-phy-lib"), name("bcm_phy_lib"));
    assert_eq!(name("bcm-phy-lib").as_str(), "bcm_phy_lib");
    assert_eq!(
        ModuleName::from_path("kernel/fs/nfs/nfs.ko"),
        Some(name("nfs"))
    );
    for suffix in ["xz", "zst", "gz"] {
        let path = format!("a/crc32c-generic.ko.{suffix}");
        assert_eq!(ModuleName::from_path(path), Some(name("crc32c_generic")));
    }
    for path in [
        "nfs",
        "nfs.ko/",
        "nfs.ko.bz2",
        ".ko",
        "",
        "a/n fs.ko",
        "n\u{e4}.ko",
    ] {
        assert_eq!(ModuleName::from_path(path), None, "{path}");
    }
    assert_eq!(ModuleName::new("x".repeat(56)), None);
}

#[test]
fn aliases_say_which_devices_a_module_is_for() {
    let text = b"# Aliases extracted from modules themselves.
alias of:N*T*Cusb-nop-xceivC* phy_generic
alias of:N*T*Cusb-nop-xceiv phy_generic
alias of:N*T*Cbrcm,bcm2835-usb dwc2
alias of:N*T*Cbrcm,bcm2835-usb dwc-otg
alias of:NipmiT*Cipmi ipmi_si
alias pci:v00001DE4d00000001sv*sd*bc*sc*i* rp1_pci
alias of:N*T*Cbroken\n";
    let asked: [&[u8]; 5] = [
        b"usb-nop-xceiv",
        b"brcm,bcm2835-usb",
        b"ipmi",
        b"broken",
        b"usb-nop",
    ];
    let found = modules_for(text, &asked.into());
    let expected = [
        (asked[0], BTreeSet::from([name("phy_generic")])),
        (asked[1], BTreeSet::from([name("dwc2"), name("dwc_otg")])),
    ];
    assert_eq!(found, expected.into());
}

#[test]
fn modules_of_both_widths() {
    for (wide, machine) in [(true, ElfMachine::Aarch64), (false, ElfMachine::Arm)] {
        let bytes = module(wide, &["depends=a-b,c", "name=nfs", VERMAGIC]);
        // A signature follows the file.
        let info = parse_module(&[&bytes[..], b"~Module signature appended~\n"].concat()).unwrap();
        assert_eq!(info.machine, machine);
        assert_eq!(info.name, Some(name("nfs")));
        assert_eq!(info.depends, [name("a_b"), name("c")]);
        assert_eq!(info.release(), Some("6.1.0-9-arm64"));
        for length in 0..bytes.len() {
            let _ = parse_module(&bytes[..length]).unwrap_err();
        }
    }
    let info = parse_module(&module(true, &["depends="])).unwrap();
    assert_eq!(
        (info.depends, info.vermagic, info.name),
        (vec![], None, None)
    );
}

#[test]
fn modules_that_are_none() {
    let is_none = |bytes: &[u8], why: &str| {
        let error = parse_module(bytes).unwrap_err();
        assert!(matches!(error, ModuleFileError::NoModule(_)), "{error}");
        assert!(error.to_string().contains(why), "{error}");
    };
    is_none(b"#!/bin/sh", "no little-endian ELF");
    let mut bytes = nfs();
    let at = bytes
        .windows(8)
        .position(|part| part == b".modinfo")
        .unwrap();
    bytes[at] = b'!';
    is_none(&bytes, "no section .modinfo");
    let long = format!("vermagic={}", "x".repeat(600));
    let error = parse_module(&module(true, &[&long])).unwrap_err();
    assert!(matches!(error, ModuleFileError::Field("vermagic")));
    let many = format!("depends={}", "x,".repeat(300));
    let error = parse_module(&module(true, &[&many])).unwrap_err();
    assert!(matches!(error, ModuleFileError::Field("depends")));
}

/// An initrd as `NixOS` makes it: the modules in the store, a link to them.
fn initrd(options: &ReadOptions) -> Initrd {
    const STORE: &str = "nix/store/x-linux-modules-shrunk/lib/modules/6.1.0";
    let mut items = vec![link("lib", "/nix/store/x-linux-modules-shrunk/lib")];
    for (at, byte) in STORE.bytes().enumerate() {
        if byte == b'/' {
            items.push(directory(&STORE[..at]));
        }
    }
    items.push(directory(STORE));
    let plain =
        |name, depends: &str| module(true, &[&format!("depends={depends}"), name, VERMAGIC]);
    let xz = lzma_rust2::CheckType::Crc64;
    items.extend([
        file(format!("{STORE}/nfs.ko"), nfs()),
        file(
            format!("{STORE}/sunrpc.ko.xz"),
            xz_module(&plain("name=sunrpc", ""), xz),
        ),
        file(
            format!("{STORE}/lockd.ko.zst"),
            pack(Compression::Zstd, &plain("name=lockd", "grace,sunrpc")),
        ),
        file(
            format!("{STORE}/genet.ko.gz"),
            pack(Compression::Gzip, &plain("name=genet", "mdio-bcm-unimac")),
        ),
        file(format!("{STORE}/broken.ko.xz"), b"\xfd7zXZ\0\0\x04broken"),
        file(
            format!("{STORE}/modules.dep"),
            "nfs.ko: sunrpc.ko.xz lockd.ko.zst\nlockd.ko.zst: grace.ko\nsunrpc.ko.xz:\nbad line\n",
        ),
    ]);
    Initrd::read(&*pack(Compression::Zstd, &archive(&items)), options)
}

fn xz_module(bytes: &[u8], check: lzma_rust2::CheckType) -> Vec<u8> {
    let mut options = lzma_rust2::XzOptions::with_preset(1);
    options.check_type = check;
    options.prepend_pre_filter(lzma_rust2::FilterType::BcjArm64, 0);
    let mut packer = lzma_rust2::XzWriter::new(Vec::new(), options).unwrap();
    std::io::Write::write_all(&mut packer, bytes).unwrap();
    packer.finish().unwrap()
}

#[test]
fn modules_of_an_initrd() {
    let initrd = initrd(&ReadOptions::default());
    assert!(initrd.broken().is_none(), "{:?}", initrd.broken());
    assert_eq!(initrd.releases(), BTreeSet::from([&b"6.1.0"[..]]));
    let names: Vec<_> = initrd
        .modules()
        .iter()
        .map(|module| module.name.as_str())
        .collect();
    assert_eq!(names, ["broken", "genet", "lockd", "nfs", "sunrpc"]);
    for module in initrd.modules() {
        let info = module.info.as_ref().unwrap();
        if module.name == name("broken") {
            assert!(matches!(info, Err(ModuleFileError::Unpack(_))), "{info:?}");
        } else {
            assert_eq!(info.as_ref().unwrap().name.as_ref(), Some(&module.name));
            assert_eq!(info.as_ref().unwrap().release(), Some("6.1.0-9-arm64"));
        }
    }
    // By way of the link, too.
    assert!(initrd.resolve(b"/lib/modules/6.1.0/nfs.ko").is_some());
    assert!(initrd.text(b"/lib/modules/6.1.0/modules.dep").is_some());
}

/// The module of `fuzz/seeds/module/wide`, as xz 5.4.1, zstd 1.5.4 and gzip 1.12
/// pack it: with no options, as the kernel's build does, and otherwise.
#[test]
fn modules_as_the_programs_pack_them() {
    use crate::initrd::{KernelObjection, XzCheck};
    const CRC64: Option<KernelObjection> = Some(KernelObjection::XzCheck(XzCheck::Crc64));
    const SHA256: Option<KernelObjection> = Some(KernelObjection::XzCheck(XzCheck::Sha256));
    let packed: [(&str, &[u8], _); 8] = [
        ("xz", include_bytes!("packed/xz.ko.xz"), CRC64),
        ("xz", include_bytes!("packed/kernel.ko.xz"), None),
        ("xz", include_bytes!("packed/none.ko.xz"), None),
        ("xz", include_bytes!("packed/sha256.ko.xz"), SHA256),
        ("zst", include_bytes!("packed/zstd.ko.zst"), None),
        ("zst", include_bytes!("packed/ultra.ko.zst"), None),
        ("gz", include_bytes!("packed/gzip.ko.gz"), None),
        ("gz", include_bytes!("packed/nameless.ko.gz"), None),
    ];
    let read = |suffix: &str, bytes: &[u8]| {
        let items = [
            directory("lib"),
            directory("lib/modules"),
            directory("lib/modules/6.1"),
            file(format!("lib/modules/6.1/nfs.ko.{suffix}"), bytes),
        ];
        let initrd = read(&archive(&items));
        assert!(initrd.broken().is_none());
        initrd.modules.into_iter().next().unwrap().info.unwrap()
    };
    for (number, (suffix, bytes, objection)) in packed.into_iter().enumerate() {
        let info = read(suffix, bytes).unwrap();
        assert_eq!(info.release(), Some("6.1"), "{number}");
        assert_eq!(info.objection, objection, "{number}");
        assert_eq!(info.depends, [name("sunrpc"), name("lockd")]);
    }
    // For a window that is not given to a module.
    let large = read("xz", include_bytes!("packed/dict64.ko.xz"));
    assert!(matches!(large, Err(ModuleFileError::Limit(_))));
}

#[test]
fn availability_of_modules() {
    let initrd = initrd(&ReadOptions::default());
    let index = initrd.module_index(b"6.1.0").unwrap();
    let missing = |names: &[&str]| {
        Availability::MissingDependencies(names.iter().map(|module| name(module)).collect())
    };
    let ask = |module: &str, built_in: &str| {
        let built_in = BuiltInModules::parse(built_in.as_bytes()).unwrap();
        index.availability(&name(module), &built_in)
    };
    assert_eq!(ask("nfs", ""), missing(&["grace"]));
    assert_eq!(
        ask("nfs", "kernel/fs/nfs_common/grace.ko\n"),
        Availability::Present
    );
    assert_eq!(ask("nfs", "kernel/fs/nfs/nfs.ko"), Availability::BuiltIn);
    assert_eq!(ask("sunrpc", ""), Availability::Present);
    // What modules.dep lacks, the module says itself.
    assert_eq!(ask("genet", ""), missing(&["mdio_bcm_unimac"]));
    assert_eq!(
        ask("genet", "kernel/mdio-bcm-unimac.ko"),
        Availability::Present
    );
    assert_eq!(ask("grace", ""), Availability::Absent);
    assert_eq!(ask("nfsv4", ""), Availability::Absent);
    assert_eq!(ask("broken", ""), Availability::Unlisted);
    assert!(index.lists(&name("nfs")) && !index.lists(&name("genet")));
}

#[test]
fn only_the_modules_asked_for_are_opened() {
    let initrd = initrd(&ReadOptions::for_modules([name("lockd")]));
    let opened = initrd
        .modules()
        .iter()
        .filter(|module| module.info.is_some());
    assert_eq!(
        opened
            .map(|module| module.name.as_str())
            .collect::<Vec<_>>(),
        ["lockd"]
    );
    assert_eq!(initrd.modules().len(), 5);
}

#[test]
fn modules_have_limits() {
    let mut options = ReadOptions::default();
    options.limits.module = 100;
    for module in initrd(&options).modules() {
        let info = module.info.as_ref().unwrap();
        let large = matches!(info, Err(error) if error.to_string().contains("more than 100 bytes"));
        assert!(large || module.name == name("broken"), "{info:?}");
    }
    options = ReadOptions::default();
    options.limits.names = 1500;
    assert!(initrd(&options).broken().is_some());
}

#[test]
fn too_long_lists_are_refused() {
    let lines: Vec<_> = (0..17_000).map(|n| format!("m{n}.ko:")).collect();
    let lines = lines.join("\n");
    let error = ModuleIndex::new()
        .add_modules_dep(lines.as_bytes())
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "the list names more than 16384 modules; make it anew with depmod"
    );
    let names = lines.replace(':', "");
    assert!(BuiltInModules::parse(names.as_bytes()).is_err());
    let line = format!("a.ko: {}", "b.ko ".repeat(300_000));
    assert!(ModuleIndex::new().add_modules_dep(line.as_bytes()).is_err());
}

#[test]
fn needs_in_circles_end() {
    let mut index = ModuleIndex::new();
    index
        .add_modules_dep(b"a.ko: b.ko\nb.ko: a.ko c.ko\n")
        .unwrap();
    for module in ["a", "b"] {
        index.add_file(&name(module), None).unwrap();
    }
    let found = index.availability(&name("a"), &BuiltInModules::default());
    assert_eq!(found, Availability::MissingDependencies([name("c")].into()));
}

proptest! {
    #[test]
    fn never_panics(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = parse_module(&bytes);
        let _ = ModuleIndex::new().add_modules_dep(&bytes);
        let _ = BuiltInModules::parse(&bytes);
    }

    #[test]
    fn survives_changes(
        wide: bool,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let mut bytes = module(wide, &["depends=a,b", VERMAGIC]);
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let _ = parse_module(&bytes);
    }

    /// What is put into a module comes out of it.
    #[test]
    fn fields_survive(
        wide: bool,
        depends in prop::collection::vec("[a-z0-9_]{1,20}", 0..20),
        vermagic in "[ -~]{0,100}[!-~]",
    ) {
        let fields = [format!("depends={}", depends.join(",")), format!("vermagic={vermagic}")];
        let info = parse_module(&module(wide, &[&fields[0], &fields[1]])).unwrap();
        prop_assert_eq!(info.vermagic.as_deref(), Some(&*vermagic));
        let names: Vec<_> = info.depends.iter().map(ModuleName::as_str).collect();
        prop_assert_eq!(names, depends);
    }
}
