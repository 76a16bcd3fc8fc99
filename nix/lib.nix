# What a flake with NixOS configurations makes of them.
{ lib, systems }:

let
  buildOn =
    system: configuration:
    (configuration.extendModules {
      modules = [ { netImage.buildSystem = lib.mkForce system; } ];
    }).config.system.build;
  onEach =
    make: configurations:
    lib.genAttrs systems (system: lib.mapAttrs (_: make system) configurations);
in
rec {
  # The image of a configuration, put together on a machine of that system
  # whatever the system of the image: imageFor "x86_64-linux" pi.
  imageFor = system: configuration: (buildOn system configuration).netImage;

  # The same, lean: for a server with Nix, which keeps the closure in its own store.
  leanImageFor = system: configuration: (buildOn system configuration).netImageLean;

  # The output `packages` of a flake, in which the images of configurations have
  # these names on every machine that can build: images { netImage = pi; }.
  images = onEach imageFor;

  # The same, lean.
  leanImages = onEach leanImageFor;

  # An image without NixOS: mkImage pkgs { … }, with the arguments of image.nix.
  # These packages and their builder put it together.
  mkImage =
    pkgs:
    pkgs.buildPackages.callPackage ./image.nix {
      netimage-builder = pkgs.buildPackages.callPackage ./package.nix { };
    };
}
