# The flake's outputs for those without flakes:
#
#   imports = [ (import ./netimage { }).nixosModules.default ];
{
  pkgs ? import <nixpkgs> { },
}:

let
  systems = import ./nix/systems.nix;
in
{
  lib = import ./nix/lib.nix {
    inherit (pkgs) lib;
    inherit systems;
  };

  nixosModules.default =
    { lib, ... }:
    {
      # Once, also beside the flake's.
      key = "netimage";
      _file = ./default.nix;
      imports = [ ./nix/module.nix ];
      # The machine that evaluates puts the image together. Pure evaluation knows
      # of none.
      netImage.buildSystem = lib.mkIf (lib.elem (builtins.currentSystem or null) systems) (
        lib.mkDefault builtins.currentSystem
      );
    };

  nixosModules.server = {
    key = "netimage-server";
    _file = ./default.nix;
    imports = [ ./nix/server.nix ];
  };

  overlays.default = import ./nix/overlay.nix;

  netimage-builder = pkgs.callPackage ./nix/package.nix { };
}
