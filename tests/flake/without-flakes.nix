# The configuration "systemd" as one without flakes has it; tests/flake/run says
# where <nixpkgs> and <netimage> are.
let
  netimage = import <netimage> { };
  evaluated = import <nixpkgs/nixos/lib/eval-config.nix> {
    modules = [
      netimage.nixosModules.default
      ./base.nix
      {
        netImage.nfs.server = "192.0.2.1";
        netImage.nfs.path = "/srv/nfs/pi";
      }
    ];
  };
in
{
  image = evaluated.config.system.build.netImage;
  inherit (netimage) netimage-builder;
}
