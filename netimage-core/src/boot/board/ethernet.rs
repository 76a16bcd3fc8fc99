//! What drives the boards' Ethernet.

/// The kernel modules that drive a board's Ethernet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ethernet {
    /// What the kernel or its initrd has to have. Of each group one is enough:
    /// mainline's kernel and Raspberry Pi's have them by different names.
    pub drivers: &'static [&'static [&'static str]],
    /// What goes into an initrd for mainline's kernel. Raspberry Pi's kernels
    /// have it built in.
    pub modules: &'static [&'static str],
    /// What goes there as well, by the release of Linux that has it first.
    pub modules_since: &'static [(&'static str, &'static [&'static str])],
}

// The USB host waits for its PHY (raspberrypi/linux#4707), so that `phy_generic`
// goes with `dwc2`.

pub(super) const SMSC95XX: Ethernet = Ethernet {
    drivers: &[&["smsc95xx"], &["dwc2", "dwc_otg"]],
    modules: &["smsc95xx", "dwc2", "phy_generic"],
    modules_since: &[],
};

pub(super) const LAN78XX: Ethernet = Ethernet {
    drivers: &[&["lan78xx"], &["dwc2", "dwc_otg"]],
    modules: &["lan78xx", "dwc2", "phy_generic"],
    modules_since: &[],
};

/// The commonest adapters, for a board without a port.
pub(super) const ADAPTERS: Ethernet = Ethernet {
    drivers: &[&[
        "smsc95xx",
        "r8152",
        "asix",
        "ax88179_178a",
        "lan78xx",
        "cdc_ether",
        "g_ether",
    ]],
    modules: &[
        "smsc95xx",
        "r8152",
        "asix",
        "ax88179_178a",
        "dwc2",
        "phy_generic",
    ],
    modules_since: &[],
};

pub(super) const GENET: Ethernet = Ethernet {
    drivers: &[&["genet"], &["mdio_bcm_unimac"], &["broadcom"]],
    modules: &["genet", "bcm_phy_lib", "broadcom", "mdio_bcm_unimac"],
    modules_since: &[],
};

/// Behind the RP1 on PCI Express, which supplies its clocks and the reset of its
/// PHY, and interrupts by way of the MIP (nixos-hardware#1768, sbc-raspberrypi#88).
pub(super) const RP1: Ethernet = Ethernet {
    drivers: &[&["macb"], &["rp1", "rp1_pci"]],
    modules: &["macb"],
    modules_since: &[(
        "6.18",
        &[
            "broadcom",
            "pcie-brcmstb",
            "irq-bcm2712-mip",
            "rp1_pci",
            "clk-rp1",
            "pinctrl-rp1",
        ],
    )],
};
