# What the image is called and holds.
let
  server = {
    netImage.nfs.server = "192.0.2.1";
  };
in
{
  no-boards = {
    module = {
      imports = [ server ];
      netImage.boards = [ ];
    };
    says = [
      "netImage.boards is empty"
      "[ \"rpi4\" ]"
    ];
  };
  unknown-board = {
    module = {
      imports = [ server ];
      netImage.boards = [ "rpi1" ];
    };
    says = [
      "netImage.boards"
      "\"rpi4\""
    ];
  };
  root-name-with-slash = {
    module = {
      imports = [ server ];
      netImage.rootDirectoryName = "pi/root";
    };
    says = [
      "netImage.rootDirectoryName"
      "name without `/`"
    ];
  };
  root-name-too-long = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        netImage.rootDirectoryName = lib.concatStrings (lib.replicate 208 "a");
      };
    says = [ "netImage.rootDirectoryName" ];
  };
  unknown-code = {
    module = {
      imports = [ server ];
      netImage.allow = [ "no-such-code" ];
    };
    says = [
      "netImage.allow"
      "code in docs/checks.md"
    ];
  };
  file-outside = {
    module = {
      imports = [ server ];
      netImage.firmware.files."../config.txt" = "[all]\n";
    };
    says = [
      "../config.txt"
      "netImage.firmware.files.\"overlays/my.dtbo\" = ./my.dtbo;"
    ];
  };
  absolute-file = {
    module = {
      imports = [ server ];
      netImage.firmware.files."/note.txt" = "a text";
    };
    says = [ "\"/note.txt\"" ];
  };
  file-of-nothing = {
    module = {
      imports = [ server ];
      netImage.firmware.files."note.txt" = { };
    };
    says = [ "netImage.firmware.files.\"overlays/my.dtbo\".source = ./my.dtbo;" ];
  };
  nfsroot-parameter = {
    module = {
      imports = [ server ];
      boot.kernelParams = [ "nfsroot=192.0.2.7:/srv/old" ];
    };
    says = [
      "nfsroot=192.0.2.7:/srv/old"
      "Delete that from boot.kernelParams"
    ];
  };
  root-parameter = {
    module = {
      imports = [ server ];
      boot.kernelParams = [ "root=/dev/nfs" ];
    };
    says = [
      "root=/dev/nfs"
      "Delete that from boot.kernelParams"
    ];
  };
  other-processor = {
    module =
      { lib, ... }:
      {
        imports = [ server ];
        nixpkgs.hostPlatform = lib.mkForce "x86_64-linux";
      };
    says = [ "nixpkgs.hostPlatform = \"aarch64-linux\";" ];
  };
  no-shutdown-ramfs = {
    module = {
      imports = [ server ];
      systemd.shutdownRamfs.enable = false;
    };
    says = [
      "systemd.shutdownRamfs.enable"
      "Set it to true"
    ];
  };
}
