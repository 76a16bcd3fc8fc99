# Raspberry Pi's boot files: the names are the real package's, though not all
# of its overlays; the contents say no more than which file it is, which a
# device tree does in its own way.
{ lib, pkgs }:

let
  trees = import ./device-trees.nix { inherit lib; };
  variants = [
    ""
    "4"
    "4cd"
    "4db"
    "4x"
    "_cd"
    "_db"
    "_x"
  ];
  kernels = [
    "kernel.img"
    "kernel7.img"
    "kernel7l.img"
    "kernel8.img"
    "kernel_2712.img"
  ];
  deviceTrees = [
    "bcm2708-rpi-b"
    "bcm2708-rpi-b-plus"
    "bcm2708-rpi-b-rev1"
    "bcm2708-rpi-cm"
    "bcm2708-rpi-zero"
    "bcm2708-rpi-zero-w"
    "bcm2709-rpi-2-b"
    "bcm2709-rpi-cm2"
    "bcm2710-rpi-2-b"
    "bcm2710-rpi-3-b"
    "bcm2710-rpi-3-b-plus"
    "bcm2710-rpi-cm3"
    "bcm2710-rpi-zero-2"
    "bcm2710-rpi-zero-2-w"
    "bcm2711-rpi-4-b"
    "bcm2711-rpi-400"
    "bcm2711-rpi-cm4"
    "bcm2711-rpi-cm4-io"
    "bcm2711-rpi-cm4s"
    "bcm2712-d-rpi-5-b"
    "bcm2712-rpi-5-b"
    "bcm2712-rpi-500"
    "bcm2712-rpi-cm5-cm4io"
    "bcm2712-rpi-cm5-cm5io"
    "bcm2712-rpi-cm5l-cm4io"
    "bcm2712-rpi-cm5l-cm5io"
    "bcm2712d0-rpi-5-b"
  ];
  overlays = [
    "disable-bt"
    "disable-bt-pi5"
    "disable-wifi"
    "disable-wifi-pi5"
    "dwc2"
    "i2c-rtc"
    "miniuart-bt"
    "spi0-0cs"
    "upstream"
    "upstream-pi4"
    "vc4-fkms-v3d"
    "vc4-kms-v3d"
    "vc4-kms-v3d-pi4"
    "vc4-kms-v3d-pi5"
  ];
in
{
  raspberrypifw = pkgs.stdenvNoCC.mkDerivation {
    pname = "raspberrypi-firmware";
    version = "1.20250915";
    buildCommand = ''
      boot=$out/share/raspberrypi/boot
      mkdir -p $boot/overlays
      cd $boot
      # put MAGIC FILE...
      put() {
        local magic=$1 file
        shift
        for file; do
          printf "$magic"'stands in for %s\n' "$file" >"$file"
        done
      }
      # Half a kernel header: the magic number of arm64, at its place.
      kernel="$(printf '\\0%.0s' {1..56})ARM\x64\0\0\0\0"
      # The header of an ELF file for the VideoCore, without segments.
      elf="\x7fELF\x01\x01\x01$(printf '\\0%.0s' {1..9})\x02\0\x89\0\x01$(printf '\\0%.0s' {1..31})"

      put "" bootcode.bin COPYING.linux LICENCE.broadcom overlays/README
      put "$elf" ${lib.concatMapStringsSep " " (v: "start${v}.elf") variants}
      put "" ${lib.concatMapStringsSep " " (v: "fixup${v}.dat") variants}
      put "$kernel" ${toString kernels}
      ${lib.concatMapStrings (name: ''
        printf '${trees.ofBoard name}' >${name}.dtb
      '') deviceTrees}
      for name in ${toString overlays}; do
        printf '${trees.overlay}' >overlays/$name.dtbo
      done
      for name in overlay_map hat_map; do
        printf '${trees.empty}' >overlays/$name.dtb
      done
    '';
    meta = {
      description = "Stand-in for the firmware of the Raspberry Pi";
      license = lib.licenses.unfreeRedistributableFirmware;
    };
  };
}
