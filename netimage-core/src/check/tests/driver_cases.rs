//! What supplies the boards' Ethernet, by device trees that are those of Linux 7.2
//! but for what no case needs.

use super::boot_cases::{kernel_is, rpi5};
use super::file_cases::rpi3;
use super::initrd_cases::{file, insert, remove_module};
use super::parts::{RELEASE, kernel_of};
use super::sample::{Sample, TOPLEVEL};
use super::{Case, case, codes, said, told};
use crate::device_tree::tests::dts;

const RPI5: &str = r#"/ {
    compatible = "raspberrypi,5-model-b", "brcm,bcm2712"; interrupt-parent = <1>;
    soc@107c000000 { compatible = "simple-bus";
        reset-controller@119500 { compatible = "brcm,bcm7216-pcie-sata-rescal"; #reset-cells = <0>; phandle = <31>; };
        reset-controller@1504318 { compatible = "brcm,brcmstb-reset"; #reset-cells = <1>; phandle = <32>; };
        interrupt-controller@7fff9000 { compatible = "arm,gic-400"; #interrupt-cells = <3>; phandle = <1>; };
        watchdog@7d200000 { compatible = "brcm,bcm2712-pm"; #reset-cells = <1>; };
    };
    axi { compatible = "simple-bus";
        pcie@1000120000 {
            compatible = "brcm,bcm2712-pcie"; interrupts = <0 233 4>; resets = <31 32 44>; msi-parent = <35>;
            pci@0,0 { device_type = "pci";
                dev@0,0 { compatible = "pci1de4,1"; interrupt-controller; #interrupt-cells = <2>;
                    pci-ep-bus@1 { compatible = "simple-bus";
                        clocks@40018000 { compatible = "raspberrypi,rp1-clocks"; #clock-cells = <1>; clocks = <36>; phandle = <37>; };
                        pinctrl@400d0000 { compatible = "raspberrypi,rp1-gpio"; #gpio-cells = <2>; interrupts = <0 4>; phandle = <41>; };
                        ethernet@40100000 {
                            compatible = "raspberrypi,rp1-gem"; interrupts = <6 4>;
                            clocks = <37 12 37 12 37 16 37 29>; phy-handle = <40>;
                            mdio { reset-gpios = <41 32 1>; ethernet-phy@1 { phandle = <40>; }; };
                        };
                        usb@40200000 { compatible = "snps,dwc3"; clocks = <37 3>; };
                    };
                };
            };
        };
        msi-controller@1000130000 { compatible = "brcm,bcm2712-mip"; #msi-cells = <0>; msi-ranges = <1 0 128 1 64>; phandle = <35>; };
    };
    aliases { ethernet0 = "/axi/pcie@1000120000/pci@0,0/dev@0,0/pci-ep-bus@1/ethernet@40100000"; };
    clock-50000000 { compatible = "fixed-clock"; #clock-cells = <0>; phandle = <36>; };
};"#;

const RPI3: &str = r#"/ {
    compatible = "raspberrypi,3-model-b", "brcm,bcm2837"; interrupt-parent = <1>;
    aliases { ethernet0 = "/soc/usb@7e980000/usb1@1/ethernet@1"; };
    soc { compatible = "simple-bus";
        interrupt-controller@7e00b200 { compatible = "brcm,bcm2836-armctrl-ic"; phandle = <1>; };
        usb@7e980000 { compatible = "brcm,bcm2835-usb"; interrupts = <1 9>; phys = <24>;
            usb1@1 { compatible = "usb424,9514"; ethernet@1 { compatible = "usb424,ec00"; }; };
        };
    };
    phy { compatible = "usb-nop-xceiv"; #phy-cells = <0>; phandle = <24>; };
};"#;

/// Devices, and the modules that Linux 7.2 has for them as Debian builds it.
const OF_KERNEL: [(&str, &str); 9] = [
    ("of:N*T*Cbrcm,bcm2712-mip", "irq_bcm2712_mip"),
    ("of:N*T*Cbrcm,bcm2712-pcie", "pcie_brcmstb"),
    ("of:N*T*Cbrcm,bcm2835-usb", "dwc2"),
    ("of:N*T*Craspberrypi,rp1-clocks", "clk_rp1"),
    ("of:N*T*Craspberrypi,rp1-gem", "macb"),
    ("of:N*T*Craspberrypi,rp1-gpio", "pinctrl_rp1"),
    ("of:N*T*Csnps,dwc3", "dwc3"),
    ("of:N*T*Cusb-nop-xceiv", "phy_generic"),
    ("usb:v0424p2514d*dc*dsc*dp*ic*isc*ip*in*", "onboard_usb_dev"),
];

/// What the kernel of the toplevel has as modules.
fn kernel_has(sample: &Sample, release: &str, modules: &[(&str, &str)]) {
    let aliases = modules
        .iter()
        .map(|(alias, module)| format!("alias {alias}C* {module}\nalias {alias} {module}\n"));
    let rp1 = "alias pci:v00001DE4d00000001sv*sd*bc*sc*i* rp1_pci\n".to_owned();
    let aliases: Vec<_> = aliases.chain([rp1]).collect();
    let names = modules.iter().map(|(_, module)| *module);
    let list = names.chain(["rp1_pci", "smsc95xx"]);
    let list: Vec<_> = list.map(|name| format!("kernel/{name}.ko.xz:\n")).collect();
    let directory = format!("nix/store/{TOPLEVEL}/kernel-modules/lib/modules/{release}");
    sample.root(&format!("{directory}/modules.alias"), aliases.concat());
    sample.root(&format!("{directory}/modules.dep"), list.concat());
}

/// A Raspberry Pi 5 with these modules beside those of its Ethernet.
fn rpi5_with(sample: &mut Sample, modules: &[&str]) {
    rpi5(sample);
    sample.boot("bcm2712-rpi-5-b.dtb", dts(RPI5));
    kernel_has(sample, RELEASE, &OF_KERNEL);
    for module in modules {
        sample.add_module(module, "");
    }
    sample.pack();
}

const SUPPLIERS: [&str; 4] = ["clk_rp1", "irq_bcm2712_mip", "pcie_brcmstb", "pinctrl_rp1"];

fn rpi3_with(sample: &mut Sample, modules: &[&str]) {
    rpi3(sample);
    sample.boot("bcm2710-rpi-3-b.dtb", dts(RPI3));
    kernel_has(sample, RELEASE, &OF_KERNEL);
    for module in modules {
        sample.add_module(module, "");
    }
    sample.pack();
}

pub(super) static CASES: &[Case] = &[
    case(
        "initrd-no-network-driver",
        |sample| rpi5_with(sample, &[]),
        |sample| rpi5_with(sample, &SUPPLIERS),
    ),
    case(
        "initrd-no-network-driver",
        |sample| rpi5_with(sample, &SUPPLIERS[1..]),
        |sample| {
            rpi5_with(sample, &SUPPLIERS[1..]);
            let list = b"kernel/clk_rp1.ko\n";
            insert(sample, &file("modules.builtin"), list);
        },
    ),
    case(
        "initrd-no-network-driver",
        // A device tree without its Ethernet, or a kernel of which nothing is known,
        // asks for the driver alone.
        |sample| {
            rpi5(sample);
            kernel_has(sample, RELEASE, &OF_KERNEL);
            remove_module(sample, "macb");
        },
        |sample| {
            rpi5_with(sample, &[]);
            kernel_has(sample, "6.6.1", &OF_KERNEL);
            let directory = format!("nix/store/{TOPLEVEL}/kernel-modules/lib/modules/{RELEASE}");
            sample.remove_root(&directory);
        },
    ),
    case(
        "initrd-late-network-driver",
        |sample| rpi3_with(sample, &[]),
        |sample| rpi3_with(sample, &["phy_generic"]),
    ),
    case(
        "initrd-module-blacklisted",
        |sample| {
            rpi5_with(sample, &SUPPLIERS);
            sample.replace("cmdline.txt", "\n", " module_blacklist=clk_rp1\n");
        },
        |sample| {
            rpi5_with(sample, &SUPPLIERS);
            sample.replace("cmdline.txt", "\n", " module_blacklist=dwc3\n");
        },
    ),
];

#[test]
fn all_that_a_kernel_has_is_to_be_added_at_once() {
    let mut sample = Sample::new();
    rpi5_with(&mut sample, &["pcie_brcmstb"]);
    remove_module(&mut sample, "rp1_pci");
    let (problem, remedy) = said(&sample.check(), "initrd-no-network-driver");
    assert_eq!(
        problem,
        "the modules rp1_pci, clk_rp1, irq_bcm2712_mip, pinctrl_rp1 of its Ethernet are neither in the initrd nor built into the kernel"
    );
    assert_eq!(remedy, "add them to boot.initrd.availableKernelModules");
}

#[test]
fn another_kernel_is_for_what_the_kernel_has_not() {
    let mut sample = Sample::new();
    rpi5_with(&mut sample, &[]);
    remove_module(&mut sample, "rp1_pci");
    // As Linux 6.12 is.
    let directory = format!("nix/store/{TOPLEVEL}/kernel-modules/lib/modules/{RELEASE}");
    sample.root(&format!("{directory}/modules.dep"), "kernel/macb.ko:\n");
    sample.root(&format!("{directory}/modules.alias"), "");
    let report = sample.check();
    assert_eq!(
        said(&report, "initrd-no-network-driver"),
        (
            "the module rp1 or rp1_pci of its Ethernet is neither in the initrd nor built into the kernel"
                .to_owned(),
            "take a kernel that has it, such as Raspberry Pi's".to_owned()
        )
    );
    assert_eq!(report.errors().count(), 1, "{}", told(&report));
}

#[test]
fn before_linux_6_0_a_phy_is_waited_for_without_end() {
    for (release, code) in [
        ("5.10.1", "initrd-late-network-driver"),
        ("5.15.170", "initrd-no-network-driver"),
        ("6.1.100", "initrd-late-network-driver"),
    ] {
        let mut sample = Sample::new();
        rpi3_with(&mut sample, &[]);
        kernel_is(&sample, &kernel_of(release, 0b1010));
        kernel_has(&sample, release, &OF_KERNEL);
        let list = b"kernel/mdio_bcm_unimac.ko\n";
        let name = format!("lib/modules/{release}/modules.builtin");
        insert(&mut sample, &name, list);
        let report = sample.check();
        let found = codes(&report, "");
        assert!(found.contains(code), "{release}: {}", told(&report));
    }
}
