# Configurations that have to work, by name. Some change one thing of another.
{ lib, netimage }:

let
  parts = {
    inherit lib netimage;
    with' = modules: {
      imports = [
        {
          netImage.nfs.server = "192.0.2.1";
          netImage.nfs.path = "/srv/nfs/pi";
        }
      ]
      ++ modules;
    };
    scripted = {
      boot.initrd.systemd.enable = false;
    };
    vendorKernel =
      { pkgs, ... }:
      {
        boot.kernelPackages = pkgs.linuxPackages_rpi4;
      };
  };
in
import ./boot.nix parts
// import ./switch.nix parts
// import ./network.nix parts
// import ./nfs.nix parts
// import ./original.nix parts
// import ./others.nix parts
// import ./shared.nix parts
