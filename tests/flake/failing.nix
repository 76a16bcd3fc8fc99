# Configurations whose image cannot be built, and what the end of the build's log
# says about it.
let
  server = {
    netImage.nfs.server = "192.0.2.1";
  };
in
{
  long-command-line = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        netImage.kernelParams = map (n: "parameter.with.a.long.name${toString n}=value") (lib.range 1 40);
      };
    says = [
      "cmdline.txt"
      "1024"
    ];
  };
  no-device-tree = {
    module =
      { pkgs, ... }:
      {
        imports = [ server ];
        netImage.boards = [ "rpi500" ];
        netImage.firmware.package = pkgs.runCommand "old-firmware" { } ''
          mkdir -p $out/share/raspberrypi/boot/overlays
          touch $out/share/raspberrypi/boot/{start4.elf,fixup4.dat}
        '';
      };
    says = [
      "bcm2712-rpi-500.dtb"
      "netImage.boards"
    ];
  };
  # nixpkgs' own kernel has no driver for its Ethernet.
  no-network-driver = {
    module = {
      imports = [ server ];
      netImage.boards = [ "rpi5" ];
    };
    says = [
      "initrd-no-network-driver"
      "rp1"
      "the image cannot boot rpi5"
    ];
  };
  twice = {
    module = {
      imports = [ server ];
      netImage.firmware.files."config.txt" = "[all]\n";
    };
    says = [ "config.txt" ];
  };
  # Each generation has its own.
  own-prefix = {
    module = {
      imports = [ server ];
      netImage.configTxt.all.os_prefix = "mine/";
    };
    says = [
      "config.txt:2: os_prefix says where the boot files are"
      "boot.loader.netimage.enable = false;"
    ];
  };
  no-such-source = {
    module =
      { pkgs, ... }:
      {
        imports = [ server ];
        netImage.firmware.files."armstub8.bin" = "${pkgs.raspberrypifw}/no/such/file";
      };
    says = [ "no/such/file" ];
  };
  # Everybody could read it.
  private-file = {
    module = {
      imports = [ server ];
      netImage.populateRootCommands = ''
        mkdir -p ./files/etc/ssh
        echo secret >./files/etc/ssh/ssh_host_ed25519_key
        chmod 600 ./files/etc/ssh/ssh_host_ed25519_key
      '';
    };
    says = [
      "files/etc/ssh/ssh_host_ed25519_key has mode 0600"
      "chmod"
    ];
  };
  command-fails = {
    module = {
      imports = [ server ];
      netImage.populateRootCommands = ''
        cp /no/such/file ./files/
      '';
    };
    says = [ "/no/such/file" ];
  };
}
