# What the boards load.
{
  lib,
  with',
  vendorKernel,
  ...
}:

let
  boards = [
    "rpi3"
    "rpi3-plus"
    "rpi-zero2w"
    "rpi4"
    "rpi400"
    "cm4"
    "rpi5"
    "rpi500"
    "cm5"
  ];
  # nixpkgs' own kernel has no driver for their Ethernet.
  isPi5 =
    board:
    lib.elem board [
      "rpi5"
      "rpi500"
      "cm5"
    ];
in
{
  parameters = with' [ { netImage.kernelParams = [ "console=serial0,115200" ]; } ];
  replaced-parameters = with' [
    {
      boot.kernelParams = [
        "init=/sbin/init"
        "ip=dhcp"
      ];
    }
  ];
  config-txt = with' [
    {
      netImage.configTxt = {
        all.enable_uart = true;
        pi4.dtoverlay = [
          "disable-wifi"
          "disable-bt"
        ];
        pi4.arm_boost = false;
        # Passed by boards that pass [pi4], too.
        cm4.arm_boost = true;
        pi400.arm_boost = true;
        # Of another kind: nothing after it may hang on it.
        "board-type=0x14".gpu_mem = 64;
        "0x1234abcd".gpu_mem = 32;
      };
      netImage.firmware.files = {
        "note.txt" = "a text\n";
        # It begins like a path.
        "my.dts" = "/dts-v1/;\n";
        "given.txt".text = "/given/as/text\n";
        "given.dtbo".source = ../base.nix;
        "overlays/my.dtbo" = ../base.nix;
      };
    }
  ];
  # What fails the build by itself; see ../failing.nix.
  allowed = with' [
    {
      netImage.boards = [ "rpi5" ];
      netImage.allow = [ "initrd-no-network-driver" ];
    }
  ];
  # Their drivers are built in.
  vendor-kernel = with' [ vendorKernel ];
  # Called like any other, as raspberry-pi-nix has had it.
  vendor-kernel-by-configuration = with' [
    (
      { pkgs, ... }:
      {
        boot.kernelPackages = pkgs.linuxPackagesFor (
          pkgs.linux_rpi4
          // {
            pname = "linux";
            version = "6.12.17";
          }
        );
      }
    )
  ];
  # nixpkgs' kernel from 6.18 on drives all of them.
  board-mainline = with' [
    (
      { pkgs, ... }:
      {
        boot.kernelPackages = pkgs.linuxPackages_latest;
        netImage.boards = [
          "rpi3"
          "rpi4"
          "rpi5"
        ];
      }
    )
  ];
  board-all = with' [
    vendorKernel
    { netImage.boards = boards; }
  ];
}
// lib.listToAttrs (
  map (
    board:
    lib.nameValuePair "board-${board}" (
      with' ([ { netImage.boards = [ board ]; } ] ++ lib.optional (isPi5 board) vendorKernel)
    )
  ) boards
)
