# Kernels: an image, device trees and modules with the names of the real ones.
{ lib, pkgs }:

let
  inherit (pkgs) stdenvNoCC;
  platform = stdenvNoCC.hostPlatform;
  image = if platform.isAarch64 then "Image" else "bzImage";

  inherit (import ./device-trees.nix { inherit lib; }) ofBoard;
  inherit (import ./kernel-modules.nix { inherit lib; }) dependencies files mainlineFiles rp1Files vendorFiles;

  deviceTrees = [
    "bcm2711-rpi-4-b"
    "bcm2711-rpi-400"
    "bcm2711-rpi-cm4-io"
    "bcm2712-rpi-5-b"
    "bcm2837-rpi-3-b"
    "bcm2837-rpi-3-b-plus"
    "bcm2837-rpi-cm3-io3"
    "bcm2837-rpi-zero-2-w"
  ];

  # Raspberry Pi's own kernel has its drivers and NFS built in.
  vendorDeviceTrees = [
    "bcm2710-rpi-3-b"
    "bcm2710-rpi-3-b-plus"
    "bcm2710-rpi-zero-2-w"
    "bcm2711-rpi-4-b"
    "bcm2711-rpi-400"
    "bcm2711-rpi-cm4"
    "bcm2712-rpi-5-b"
    "bcm2712-rpi-500"
    "bcm2712-rpi-cm5-cm5io"
    "bcm2712-rpi-cm5l-cm5io"
  ];
  vendorBuiltin = builtins.filter (
    file:
    lib.hasPrefix "kernel/fs/nfs" file
    || lib.elem (lib.removeSuffix ".ko" (baseNameOf file)) [
      "bcm-phy-lib"
      "bcm2835_wdt"
      "broadcom"
      "dwc_otg"
      "genet"
      "lan78xx"
      "lockd"
      "macb"
      "mdio-bcm-unimac"
      "rp1"
      "smsc95xx"
      "sunrpc"
      "usbnet"
    ]
  ) files;

  makeKernel =
    {
      pname ? "linux",
      version ? "6.12.57",
      trees ? deviceTrees,
      builtin ? [ ],
      isVendor ? false,
      baseConfig ? "defconfig",
    }:
    let
      absent =
        vendorFiles
        ++ lib.optionals (isVendor || !lib.versionAtLeast version "6.18") rp1Files
        ++ lib.optionals isVendor mainlineFiles;
      loadable = lib.subtractLists (builtin ++ absent) files;
      module = file: lib.removeSuffix ".ko" (baseNameOf file);
      needs =
        file:
        map (found: "${found}.xz") (
          builtins.filter (other: lib.elem (module other) (dependencies.${module file} or [ ])) loadable
        );
    in
    stdenvNoCC.mkDerivation {
      inherit pname version;
      buildCommand = ''
        modules=$out/lib/modules/${version}
        mkdir -p $out $modules
        cd $out
        # The magic number of arm64 is at its place.
        {
          ${lib.optionalString platform.isAarch64 ''printf '\0%.0s' {1..56}; printf 'ARM\x64\0\0\0\0' ''}
          printf 'stands in for ${image} of ${pname} ${version}\n'
          printf 'Linux version ${version} (nixbld@localhost) #1 SMP PREEMPT\n'
        } >${image}
        echo "stands in for System.map" >System.map
        ${lib.optionalString platform.isAarch64 ''
          mkdir -p dtbs/broadcom dtbs/overlays
          ${lib.concatMapStrings (name: ''
            printf '${ofBoard name}' >dtbs/broadcom/${name}.dtb
          '') trees}
        ''}
        # An ELF file for arm64 of three sections, .modinfo of 256 bytes among them.
        vermagic='vermagic=${version} SMP preempt mod_unload aarch64'
        module() {
          local zeros='\0\0\0\0\0\0\0\0'
          printf '\x7fELF\2\1\1\0'"$zeros"'\1\0\xb7\0\1\0\0\0'"$zeros$zeros"
          printf '\x60\1\0\0\0\0\0\0\0\0\0\0\x40\0\0\0\0\0\x40\0\3\0\2\0'
          printf 'name=%s\0%s\0%*s' "$1" "$vermagic" $((249 - ''${#1} - ''${#vermagic})) ""
          printf '\0.modinfo\0.shstrtab\0'"$zeros"'\0\0\0\0'
          printf "$zeros$zeros$zeros$zeros$zeros$zeros$zeros$zeros"
          printf '\1\0\0\0\1\0\0\0'"$zeros$zeros"'\x40\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0'
          printf "$zeros"'\1\0\0\0\0\0\0\0'"$zeros"
          printf '\x0a\0\0\0\3\0\0\0'"$zeros$zeros"'\x40\1\0\0\0\0\0\0\x14\0\0\0\0\0\0\0'
          printf "$zeros"'\1\0\0\0\0\0\0\0'"$zeros"
        }
        for file in ${toString loadable}; do
          mkdir -p $modules/''${file%/*}
          name=''${file##*/}
          name=''${name%.ko}
          module "''${name//-/_}" >$modules/$file.xz
        done
        printf '%s\n' ${
          lib.escapeShellArgs (map (file: "${file}.xz: ${toString (needs file)}") loadable)
        } >$modules/modules.dep
        printf %s ${lib.escapeShellArg (lib.concatLines builtin)} >$modules/modules.builtin
      '';
      passthru = {
        modDirVersion = version;
        target = image;
        buildDTBs = platform.isAarch64;
        inherit (pkgs) stdenv;
        isZen = false;
        isHardened = false;
        isModular = true;
        kernelOlder = lib.versionOlder version;
        kernelAtLeast = lib.versionAtLeast version;
        features = { };
        configfile.kernelBaseConfig = baseConfig;
        # For the stand-in's own modules closure.
        standInModules = { inherit loadable builtin; };
      };
    };

  packagesFor =
    kernel:
    lib.makeExtensible (_: {
      inherit kernel;
      inherit (pkgs) stdenv;
      kernelOlder = kernel.kernelOlder;
      kernelAtLeast = kernel.kernelAtLeast;
    });
  vendor = board: {
    pname = "linux-${board}";
    version = "6.12.47";
    trees = vendorDeviceTrees;
    builtin = vendorBuiltin;
    isVendor = true;
    baseConfig = "bcm2711_defconfig";
  };
in
rec {
  linuxPackagesFor = packagesFor;
  linux = makeKernel { };
  linux_latest = makeKernel { version = "6.18.2"; };
  linux_rpi3 = makeKernel (vendor "rpi3");
  linux_rpi4 = makeKernel (vendor "rpi4");
  linuxPackages = packagesFor pkgs.linux;
  linuxPackages_latest = packagesFor pkgs.linux_latest;
  linuxPackages_rpi3 = packagesFor pkgs.linux_rpi3;
  linuxPackages_rpi4 = packagesFor pkgs.linux_rpi4;
  linuxKernel = {
    packages = {
      linux_rpi3 = linuxPackages_rpi3;
      linux_rpi4 = linuxPackages_rpi4;
    };
    packagesFor = packagesFor;
  };
}
