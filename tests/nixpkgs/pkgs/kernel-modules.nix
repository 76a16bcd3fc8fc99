# Which modules a kernel has, and which of them need others.
{ lib }:

let
  # Directories of modules, below kernel/. A file of one module may be asked
  # for with - or with _ in its name.
  modules = {
    "drivers/block" = [ "loop" ];
    "drivers/char/tpm" = [ "tpm_crb" ];
    "drivers/clk" = [ "clk-rp1" ];
    "drivers/irqchip" = [ "irq-bcm2712-mip" ];
    "drivers/misc/rp1" = [ "rp1_pci" ];
    "drivers/pinctrl" = [ "pinctrl-rp1" ];
    "drivers/usb/phy" = [ "phy-generic" ];
    "drivers/input/keyboard" = [ "atkbd" ];
    "drivers/mmc/host" = [ "sdhci-iproc" ];
    "drivers/net/ethernet/broadcom/genet" = [ "genet" ];
    "drivers/net/ethernet/cadence" = [ "macb" ];
    "drivers/net/ethernet/intel/e1000e" = [ "e1000e" ];
    "drivers/net/mdio" = [ "mdio-bcm-unimac" ];
    "drivers/net/phy" = [
      "bcm-phy-lib"
      "broadcom"
      "microchip"
      "smsc"
    ];
    "drivers/net/usb" = [
      "asix"
      "ax88179_178a"
      "lan78xx"
      "r8152"
      "smsc95xx"
      "usbnet"
    ];
    "drivers/net" = [
      "macvlan"
      "virtio_net"
    ];
    "drivers/net/bonding" = [ "bonding" ];
    "net/8021q" = [ "8021q" ];
    "net/bridge" = [ "bridge" ];
    "drivers/mfd" = [ "rp1" ];
    "drivers/usb/host/dwc_otg" = [ "dwc_otg" ];
    "drivers/pci/controller" = [ "pcie-brcmstb" ];
    "drivers/reset" = [ "reset-raspberrypi" ];
    "drivers/usb/host" = [
      "xhci-hcd"
      "xhci-pci"
    ];
    "drivers/usb/dwc2" = [ "dwc2" ];
    "drivers/watchdog" = [ "bcm2835_wdt" ];
    "drivers/virtio" = [
      "virtio_mmio"
      "virtio_pci"
    ];
    "fs/lockd" = [ "lockd" ];
    "fs/nfs" = [
      "nfs"
      "nfsv3"
      "nfsv4"
    ];
    "fs/nfs_common" = [ "grace" ];
    "fs/overlayfs" = [ "overlay" ];
    "net/sunrpc" = [ "sunrpc" ];
  };
in
rec {
  # Mainline has these since Linux 6.18, and Raspberry Pi's own kernel has none of
  # them as a module.
  rp1Files = lib.filter (
    file:
    lib.elem (baseNameOf file) [
      "clk-rp1.ko"
      "irq-bcm2712-mip.ko"
      "pinctrl-rp1.ko"
      "rp1_pci.ko"
    ]
  ) files;
  # Raspberry Pi's own kernel lacks these.
  mainlineFiles = lib.filter (lib.hasPrefix "kernel/drivers/char/tpm/") files;
  # Mainline has none of these.
  vendorFiles = lib.filter (
    file: lib.hasPrefix "kernel/drivers/mfd/rp1" file || lib.hasSuffix "/dwc_otg.ko" file
  ) files;

  files = lib.concatLists (
    lib.mapAttrsToList (directory: map (name: "kernel/${directory}/${name}.ko")) modules
  );

  # Modules that others need, all the way down, as depmod lists them.
  dependencies = rec {
    lockd = [
      "grace"
      "sunrpc"
    ];
    nfs = [ "lockd" ] ++ lockd;
    nfsv3 = [ "nfs" ] ++ nfs;
    nfsv4 = nfsv3;
    genet = [
      "bcm-phy-lib"
      "mdio-bcm-unimac"
    ];
    broadcom = [ "bcm-phy-lib" ];
    lan78xx = [ "microchip" ];
    smsc95xx = [
      "smsc"
      "usbnet"
    ];
    xhci-pci = [ "xhci-hcd" ];
  };
}
