# What a flake with NixOS configurations makes of them.
{ lib, systems }:

rec {
  # The image of a configuration, put together on a machine of that system
  # whatever the system of the image: imageFor "x86_64-linux" pi.
  imageFor =
    system: configuration:
    (configuration.extendModules {
      modules = [ { netImage.buildSystem = lib.mkForce system; } ];
    }).config.system.build.netImage;

  # The output `packages` of a flake, in which the images of configurations have
  # these names on every machine that can build: images { netImage = pi; }.
  images =
    configurations: lib.genAttrs systems (system: lib.mapAttrs (_: imageFor system) configurations);

  # An image without NixOS: mkImage pkgs { … }, with the arguments of image.nix.
  # These packages and their builder put it together.
  mkImage =
    pkgs:
    pkgs.buildPackages.callPackage ./image.nix {
      netimage-builder = pkgs.buildPackages.callPackage ./package.nix { };
    };
}
